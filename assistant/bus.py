"""Wakes: tells readers that there is something new in the journal. A wake carries no content.

In one process the bus is a list of callbacks; between workers it goes through Redis. A wake that is
lost costs time, never a message: every reader also looks on its own from time to time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from assistant.journal.database import Wake

Callback = Callable[[str, dict[str, str]], None]
log = structlog.get_logger(__name__)

CHANNEL = "wayfinder:wakes"
RECONNECT_SECONDS = 1.0


class Bus(Protocol):
    """`subscribe` calls back on the event loop; `publish` reaches every worker, this one included."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    async def publish(self, topic: str, **payload: str) -> None: ...
    def subscribe(self, callback: Callback) -> Callable[[], None]: ...
    def notify(self, wakes: Iterable[Wake]) -> None: ...


class LocalBus:
    """The bus of a single process."""

    def __init__(self) -> None:
        self._callbacks: dict[int, Callback] = {}
        self._next = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        self._callbacks.clear()

    async def publish(self, topic: str, **payload: str) -> None:
        self._deliver(topic, payload)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        self._next += 1
        number = self._next
        self._callbacks[number] = callback
        return lambda: self._callbacks.pop(number, None) and None

    def notify(self, wakes: Iterable[Wake]) -> None:
        """Called from database threads after a commit."""
        if self._loop is None or self._loop.is_closed():
            return
        for wake in wakes:
            self._loop.call_soon_threadsafe(self._deliver, wake.topic, wake.payload)

    def _deliver(self, topic: str, payload: dict[str, str]) -> None:
        for callback in list(self._callbacks.values()):
            try:
                callback(topic, payload)
            except Exception:
                log.exception("bus.callback_failed", topic=topic)


class RedisBus(LocalBus):
    """Wakes go to this process at once and to all others through Redis.

    A Redis that is down is logged and tried again each second; readers then rely on their own looks.
    """

    def __init__(self, url: str, worker: str) -> None:
        super().__init__()
        self._url = url
        self._worker = worker
        self._outbox: asyncio.Queue[str] = asyncio.Queue(maxsize=10_000)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await super().start()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._send())]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await super().stop()

    async def publish(self, topic: str, **payload: str) -> None:
        self._spread(topic, payload)

    def notify(self, wakes: Iterable[Wake]) -> None:
        if self._loop is None or self._loop.is_closed():
            return
        for wake in wakes:
            self._loop.call_soon_threadsafe(self._spread, wake.topic, wake.payload)

    def _spread(self, topic: str, payload: dict[str, str]) -> None:
        self._deliver(topic, payload)
        with contextlib.suppress(asyncio.QueueFull):
            self._outbox.put_nowait(json.dumps([self._worker, topic, payload]))

    async def _send(self) -> None:
        client = Redis.from_url(self._url)
        while True:
            message = await self._outbox.get()
            try:
                await client.publish(CHANNEL, message)
            except (RedisError, OSError) as error:
                log.warning("bus.redis_unreachable", error=type(error).__name__)
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        while True:
            try:
                async with Redis.from_url(self._url).pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        if message.get("type") == "message":
                            self._hear(message["data"])
            except (RedisError, OSError) as error:
                log.warning("bus.redis_unreachable", error=type(error).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _hear(self, data: bytes) -> None:
        worker, topic, payload = json.loads(data)
        if worker != self._worker:
            self._deliver(topic, payload)


def make_bus(redis_url: str | None, worker: str) -> Bus:
    """The bus for this process; `worker` is a name no other worker has."""
    return RedisBus(redis_url, worker) if redis_url else LocalBus()
