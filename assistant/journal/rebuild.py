"""Fold every projection anew from the journal, compare, and put the result in place.

Nothing can be appended meanwhile, and it is one transaction: either all tables are new or none. First the
stored rows are compared with what the journal says, then the rows of every conversation with a wrong one
are made anew. Folding is shared among processes where it is worth starting some; this one alone writes.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from assistant.journal import refolding
from assistant.journal.database import Database, Transaction
from assistant.journal.projections import STEPS, Shelf
from assistant.journal.refolding import SHELVES, Rows, Span, compare_span, fold_span
from assistant.journal.tables import attempt_steps, attempts, streams

STREAMS_AT_ONCE = 2000
WORTH_PROCESSES = 20_000  # conversations; fewer are folded before a process has started
AHEAD = 6  # ranges folded before the writer asks for them
CACHE_KIB = 262_144  # of SQLite's pages while it writes: the indexes of a million attempts fit

Progress = Callable[[str, float], None]
Found = TypeVar("Found")


@dataclass(frozen=True)
class RebuildReport:
    """Per table: (rows now, rows that differed). A sound journal has none that differed."""

    tables: dict[str, tuple[int, int]]

    @property
    def differed(self) -> bool:
        """Whether any row was not what the journal says."""
        return any(differed for _, differed in self.tables.values())


def rebuild(
    database: Database, progress: Progress | None = None, *, processes: int | None = None
) -> RebuildReport:
    """Rebuild all projections. `progress` is told (what, share done from 0 to 1).

    `processes` fold beside this one: 0 for none, as many as there are processors when it is left out and
    there is much to do. Raises what the folds raise when the journal holds what cannot be, and
    JournalUnavailable.
    """
    # Millions of rows come and go, none of them in a cycle: looking for cycles took a fifth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return database.write_now(
            lambda tx: _Rebuild(tx, database.url, progress or (lambda what, share: None), processes).run()
        )
    finally:
        if collecting:
            gc.enable()


class _Rebuild:
    """One rebuild, inside its transaction."""

    def __init__(self, tx: Transaction, url: str, progress: Progress, processes: int | None) -> None:
        self._tx = tx
        self._url = url
        self._progress = progress
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def run(self) -> RebuildReport:
        """All of it."""
        connection = self._tx.connection
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE streams IN EXCLUSIVE MODE"))
        strays = {shelf.table.name: _delete_strays(self._tx, shelf) for shelf in SHELVES}
        ids = _conversations(self._tx)
        spans = [
            {"first": ids[start], "last": ids[min(start + STREAMS_AT_ONCE, len(ids)) - 1]}
            for start in range(0, len(ids), STREAMS_AT_ONCE)
        ]
        with self._folding(len(ids)), _roomy(connection):
            empty = all(_is_empty(self._tx, shelf) for shelf in SHELVES)
            rows, differed = self._fill(spans) if empty else self._mend(spans)
        return RebuildReport({name: (rows[name], differed[name] + strays[name]) for name in rows})

    @contextlib.contextmanager
    def _folding(self, conversations: int) -> Iterator[None]:
        """With processes that fold. They begin to read once the lock is held: they see what it keeps."""
        wanted = self._processes
        if wanted is None:
            wanted = (os.cpu_count() or 1) if conversations >= WORTH_PROCESSES else 0
        if not wanted:
            yield
            return
        spawned = multiprocessing.get_context("spawn")  # a fork would share the writer's connection
        with ProcessPoolExecutor(wanted, spawned, refolding.begin, (self._url,)) as self._pool:
            try:
                yield
            except BaseException:
                self._pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _fill(self, spans: list[Span]) -> tuple[dict[str, int], dict[str, int]]:
        """Nothing is stored: all that is folded is new."""
        counts = _nothing()
        with _without_indexes(self._tx.connection):
            for share, rows in self._each([(span, None) for span in spans], fold_span, refolding.fold_here):
                for name, found in rows.items():
                    counts[name] += len(found)
                self._insert(rows)
                self._progress("folding conversations", share)
        return counts, counts

    def _mend(self, spans: list[Span]) -> tuple[dict[str, int], dict[str, int]]:
        """Compares all that is stored, and makes the rows of conversations with a wrong one anew."""
        rows, differed = _nothing(), _nothing()
        stale: list[tuple[Span, frozenset[str]]] = []
        compared = self._each([(span,) for span in spans], compare_span, refolding.compare_here)
        for span, (share, found) in zip(spans, compared, strict=True):
            for name in rows:
                rows[name] += found.rows[name]
                differed[name] += found.differed[name]
            if found.stale:
                stale.append((span, frozenset(found.stale)))
            self._progress("comparing conversations", share)
        for _, ids in stale:  # all of them before any is put in: a row may have strayed from one to another
            self._delete(ids)
        for share, made in self._each(stale, fold_span, refolding.fold_here):
            self._insert(made)
            self._progress("putting conversations right", share)
        return rows, differed

    def _each(
        self,
        tasks: Sequence[tuple[Any, ...]],
        here: Callable[..., Found],
        there: Callable[..., Found],
    ) -> Iterator[tuple[float, Found]]:
        """What each task comes to, in their order, with the share that is done; a few ahead at a time."""
        if self._pool is None:
            for number, task in enumerate(tasks, start=1):
                yield number / len(tasks), here(self._tx.connection, *task)
            return
        ahead: deque[Future[Found]] = deque()
        for number in range(len(tasks) + AHEAD):
            if number < len(tasks):
                ahead.append(self._pool.submit(there, *tasks[number]))
            if number >= AHEAD:
                yield (number - AHEAD + 1) / len(tasks), ahead.popleft().result()

    def _insert(self, rows: Rows) -> None:
        connection = self._tx.connection
        for shelf in SHELVES:
            found = rows[shelf.table.name]
            if not found:
                continue
            if connection.dialect.name == "sqlite":  # past SQLAlchemy, which would take most of the time
                marks = ", ".join("?" * len(shelf.columns))
                names = ", ".join(f'"{name}"' for name in shelf.columns)
                text = f"INSERT INTO {shelf.table.name} ({names}) VALUES ({marks})"  # noqa: S608  # our own names
                connection.exec_driver_sql(text, found)
            else:
                values = [dict(zip(shelf.columns, one, strict=True)) for one in found]
                connection.execute(shelf.insert, values)

    def _delete(self, ids: Iterable[str]) -> None:
        """All rows of those conversations."""
        binds = [{"gone": each} for each in ids]
        mine = sa.select(attempts.c.attempt_id).where(attempts.c.conversation_id == sa.bindparam("gone"))
        for shelf in SHELVES:
            its: sa.ColumnElement[bool]
            if shelf is STEPS:
                its = attempt_steps.c.attempt_id.in_(mine)
            else:
                its = shelf.table.c.conversation_id == sa.bindparam("gone")
            self._tx.connection.execute(sa.delete(shelf.table).where(its), binds)


def _nothing() -> dict[str, int]:
    return dict.fromkeys((shelf.table.name for shelf in SHELVES), 0)


def _conversations(tx: Transaction) -> list[str]:
    """All of them, sorted as the database sorts, so that a range of ids is a range there too."""
    every = (
        sa.select(streams.c.stream_id)
        .where(streams.c.stream_id.not_like("%:%"), streams.c.last_sequence > 0)
        .order_by(streams.c.stream_id)
    )
    return list(tx.connection.execute(every).scalars())


def _is_empty(tx: Transaction, shelf: Shelf[Any]) -> bool:
    return tx.connection.execute(sa.select(sa.literal(1)).select_from(shelf.table).limit(1)).first() is None


def _delete_strays(tx: Transaction, shelf: Shelf[Any]) -> int:
    """Rows that belong to no conversation of the journal."""
    known = sa.select(streams.c.stream_id).where(streams.c.last_sequence > 0)
    if shelf is STEPS:
        kept = sa.select(attempts.c.attempt_id).where(attempts.c.conversation_id.in_(known))
        stray = attempt_steps.c.attempt_id.not_in(kept)
    else:
        stray = shelf.table.c.conversation_id.not_in(known)
    return tx.connection.execute(sa.delete(shelf.table).where(stray)).rowcount


@contextlib.contextmanager
def _roomy(connection: sa.Connection) -> Iterator[None]:
    """SQLite keeps more of the file in memory meanwhile."""
    if connection.dialect.name != "sqlite":
        yield
        return
    usual = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size = {usual}")


@contextlib.contextmanager
def _without_indexes(connection: sa.Connection) -> Iterator[None]:
    """On SQLite, indexes are made once all rows are in: sorted once, not kept sorted row by row.

    The same transaction drops and makes them, so nobody ever misses one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    found: list[tuple[str, str]] = []
    for shelf in SHELVES:
        look = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?"
        found += map(tuple, connection.exec_driver_sql(look, (shelf.table.name,)))
    for name, _ in found:
        connection.exec_driver_sql(f'DROP INDEX "{name}"')
    yield
    for _, made_by in found:
        connection.exec_driver_sql(made_by)
