"""The visitor's WebSocket: acknowledge, deliver in order from the journal, resume after any break."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import structlog
from sanic import Request, Websocket
from websockets.exceptions import ConnectionClosed

from assistant.bus import Bus
from assistant.channel.frames import Frame, ack_frame, error_frame, message_frame
from assistant.channel.visitors import PAGE, Visitors
from assistant.journal.database import JournalUnavailable
from assistant.web import ApiError, Limiter, Rule
from assistant.web.errors import as_api_error
from assistant.web.parsing import read_object

log = structlog.get_logger(__name__)

HELLO_SECONDS = 5.0
LOOK_SECONDS = 15.0  # without a wake, the journal is looked at this often
FRAMES = Rule(times=60, seconds=10)
RETRY_SECONDS = 1.0  # after the journal could not be read
CLOSE_POLICY = 1008


class VisitorSocket:
    """One open socket. Its cursor is the last sequence delivered; the journal is the only source."""

    def __init__(
        self, websocket: Websocket, visitors: Visitors, bus: Bus, limiter: Limiter, after: int
    ) -> None:
        self._websocket = websocket
        self._visitors = visitors
        self._bus = bus
        self._limiter = limiter
        self._cursor = after
        self._conversation_id = ""
        self._news = asyncio.Event()
        self._owner: Frame | None = None
        self._own: set[int] = set()
        self._sending = asyncio.Lock()
        self._told: set[int] | None = None  # while a message is taken in: the ends of the stream told of

    async def run(self) -> None:
        """Until either side closes."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                await self._hello()
        except TimeoutError:
            await self._refuse("hello_missing", "The first frame must be hello, within 5 seconds.")
            return
        except ApiError as error:
            await self._refuse(error.code, error.message)
            return
        except ConnectionClosed:
            return
        unsubscribe = self._bus.subscribe(self._woken)
        delivery = asyncio.create_task(self._deliver_for_ever())
        try:
            await self._listen()
        finally:
            unsubscribe()
            delivery.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await delivery

    async def _hello(self) -> None:
        frame = read_object(await self._receive(), drop_unstorable=True)
        if frame.get("type") != "hello":
            raise ApiError(400, "hello_missing", "The first frame must be hello.")
        token = frame.get("token")
        session = await self._visitors.session(token if isinstance(token, str) else None)
        self._conversation_id = session.conversation_id
        self._cursor = await self._visitors.resume_from(session.conversation_id, self._cursor)

    async def _receive(self) -> str | bytes:
        data = await self._websocket.recv()
        if data is None:
            raise ConnectionClosed(None, None)
        return data

    async def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                data = await self._receive()
                try:
                    await self._limiter.check(f"frames:{self._conversation_id}", FRAMES)
                    await self._handle(read_object(data, drop_unstorable=True))
                except (ApiError, JournalUnavailable) as failed:
                    error = as_api_error(failed, "")
                    refused = error_frame(error.code, error.message)
                    client_id = _client_id(data)
                    await self._send(refused | {"client_id": client_id} if client_id else refused)

    async def _handle(self, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "message":
            await self._take_in(frame.get("client_id"), frame.get("text"), None)
        elif kind == "choice":
            payload = frame.get("payload")
            title = frame.get("title") or payload
            await self._take_in(frame.get("client_id"), title, payload if isinstance(payload, str) else None)
        elif kind == "typing":
            await self._bus.publish("typing", conversation_id=self._conversation_id, who="customer")
        elif kind == "seen":
            if not isinstance(frame.get("sequence"), int):
                raise ApiError(400, "bad_frame", "A seen frame needs a sequence.")
        else:
            raise ApiError(400, "unknown_frame", "This kind of frame is not known here.")

    async def _take_in(self, client_id: object, text: object, choice: str | None) -> None:
        async with self._sending, self._taking_in():
            # The ack goes out before the delivery sees the message, which is then known as this socket's own.
            received = await self._visitors.send(self._conversation_id, client_id, text, choice)
            if received.new:
                self._own.add(received.sequence)
            await self._websocket.send(json.dumps(ack_frame(str(client_id), received.sequence)))

    @contextlib.asynccontextmanager
    async def _taking_in(self) -> AsyncIterator[None]:
        """A wake that tells of nothing but this socket's own message is no reason to look."""
        told = self._told = set()
        try:
            yield
        finally:
            self._told = None
            if told - self._own:
                self._news.set()

    def _woken(self, topic: str, payload: dict[str, str]) -> None:
        if topic == "stream" and payload.get("stream_id") == self._conversation_id:
            if self._told is None:
                self._news.set()
            else:
                self._told.add(int(payload["sequence"]))
        elif topic == "queue":
            if self._owner is not None and self._owner["owner"] == "queue":
                self._news.set()
        elif topic == "typing" and payload.get("conversation_id") == self._conversation_id:
            self._show_typing(payload.get("who", "bot"))

    def _show_typing(self, who: str) -> None:
        if who != "customer":
            task = asyncio.ensure_future(self._send({"type": "typing", "from": who}))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _deliver_for_ever(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                self._news.clear()
                try:
                    await self._deliver()
                except ConnectionClosed:
                    raise
                except Exception:
                    # Deaf for a while, never for good: the next look goes on where the cursor stands.
                    log.exception("chat.delivery_failed", conversation_id=self._conversation_id)
                    await asyncio.sleep(RETRY_SECONDS)
                    self._news.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._news.wait()

    async def _deliver(self) -> None:
        more = True
        while more:
            async with self._sending:
                found, owner = await self._visitors.news(self._conversation_id, self._cursor)
                for recorded in found:
                    frame = message_frame(recorded)
                    if frame is not None and recorded.sequence not in self._own:
                        await self._websocket.send(json.dumps(frame))
                    self._own.discard(recorded.sequence)
                    self._cursor = recorded.sequence
            more = len(found) == PAGE
        if owner != self._owner:
            self._owner = owner
            await self._send(owner)

    async def _send(self, frame: Frame) -> None:
        async with self._sending:
            await self._websocket.send(json.dumps(frame))

    async def _refuse(self, code: str, message: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self._websocket.send(json.dumps(error_frame(code, message)))
            await self._websocket.close(CLOSE_POLICY, code)


def _client_id(data: str | bytes) -> str | None:
    try:
        found = read_object(data, drop_unstorable=True).get("client_id")
    except ApiError:
        return None
    return found if isinstance(found, str) and len(found) <= 100 else None


def after_of(request: Request) -> int:
    """The `after` of the address; 0 when it is missing or no number."""
    try:
        return max(0, int(request.args.get("after") or 0))
    except ValueError:
        return 0
