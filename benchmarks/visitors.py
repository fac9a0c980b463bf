"""Visitors of a website who chat over WebSocket, whatever happens to the server meanwhile.

They do what the widget does: one message after the other (or a few in one go), resent with the same
client id until it is acknowledged, reconnecting with the last sequence they have seen.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import websockets

QUIET_SECONDS = 0.25  # after the last part of an answer the visitor goes on
ANSWER_SECONDS = 900.0  # of waiting for an answer; on a busy machine each restart takes minutes
CONNECT_SECONDS = 5.0
STEPS = 16

Json = dict[str, Any]


@dataclass(frozen=True)
class Dialogue:
    """What a visitor came for: texts said in one go, then choices pressed until there are none."""

    name: str
    opening: tuple[str, ...]
    customer: Json | None = None


@dataclass
class Conversation:
    """What one visitor knows about one conversation; it is held against the journal afterwards."""

    conversation_id: str
    token: str
    dialogue: Dialogue
    cursor: int = 0
    sent: list[str] = field(default_factory=list)  # client ids in the order they were written
    acknowledged: dict[str, int] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)  # client ids that confirmed a payment
    seen: list[tuple[int, str]] = field(default_factory=list)  # (sequence, from), as delivered
    choices: list[Json] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # promises the client itself saw broken
    reconnects: int = 0
    resent: int = 0


class Visitor:
    """Goes through dialogues, one conversation each, until there are none or it is told to stop."""

    def __init__(
        self,
        base_url: str,
        sign_in: Callable[[Json], str],
        dialogues: list[Dialogue],
        chance: random.Random,
        stopped: asyncio.Event,
    ) -> None:
        self.conversations: list[Conversation] = []
        self._base_url = base_url
        self._sign_in = sign_in
        self._dialogues = dialogues
        self._chance = chance
        self._stopped = stopped
        self._socket: Any = None

    async def run(self) -> None:
        """Until the dialogues are over or no new one is wanted."""
        for dialogue in self._dialogues:
            if self._stopped.is_set():
                break
            talk = await self._begin(dialogue)
            self.conversations.append(talk)
            await self._go_through(talk)
            await self._hang_up()

    async def _begin(self, dialogue: Dialogue) -> Conversation:
        body: Json = {"language": "en", "page": {"url": "/help", "title": "Help"}}
        while True:
            if dialogue.customer is not None:
                body["identity_token"] = self._sign_in(dialogue.customer)
            try:
                async with (
                    aiohttp.ClientSession() as http,
                    http.post(f"{self._base_url}/chat/session", json=body, timeout=_timeout()) as answer,
                ):
                    if answer.status == 200:
                        made = await answer.json()
                        return Conversation(made["conversation_id"], made["session_token"], dialogue)
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            await self._pause(0.3, 0.6)  # the server is away, or busy with others

    async def _go_through(self, talk: Conversation) -> None:
        parts = [{"type": "message", "text": text} for text in talk.dialogue.opening]
        for _ in range(STEPS):
            if not await self._exchange(talk, parts):
                return
            if not talk.choices:
                return
            await self._pause(0.05, 0.6)
            parts = self._press(talk)

    def _press(self, talk: Conversation) -> list[Json]:
        pressed = talk.choices[0]
        frame = {"type": "choice", "payload": pressed["id"], "title": pressed["title"]}
        confirms = talk.dialogue.name == "pay_bill" and pressed["title"] == "Yes"
        # Half of those who confirm a payment press twice.
        times = 2 if confirms and self._chance.random() < 0.5 else 1
        return [frame | {"confirms": confirms} for _ in range(times)]

    async def _exchange(self, talk: Conversation, parts: list[Json]) -> bool:
        """Writes, and waits for the acknowledgements and the answer. False when none came at all."""
        waiting: dict[str, Json] = {}
        for part in parts:
            client_id = str(UUID(int=self._chance.getrandbits(128), version=4))
            confirms = part.pop("confirms", False)
            waiting[client_id] = {**part, "client_id": client_id}
            talk.sent.append(client_id)
            if confirms:
                talk.confirmed.add(client_id)
        unwritten = list(waiting.values())
        talk.choices = []
        answered = False
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while True:
                    try:
                        unwritten = await self._connected(talk, waiting, unwritten)
                        while unwritten:
                            await self._socket.send(json.dumps(unwritten.pop(0)))
                        quiet = QUIET_SECONDS if answered and not waiting else CONNECT_SECONDS * 4
                        frame = json.loads(await asyncio.wait_for(self._socket.recv(), quiet))
                        answered = self._take(talk, frame, waiting) or answered
                    except TimeoutError:
                        if answered and not waiting:
                            return True
                        await self._hang_up()
                    except (OSError, websockets.WebSocketException):
                        self._socket = None
        except TimeoutError:
            talk.broken.append(f"no answer within {ANSWER_SECONDS:.0f} s, unacknowledged: {len(waiting)}")
            return False

    async def _connected(
        self, talk: Conversation, waiting: dict[str, Json], unwritten: list[Json]
    ) -> list[Json]:
        """What is to be written on the present connection: all that is unacknowledged, if it is a new one."""
        if self._socket is not None:
            return unwritten
        address = self._base_url.replace("http", "ws", 1)
        while self._socket is None:
            try:
                socket = await websockets.connect(
                    f"{address}/chat/ws?after={talk.cursor}", open_timeout=CONNECT_SECONDS, ping_interval=None
                )
                await socket.send(json.dumps({"type": "hello", "token": talk.token}))
                self._socket = socket
            except (OSError, TimeoutError, websockets.WebSocketException):
                await self._pause(0.2, 0.5)
        talk.reconnects += 1
        talk.resent += sum(frame not in unwritten for frame in waiting.values())
        return list(waiting.values())

    def _take(self, talk: Conversation, frame: Json, waiting: dict[str, Json]) -> bool:
        """Notes what came; whether it was (part of) an answer."""
        match frame["type"]:
            case "ack":
                before = talk.acknowledged.setdefault(frame["client_id"], frame["sequence"])
                if before != frame["sequence"]:
                    talk.broken.append(f"acknowledged as {before} and as {frame['sequence']}")
                waiting.pop(frame["client_id"], None)
            case "message":
                if frame["sequence"] <= talk.cursor:
                    talk.broken.append(f"delivered again or out of order: {frame['sequence']}")
                talk.cursor = max(talk.cursor, frame["sequence"])
                talk.seen.append((frame["sequence"], frame["from"]))
                if frame["from"] != "customer":
                    talk.choices = frame.get("choices") or []
                    return True
            case "error" if frame["code"] != "too_many_requests":
                talk.broken.append(f"error {frame['code']}")
        return False

    async def _pause(self, least: float, most: float) -> None:
        await asyncio.sleep(self._chance.uniform(least, most))

    async def _hang_up(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()


def _timeout() -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=CONNECT_SECONDS)
