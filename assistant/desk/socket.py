"""The desk's WebSocket: the queue on every change, watched chats from the journal, typing, presence."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import Any

import structlog
from sanic import Request, Websocket
from websockets.exceptions import ConnectionClosed

from assistant.bus import Bus
from assistant.channel.frames import message_frame
from assistant.desk.lease import Leases
from assistant.desk.models import HandoffList
from assistant.desk.reading import list_handoffs, readable_conversation
from assistant.handoff.presence import AWAY, HERE
from assistant.journal import views
from assistant.journal.database import Database, Transaction
from assistant.journal.events import Recorded
from assistant.staff.access import Access, Principal, permit
from assistant.staff.audit import record
from assistant.web import ApiError, Limiter, Rule
from assistant.web.parsing import read_object

log = structlog.get_logger(__name__)

HELLO_SECONDS = 5.0
LOOK_SECONDS = 15.0  # without a wake, the journal is looked at and the lease renewed this often
FRAMES = Rule(times=120, seconds=10)
MOST_WATCHED = 50
AT_ONCE = 200  # messages read in one go
CLOSE_POLICY = 1008
Frame = dict[str, Any]
DELIVERY_FAILED: Frame = {
    "type": "error",
    "code": "delivery_failed",
    "message": "The desk could not be brought up to date. It tries again.",
}


@dataclass
class Watch:
    """A watched chat: the last sequence delivered, and what was told about it last."""

    cursor: int
    owner: tuple[str, str | None] | None = None
    packet: tuple[str, int] | None = None


@dataclass(frozen=True)
class News:
    """What one look into the journal found for a watched chat."""

    messages: list[Recorded]
    owner: tuple[str, str | None]
    packet: tuple[str, int] | None


class DeskSocket:
    """One open desk. Wakes only say that there is something; all content is read from the journal."""

    def __init__(
        self,
        request: Request,
        websocket: Websocket,
        database: Database,
        bus: Bus,
        limiter: Limiter,
        access: Access,
        leases: Leases,
    ) -> None:
        self._request = request
        self._websocket = websocket
        self._database = database
        self._bus = bus
        self._limiter = limiter
        self._access = access
        self._leases = leases
        self._watched: dict[str, Watch] = {}
        self._recorded: set[str] = set()
        self._stale: set[str] = set()
        self._queue_stale = True
        self._news = asyncio.Event()
        self._sending = asyncio.Lock()
        self._typing: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until either side closes."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                principal = await self._hello()
        except TimeoutError:
            await self._refuse("hello_missing", "The first frame must be hello, within 5 seconds.")
            return
        except ApiError as error:
            await self._refuse(error.code, error.message)
            return
        except ConnectionClosed:
            return
        await self._serve(principal)

    async def _serve(self, principal: Principal) -> None:
        unsubscribe = self._bus.subscribe(self._woken)
        self._news.set()
        delivery = asyncio.create_task(self._deliver_for_ever(principal))
        try:
            await self._listen(principal)
        finally:
            unsubscribe()
            for task in (delivery, *self._typing):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await delivery

    async def _hello(self) -> Principal:
        frame = read_object(await self._receive())
        if frame.get("type") != "hello":
            raise ApiError(400, "hello_missing", "The first frame must be hello.")
        token = frame.get("token")
        if isinstance(token, str) and token:
            principal = await self._access.of_token(token)
        else:  # the cookie; a page of another site is refused there by its origin
            principal = await self._access.principal(self._request)
        permit(principal, "agent", "supervisor")
        await self._leases.seen(principal)
        staff = {"staff_id": principal.id, "name": principal.name, "role": principal.role,
                 "skills": list(principal.skills), "languages": list(principal.languages)}  # fmt: skip
        await self._send({"type": "hello", "staff": staff})
        return principal

    # what the desk says

    async def _receive(self) -> str | bytes:
        data = await self._websocket.recv()
        if data is None:
            raise ConnectionClosed(None, None)
        return data

    async def _listen(self, principal: Principal) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                data = await self._receive()
                try:
                    await self._limiter.check(f"desk frames:{principal.id}", FRAMES)
                    await self._handle(principal, read_object(data))
                except ApiError as error:
                    await self._send({"type": "error", "code": error.code, "message": error.message})

    async def _handle(self, principal: Principal, frame: Frame) -> None:
        kind = frame.get("type")
        if kind == "presence":
            if frame.get("state") not in (HERE, AWAY):
                raise ApiError(400, "bad_frame", "Presence is here or away.")
            await self._leases.seen(principal, frame["state"])
        elif kind == "watch":
            await self._watch(principal, _text(frame, "conversation_id"), frame.get("after", 0))
        elif kind == "unwatch":
            self._watched.pop(_text(frame, "conversation_id"), None)
        elif kind == "typing":
            await self._pass_typing(principal, _text(frame, "handoff_id"))
        else:
            raise ApiError(400, "unknown_frame", "This kind of frame is not known here.")

    async def _watch(self, principal: Principal, conversation_id: str, after: object) -> None:
        if not isinstance(after, int) or isinstance(after, bool) or after < 0:
            raise ApiError(400, "bad_frame", "“after” must be a sequence number.")
        if conversation_id not in self._watched and len(self._watched) >= MOST_WATCHED:
            raise ApiError(400, "too_many_watched", "Too many chats are watched; close some.")
        first = conversation_id not in self._recorded

        def check(tx: Transaction) -> None:
            readable_conversation(tx, principal, conversation_id)
            if first:
                record(tx, principal, "watched conversation", conversation_id)

        await (self._database.write(check) if first else self._database.read(check))
        self._recorded.add(conversation_id)
        self._watched[conversation_id] = Watch(cursor=after)
        self._stale.add(conversation_id)
        self._news.set()

    async def _pass_typing(self, principal: Principal, handoff_id: str) -> None:
        handoff = await self._database.read(lambda tx: views.handoff(tx, handoff_id))
        if handoff is not None and handoff.is_open and handoff.agent_id == principal.id:
            await self._bus.publish("typing", conversation_id=handoff.conversation_id, who="agent")

    # what the desk is told

    def _woken(self, topic: str, payload: dict[str, str]) -> None:
        if topic == "queue":
            self._queue_stale = True
            self._news.set()
        elif topic == "stream" and payload.get("stream_id") in self._watched:
            self._stale.add(payload["stream_id"])
            self._news.set()
        elif topic == "typing" and payload.get("conversation_id") in self._watched:
            self._show_typing(payload["conversation_id"], payload.get("who", "bot"))

    def _show_typing(self, conversation_id: str, who: str) -> None:
        if who == "agent":
            return
        frame = {"type": "typing", "conversation_id": conversation_id, "from": who}
        task = asyncio.ensure_future(self._send_if_open(frame))
        self._typing.add(task)
        task.add_done_callback(self._typing.discard)

    async def _deliver_for_ever(self, principal: Principal) -> None:
        loop = asyncio.get_running_loop()
        look_at = loop.time() + LOOK_SECONDS
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._news.clear()
                try:
                    if loop.time() >= look_at:  # however much news there is
                        look_at = loop.time() + LOOK_SECONDS
                        await self._look_anyway(principal)
                    await self._deliver(principal)
                except (ConnectionClosed, asyncio.CancelledError):
                    raise
                except Exception:
                    log.exception("desk.delivery_failed")
                    await self._send(DELIVERY_FAILED)
                    self._queue_stale = True
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(look_at):
                        await self._news.wait()

    async def _look_anyway(self, principal: Principal) -> None:
        """Whether they may still be here, that they are, and what a lost wake would have told."""
        if not await self._access.still_valid(principal):
            await self._refuse("not_signed_in", "You have been signed out.")
            raise ConnectionClosed(None, None)
        await self._leases.seen(principal)
        self._queue_stale = True
        self._stale |= set(self._watched)

    async def _deliver(self, principal: Principal) -> None:
        stale, self._stale = self._stale, set()
        for conversation_id in stale:
            await self._deliver_chat(principal, conversation_id)
        if self._queue_stale:
            self._queue_stale = False
            rows = await self._database.read(lambda tx: list_handoffs(tx, principal))
            await self._send({"type": "queue", **HandoffList(handoffs=rows).model_dump(mode="json")})

    async def _deliver_chat(self, principal: Principal, conversation_id: str) -> None:
        watch = self._watched.get(conversation_id)
        while watch is not None:
            after = watch.cursor
            try:
                news = await self._database.read(
                    lambda tx, after=after: _look(tx, principal, conversation_id, after)  # type: ignore[misc]
                )
            except ApiError:  # a colleague has it now
                self._watched.pop(conversation_id, None)
                return
            await self._tell(conversation_id, watch, news)
            if len(news.messages) < AT_ONCE:
                return
            watch = self._watched.get(conversation_id)

    async def _tell(self, conversation_id: str, watch: Watch, news: News) -> None:
        for recorded in news.messages:
            frame = message_frame(recorded)
            if frame is not None:
                await self._send({**frame, "conversation_id": conversation_id})
            watch.cursor = recorded.sequence
        if news.owner != watch.owner:
            watch.owner = news.owner
            owner, name = news.owner
            named = {"name": name} if name else {}
            await self._send({"type": "owner", "conversation_id": conversation_id, "owner": owner, **named})
        if news.packet is not None and news.packet != watch.packet:
            watch.packet = news.packet
            handoff_id, revision = news.packet
            await self._send({"type": "packet", "handoff_id": handoff_id, "revision": revision})

    async def _send(self, frame: Frame) -> None:
        async with self._sending:
            await self._websocket.send(json.dumps(frame))

    async def _send_if_open(self, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._send(frame)

    async def _refuse(self, code: str, message: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._send({"type": "error", "code": code, "message": message})
            await self._websocket.close(CLOSE_POLICY, code)


def _look(tx: Transaction, principal: Principal, conversation_id: str, after: int) -> News:
    conversation = readable_conversation(tx, principal, conversation_id)
    handoff = views.handoff(tx, conversation.handoff_id) if conversation.handoff_id else None
    return News(
        messages=views.visible_messages(tx, conversation_id, after, AT_ONCE),
        owner=(conversation.owner, conversation.agent_name),
        packet=(handoff.handoff_id, handoff.packet_revision) if handoff else None,
    )


def _text(frame: Frame, name: str) -> str:
    value = frame.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 100:
        raise ApiError(400, "bad_frame", f"This frame needs “{name}”.")
    return value
