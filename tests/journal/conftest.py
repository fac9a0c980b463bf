"""A journal on each kind of database, with a clock that stands still until it is moved."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant.journal.database import Database, Wake

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Journal:
    """A database with what it was given, and the wakes that it announced."""

    database: Database
    clock: Clock
    url: str
    wakes: list[Wake] = field(default_factory=list)


def numbered_ids() -> Callable[[str], str]:
    numbers = itertools.count(1)
    return lambda prefix: f"{prefix}_{next(numbers)}"


def open_journal(url: str) -> Journal:
    wakes: list[Wake] = []
    clock = Clock()
    database = Database(url, clock=clock, ids=numbered_ids(), notify=wakes.extend)
    database.migrate()
    return Journal(database, clock, url, wakes)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/journal.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    """A migrated journal of each kind."""
    opened = open_journal(url)
    yield opened
    opened.database.close()


@pytest.fixture
def sqlite_journal(tmp_path: Path) -> Iterator[Journal]:
    """A migrated journal on SQLite alone, for rules that do not depend on the kind."""
    opened = open_journal(f"sqlite:///{tmp_path}/journal.db")
    yield opened
    opened.database.close()
