"""Acknowledged is never lost: each message is answered once, in order, whoever dies in between."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from assistant.bot.turn import Turn
from assistant.channel.line import Line
from assistant.channel.turns import LeaseLost, TurnDesk
from assistant.journal.database import JournalUnavailable, Transaction
from assistant.journal.events import (
    AttemptOpened,
    LanguageChanged,
    MessageReceived,
    MessageSent,
    MessageWithheld,
    TurnCommitted,
    TurnFailed,
)
from tests.channel.scene import Scene, echo
from tests.journal.conftest import Journal


async def test_that_messages_are_answered_in_the_order_they_came(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    for number in range(8):
        await scene.say(conversation, f"message {number}")
        scene.line.wake(conversation)
    sent = await scene.until(conversation, MessageSent.name, 8)
    assert [event.event.text for event in sent] == [f"you said message {n}" for n in range(8)]  # type: ignore[attr-defined]
    await scene.line.stop()


async def test_that_a_repeated_client_id_is_one_message(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    first = await scene.say(conversation, "hello", "same")
    again = await scene.say(conversation, "hello", "same")
    assert first == again
    assert len(await scene.events(conversation, MessageReceived.name)) == 1


async def test_that_a_worker_whose_model_is_not_loaded_takes_messages_in_and_leaves_the_turn_to_others(
    journal: Journal,
) -> None:
    loading, ready = Scene(journal.database, worker="loading"), Scene(journal.database, worker="ready")
    ready.line = Line(ready.database, ready.bus, ready.desk, ready.take, lambda: True)
    loading.line = Line(loading.database, loading.bus, loading.desk, loading.take, lambda: False)
    conversation = await loading.open()
    await loading.send(conversation, "anybody?")
    loading.line.wake(conversation)
    assert await ready.database.read(ready.desk.waiting) == [conversation]
    assert await ready.events(conversation, TurnCommitted.name, TurnFailed.name) == []
    ready.line.wake(conversation)
    [sent] = await ready.until(conversation, MessageSent.name, 1)
    assert sent.event.text == "you said anybody?"  # type: ignore[attr-defined]
    await ready.line.stop()


async def test_that_a_message_of_a_dead_worker_is_answered_by_another(journal: Journal) -> None:
    dead, alive = Scene(journal.database, worker="dead"), Scene(journal.database, worker="alive")
    conversation = await dead.open()
    await dead.say(conversation, "anybody?")
    turn = await journal.database.write(lambda tx: dead.desk.next_turn(tx, conversation))
    assert turn is not None
    assert await journal.database.write(lambda tx: alive.desk.next_turn(tx, conversation)) is None
    journal.clock.forward(seconds=60)
    assert await journal.database.read(alive.desk.waiting) == [conversation]
    taken = await journal.database.write(lambda tx: alive.desk.next_turn(tx, conversation))
    assert taken is not None
    await echo(taken)
    await echo(turn)
    await journal.database.write(lambda tx: alive.desk.commit(tx, taken))
    with pytest.raises(LeaseLost):
        await journal.database.write(lambda tx: dead.desk.commit(tx, turn))
    assert len(await alive.events(conversation, MessageSent.name)) == 1


async def test_that_the_sweep_answers_what_was_left_before_the_start(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    await scene.say(conversation, "left behind")
    await scene.line.start()
    await scene.until(conversation, MessageSent.name, 1)
    await scene.line.stop()


async def test_that_the_bot_stays_silent_when_a_person_took_over_during_the_turn(journal: Journal) -> None:
    scene = Scene(journal.database)

    async def slow(turn: Turn) -> Turn:
        await scene.hand_to_agent(turn.conversation_id)
        return await echo(turn)

    scene.line._take = slow
    conversation = await scene.open()
    await scene.say(conversation, "pay my bill")
    scene.line.wake(conversation)
    await scene.until(conversation, TurnCommitted.name, 1)
    assert not await scene.events(conversation, MessageSent.name)
    withheld = await scene.events(conversation, MessageWithheld.name)
    assert [event.event.text for event in withheld] == ["you said pay my bill"]  # type: ignore[attr-defined]
    assert scene.handoffs.revised == [conversation]


async def test_that_a_message_to_a_person_is_no_turn_of_the_bot(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    await scene.hand_to_agent(conversation)
    await scene.say(conversation, "are you there, Sam?")
    assert await journal.database.read(scene.desk.waiting) == []
    received = (await scene.events(conversation, MessageReceived.name))[0].event
    assert isinstance(received, MessageReceived)
    assert not received.for_bot


async def test_that_a_turn_that_breaks_twice_is_told_and_the_conversation_goes_on(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.channel.line.RETRY_SECONDS", 0)
    tried: list[str] = []

    async def broken(turn: Turn) -> Turn:
        tried.append(turn.text)
        if turn.text == "break":
            raise RuntimeError("the model fell over")
        return await echo(turn)

    scene = Scene(journal.database, take=broken)
    conversation = await scene.open()
    await scene.say(conversation, "break")
    await scene.say(conversation, "hello")
    scene.line.wake(conversation)
    sent = await scene.until(conversation, MessageSent.name, 2)
    assert [event.event.text for event in sent] == ["Something broke.", "you said hello"]  # type: ignore[attr-defined]
    assert tried == ["break", "break", "hello"]
    assert len(await scene.events(conversation, TurnFailed.name)) == 1


async def test_that_a_wish_for_a_person_reaches_handoffs_in_the_same_turn(journal: Journal) -> None:
    scene = Scene(journal.database)
    wish = {"request": "handoff", "reason": "customer_asked", "skill": "general"}

    async def asks(turn: Turn) -> Turn:
        turn = await echo(turn)
        turn.slots["journey"]["log"] = [wish]
        return turn

    scene.line._take = asks
    conversation = await scene.open()
    await scene.say(conversation, "a person please")
    scene.line.wake(conversation)
    await scene.until(conversation, TurnCommitted.name, 1)
    assert scene.handoffs.wishes == [wish]


async def test_that_a_lease_is_held_as_long_as_a_turn_takes(journal: Journal) -> None:
    scene, other = Scene(journal.database), Scene(journal.database, worker="other")
    conversation = await scene.open()
    await scene.say(conversation, "slow one")
    assert await journal.database.write(lambda tx: scene.desk.next_turn(tx, conversation)) is not None
    for _ in range(4):
        journal.clock.now += timedelta(seconds=10)
        await journal.database.write(lambda tx: scene.desk.renew(tx, conversation))
        assert await journal.database.write(lambda tx: other.desk.next_turn(tx, conversation)) is None


async def test_that_a_burst_through_the_line_is_answered_once_each_and_in_order(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    await asyncio.gather(*(scene.send(conversation, f"burst {number}") for number in range(20)))
    received = await scene.events(conversation, MessageReceived.name)
    sent = await scene.until(conversation, MessageSent.name, 20)
    texts = [event.event.text for event in received]  # type: ignore[attr-defined]
    assert [event.event.text for event in sent] == [f"you said {text}" for text in texts]  # type: ignore[attr-defined]
    await scene.line.stop()
    assert len(await scene.events(conversation, TurnCommitted.name)) == 20


async def test_that_the_bot_does_not_answer_the_backlog_when_a_person_had_the_chat(journal: Journal) -> None:
    scene = Scene(journal.database)
    conversation = await scene.open()
    await scene.say(conversation, "a person please")
    await scene.say(conversation, "hello?")
    await scene.hand_to_agent(conversation)
    scene.line.wake(conversation)
    await scene.line.stop()
    assert await journal.database.read(scene.desk.waiting) == []
    await scene.give_back(conversation)
    assert await journal.database.write(lambda tx: scene.desk.next_turn(tx, conversation)) is None
    assert await scene.events(conversation, MessageSent.name, TurnCommitted.name) == []
    await scene.say(conversation, "back with the bot")
    scene.line.wake(conversation)
    [sent] = await scene.until(conversation, MessageSent.name, 1)
    assert sent.event.text == "you said back with the bot"  # type: ignore[attr-defined]


async def test_that_a_late_renewal_takes_no_lease_that_was_given_up(journal: Journal) -> None:
    scene, other = Scene(journal.database), Scene(journal.database, worker="other")
    conversation = await scene.open()
    await scene.say(conversation, "one")
    turn = await journal.database.write(lambda tx: scene.desk.next_turn(tx, conversation))
    assert turn is not None
    await echo(turn)
    await journal.database.write(lambda tx: scene.desk.commit(tx, turn))
    assert await journal.database.write(lambda tx: scene.desk.next_turn(tx, conversation)) is None
    await journal.database.write(lambda tx: scene.desk.renew(tx, conversation))
    await other.say(conversation, "two")
    assert await journal.database.write(lambda tx: other.desk.next_turn(tx, conversation)) is not None


async def test_that_a_lease_is_held_on_though_one_renewal_failed(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.channel.line.RENEW_SECONDS", 0.01)
    renewed = asyncio.Event()
    tried: list[str] = []

    def renew(tx: Transaction, conversation_id: str) -> None:
        tried.append(conversation_id)
        if len(tried) == 1:
            raise JournalUnavailable("gone for a moment")
        renewed.set()

    async def slow(turn: Turn) -> Turn:
        async with asyncio.timeout(20):
            await renewed.wait()
        return await echo(turn)

    scene = Scene(journal.database, take=slow)
    monkeypatch.setattr(TurnDesk, "renew", lambda self, tx, conversation_id: renew(tx, conversation_id))
    conversation = await scene.open()
    await scene.say(conversation, "slow one")
    scene.line.wake(conversation)
    await scene.until(conversation, MessageSent.name, 1)
    await scene.line.stop()


async def test_that_a_turn_that_switches_says_so_before_all_that_rests_on_it(journal: Journal) -> None:
    scene = Scene(journal.database)
    opened = AttemptOpened(attempt_id="a_1", intent="pay_bill", title="Pagare", language="it")

    async def in_italian(turn: Turn) -> Turn:
        turn = await echo(turn)
        if turn.language == "it":
            return turn
        turn.language = "it"
        turn.slots["journey"]["log"] = [
            {"event": opened.name, **opened.to_wire()},
            {"request": "handoff", "reason": "customer_asked"},
        ]
        return turn

    scene.line._take = in_italian
    conversation = await scene.open()
    await scene.send(conversation, "vorrei parlare con una persona")
    await scene.until(conversation, TurnCommitted.name, 1)
    names = [each.event.name for each in await scene.events(conversation)]
    assert names[2:] == ["conversation.language_changed", "attempt.opened", "message.sent", "turn.committed"]
    assert scene.handoffs.followed == [conversation]
    assert [wish["reason"] for wish in scene.handoffs.wishes] == ["customer_asked"]
    await scene.send(conversation, "sì")
    await scene.until(conversation, TurnCommitted.name, 2)
    assert len(await scene.events(conversation, LanguageChanged.name)) == 1
    await scene.line.stop()
