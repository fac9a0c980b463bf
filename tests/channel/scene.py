"""A conversation's line with a bot that says what the test tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from assistant.bot.turn import Turn, Utterance
from assistant.bus import LocalBus
from assistant.channel import messages, sessions
from assistant.channel.line import Line
from assistant.channel.turns import TurnDesk
from assistant.journal import attempts
from assistant.journal.database import Database, Transaction
from assistant.journal.events import (
    SYSTEM,
    HandoffAccepted,
    HandoffRequested,
    HandoffReturned,
    OwnerChanged,
    Recorded,
)


@dataclass
class NoHandoffs:
    """Remembers what turns asked of handoffs."""

    wishes: list[dict[str, Any]] = field(default_factory=list)
    revised: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)

    def request(self, tx: Transaction, conversation_id: str, wish: dict[str, Any]) -> None:
        self.wishes.append(wish)

    def revise(self, tx: Transaction, conversation_id: str) -> None:
        self.revised.append(conversation_id)

    def follow_language(self, tx: Transaction, conversation_id: str) -> None:
        self.followed.append(conversation_id)

    def staffed(self, tx: Transaction) -> dict[str, bool]:
        return {"general": True}


Take = Callable[[Turn], Awaitable[Turn]]


async def echo(turn: Turn) -> Turn:
    """A bot that repeats what it heard."""
    turn.saved = True
    turn.utterances = [Utterance(f"you said {turn.text}", "utter_echo")]
    turn.slots = {"journey": {"log": [], "awaiting": None}}
    return turn


@dataclass
class Scene:
    """One database, one worker's line."""

    database: Database
    take: Take = echo
    worker: str = "one"
    handoffs: NoHandoffs = field(default_factory=NoHandoffs)

    def __post_init__(self) -> None:
        self.bus = LocalBus()
        self.desk = TurnDesk(
            worker=self.worker,
            model="model",
            handoffs=self.handoffs,
            note_subject=lambda tx, conversation, attempt: None,
            earlier_failure=attempts.earlier_failure,
            has_subject=lambda intent: True,
            trouble_text=lambda language: "Something broke.",
        )
        self.line = Line(self.database, self.bus, self.desk, self.take)

    async def open(self) -> str:
        return await self.database.write(
            lambda tx: sessions.open_conversation(tx, channel="web_chat", language="en")
        )

    async def say(self, conversation_id: str, text: str, client_id: str | None = None) -> int:
        """Takes a message in; the line is not woken."""
        received = await self.database.write(
            lambda tx: messages.receive(tx, conversation_id, client_id or text, text)
        )
        return received.sequence

    async def send(self, conversation_id: str, text: str) -> int:
        """Takes a message in as the channel does: the line begins its turn at once."""
        received = await self.line.take_in(
            conversation_id, lambda tx: messages.receive(tx, conversation_id, text, text)
        )
        return received.sequence

    async def events(self, conversation_id: str, *names: str) -> list[Recorded]:
        wanted = set(names) or None
        return await self.database.read(lambda tx: tx.events(conversation_id, names=wanted))

    async def until(self, conversation_id: str, name: str, count: int) -> list[Recorded]:
        """Waits until that many such events are on record."""
        async with asyncio.timeout(20):
            while len(found := await self.events(conversation_id, name)) < count:  # noqa: ASYNC110  # on a condition
                await asyncio.sleep(0.01)
        return found

    async def hand_to_agent(self, conversation_id: str) -> None:
        events = [
            HandoffRequested(
                handoff_id="h_1",
                reason="customer_asked",
                trigger="customer",
                skill="general",
                language="en",
                priority="normal",
                state="queued",
            ),
            HandoffAccepted(handoff_id="h_1", agent_id="s_1", agent_name="Sam"),
            OwnerChanged(owner="agent", epoch=1, agent_id="s_1", agent_name="Sam", handoff_id="h_1"),
        ]
        await self.database.write(lambda tx: tx.append(conversation_id, events, actor=SYSTEM))

    async def give_back(self, conversation_id: str) -> None:
        returned = HandoffReturned(handoff_id="h_1", agent_id="s_1")
        owner = OwnerChanged(owner="bot", epoch=2, handoff_id="h_1")
        await self.database.write(lambda tx: tx.append(conversation_id, [returned, owner], actor=SYSTEM))
