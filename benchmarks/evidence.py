"""Holds what visitors saw and what Northlight did against the journal: what must be true after any crash."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from assistant.journal import tables
from assistant.journal.database import Transaction
from assistant.journal.events import (
    ActionPerformed,
    AttemptClosed,
    AttemptOpened,
    MessageReceived,
    MessageSent,
    OwnerChanged,
    Recorded,
    TurnCommitted,
    TurnFailed,
)
from benchmarks.visitors import Conversation

PAYING = "action_pay_bill"
OUTCOMES = frozenset({"open", "achieved", "not_achieved", "abandoned", "unknown"})


@dataclass
class Findings:
    """Violations by promise; a promise without any has held. `counts` says on how much it was tried."""

    violations: dict[str, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def check(self, promise: str, found: Iterable[str]) -> None:
        """Adds what was found against a promise."""
        self.violations.setdefault(promise, []).extend(found)


@dataclass(frozen=True)
class Journal:
    """What is needed of it, read in one transaction."""

    streams: Mapping[str, list[Recorded]]
    last_sequences: Mapping[str, int]
    attempts: Mapping[str, str]  # id to outcome, as the projection has it
    pending: int


def read_journal(tx: Transaction, conversation_ids: Iterable[str]) -> Journal:
    """The streams of those conversations, and the rows to compare with."""
    wanted = list(conversation_ids)
    attempts = tables.attempts
    rows = tx.connection.execute(
        sa.select(attempts.c.attempt_id, attempts.c.conversation_id, attempts.c.outcome)
    ).all()
    last = tx.connection.execute(sa.select(tables.streams.c.stream_id, tables.streams.c.last_sequence)).all()
    return Journal(
        streams={each: tx.events(each) for each in wanted},
        last_sequences={row.stream_id: row.last_sequence for row in last},
        attempts={row.attempt_id: row.outcome for row in rows if row.conversation_id in set(wanted)},
        pending=tx.connection.execute(
            sa.select(sa.func.count()).select_from(tables.pending_turns)
        ).scalar_one(),
    )


def examine(journal: Journal, talks: list[Conversation], payments: list[dict[str, Any]]) -> Findings:
    """Every promise, for every conversation, and the payments of all."""
    findings = Findings()
    for talk in talks:
        stream = journal.streams[talk.conversation_id]
        findings.check("streams without gaps", gaps(stream, journal.last_sequences))
        findings.check("acknowledged messages once and in order", acknowledged(stream, talk))
        findings.check("every message answered once", answered(stream))
        findings.check("nobody was told of trouble", troubled(stream))
        findings.check("delivered once and in order", delivered(stream, talk))
        findings.counts["acknowledged messages"] += len(talk.acknowledged)
        findings.counts["resent messages"] += talk.resent
        findings.counts["reconnects"] += max(0, talk.reconnects - 1)
        findings.counts["turns"] += sum(isinstance(e.event, TurnCommitted) for e in stream)
    findings.check("every attempt has one outcome", outcomes(journal))
    findings.check("one payment per confirmation", paid_once(journal, talks, payments))
    findings.check("nothing left unanswered", [f"{journal.pending} in line"] if journal.pending else [])
    findings.counts["conversations"] = len(talks)
    findings.counts["attempts"] = len(journal.attempts)
    findings.counts["payments"] = len(payments)
    findings.counts["confirmations of a payment"] = sum(
        bool(talk.confirmed & talk.acknowledged.keys()) for talk in talks
    )
    findings.counts["double confirmations"] = sum(len(talk.confirmed) > 1 for talk in talks)
    return findings


def gaps(stream: list[Recorded], last_sequences: Mapping[str, int]) -> list[str]:
    """Sequences count from 1 without a hole, up to the stream's own last one."""
    if not stream:
        return ["an empty stream"]
    of = stream[0].stream_id
    if [each.sequence for each in stream] == list(range(1, last_sequences.get(of, -1) + 1)):
        return []
    return [f"{of}: sequences with gaps, or not up to {last_sequences.get(of)}"]


def acknowledged(stream: list[Recorded], talk: Conversation) -> list[str]:
    """Each acknowledged client id once, under the sequence of its ack, in the order it was written."""
    places: dict[str, list[int]] = defaultdict(list)
    for each in stream:
        if isinstance(each.event, MessageReceived):
            places[each.event.client_id].append(each.sequence)
    found = [
        f"{talk.conversation_id}: {client_id} acknowledged as {sequence}, recorded at {places[client_id]}"
        for client_id, sequence in talk.acknowledged.items()
        if places[client_id] != [sequence]
    ]
    found += [f"{talk.conversation_id}: {id_} twice" for id_, at in places.items() if len(at) > 1]
    order = [places[client_id][0] for client_id in talk.sent if places.get(client_id)]
    if order != sorted(order):
        found.append(f"{talk.conversation_id}: written in another order than taken in: {order}")
    return found


def answered(stream: list[Recorded]) -> list[str]:
    """Each message that the bot owed an answer has exactly one turn, and only turns' messages are answers.

    Owed no longer: messages still in line when the conversation went to a person.
    """
    turns: Counter[int] = Counter()
    for each in stream:
        if isinstance(each.event, TurnCommitted | TurnFailed) and each.event.received is not None:
            turns[each.event.received] += 1
    handed_over = [e.sequence for e in stream if isinstance(e.event, OwnerChanged) and e.event.owner != "bot"]
    found = []
    for each in stream:
        if not isinstance(each.event, MessageReceived) or not each.event.for_bot:
            continue
        times = turns[each.sequence]
        excused = times == 0 and any(at > each.sequence for at in handed_over)
        if times != 1 and not excused:
            found.append(f"{each.stream_id}: message {each.sequence} has {times} turns")
    return found


def troubled(stream: list[Recorded]) -> list[str]:
    """A crash costs time, not a turn: none ends as failed."""
    return [f"{e.stream_id}: turn {e.event.received}" for e in stream if isinstance(e.event, TurnFailed)]


def delivered(stream: list[Recorded], talk: Conversation) -> list[str]:
    """The client saw every answer up to its cursor, once, in the journal's order."""
    sent = [e.sequence for e in stream if isinstance(e.event, MessageSent) and e.sequence <= talk.cursor]
    seen = [sequence for sequence, sender in talk.seen if sender != "customer"]
    found = [f"{talk.conversation_id}: {each}" for each in talk.broken]
    if sent != seen:
        found.append(f"{talk.conversation_id}: journal has {sent}, the client saw {seen}")
    return found


def outcomes(journal: Journal) -> list[str]:
    """One row per attempt opened, one verdict at most, and a known outcome."""
    opened: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for stream in journal.streams.values():
        for each in stream:
            if isinstance(each.event, AttemptOpened):
                opened[each.event.attempt_id] += 1
            elif isinstance(each.event, AttemptClosed):
                closed[each.event.attempt_id] += 1
    found = [f"{attempt} opened {times} times" for attempt, times in opened.items() if times != 1]
    found += [f"{attempt} closed {times} times" for attempt, times in closed.items() if times != 1]
    found += [f"{attempt} has no row" for attempt in opened if attempt not in journal.attempts]
    found += [f"{attempt} was never opened" for attempt in journal.attempts if attempt not in opened]
    found += [
        f"{attempt} is {outcome}" for attempt, outcome in journal.attempts.items() if outcome not in OUTCOMES
    ]
    return found


def paid_once(journal: Journal, talks: list[Conversation], payments: list[dict[str, Any]]) -> list[str]:
    """A confirmation ends in one payment, or in the bank's refusal on record; nothing else pays.

    Each payment of the journal is at Northlight under its key once, and the other way round.
    """
    of_bill = Counter(payment["bill_id"] for payment in payments)
    of_key = Counter(payment["key"] for payment in payments)
    found = [f"bill {bill} paid {times} times" for bill, times in of_bill.items() if times > 1]
    found += [f"key {key} used {times} times" for key, times in of_key.items() if times > 1]
    known: set[str] = set()
    for talk in talks:
        tried = [
            each.event
            for each in journal.streams[talk.conversation_id]
            if isinstance(each.event, ActionPerformed) and each.event.action == PAYING
        ]
        paid = {event.key for event in tried if event.result == "ok" and event.key}
        refused = any(event.result == "declined" for event in tried)
        confirmed = bool(talk.confirmed & talk.acknowledged.keys())
        known |= paid
        if len(paid) > 1 or (paid and not confirmed) or (confirmed and not paid and not refused):
            results = [event.result for event in tried]
            found.append(f"{talk.conversation_id}: confirmed {confirmed}, paid {len(paid)}, tried {results}")
    found += [f"payment {key} at Northlight is in no journal" for key in of_key if key not in known]
    found += [f"payment {key} of the journal is not at Northlight" for key in known if key not in of_key]
    return found
