"""A visitor's socket through trouble: it hears again what it missed, and a visitor who leaves is no error."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from assistant.bus import LocalBus
from assistant.channel.socket import VisitorSocket
from assistant.journal.database import JournalUnavailable
from assistant.journal.events import BOT, MessageSent, Recorded
from assistant.web import RateLimiter
from tests.journal.conftest import START

HELLO = json.dumps({"type": "hello", "token": "t"})
ANSWER = Recorded("c_1", 1, "e_1", START, BOT, "web_chat", MessageSent(sender="bot", text="Here I am."))


class Wire:
    """What the visitor sends, and what reaches them."""

    def __init__(self, *sent: str) -> None:
        self._sent = list(sent)
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.gone = asyncio.Event()

    async def recv(self) -> str:
        if self._sent:
            return self._sent.pop(0)
        await self.gone.wait()
        raise ConnectionClosed(None, None)

    async def send(self, data: str) -> None:
        self.heard.put_nowait(json.loads(data))


class Visitors:
    """A journal that cannot be read the first time."""

    def __init__(self) -> None:
        self.looks = 0

    async def session(self, token: str | None) -> SimpleNamespace:
        return SimpleNamespace(conversation_id="c_1")

    async def resume_from(self, conversation_id: str, after: int) -> int:
        return after

    async def news(self, conversation_id: str, after: int) -> tuple[list[Recorded], dict[str, Any]]:
        self.looks += 1
        if self.looks == 1:
            raise JournalUnavailable("gone for a moment")
        return ([ANSWER] if after < 1 else []), {"type": "owner", "owner": "bot"}


def socket_on(wire: Wire, visitors: Visitors) -> VisitorSocket:
    fakes: tuple[Any, Any] = (wire, visitors)
    return VisitorSocket(*fakes, LocalBus(), RateLimiter(), 0)


async def test_that_delivery_goes_on_after_the_journal_could_not_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("assistant.channel.socket.RETRY_SECONDS", 0)
    wire = Wire(HELLO)
    running = asyncio.create_task(socket_on(wire, Visitors()).run())
    async with asyncio.timeout(10):
        assert (await wire.heard.get())["text"] == "Here I am."
        wire.gone.set()
        await running


async def test_that_a_visitor_who_leaves_before_hello_is_no_error() -> None:
    wire = Wire()
    wire.gone.set()
    await socket_on(wire, Visitors()).run()
    assert wire.heard.empty()
