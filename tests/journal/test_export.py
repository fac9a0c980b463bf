"""Tables for analysts."""

from __future__ import annotations

import csv
import importlib.util
import io
import json

import pytest

from assistant.journal.events import (
    BOT,
    AttemptClosed,
    AttemptOpened,
    ConversationOpened,
    HandoffRequested,
    IdentityVerified,
)
from assistant.journal.export import CannotExport, export


@pytest.fixture
def filled(journal):
    """One journey in two contacts, the second of which asks for a person."""

    def attempt(number: int, outcome: str | None):
        events = [
            ConversationOpened(channel="web_chat", language="en"),
            IdentityVerified(customer_id="cus_1", method="identity_token"),
            AttemptOpened(attempt_id=f"a_{number}", intent="pay_bill", title="=Pay", journey_id="j_1"),
        ]
        if outcome is not None:
            closed = AttemptClosed(attempt_id=f"a_{number}", outcome=outcome, evidence="system", value=64.2)
            events.append(closed)
        else:
            events.append(
                HandoffRequested(
                    handoff_id="h_1",
                    reason="customer_asked",
                    trigger="customer",
                    skill="billing",
                    language="en",
                    priority="normal",
                    state="queued",
                    attempt_id=f"a_{number}",
                )
            )
        journal.database.write_now(lambda tx: tx.append(f"c_{number}", events, actor=BOT))
        journal.clock.forward(hours=1)

    attempt(1, "not_achieved")
    attempt(2, None)
    return journal.database


def exported(database, table: str, format: str) -> bytes:
    out = io.BytesIO()
    export(database, table, format, out)
    return out.getvalue()


def test_that_csv_holds_every_attempt_oldest_first(filled):
    rows = list(csv.DictReader(io.StringIO(exported(filled, "attempts", "csv").decode())))
    assert [row["attempt_id"] for row in rows] == ["a_1", "a_2"]
    assert rows[0]["outcome"] == "not_achieved"
    assert rows[0]["opened_at"] == "2026-11-22T09:00:00Z"
    assert json.loads(rows[0]["history"])[0]["evidence"] == "system"


def test_that_a_spreadsheet_does_not_take_text_for_a_formula(filled):
    rows = list(csv.DictReader(io.StringIO(exported(filled, "attempts", "csv").decode())))
    assert rows[0]["title"] == "'=Pay"


def test_that_a_journey_is_told_once_across_its_contacts(filled):
    lines = [json.loads(line) for line in exported(filled, "journeys", "jsonl").splitlines()]
    assert len(lines) == 1
    assert lines[0]["journey_id"] == "j_1"
    assert (lines[0]["attempts"], lines[0]["contacts"], lines[0]["outcome"]) == (2, 2, "open")
    assert lines[0]["value"] == 64.2


def test_that_handoffs_are_told_and_counted(filled):
    out = io.BytesIO()
    assert export(filled, "handoffs", "jsonl", out) == 1
    assert json.loads(out.getvalue())["state"] == "queued"


@pytest.mark.parametrize(("table", "format"), [("events", "csv"), ("attempts", "xlsx")])
def test_that_what_cannot_be_had_is_said_plainly(sqlite_journal, table, format):
    with pytest.raises(CannotExport, match="There is no"):
        export(sqlite_journal.database, table, format, io.BytesIO())


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed here")
def test_that_parquet_without_its_library_says_what_to_install(sqlite_journal):
    with pytest.raises(CannotExport, match="pip install pyarrow"):
        export(sqlite_journal.database, "attempts", "parquet", io.BytesIO())
