"""A scenario for tests: a real journal on SQLite, a clock that tests move, a small company."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.channel.messages import receive
from assistant.handoff.handoffs import Handoff
from assistant.handoff.packet_words import RESPONSES
from assistant.handoff.policy import HandoffPolicy, load_policy
from assistant.handoff.presence import renew
from assistant.handoff.service import HandoffService
from assistant.journal import views
from assistant.journal.database import Database, Transaction
from assistant.journal.events import (
    BOT,
    CUSTOMER,
    AttemptOpened,
    ConversationOpened,
    Event,
    IdentityVerified,
    MessageSent,
    Recorded,
    TurnCommitted,
)
from assistant.journal.rebuild import rebuild
from assistant.journeys.definitions import Definitions
from assistant.staff import staff as people
from assistant.staff.access import Principal

ROOT = Path(__file__).resolve().parents[2]

MOVE_VISIT = """
journey: move_visit
title: {en: Move my engineer visit}
goal: {en: The customer has a visit at a time that suits them}
intents: [move_visit]
steps:
  - step: find_visits
    act: find_visits
    title: {en: Find the visits}
  - step: new_slot
    collect: new_slot
    ask: utter_ask_new_slot
    title: {en: Choose a new time}
  - step: move
    act: move_visit
    changes: true
    title: {en: Move the visit}
achieved_when: {system: visit.moved}
handoff: {skill: field_service}
"""
PAY_BILL = """
journey: pay_bill
title: {en: Pay a bill}
intents: [pay_bill]
steps:
  - step: pay
    act: pay_bill
    changes: true
    title: {en: Pay}
achieved_when: {system: payment.captured}
undone_when: {system: payment.reversed, reason: payment_bounced}
handoff: {skill: billing}
"""
TALK = """
journey: talk_to_person
title: {en: Talk to a person}
intents: [talk_to_person]
steps:
  - handoff: general
handoff: {skill: general}
"""
FACTS = "facts:\n  visit_id: {type: text, label: {en: Visit}}\n"
WORDS = "affirm: {}\ndeny: {}\ntitles: {unknown: {en: Not understood}}\n"


class FakeClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


def say_what_is_asked(name: str, language: str, /, **args: Any) -> str:
    """A renderer whose texts tell which response was used, with what; fails for one nobody announced."""
    assert name in RESPONSES, name
    assert set(args) <= set(RESPONSES[name]), (name, args)
    filled = " ".join(f"{key}={value}" for key, value in args.items() if value not in (None, ""))
    return f"{name}[{language}] {filled}".strip()


@dataclass
class Company:
    """Everything a scenario needs: opens conversations, lets people speak, signs agents in."""

    database: Database
    clock: FakeClock
    handoffs: HandoffService
    definitions: Definitions
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def write(self, work: Callable[[Transaction], Any]) -> Any:
        return self.database.write_now(work)

    def read(self, work: Callable[[Transaction], Any]) -> Any:
        return self.database.read_now(work)

    def record(self, conversation_id: str, *events: Event) -> list[Recorded]:
        return self.write(lambda tx: tx.append(conversation_id, events, actor=BOT))

    def conversation(self, *, customer: str | None = None, language: str = "en") -> str:
        conversation_id = f"c_{next(self.numbers)}"
        opened = ConversationOpened(channel="web_chat", language=language)
        self.write(lambda tx: tx.append(conversation_id, [opened], actor=CUSTOMER, channel="web_chat"))
        if customer:
            verified = IdentityVerified(
                customer_id=customer, method="identity_token", account="4411", display_name="Anna de Vries"
            )
            self.record(conversation_id, verified)
        return conversation_id

    def says(self, conversation_id: str, text: str) -> int:
        client_id = f"m{next(self.numbers)}"
        return self.write(lambda tx: receive(tx, conversation_id, client_id, text)).sequence

    def answers(self, conversation_id: str, received: int, text: str) -> None:
        self.record(
            conversation_id,
            TurnCommitted(received=received),
            MessageSent(sender="bot", text=text, in_reply_to=received),
        )

    def attempt(self, conversation_id: str, intent: str = "move_visit", **more: Any) -> str:
        attempt_id = f"a_{next(self.numbers)}"
        title = self.definitions.title_of(intent)
        self.record(conversation_id, AttemptOpened(attempt_id=attempt_id, intent=intent, title=title, **more))
        return attempt_id

    def agent(
        self,
        name: str = "Sam Field",
        *,
        skills: tuple[str, ...] = (),
        languages: tuple[str, ...] = (),
        here: bool = True,
    ) -> Principal:
        email = f"agent{next(self.numbers)}@northlight.example"

        def add(tx: Transaction) -> Principal:
            made = people.create(tx, email=email, role="agent", name=name, skills=skills, languages=languages)
            if here:
                renew(tx, made.staff_id)
            return Principal("staff", made.staff_id, "agent", name, skills, languages, email)

        return self.write(add)

    def asks_for_person(self, conversation_id: str, attempt_id: str | None = None, **wish: Any) -> Handoff:
        given = {
            "reason": "customer_asked", "trigger": "customer", "skill": "general", "priority": "normal",
            "attempt_id": attempt_id, "step": None, "decided_on": {"asked_for_person": True}, **wish,
        }  # fmt: skip
        return self.write(lambda tx: self.handoffs.request(tx, conversation_id, given))

    def handoff(self, handoff_id: str) -> Handoff:
        return self.read(lambda tx: views.handoff(tx, handoff_id))

    def owner(self, conversation_id: str) -> str:
        return self.read(lambda tx: views.conversation(tx, conversation_id)).owner

    def events(self, conversation_id: str, *names: str) -> list[Recorded]:
        return self.read(lambda tx: tx.events(conversation_id, names=names or None))

    def packet(self, handoff_id: str, revision: int | None = None) -> dict[str, Any]:
        supervisor = Principal("staff", "s_supervisor", "supervisor", "Lee Park")
        return self.write(lambda tx: self.handoffs.packet_for(tx, supervisor, handoff_id, revision))

    def accepts(self, agent: Principal, handoff_id: str) -> Handoff:
        return self.write(lambda tx: self.handoffs.accept(tx, agent, handoff_id))

    def sweep(self) -> Any:
        return self.write(self.handoffs.sweep)

    def check_rebuild(self) -> None:
        report = rebuild(self.database)
        assert not report.differed, report


def definitions() -> Definitions:
    """Three journeys, enough for handoffs."""
    bodies = {"move_visit.yml": MOVE_VISIT, "pay_bill.yml": PAY_BILL, "talk_to_person.yml": TALK}
    return Definitions.from_bodies({**bodies, "_facts.yml": FACTS, "_words.yml": WORDS})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def policy() -> HandoffPolicy:
    return load_policy(ROOT / "data" / "handoff.yml")


@pytest.fixture
def company(tmp_path: Path, clock: FakeClock, policy: HandoffPolicy) -> Iterator[Company]:
    numbers = itertools.count(1)
    database = Database(
        f"sqlite:///{tmp_path / 'journal.sqlite'}",
        clock=clock,
        ids=lambda prefix: f"{prefix}_x{next(numbers)}",
    )
    database.migrate()
    known = definitions()
    yield Company(database, clock, HandoffService(policy, say_what_is_asked, known), known)
    database.close()
