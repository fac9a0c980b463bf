"""What happens when the database goes away for a moment."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from assistant.journal.database import Database, JournalUnavailable
from assistant.journal.events import CUSTOMER, ConversationOpened

OPENED = ConversationOpened(channel="web_chat", language="en")


@pytest.mark.postgres
def test_that_a_lost_connection_is_told_and_the_next_call_connects_again(postgres_url):
    numbers = iter(range(1000))
    database = Database(postgres_url, clock=lambda: datetime.now(UTC), ids=lambda p: f"{p}_{next(numbers)}")
    database.migrate()
    database.write_now(lambda tx: tx.append("c_1", [OPENED], actor=CUSTOMER))
    admin = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(
            sa.text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'assistant' AND datname = current_database()"
            )
        )
    admin.dispose()
    with pytest.raises(JournalUnavailable, match="connection"):
        database.write_now(lambda tx: tx.append("c_2", [OPENED], actor=CUSTOMER))
    database.write_now(lambda tx: tx.append("c_2", [OPENED], actor=CUSTOMER))
    assert len(database.read_now(lambda tx: tx.events("c_2"))) == 1
    database.close()


def test_that_a_journal_in_memory_is_refused():
    with pytest.raises(ValueError, match="file"):
        Database("sqlite://", clock=lambda: None, ids=str)


def test_that_sqlite_keeps_what_it_commits(sqlite_journal):
    def settings(tx):
        read = tx.connection.exec_driver_sql
        return (
            read("PRAGMA journal_mode").scalar(),
            read("PRAGMA synchronous").scalar(),
            read("PRAGMA foreign_keys").scalar(),
        )

    assert sqlite_journal.database.write_now(settings) == ("wal", 2, 1)
    assert sqlite_journal.database.read_now(settings) == ("wal", 2, 1)
