"""The database of one process: transactions in worker threads, and the journal's schema.

SQLite: one writing connection under `BEGIN IMMEDIATE`, readers beside it, WAL, every commit on disk.
PostgreSQL: a small pool; a transaction that lost a race is done again from the start.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError, IntegrityError

from assistant.journal.sealing import Keyring
from assistant.journal.store import Transaction, Wake
from assistant.journal.tables import dump_json, metric_definitions
from assistant.journeys.metrics import DEFINITIONS

__all__ = ["Database", "JournalUnavailable", "Transaction", "Wake"]

T = TypeVar("T")

READERS = 4
WRITERS_ON_POSTGRESQL = 4
TRIES = 6  # of one transaction, when others keep winning
BUSY_SECONDS = 10  # how long SQLite waits for another process
# PostgreSQL's codes: serialization failure, deadlock.
RACES = frozenset({"40001", "40P01"})
NO_SUCH_TABLE = "42P01"
MIGRATION_LOCK = 7_305_146_210_433_868_001  # any fixed number will do, as long as it is only ours


class JournalUnavailable(RuntimeError):
    """The journal cannot be read or written now. Nothing was acknowledged; a later call may work."""


class Database:
    """One per process. `work` is synchronous, does nothing but database work, and may run twice.

    `notify` is called in a database thread after each commit that woke something.
    """

    def __init__(
        self,
        url: str,
        *,
        clock: Callable[[], datetime],
        ids: Callable[[str], str],
        notify: Callable[[list[Wake]], None] | None = None,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._notify = notify
        self._keyring = Keyring()
        self._url = sa.make_url(url.replace("postgres://", "postgresql://", 1))
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        self._engine = _make_engine(self._url, self.is_sqlite)
        self._write_lock = threading.Lock() if self.is_sqlite else contextlib.nullcontext()
        writers = 1 if self.is_sqlite else WRITERS_ON_POSTGRESQL
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="journal-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="journal-read")

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """`write_now` in a worker thread. Once begun it is finished, even if the caller is cancelled."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self.write_now, work)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """`read_now` in a worker thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self.read_now, work)

    def write_now(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction, commit it, then announce its wakes.

        Raises what `work` raises (nothing is stored then) and JournalUnavailable.
        """
        for attempt in range(1, TRIES + 1):
            try:
                return self._write_once(work)
            except DBAPIError as error:
                if attempt < TRIES and _lost_a_race(error):
                    time.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311  # jitter, no secret
                    continue
                if _unreachable(error):
                    raise JournalUnavailable(_plain_words(error)) from error
                raise
        raise AssertionError("unreachable")

    def _write_once(self, work: Callable[[Transaction], T]) -> T:
        tx: Transaction | None = None
        try:
            with self._write_lock, self._engine.connect() as plain:
                connection = plain.execution_options(journal_write=True)
                with connection.begin():
                    tx = self._transaction(connection, writing=True)
                    result = work(tx)
        except BaseException:
            if tx is not None:
                self._keyring.forget(tx.made_keys)
            raise
        if tx.erased:
            self._keyring.forget()
            self._flush_log()
        if tx.wakes and self._notify is not None:
            self._notify(tx.wakes)
        return result

    def read_now(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` on one consistent view of the database. Raises JournalUnavailable."""
        try:
            with self._engine.connect() as connection, connection.begin():
                return work(self._transaction(connection, writing=False))
        except DBAPIError as error:
            if _unreachable(error):
                raise JournalUnavailable(_plain_words(error)) from error
            raise

    def _transaction(self, connection: sa.Connection, *, writing: bool) -> Transaction:
        return Transaction(
            connection, now=self._clock(), ids=self._ids, keyring=self._keyring, writing=writing
        )

    def migrate(self) -> None:
        """Bring the schema to the present version. Safe when several workers start at once.

        Raises JournalUnavailable when the database cannot be reached, or does not keep what it commits.
        """
        try:
            with self._migration_lock() as connection:
                config = Config()
                config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                _keep_formulas(connection)
        except DBAPIError as error:
            if _unreachable(error):
                raise JournalUnavailable(_plain_words(error)) from error
            raise

    @contextlib.contextmanager
    def _migration_lock(self) -> Iterator[sa.Connection]:
        with self._write_lock, self._engine.connect() as plain:
            connection = plain.execution_options(journal_write=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:n)"), {"n": MIGRATION_LOCK})
                yield connection

    def _flush_log(self) -> None:
        """After an erasure no copy of the key may stay in SQLite's write-ahead log."""
        if self.is_sqlite:
            with self._write_lock, self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                if isinstance(raw, sqlite3.Connection):
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @property
    def url(self) -> str:
        """Where it is, password included: for processes of our own, never to be shown."""
        return self._url.render_as_string(hide_password=False)

    def close(self) -> None:
        """Finish what was begun, then let go of all connections."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
        self._engine.dispose()


def _make_engine(url: sa.URL, is_sqlite: bool) -> sa.Engine:
    if not is_sqlite:
        return sa.create_engine(
            url,
            pool_size=WRITERS_ON_POSTGRESQL + READERS,
            max_overflow=2,
            pool_recycle=1800,
            json_serializer=dump_json,
            hide_parameters=True,  # of failed statements: they hold what customers said, and logs must not
            connect_args={"connect_timeout": 5, "application_name": "assistant"},
        )
    if url.database in (None, "", ":memory:"):
        raise ValueError("the journal needs a file: an SQLite database in memory would lose it")
    engine = sa.create_engine(
        url,
        pool_size=READERS + 1,
        max_overflow=2,
        json_serializer=dump_json,
        hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 256},
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own idea of transactions is in the way of ours
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    level = connection.execute("PRAGMA synchronous").fetchone()[0]
    if mode != "wal" or level != 2:
        raise JournalUnavailable(
            f"SQLite does not keep what it commits here (journal_mode={mode}, synchronous={level}); "
            "put the data on a local disk"
        )


def _begin_sqlite(connection: sa.Connection) -> None:
    writing = connection.get_execution_options().get("journal_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _keep_formulas(connection: sa.Connection) -> None:
    """Each version of the figures' formulas stays beside the journal that they are worked out from."""
    table = metric_definitions
    found = connection.execute(sa.select(table.c.version, table.c.name))
    kept = {(row.version, row.name) for row in found}
    new = [
        {"version": each.version, "name": name, "formula": formula}
        for each in DEFINITIONS.values()
        for name, formula in ({"summary": each.summary} | each.formulas).items()
        if (each.version, name) not in kept
    ]
    if new:
        connection.execute(sa.insert(table), new)


def _lost_a_race(error: DBAPIError) -> bool:
    if getattr(error.orig, "pgcode", None) in RACES:
        return True
    # Two transactions made a person's first key at once; any other double row is the caller's affair.
    table = getattr(getattr(error.orig, "diag", None), "table_name", None)
    return isinstance(error, IntegrityError) and table == "keys"


def _unreachable(error: DBAPIError) -> bool:
    if error.connection_invalidated or getattr(error.orig, "pgcode", None) == NO_SUCH_TABLE:
        return True
    return isinstance(error.orig, sqlite3.OperationalError) or (
        type(error.orig).__name__ in ("OperationalError", "InterfaceError")
    )


def _plain_words(error: DBAPIError) -> str:
    text = str(error.orig).lower()
    if "locked" in text or "busy" in text:
        return "the database is held by another program; try again"
    if "disk" in text or "full" in text or "readonly" in text:
        return "the database cannot be written: look at the disk it is on"
    if "no such table" in text or getattr(error.orig, "pgcode", None) == NO_SUCH_TABLE:
        return "the database has no tables yet: run the migrations first"
    return "the connection to the database was lost; the next call connects again"
