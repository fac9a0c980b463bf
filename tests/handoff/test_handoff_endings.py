"""How handoffs end: an agent's word on each attempt, or time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.handoff.closing import Disposition
from assistant.handoff.presence import renew
from assistant.journal import views
from assistant.journeys.outcomes import SystemConfirmed
from assistant.staff.access import Principal
from assistant.web import ApiError
from tests.handoff.scenario import Company, FakeClock


@pytest.fixture
def agent(company: Company) -> Principal:
    return company.agent()


def held(company: Company, agent: Principal, *intents: str) -> tuple[str, str, list[str]]:
    """(handoff, chat, attempts): a chat that the agent has, with open attempts of those intents."""
    chat = company.conversation()
    attempts = [company.attempt(chat, intent) for intent in intents]
    handoff = company.asks_for_person(chat, attempts[0] if attempts else None)
    company.accepts(agent, handoff.handoff_id)
    return handoff.handoff_id, chat, attempts


def close(company: Company, agent: Principal, handoff_id: str, *given: Disposition) -> Any:
    return company.write(lambda tx: company.handoffs.close(tx, agent, handoff_id, given, "done"))


def close_short(company: Company, agent: Principal, handoff_id: str, given: Disposition) -> Any:
    return company.write(lambda tx: company.handoffs.close_short(tx, agent, handoff_id, given))


def attempts(company: Company, chat: str) -> list[tuple[Any, ...]]:
    found = company.read(lambda tx: views.attempts_of(tx, chat))
    return [(each.intent, each.outcome, each.evidence, each.by) for each in found]


def test_that_closing_closes_the_very_attempt_that_the_bot_opened(company: Company, agent: Principal) -> None:
    handoff_id, chat, (attempt,) = held(company, agent, "move_visit")
    closed = close(company, agent, handoff_id, Disposition("achieved", attempt_id=attempt))
    assert closed.state == "closed"
    assert attempts(company, chat) == [("move_visit", "achieved", "agent", "assisted")]
    assert company.owner(chat) == "bot"
    company.check_rebuild()


def test_that_the_short_form_does_for_one_open_attempt(company: Company, agent: Principal) -> None:
    handoff_id, chat, _ = held(company, agent, "talk_to_person")
    close_short(company, agent, handoff_id, Disposition("achieved", intent="pay_bill"))
    assert attempts(company, chat) == [("pay_bill", "achieved", "agent", "assisted")]
    renamed = company.read(lambda tx: views.attempts_of(tx, chat))[0]
    assert renamed.first_intent == "talk_to_person"
    company.check_rebuild()


def test_that_an_intent_that_came_up_with_the_agent_gets_an_attempt_of_its_own(
    company: Company, agent: Principal
) -> None:
    handoff_id, chat, (attempt,) = held(company, agent, "move_visit")
    close(
        company, agent, handoff_id,
        Disposition("not_achieved", attempt_id=attempt, reason="no_slot_fits"),
        Disposition("achieved", intent="pay_bill"),
    )  # fmt: skip
    assert attempts(company, chat) == [
        ("move_visit", "not_achieved", "agent", None), ("pay_bill", "achieved", "agent", "assisted"),
    ]  # fmt: skip
    assert company.read(lambda tx: views.attempts_of(tx, chat))[1].opened_by == "agent"


def test_that_the_same_wish_without_an_id_is_the_open_attempt(company: Company, agent: Principal) -> None:
    handoff_id, chat, _ = held(company, agent, "move_visit")
    close(company, agent, handoff_id, Disposition("achieved", intent="move_visit"))
    assert len(attempts(company, chat)) == 1


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([], "disposition_incomplete"),
        ([Disposition("achieved", intent="pay_bill")], "disposition_incomplete"),
        ([Disposition("achieved", attempt_id="a_none")], "unknown_attempt"),
        ([Disposition("achieved", attempt_id="FIRST", intent="fly_to_moon")], "unknown_intent"),
        ([Disposition("great", attempt_id="FIRST")], "unknown_outcome"),
        ([Disposition("achieved", attempt_id="FIRST"), Disposition("achieved")], "unknown_intent"),
        ([Disposition("achieved", attempt_id="FIRST")] * 2, "attempt_twice"),
    ],
)
def test_that_a_wrong_disposition_is_refused_and_changes_nothing(
    company: Company, agent: Principal, given: list[Disposition], code: str
) -> None:
    handoff_id, chat, (attempt,) = held(company, agent, "move_visit")
    real = [
        Disposition(d.outcome, d.intent, attempt if d.attempt_id == "FIRST" else d.attempt_id) for d in given
    ]
    last = company.events(chat)[-1].sequence
    with pytest.raises(ApiError) as refusal:
        close(company, agent, handoff_id, *real)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert company.events(chat)[-1].sequence == last


def test_that_the_short_form_is_refused_for_two_and_names_both(company: Company, agent: Principal) -> None:
    handoff_id, _, ids = held(company, agent, "move_visit", "pay_bill")
    with pytest.raises(ApiError) as refusal:
        close_short(company, agent, handoff_id, Disposition("achieved"))
    assert [each["attempt_id"] for each in refusal.value.details["open"]] == ids


def test_that_what_the_system_confirmed_meanwhile_stands(company: Company, agent: Principal) -> None:
    from assistant.journal.attempts import settle

    handoff_id, chat, (attempt,) = held(company, agent, "pay_bill")
    company.write(lambda tx: settle(tx, attempt, SystemConfirmed(own=True)))
    close_short(company, agent, handoff_id, Disposition("not_achieved"))
    assert attempts(company, chat)[0][1:3] == ("achieved", "system")


def test_that_nobody_closes_twice_nor_what_is_not_theirs(company: Company, agent: Principal) -> None:
    handoff_id, _, _ = held(company, agent, "move_visit")
    with pytest.raises(ApiError, match="not_your_chat"):
        close_short(company, company.agent(), handoff_id, Disposition("achieved"))
    close_short(company, agent, handoff_id, Disposition("achieved"))
    with pytest.raises(ApiError, match="handoff_ended"):
        close_short(company, agent, handoff_id, Disposition("achieved"))


def test_that_a_queued_customer_gets_a_promise_when_nobody_comes_in_time(
    company: Company, agent: Principal, clock: FakeClock
) -> None:
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    clock.forward(minutes=9, seconds=59)
    assert company.sweep().callbacks_promised == 0
    clock.forward(seconds=1)
    assert company.sweep().callbacks_promised == 1
    assert company.handoff(handoff.handoff_id).state == "callback"
    assert company.owner(chat) == "bot"
    assert company.packet(handoff.handoff_id)["promises"][0]["due"] == "2026-11-24T11:10:00Z"
    assert company.sweep().callbacks_promised == 0
    company.check_rebuild()


def test_that_a_promise_broken_beyond_grace_is_an_outcome_and_never_silence(
    company: Company, clock: FakeClock
) -> None:
    chat = company.conversation()
    attempt = company.attempt(chat)
    handoff = company.asks_for_person(chat, attempt)
    clock.forward(hours=2, minutes=29)
    assert company.sweep().unanswered == 0
    clock.forward(minutes=1)
    assert company.sweep().unanswered == 1
    assert company.handoff(handoff.handoff_id).state == "closed"
    row = company.read(lambda tx: views.attempt(tx, attempt))
    assert (row.outcome, row.evidence, row.reason) == ("not_achieved", "system", "handoff_unanswered")
    assert company.events(chat, "message.sent")[-1].event.to_wire()["response"] == "utter_handoff_unanswered"
    company.check_rebuild()


def test_that_a_callback_can_be_taken_up_until_then(company: Company, clock: FakeClock) -> None:
    handoff = company.asks_for_person(company.conversation())
    clock.forward(hours=2, minutes=29)
    agent = company.agent()
    assert company.accepts(agent, handoff.handoff_id).state == "with_agent"


def test_that_a_lost_agents_chats_go_back_with_a_revised_packet(
    company: Company, agent: Principal, clock: FakeClock
) -> None:
    handoff_id, chat, _ = held(company, agent, "move_visit")
    company.says(chat, "still there?")
    clock.forward(seconds=89)
    assert company.sweep().agents_lost == 0
    clock.forward(seconds=1)
    assert company.sweep().agents_lost == 1
    row = company.handoff(handoff_id)
    assert (row.state, row.agent_id) == ("queued", None)
    assert company.owner(chat) == "queue"
    packet = company.packet(handoff_id)
    assert (packet["reason"]["code"], len(packet["unanswered"])) == ("agent_lost", 1)
    with pytest.raises(ApiError, match="not_your_chat"):
        company.write(lambda tx: company.handoffs.say(tx, agent, handoff_id, "k", "I am back"))
    company.check_rebuild()


def test_that_a_lease_kept_alive_keeps_the_chat(company: Company, agent: Principal, clock: FakeClock) -> None:
    handoff_id, _, _ = held(company, agent)
    for _ in range(5):
        clock.forward(seconds=60)
        company.write(lambda tx: renew(tx, agent.id))
        company.sweep()
    assert company.handoff(handoff_id).state == "with_agent"


def test_that_an_offer_ends_with_time_or_with_its_agent(
    company: Company, agent: Principal, clock: FakeClock
) -> None:
    handoff = company.asks_for_person(company.conversation())
    company.write(lambda tx: company.handoffs.offer(tx, handoff.handoff_id, agent.id))
    clock.forward(seconds=20)
    assert company.sweep().offers_ended == 1
    company.write(lambda tx: company.handoffs.offer(tx, handoff.handoff_id, agent.id))
    assert company.write(lambda tx: company.handoffs.release_lost(tx, agent.id)) == 1
    reasons = [
        each.event.to_wire()["reason"]
        for each in company.events(handoff.conversation_id, "handoff.offer_ended")
    ]
    assert reasons == ["expired", "agent_gone"]


def test_that_nobody_is_promised_a_call_at_night(company: Company, clock: FakeClock) -> None:
    clock.now = datetime(2026, 11, 22, 23, 22, tzinfo=UTC)  # a Sunday, past midnight in Amsterdam
    handoff = company.asks_for_person(company.conversation())
    assert handoff.due == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
