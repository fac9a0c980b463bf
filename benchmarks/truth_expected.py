"""What really became of a matter, and whether the record says so. Pure.

The truth is worked out from the company's own database, from what the customer knows that they said and
from what the agent wrote down; never from the record that it is held against.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.truth_people import Known

FAILURE = frozenset({"understand_bill", "pay_bill", "fix_tv_box", "talk_to_person"})  # coming back means so
Row = Mapping[str, Any]  # of `attempts`


@dataclass(frozen=True)
class Expected:
    """The outcomes that are true, and whose word they rest on; None: whoever's, it is no success."""

    outcomes: frozenset[str]
    evidence: str | None

    def is_met_by(self, row: Row) -> bool:
        """Whether the record says the same."""
        return row["outcome"] in self.outcomes and self.evidence in (None, row["evidence"])


@dataclass
class Contact:
    """One conversation, and all that is known of it apart from the record.

    `goals` are, by intent, the subjects (or the customers) for which the company's database shows the goal
    reached, and `dispositions` what the agent wrote down by attempt. `returned` holds with what (intent,
    subject) the customer, signed in, came back two days later; a subject of None is any.
    """

    conversation_id: str
    customer_id: str
    persona: str
    known: Known
    goals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    dispositions: dict[str, str] = field(default_factory=dict)
    returned: frozenset[tuple[str, str | None]] = frozenset()
    lines: list[str] = field(default_factory=list)


def truth(contact: Contact, row: Row) -> Expected:
    """What is true of that attempt. Of the row only its identity is used: id, intent, subject, customer."""
    if {row["subject"], row["customer_id"]} & set(contact.goals.get(row["intent"], ())):
        return Expected(frozenset({"achieved"}), "system")
    word = _word(contact, row)
    came_back = row["customer_id"] is not None and (
        (row["intent"], row["subject"]) in contact.returned or (row["intent"], None) in contact.returned
    )
    if came_back and row["intent"] in FAILURE and "achieved" in word.outcomes:
        return Expected(frozenset({"unknown"}), "none")
    return word


def _word(contact: Contact, row: Row) -> Expected:
    known, mine = contact.known, row["intent"] == contact.known.intent
    agent = contact.dispositions.get(row["attempt_id"])
    if agent in ("achieved", "not_achieved"):
        return Expected(frozenset({agent}), "agent")
    if mine and known.said is not None:
        return Expected(frozenset({"achieved" if known.said else "not_achieved"}), "customer")
    if agent:
        return Expected(frozenset({agent}), "none")
    if mine and (known.nothing_there or (known.given_up and known.refused)):
        return Expected(frozenset({"not_achieved"}), "system")
    if mine and known.given_up:  # systems failed, which is no word on it, and the customer left it at that
        return Expected(frozenset({"abandoned"}), "none")
    if mine and (known.asked_for_word or known.nobody_can_say):
        return Expected(frozenset({"unknown"}), "none")
    if not mine and row["intent"] != "unknown":  # never meant: all that is true of it is that nobody vouches
        return Expected(frozenset({"not_achieved", "abandoned", "unknown"}), None)
    return Expected(frozenset({"abandoned"} if mine else {"unknown"}), "none")


@dataclass
class Tally:
    """What was counted, and every mismatch with its conversation."""

    counts: Counter[str] = field(default_factory=Counter)
    mismatches: list[tuple[str, Contact]] = field(default_factory=list)

    def add(self, contact: Contact, rows: Sequence[Row]) -> None:
        """Holds the record of one conversation against the truth."""
        self.counts["conversations"] += 1
        self._attempts_of(contact, rows)
        for row in rows:
            expected = truth(contact, row)
            self.counts["attempts"] += 1
            self._count_claims(row, expected)
            if expected.is_met_by(row):
                self.counts["equal"] += 1
            else:
                self._wrong(contact, row, expected)
            if row["intent"] == contact.known.intent and expected.outcomes == {"achieved"}:
                self.counts["truly_achieved"] += not contact.known.believed_wrongly
        self.counts["claimed_contained"] += not contact.known.person
        self.counts["claimed_nobody_asked_further"] += not contact.known.person and not contact.returned
        self.counts["believed_wrongly"] += contact.known.believed_wrongly

    def _attempts_of(self, contact: Contact, rows: Sequence[Row]) -> None:
        pairs = Counter((row["intent"], row["subject"]) for row in rows)
        for pair, times in pairs.items():
            if times > 1:
                self.counts["intents_with_two_attempts"] += 1
                self.mismatches.append((f"two attempts of {pair}", contact))
        if not rows:
            self.counts["intents_without_attempt"] += 1
            self.mismatches.append((f"no attempt of {contact.known.intent}", contact))
        elif contact.known.intent not in {row["intent"] for row in rows}:
            self.counts["misunderstood"] += 1

    def _count_claims(self, row: Row, expected: Expected) -> None:
        if row["outcome"] != "achieved":
            return
        self.counts["achieved"] += 1
        if row["evidence"] == "system" and not expected.is_met_by(row):
            self.counts["untrue_achieved_by_system"] += 1
        if row["evidence"] == "none" or expected.evidence in ("none", None):
            self.counts["achieved_on_silence"] += 1
        if row["evidence"] == "customer" and expected.evidence != "customer":
            self.counts["words_not_said"] += 1

    def _wrong(self, contact: Contact, row: Row, expected: Expected) -> None:
        wanted = f"{'/'.join(sorted(expected.outcomes))} by {expected.evidence}"
        found = f"{row['outcome']} by {row['evidence']} ({row['reason']})"
        kind = f"{row['intent']} (meant {contact.known.intent}): true is {wanted}, on record {found}"
        self.mismatches.append((kind, contact))
