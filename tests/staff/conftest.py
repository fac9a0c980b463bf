"""The office that the staff tests go into."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.postgres import postgres_server, postgres_url
from tests.staff.office import Office, opened_office

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """On SQLite."""
    async with opened_office(f"sqlite:///{tmp_path}/journal.db", tmp_path) as office:
        yield office


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def either_office(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Office]:
    """On each kind of database in turn."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/journal.db"
    else:
        url = str(request.getfixturevalue("postgres_url"))
    async with opened_office(url, tmp_path) as office:
        yield office
