"""Any sequence of what can happen: one owner, a packet from the first moment, an end for every handoff."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.handoff.closing import Disposition
from assistant.handoff.policy import HandoffPolicy
from assistant.handoff.presence import renew
from assistant.handoff.service import HandoffService
from assistant.journal import views
from assistant.journal.database import Database
from assistant.journal.events import MessageSent, OwnerChanged
from assistant.web import ApiError
from tests.handoff.scenario import Company, FakeClock, definitions, say_what_is_asked
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

MOVES = ("ask", "withdraw", "go_on", "accept", "accept_other", "offer", "say", "return", "transfer", "close",
         "seconds", "minutes", "hours", "here")  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either(
    request: pytest.FixtureRequest, tmp_path: Path, clock: FakeClock, policy: HandoffPolicy
) -> Iterator[Company]:
    """The scenario on each kind of database in turn."""
    sqlite = f"sqlite:///{tmp_path / 'either.sqlite'}"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    numbers = itertools.count(1)
    database = Database(url, clock=clock, ids=lambda prefix: f"{prefix}_y{next(numbers)}")
    database.migrate()
    known = definitions()
    yield Company(database, clock, HandoffService(policy, say_what_is_asked, known), known)
    database.close()


def do(company: Company, move: str, chat: str, agents: list[Any], latest: str) -> None:
    """Tries the move; what the rules refuse is refused with an ApiError, which is fine."""
    h, write = company.handoffs, company.write
    steps: dict[str, Callable[[], Any]] = {
        "ask": lambda: company.asks_for_person(chat),
        "withdraw": lambda: write(lambda tx: h.withdraw(tx, chat)),
        "go_on": lambda: write(lambda tx: h.go_on_with_bot(tx, chat)),
        "accept": lambda: company.accepts(agents[0], latest),
        "accept_other": lambda: company.accepts(agents[1], latest),
        "offer": lambda: (
            company.handoff(latest).state == "queued" and write(lambda tx: h.offer(tx, latest, agents[0].id))
        ),
        "say": lambda: (
            company.says(chat, "hm") and write(lambda tx: h.say(tx, agents[0], latest, "k", "Hello"))
        ),
        "return": lambda: write(lambda tx: h.give_back(tx, agents[0], latest)),
        "transfer": lambda: write(lambda tx: h.transfer(tx, agents[1], latest, "billing")),
        "close": lambda: write(
            lambda tx: h.close_short(tx, agents[1], latest, Disposition("achieved", "pay_bill"))
        ),
        "seconds": lambda: company.clock.forward(seconds=21),
        "minutes": lambda: company.clock.forward(minutes=11),
        "hours": lambda: company.clock.forward(hours=3),
        "here": lambda: [write(lambda tx, a=agent: renew(tx, a.id)) for agent in agents],
    }
    with contextlib.suppress(ApiError):
        steps[move]()


def check(company: Company, chat: str) -> None:
    row = company.read(lambda tx: views.conversation(tx, chat))
    open_ones = [h for h in company.read(views.open_handoffs) if h.conversation_id == chat]
    assert len(open_ones) <= 1
    for handoff in open_ones:
        assert handoff.packet_revision >= 1
        assert (handoff.state == "with_agent") == (row.owner == "agent")
        assert row.agent_id == handoff.agent_id
    if not open_ones:
        assert row.owner == "bot"
    epochs = [
        each.event.epoch
        for each in company.events(chat, OwnerChanged.name)
        if isinstance(each.event, OwnerChanged)
    ]
    assert epochs == list(range(1, len(epochs) + 1))
    assert row.owner_epoch == len(epochs)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(MOVES), min_size=3, max_size=14))
def test_that_whatever_happens_there_is_one_owner_a_packet_and_an_end(
    company: Company, moves: list[str]
) -> None:
    agents = [company.agent(), company.agent()]
    chat = company.conversation()
    company.asks_for_person(chat)
    for move in moves:
        latest = company.events(chat, "handoff.requested")[-1].event.to_wire()["handoff_id"]
        do(company, move, chat, agents, latest)
        company.sweep()
        check(company, chat)
    for _ in range(7):  # nobody does anything any more, a week-end among it
        company.clock.forward(hours=24)
        company.sweep()
        check(company, chat)
    assert not [h for h in company.read(views.open_handoffs) if h.conversation_id == chat]


def test_that_of_many_who_accept_at_once_one_gets_it_on_either_database(either: Company) -> None:
    agents = [either.agent(f"Agent {number}") for number in range(6)]
    handoff = either.asks_for_person(either.conversation())
    outcomes: list[str] = []

    def take(agent: Any) -> None:
        try:
            outcomes.append(either.accepts(agent, handoff.handoff_id).state)
        except ApiError as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=take, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["handoff_taken"] * 5 + ["with_agent"]
    assert len(either.events(handoff.conversation_id, "handoff.accepted")) == 1
    said = [each.event for each in either.events(handoff.conversation_id, "message.sent")]
    assert sum(isinstance(each, MessageSent) and each.response == "utter_agent_joined" for each in said) == 1
