"""Northlight's first day put back: seeded once, copied back as often as a demo or a test wants it."""

from __future__ import annotations

import sqlite3
from datetime import date

from sqlalchemy import Engine

from company.catalogue.seed import seed
from company.database import writing


class FirstDay:
    """Puts all data back as on a first day; the next time in milliseconds where the database is SQLite."""

    def __init__(self) -> None:
        self._copies: dict[date, sqlite3.Connection] = {}

    def put_back(self, engine: Engine, today: date) -> None:
        """Replaces everything in that database by the data of that day."""
        if (copy := self._copies.get(today)) is not None:
            _copy(copy, engine)
            return
        with writing(engine) as connection:
            seed(connection, today)
        if engine.dialect.name == "sqlite":
            self._copies[today] = _copied(engine)


def _copied(engine: Engine) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    pooled = engine.raw_connection()
    try:
        _sqlite(pooled).backup(copy)
    finally:
        pooled.close()
    return copy


def _copy(copy: sqlite3.Connection, engine: Engine) -> None:
    pooled = engine.raw_connection()
    try:
        copy.backup(_sqlite(pooled))
    finally:
        pooled.close()


def _sqlite(pooled: object) -> sqlite3.Connection:
    found = getattr(pooled, "driver_connection", None)
    assert isinstance(found, sqlite3.Connection)
    return found
