"""Statements that every turn makes, several times: on SQLite they go straight to the driver.

SQLAlchemy's part of such a statement takes several times as long as SQLite's own. The statement is compiled
once, and values cross as its types say. On other databases SQLAlchemy executes it as ever.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError

Binds = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class Statement:
    """One statement. `keys` are the columns of an insert that are given; without them, all."""

    def __init__(self, statement: Any, keys: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._keys = list(keys) if keys is not None else None
        self._made: WeakKeyDictionary[Dialect, _Compiled] = WeakKeyDictionary()

    def all(self, connection: sa.Connection, binds: Binds) -> list[tuple[Any, ...]]:
        """All rows that it gives. Raises DBAPIError."""
        dialect = connection.dialect
        if dialect.name != "sqlite":
            return [tuple(row) for row in connection.execute(self._statement, binds)]
        made = self._compiled(dialect)
        try:
            rows = _driver(connection).execute(made.text, made.values(binds)).fetchall()
        except sqlite3.Error as error:
            raise _as_sqlalchemy(made.text, error) from error
        return [made.row(row) for row in rows] if made.results else rows

    def first(self, connection: sa.Connection, binds: Binds) -> tuple[Any, ...] | None:
        """Its first row, or None. Raises DBAPIError."""
        return next(iter(self.all(connection, binds)), None)

    def run(self, connection: sa.Connection, binds: Sequence[Binds]) -> None:
        """Executes it once for each of these. Raises DBAPIError."""
        dialect = connection.dialect
        if dialect.name != "sqlite":
            connection.execute(self._statement, binds)
            return
        made = self._compiled(dialect)
        try:
            _driver(connection).executemany(made.text, [made.values(each) for each in binds])
        except sqlite3.Error as error:
            raise _as_sqlalchemy(made.text, error) from error

    def _compiled(self, dialect: Dialect) -> _Compiled:
        found = self._made.get(dialect)
        if found is None:
            found = self._made[dialect] = _Compiled(self._statement, self._keys, dialect)
        return found


class _Compiled:
    """Text for the driver, and how values become what it takes and what it gives."""

    def __init__(self, statement: Any, keys: list[str] | None, dialect: Dialect) -> None:
        made = statement.compile(dialect=dialect, column_keys=keys)
        self.text = str(made)
        self._binds: list[tuple[str, Any, Convert]] = [
            (name, bind.value, bind.type.dialect_impl(dialect).bind_processor(dialect))
            for name, bind in ((name, made.binds[name]) for name in made.positiontup or ())
        ]
        columns = statement.selected_columns if isinstance(statement, sa.Select) else ()
        converts = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns]
        self.results: list[tuple[int, Callable[[Any], Any]]] = [
            (at, convert) for at, convert in enumerate(converts) if convert is not None
        ]

    def values(self, binds: Binds) -> list[Any]:
        """The parameters in their order."""
        return [
            binds.get(name, value) if convert is None else convert(binds.get(name, value))
            for name, value, convert in self._binds
        ]

    def row(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        """What the database gave, as the columns' types say."""
        values = list(found)
        for at, convert in self.results:
            values[at] = convert(values[at])
        return tuple(values)


def _driver(connection: sa.Connection) -> sqlite3.Connection:
    found: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return found


def _as_sqlalchemy(text: str, error: sqlite3.Error) -> Exception:
    """The error that SQLAlchemy would raise: whoever catches those need not know of this way."""
    made: Exception = DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True)
    return made
