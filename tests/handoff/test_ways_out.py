"""A customer who waits for a person has a way out: on with the bot, or no person any more."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from assistant.channel.messages import receive
from assistant.handoff.handoffs import Handoff
from assistant.journal import tables
from assistant.journal.events import MessageReceived, MessageSent
from tests.handoff.scenario import Company


def last_line(company: Company, chat: str) -> MessageSent:
    event = company.events(chat, "message.sent")[-1].event
    assert isinstance(event, MessageSent)
    return event


def offered(company: Company, chat: str) -> list[str]:
    """The ways out under the last line, without the handoff they belong to."""
    return [str(choice["id"]).partition(":")[0] for choice in last_line(company, chat).choices]


def press(company: Company, chat: str, way: str, handoff: Handoff, client_id: str = "press") -> int:
    """Presses that way out; the sequence of the message that it is."""
    choice = f"{way}:{handoff.handoff_id}"
    return company.write(
        lambda tx: receive(tx, chat, client_id, "pressed", choice=choice, ways_out=company.handoffs)
    ).sequence


def received(company: Company, chat: str) -> list[MessageReceived]:
    events = [each.event for each in company.events(chat, "message.received")]
    return [event for event in events if isinstance(event, MessageReceived)]


def owed(company: Company, chat: str) -> list[int]:
    """What the bot owes an answer."""
    table = tables.pending_turns
    query = sa.select(table.c.sequence).where(table.c.conversation_id == chat)
    return company.read(lambda tx: list(tx.connection.execute(query).scalars()))


def test_that_whoever_waits_in_the_queue_may_go_on_or_withdraw(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    assert last_line(company, chat).choices == [
        {"id": f"go_on:{handoff.handoff_id}", "title": "utter_choice_go_on[en]"},
        {"id": f"withdraw:{handoff.handoff_id}", "title": "utter_choice_withdraw[en]"},
    ]


def test_that_whoever_waits_for_a_callback_may_withdraw(company: Company) -> None:
    chat = company.conversation()
    company.asks_for_person(chat)
    assert offered(company, chat) == ["withdraw"]


def test_that_whoever_lost_their_agent_has_the_ways_out_again(company: Company) -> None:
    agent = company.agent()
    chat = company.conversation()
    company.accepts(agent, company.asks_for_person(chat).handoff_id)
    company.write(lambda tx: company.handoffs.release_lost(tx, agent.id))
    assert offered(company, chat) == ["go_on", "withdraw"]


def test_that_going_on_keeps_the_place_and_gives_the_bot_the_conversation(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    sequence = press(company, chat, "go_on", handoff)
    assert (company.handoff(handoff.handoff_id).state, company.owner(chat)) == ("queued", "bot")
    [pressed] = received(company, chat)
    assert (pressed.choice, pressed.text) == (f"go_on:{handoff.handoff_id}", "utter_choice_go_on[en]")
    told = last_line(company, chat)
    assert (told.response, told.in_reply_to) == ("utter_with_bot_meanwhile", sequence)
    assert owed(company, chat) == []
    following = company.says(chat, "what is my bill?")
    assert owed(company, chat) == [following]
    company.check_rebuild()


@pytest.mark.parametrize("here", [True, False])
def test_that_withdrawing_ends_the_handoff_and_the_bot_answers_again(company: Company, here: bool) -> None:
    company.agent(here=here)
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    assert handoff.state == ("queued" if here else "callback")
    sequence = press(company, chat, "withdraw", handoff)
    assert (company.handoff(handoff.handoff_id).state, company.owner(chat)) == ("withdrawn", "bot")
    told = last_line(company, chat)
    assert (told.response, told.in_reply_to, told.choices) == ("utter_handoff_withdrawn", sequence, [])
    assert owed(company, chat) == []
    company.check_rebuild()


def test_that_whoever_went_on_may_still_withdraw(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    press(company, chat, "go_on", handoff)
    assert "withdraw" in offered(company, chat)
    press(company, chat, "withdraw", handoff, "second")
    assert company.handoff(handoff.handoff_id).state == "withdrawn"


def test_that_the_same_press_sent_again_is_one_press(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    first = press(company, chat, "withdraw", handoff)
    before = len(company.events(chat))
    assert press(company, chat, "withdraw", handoff) == first
    assert len(company.events(chat)) == before


@pytest.mark.parametrize("way", ["go_on", "withdraw"])
def test_that_a_press_after_an_agent_came_is_a_message_to_them(company: Company, way: str) -> None:
    agent = company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.accepts(agent, handoff.handoff_id)
    press(company, chat, way, handoff)
    assert (company.handoff(handoff.handoff_id).state, company.owner(chat)) == ("with_agent", "agent")
    [pressed] = received(company, chat)
    assert (pressed.choice, pressed.text, pressed.for_bot) == (None, "pressed", False)


def test_that_a_press_after_the_handoff_ended_is_a_message_to_the_bot(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    company.write(lambda tx: company.handoffs.withdraw(tx, chat))
    assert owed(company, chat) == []
    sequence = press(company, chat, "withdraw", handoff)
    assert owed(company, chat) == [sequence]
    assert received(company, chat)[-1].choice is None


@pytest.mark.parametrize("choice", ["withdraw:h_other", "withdraw:", "withdraw", "close:{}", "{}"])
def test_that_nobody_can_make_up_a_way_out(company: Company, choice: str) -> None:
    company.agent()
    chat, other = company.conversation(), company.conversation()
    theirs = company.asks_for_person(other)
    made_up = choice.format(theirs.handoff_id)
    mine = company.asks_for_person(chat)

    def send(tx: Any) -> Any:
        return receive(tx, chat, "made-up", "hm", choice=made_up, ways_out=company.handoffs)

    company.write(send)
    assert company.handoff(mine.handoff_id).state == "queued"
    assert company.handoff(theirs.handoff_id).state == "queued"
    assert received(company, chat)[-1].choice is None


def test_that_the_way_out_of_another_conversation_opens_nothing(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    theirs = company.asks_for_person(company.conversation())
    press(company, chat, "withdraw", theirs)
    assert company.handoff(theirs.handoff_id).state == "queued"


def test_that_what_was_pressed_does_not_wait_for_an_answer_of_the_agent(company: Company) -> None:
    agent = company.agent()
    chat = company.conversation()
    handoff = company.asks_for_person(chat)
    press(company, chat, "go_on", handoff)
    said = company.says(chat, "are you there?")
    company.accepts(agent, handoff.handoff_id)
    assert company.packet(handoff.handoff_id)["unanswered"] == [said]
