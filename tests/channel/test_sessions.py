"""Visitors' sessions: found by their token while they last, and gone from the database afterwards."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from assistant.channel.sessions import SESSION_DAYS, find_session, open_conversation, start_session
from assistant.channel.visitors import Visitors
from assistant.journal import tables
from assistant.journal.database import Transaction
from assistant.web import ApiError
from tests.journal.conftest import Journal


def begin(tx: Transaction) -> str:
    return start_session(tx, open_conversation(tx, channel="web_chat", language="en"), None)


def count(tx: Transaction) -> int:
    return int(
        tx.connection.execute(sa.select(sa.func.count()).select_from(tables.visitor_sessions)).scalar_one()
    )


def test_that_a_session_that_ran_out_opens_nothing_and_is_swept_up(journal: Journal) -> None:
    token = journal.database.write_now(begin)
    assert journal.database.read_now(lambda tx: find_session(tx, token)).conversation_id
    journal.clock.forward(days=SESSION_DAYS)
    with pytest.raises(ApiError) as refused:
        journal.database.read_now(lambda tx: find_session(tx, token))
    assert refused.value.code == "session_unknown"
    journal.database.write_now(begin)
    assert journal.database.read_now(count) == 1


@pytest.mark.parametrize(
    ("wanted", "opened"),
    [
        ("nl", "nl"),
        ("NL-be", "nl"),
        ("fr,it;q=0.5,nl;q=0.9", "nl"),
        ("it,nl", "it"),
        ("de", "en"),
        ("nl;q=0, it;q=nonsense", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_that_a_chat_opens_in_the_best_liked_language_that_is_spoken(wanted: str | None, opened: str) -> None:
    nothing: Any = None
    visitors = Visitors(*[nothing] * 6, ("en", "nl", "it"), nothing)
    assert visitors.language(wanted) == opened
