"""Fixtures shared by all tests, one plugin module each, and a second try for tests of timing."""

import pytest

pytest_plugins = ["tests.postgres", "tests.server"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Why: docs/decisions/two-processes-of-tests.md. Who is tried again is named when the run ends."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1))
