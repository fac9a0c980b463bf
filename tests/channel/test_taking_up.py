"""What a verified customer left in the middle is found in a later contact; once, and only theirs."""

from __future__ import annotations

from typing import Any

from assistant.channel import sessions
from assistant.channel.taking_up import TakingUp, note_offered
from assistant.journal import views
from assistant.journal.database import Transaction
from assistant.journal.events import BOT, Actor, AttemptClosed, TurnCommitted, from_wire
from tests.journal.conftest import Journal
from tests.journeys.dialogue import DEFINITIONS, Dialogue


def open_for(tx: Transaction, customer_id: str, channel: str = "web_chat") -> str:
    made = sessions.open_conversation(tx, channel=channel, language="en")
    sessions.verify(tx, made, sessions.Identity(customer_id), "identity_token")
    return made


def leave(tx: Transaction, conversation_id: str) -> None:
    """Leaves a visit half moved there, as the bot's turns put it on record."""
    talk = Dialogue().say("move my visit", "move_visit").say("2")
    events = [found for each in talk.all_log if (found := from_wire(each["event"], each)) is not None]
    committed = TurnCommitted(received=1, model="m", slots={"journey": talk.state})
    tx.append(conversation_id, [*events, committed], actor=BOT)


async def found(journal: Journal, conversation_id: str) -> dict[str, Any] | None:
    def work(tx: Transaction) -> dict[str, Any] | None:
        conversation = views.conversation(tx, conversation_id)
        assert conversation is not None
        return TakingUp(DEFINITIONS).find(tx, conversation)

    return await journal.database.read(work)


async def test_that_what_was_left_is_found_in_another_channel_by_that_customer_once(
    journal: Journal,
) -> None:
    first = await journal.database.write(lambda tx: open_for(tx, "cus_anna"))
    await journal.database.write(lambda tx: leave(tx, first))
    journal.clock.forward(minutes=5)
    later = await journal.database.write(lambda tx: open_for(tx, "cus_anna", "rest"))
    other = await journal.database.write(lambda tx: open_for(tx, "cus_bob"))
    left = await found(journal, later)
    assert left is not None
    assert (left["journey"], left["conversation_id"]) == ("move_visit", first)
    assert left["answers"]["slot_id"]["value"] == "s_2"
    assert await found(journal, other) is None
    assert await found(journal, first) is None
    await journal.database.write(lambda tx: note_offered(tx, later, left))
    assert await found(journal, later) is None


async def test_that_what_an_agent_took_up_goes_on_with_the_bot_without_being_asked_about(
    journal: Journal,
) -> None:
    first = await journal.database.write(lambda tx: open_for(tx, "cus_anna"))
    await journal.database.write(lambda tx: leave(tx, first))
    journal.clock.forward(minutes=5)
    later = await journal.database.write(lambda tx: open_for(tx, "cus_anna", "phone"))
    agent = Actor("agent", "s_1")

    def take_up(tx: Transaction) -> tuple[str | None, dict[str, Any]]:
        conversation = views.conversation(tx, later)
        assert conversation is not None
        made = TakingUp(DEFINITIONS).take_up(tx, conversation, agent)
        return made, TakingUp(DEFINITIONS).look_back(tx, conversation)

    attempt_id, known = await journal.database.write(take_up)
    assert known["left"]["agreed"] == attempt_id
    talk = Dialogue()
    talk.say("thanks", "thank", context={"left": known["left"], "returned": {"facts": {}}})
    assert talk.said == ["utter_taking_up", "utter_thank", "utter_confirm_move"]
    talk.say("yes")
    assert talk.events("attempt.opened") == []
    [closed] = talk.events("attempt.closed")
    assert (closed["attempt_id"], closed["outcome"], closed["by"]) == (attempt_id, "achieved", "assisted")


async def test_that_what_an_agent_took_up_and_closed_is_over(journal: Journal) -> None:
    first = await journal.database.write(lambda tx: open_for(tx, "cus_anna"))
    await journal.database.write(lambda tx: leave(tx, first))
    journal.clock.forward(minutes=5)
    later = await journal.database.write(lambda tx: open_for(tx, "cus_anna"))

    def take_up_and_close(tx: Transaction) -> Any:
        conversation = views.conversation(tx, later)
        assert conversation is not None
        made = TakingUp(DEFINITIONS).take_up(tx, conversation, Actor("agent", "s_1"))
        closed = AttemptClosed(attempt_id=str(made), outcome="achieved", evidence="agent", by="assisted")
        tx.append(later, [closed], actor=Actor("agent", "s_1"))
        return TakingUp(DEFINITIONS).look_back(tx, conversation)["left"]

    assert await journal.database.write(take_up_and_close) is None
