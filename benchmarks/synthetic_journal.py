"""A large journal made in bulk: the events of believable conversations, with no words in them.

Sealed parts are random bytes of a usual length: no projection opens them. Ids rise, so that the file is
written from front to back.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from assistant.journal.events import (
    ActionPerformed,
    AttemptClosed,
    AttemptOpened,
    AttemptTold,
    ConversationOpened,
    Event,
    HandoffAccepted,
    HandoffClosed,
    HandoffRequested,
    IdentityVerified,
    MessageReceived,
    MessageSent,
    OwnerChanged,
    PageViewed,
    StepEntered,
    StepLeft,
    SubjectFound,
    TurnCommitted,
)

SEED = 7
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
PERIOD = timedelta(days=28)
CONVERSATIONS_AT_ONCE = 5_000
SEALED_BYTES = 160
INTENTS = ("pay_bill", "move_visit", "fix_tv_box", "track_order", "understand_bill", "how_to", "unknown")
ENDS = (
    ("achieved", "system", "self_service"),
    ("achieved", "system", "self_service"),
    ("achieved", "customer", "self_service"),
    ("not_achieved", "system", None),
    ("abandoned", "none", None),
    ("unknown", "none", None),
)
_EVENT = (
    "INSERT INTO events (stream_id, sequence, event_id, at, actor, channel, name, data, key_id, sealed) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_STREAM = "INSERT INTO streams (stream_id, last_sequence) VALUES (?, ?)"
_SEALED = frozenset(("message.received", "message.sent", "turn.committed", "page.viewed", "action.performed"))

Said = tuple[str, Event]  # who, what


def write_journal(file: Path, attempts: int, progress: Callable[[int], None]) -> None:
    """Adds conversations with that many attempts (one in five conversations has two) to a migrated file.

    About 5 GB for a million. For a scratch file only: it does not wait for the disk.
    """
    chance = random.Random(SEED)  # the same journal every time, no secret
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    rows: list[tuple[Any, ...]] = []
    streams: list[tuple[str, int]] = []
    done, number, place = 0, 0, 0
    connection.execute("BEGIN")
    while done < attempts:
        number += 1
        several = 2 if number % 5 == 0 and done + 2 <= attempts else 1
        stream, last = f"c_{number:09d}", 0
        moment = START + PERIOD * (done / attempts)
        for last, (actor, event) in enumerate(_conversation(chance, number, several), start=1):
            place += 1
            rows.append(_row(stream, last, place, moment + timedelta(seconds=4 * last), actor, event))
        streams.append((stream, last))
        done += several
        if number % CONVERSATIONS_AT_ONCE == 0 or done >= attempts:
            connection.executemany(_STREAM, streams)
            connection.executemany(_EVENT, rows)
            rows.clear()
            streams.clear()
            progress(done)
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


_FILLING = bytes(SEALED_BYTES)


def _row(stream: str, sequence: int, place: int, at: datetime, actor: str, event: Event) -> tuple[Any, ...]:
    sealed = event.name in _SEALED
    plain, _ = event.split()
    return (
        stream,
        sequence,
        f"e_{place:012d}",
        at.isoformat(timespec="microseconds"),
        actor,
        "web_chat",
        event.name,
        json.dumps(plain, separators=(",", ":")),
        f"conversation:{stream}" if sealed else None,
        _FILLING if sealed else None,
    )


def _conversation(chance: random.Random, number: int, several: int) -> Iterator[Said]:
    browser = f"b_{number % 400_000}"
    language = ("en", "nl", "it")[number % 3]
    yield "customer", ConversationOpened(channel="web_chat", language=language, browser_id=browser)
    yield "customer", PageViewed()
    if number % 10 < 7:
        yield "system", IdentityVerified(customer_id=f"cus_{number % 300_000}", method="identity_token")
    for each in range(several):
        yield from _attempt(chance, number, f"a_{number:09d}_{each}")


def _attempt(chance: random.Random, number: int, attempt_id: str) -> Iterator[Said]:
    intent = chance.choice(INTENTS)
    this: dict[str, Any] = {"attempt_id": attempt_id}
    yield "customer", MessageReceived(client_id=f"m_{attempt_id}", for_bot=True, owner_epoch=0)
    title = intent.replace("_", " ")
    yield "bot", AttemptOpened(intent=intent, title=title, confidence=0.93, journey_id=f"j_{number}", **this)
    yield "bot", StepEntered(step="find", title="Looked it up", kind="act", **this)
    yield "bot", ActionPerformed(action="action_find", title="Looked it up", result="ok", step="find", **this)
    yield "bot", StepLeft(step="find", result="done", **this)
    yield "bot", SubjectFound(subject=f"matter_{number % 900_000}", **this)
    yield "bot", StepEntered(step="confirm", title="Confirmed", kind="confirm", **this)
    yield "bot", MessageSent(sender="bot", response="utter_confirm")
    yield "bot", TurnCommitted(received=2, intent=intent, confidence=0.93)
    outcome, evidence, by = chance.choice(ENDS)
    if chance.random() < 0.08:
        yield from _with_a_person(attempt_id, intent)
        yield "agent:s_1", AttemptClosed(outcome="achieved", evidence="agent", by="assisted", **this)
        return
    if outcome != "abandoned":
        yield "customer", MessageReceived(client_id=f"n_{attempt_id}", for_bot=True, owner_epoch=0)
        yield "bot", StepLeft(step="confirm", result="done", **this)
        yield "bot", AttemptTold(**this)
        yield "bot", MessageSent(sender="bot", response="utter_done")
        yield "bot", TurnCommitted(received=2, intent="affirm", confidence=0.99)
    if chance.random() < 0.98:  # the others are still open
        yield "system", AttemptClosed(outcome=outcome, evidence=evidence, by=by, **this)


def _with_a_person(attempt_id: str, intent: str) -> Iterator[Said]:
    handoff: dict[str, Any] = {"handoff_id": f"h_{attempt_id}"}
    agent: dict[str, Any] = {"agent_id": "s_1", "agent_name": "Sanne"}
    yield (
        "bot",
        HandoffRequested(
            reason="customer_asked",
            trigger="customer",
            skill="billing",
            language="en",
            priority="normal",
            state="queued",
            intent=intent,
            attempt_id=attempt_id,
            **handoff,
        ),
    )
    yield "system", OwnerChanged(owner="queue", epoch=1, **handoff)
    yield "agent:s_1", HandoffAccepted(**agent, **handoff)
    yield "system", OwnerChanged(owner="agent", epoch=2, **agent, **handoff)
    yield "agent:s_1", HandoffClosed(agent_id="s_1", **handoff)
    yield "system", OwnerChanged(owner="bot", epoch=3, **handoff)
