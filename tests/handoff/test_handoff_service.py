"""Handing over on a real journal: what is on record, who owns, what the customer is told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from assistant.handoff.access import serves
from assistant.handoff.closing import Disposition
from assistant.handoff.ground import reference_of
from assistant.handoff.presence import renew
from assistant.journal import views
from assistant.journal.events import LanguageChanged, MessageSent
from assistant.web import ApiError
from tests.handoff.scenario import Company, FakeClock


def responses(company: Company, conversation_id: str) -> list[str]:
    sent = (each.event for each in company.events(conversation_id, "message.sent"))
    return [event.response for event in sent if isinstance(event, MessageSent) and event.response]


def refused(work: Any) -> str:
    with pytest.raises(ApiError) as refusal:
        work()
    return refusal.value.code


def test_that_a_wish_for_a_person_queues_the_customer_with_a_packet_at_once(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    assert (handoff.state, handoff.packet_revision) == ("queued", 1)
    assert company.owner(chat) == "queue"
    assert responses(company, chat) == ["utter_handoff_queued_no_estimate"]
    assert company.packet(handoff.handoff_id)["routing"]["position"] == 1
    company.check_rebuild()


def test_that_with_nobody_there_the_customer_gets_a_dated_promise_and_keeps_the_bot(company: Company) -> None:
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    assert handoff.state == "callback"
    assert handoff.due is not None
    assert handoff.due > company.clock.now
    assert company.owner(chat) == "bot"
    promise = company.packet(handoff.handoff_id)["promises"][0]
    assert promise["due"] == "2026-11-24T11:00:00Z"
    assert reference_of(handoff.handoff_id) in promise["text"]
    requested = company.events(chat, "handoff.requested")[0].event
    assert requested.to_wire()["decided_on"]["availability"] == "nobody_in_time"
    company.check_rebuild()


@pytest.mark.parametrize("agent", [{"skills": ("billing",)}, {"languages": ("nl",)}, {"here": False}])
def test_that_an_agent_of_another_skill_or_language_or_away_is_nobody(company: Company, agent: Any) -> None:
    company.agent(**agent)
    assert company.asks_for_person(company.conversation()).state == "callback"


def test_that_a_lease_that_ran_out_is_nobody(company: Company, clock: FakeClock) -> None:
    company.agent()
    clock.forward(seconds=91)
    assert company.asks_for_person(company.conversation()).state == "callback"


def test_that_the_customer_may_ask_again_and_still_has_one_handoff(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    first = company.asks_for_person(chat)
    company.write(lambda tx: company.handoffs.go_on_with_bot(tx, chat))
    assert company.owner(chat) == "bot"
    assert company.handoff(first.handoff_id).state == "queued"
    again = company.asks_for_person(chat)
    assert again.handoff_id == first.handoff_id
    assert company.owner(chat) == "queue"
    assert len(company.events(chat, "handoff.requested")) == 1


def test_that_places_go_by_priority_then_by_waiting(company: Company, clock: FakeClock) -> None:
    company.agent()
    handoffs = []
    for priority in ("normal", "urgent", "normal"):
        handoffs.append(company.asks_for_person(company.conversation(), priority=priority).handoff_id)
        clock.forward(seconds=10)
    places = [company.read(lambda tx, i=i: company.handoffs.place(tx, i))[0] for i in handoffs]
    assert places == [2, 1, 3]


def test_that_an_estimate_comes_from_the_recent_past_or_not_at_all(
    company: Company, clock: FakeClock
) -> None:
    agent = company.agent()
    for wait in (60, 120, 180):
        handoff = company.asks_for_person(company.conversation())
        assert company.read(lambda tx, h=handoff: company.handoffs.place(tx, h.handoff_id))[1] is None
        clock.forward(seconds=wait)
        company.write(lambda tx: renew(tx, agent.id))
        company.accepts(agent, handoff.handoff_id)
    handoff = company.asks_for_person(company.conversation())
    assert responses(company, handoff.conversation_id) == ["utter_handoff_queued"]
    assert company.read(lambda tx: company.handoffs.place(tx, handoff.handoff_id))[1] == 120
    clock.forward(seconds=100)
    assert company.read(lambda tx: company.handoffs.place(tx, handoff.handoff_id))[1] == 50


def test_that_accepting_gives_the_chat_to_one_agent_and_says_so(company: Company) -> None:
    agent, other = company.agent("Sam Field"), company.agent("Kim Brook")
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    taken = company.accepts(agent, handoff.handoff_id)
    assert (taken.state, taken.agent_id, taken.agent_name) == ("with_agent", agent.id, "Sam Field")
    assert company.owner(chat) == "agent"
    assert responses(company, chat)[-1] == "utter_agent_joined"
    assert refused(lambda: company.accepts(other, handoff.handoff_id)) == "handoff_taken"
    assert refused(lambda: company.accepts(agent, handoff.handoff_id)) == "handoff_taken"
    company.check_rebuild()


def test_that_of_ten_who_accept_at_once_exactly_one_gets_it(company: Company) -> None:
    agents = [company.agent(f"Agent {n}") for n in range(10)]
    handoff = company.asks_for_person(company.conversation())
    outcomes: list[str] = []

    def take(agent: Any) -> None:
        try:
            outcomes.append(company.accepts(agent, handoff.handoff_id).state)
        except ApiError as refusal:
            outcomes.append(refusal.code)

    threads = [threading.Thread(target=take, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["handoff_taken"] * 9 + ["with_agent"]
    assert len(company.events(handoff.conversation_id, "handoff.accepted")) == 1


def test_that_an_offer_keeps_others_out_until_it_runs_out(company: Company, clock: FakeClock) -> None:
    agent, other = company.agent(), company.agent()
    handoff = company.asks_for_person(company.conversation())
    company.write(lambda tx: company.handoffs.offer(tx, handoff.handoff_id, agent.id))
    assert refused(lambda: company.accepts(other, handoff.handoff_id)) == "handoff_offered"
    clock.forward(seconds=20)
    assert company.accepts(other, handoff.handoff_id).agent_id == other.id
    company.check_rebuild()


def test_that_the_one_with_the_offer_accepts_it(company: Company) -> None:
    agent = company.agent()
    handoff = company.asks_for_person(company.conversation())
    company.write(lambda tx: company.handoffs.offer(tx, handoff.handoff_id, agent.id))
    assert company.accepts(agent, handoff.handoff_id).agent_id == agent.id


def test_that_an_agents_message_is_one_message_however_often_it_is_sent(company: Company) -> None:
    agent, other = company.agent(), company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)

    def say(who: Any, client_id: str = "k1") -> Any:
        return company.write(lambda tx: company.handoffs.say(tx, who, handoff.handoff_id, client_id, "Hello"))

    assert refused(lambda: say(agent)) == "not_your_chat"
    company.accepts(agent, handoff.handoff_id)
    sequence = say(agent)
    assert say(agent) == sequence
    assert say(agent, "k2") > sequence
    assert refused(lambda: say(other)) == "not_your_chat"
    close(company, agent, handoff.handoff_id, Disposition("achieved", intent="pay_bill"))
    assert say(agent) == sequence
    assert refused(lambda: say(agent, "k3")) == "handoff_ended"


def close(
    company: Company, agent: Any, handoff_id: str, *dispositions: Disposition, note: str | None = None
) -> Any:
    return company.write(lambda tx: company.handoffs.close(tx, agent, handoff_id, dispositions, note))


def test_that_giving_back_leaves_the_bot_the_facts_and_not_the_backlog(company: Company) -> None:
    agent = company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.says(chat, "are you there?")
    company.accepts(agent, handoff.handoff_id)
    facts = [{"name": "visit_id", "value": "v_7"}]
    company.write(lambda tx: company.handoffs.give_back(tx, agent, handoff.handoff_id, "All set", facts))
    assert company.handoff(handoff.handoff_id).state == "returned"
    assert company.owner(chat) == "bot"
    learned = company.events(chat, "fact.learned")[0].event.to_wire()
    assert (learned["fact"], learned["label"], learned["value"], learned["source"]) == (
        "visit_id",
        "Visit",
        "v_7",
        "agent",
    )
    assert company.events(chat, "message.received")[0].event.to_wire()["for_bot"] is False
    company.check_rebuild()


def test_that_a_second_handoff_can_follow_a_first_that_ended(company: Company) -> None:
    agent = company.agent()
    chat = company.conversation()
    first = company.asks_for_person(chat)
    company.accepts(agent, first.handoff_id)
    company.write(lambda tx: company.handoffs.give_back(tx, agent, first.handoff_id))
    second = company.asks_for_person(chat)
    assert second.handoff_id != first.handoff_id
    assert second.state == "queued"
    company.check_rebuild()


def test_that_a_transfer_queues_for_the_other_skill_with_the_note_in_a_new_revision(company: Company) -> None:
    agent, biller = company.agent(), company.agent(skills=("billing",))
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.accepts(agent, handoff.handoff_id)
    note = "Already told about the price rise"
    company.write(lambda tx: company.handoffs.transfer(tx, agent, handoff.handoff_id, "billing", note))
    moved = company.handoff(handoff.handoff_id)
    assert (moved.state, moved.skill, moved.agent_id) == ("queued", "billing", None)
    packet = company.packet(handoff.handoff_id)
    assert (packet["revision"], packet["reason"]["code"]) == (2, "transferred")
    assert note in packet["reason"]["text"]
    assert company.packet(handoff.handoff_id, revision=1)["reason"]["code"] == "customer_asked"
    company.accepts(biller, handoff.handoff_id)
    assert note in company.packet(handoff.handoff_id)["reason"]["text"]
    company.check_rebuild()


def test_that_a_transfer_to_nobody_is_a_promise_and_to_no_skill_is_refused(company: Company) -> None:
    agent = company.agent(skills=("general",))
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.accepts(agent, handoff.handoff_id)

    def transfer(skill: str) -> Any:
        return company.write(lambda tx: company.handoffs.transfer(tx, agent, handoff.handoff_id, skill))

    assert refused(lambda: transfer("magic")) == "unknown_skill"
    assert transfer("billing").state == "callback"
    assert company.owner(chat) == "bot"


@pytest.mark.parametrize("offered", [False, True])
def test_that_a_customer_may_change_their_mind_even_while_being_offered(
    company: Company, offered: bool
) -> None:
    agent = company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    if offered:
        company.write(lambda tx: company.handoffs.offer(tx, handoff.handoff_id, agent.id))
    company.write(lambda tx: company.handoffs.withdraw(tx, chat))
    assert company.handoff(handoff.handoff_id).state == "withdrawn"
    assert company.owner(chat) == "bot"
    assert refused(lambda: company.accepts(agent, handoff.handoff_id)) in ("handoff_ended", "handoff_unknown")
    assert refused(lambda: company.write(lambda tx: company.handoffs.withdraw(tx, chat))) == "not_waiting"
    company.check_rebuild()


def test_that_an_accepted_chat_makes_the_running_turn_notice(company: Company) -> None:
    agent = company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.write(lambda tx: company.handoffs.go_on_with_bot(tx, chat))
    before = company.read(lambda tx: views.conversation(tx, chat)).owner_epoch
    company.accepts(agent, handoff.handoff_id)
    assert company.read(lambda tx: views.conversation(tx, chat)).owner_epoch == before + 1


def test_that_who_switches_while_waiting_waits_for_somebody_who_speaks_it(
    company: Company,
) -> None:
    dutch, italian = company.agent(languages=("nl",)), company.agent(languages=("it",))
    chat = company.conversation(language="nl")
    handoff = company.asks_for_person(chat)
    company.write(lambda tx: company.handoffs.go_on_with_bot(tx, chat))
    company.record(chat, LanguageChanged(language="it"))
    company.write(lambda tx: company.handoffs.follow_language(tx, chat))
    now = company.handoff(handoff.handoff_id)
    assert (now.state, now.language, now.requested_at) == ("queued", "it", handoff.requested_at)
    packet = company.packet(handoff.handoff_id)
    assert (packet["language"], packet["routing"]["language"]) == ("it", "it")
    assert serves(italian, now)
    assert not serves(dutch, now)
    company.write(lambda tx: company.handoffs.follow_language(tx, chat))
    assert len(company.events(chat, "handoff.language_changed")) == 1
    company.check_rebuild()


def test_that_a_chat_with_an_agent_stays_with_them_whatever_language_comes(company: Company) -> None:
    agent = company.agent(languages=("en",))
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.accepts(agent, handoff.handoff_id)
    company.record(chat, LanguageChanged(language="it"))
    company.write(lambda tx: company.handoffs.follow_language(tx, chat))
    assert company.handoff(handoff.handoff_id).language == "en"
    assert company.events(chat, "handoff.language_changed") == []
