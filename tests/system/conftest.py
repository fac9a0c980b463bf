"""One server for all of these tests: what they do, they do as visitors of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import Assistant, start


@pytest.fixture(scope="package")
def assistant(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Iterator[Assistant]:
    """The server, on SQLite."""
    server = start(tmp_path_factory.mktemp("system"), model)
    yield server
    server.end()
