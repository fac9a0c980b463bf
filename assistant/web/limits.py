"""How much and how often: sizes and times of requests, and a rate limiter shared by all workers."""

from __future__ import annotations

import hashlib
import math
import time
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from sanic import Request, Sanic

from assistant.web.errors import too_many

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 256 * 1024  # 10,000 characters as JSON escapes are 120 KB
MAX_FRAME_BYTES = 128 * 1024
SWEEP_SECONDS = 5.0


@dataclass(frozen=True)
class Rule:
    """At most `times` in any `seconds`."""

    times: int
    seconds: int


class Limiter(Protocol):
    """What callers need of a rate limiter."""

    async def hit(self, key: str, rule: Rule) -> int | None: ...
    async def check(self, key: str, rule: Rule) -> None: ...
    async def clear(self, key: str, rule: Rule) -> None: ...


class RateLimiter:
    """Sliding windows in memory, or in Redis (`redis://…`), so that all workers count as one.

    While Redis cannot be reached each worker counts for itself, which is logged: strangers must not get
    unlimited tries because a server is down, and staff must still be able to sign in.
    """

    def __init__(self, redis_url: str | None = None) -> None:
        self._shared = _windows(_redis(redis_url)) if redis_url else None
        self._own: SlidingWindowCounterRateLimiter | None = None

    async def hit(self, key: str, rule: Rule) -> int | None:
        """Count one. None when it was within the rule, else the seconds to wait (at least 1)."""
        item = RateLimitItemPerSecond(rule.times, rule.seconds)
        name = _hashed(key)
        if self._shared is not None:
            try:
                return await _count(self._shared, item, name)
            except Exception as error:
                log.warning("rate limits: Redis did not answer, counting in this process", error=str(error))
        return await _count(self._in_process(), item, name)

    async def check(self, key: str, rule: Rule) -> None:
        """`hit` that raises ApiError 429 with `Retry-After`."""
        wait = await self.hit(key, rule)
        if wait is not None:
            raise too_many(wait)

    async def clear(self, key: str, rule: Rule) -> None:
        """Forget what was counted for `key` under `rule` (a sign-in that succeeded)."""
        item = RateLimitItemPerSecond(rule.times, rule.seconds)
        name = _hashed(key)
        if self._shared is not None:
            try:
                await self._shared.clear(item, name)
            except Exception as error:
                log.warning("rate limits: Redis did not answer", error=str(error))
        if self._own is not None:
            await self._own.clear(item, name)

    async def close(self) -> None:
        """Let go of the connections to Redis."""
        bridge = getattr(self._shared.storage, "bridge", None) if self._shared is not None else None
        client = getattr(bridge, "storage", None)  # the redis-py client; limits has no way to close it
        if client is not None:
            await client.aclose()

    def _in_process(self) -> SlidingWindowCounterRateLimiter:
        if self._own is None:  # made inside the running loop, not at import or start
            self._own = _windows(_Memory())
        return self._own


class _Memory(MemoryStorage):
    """Sweeps its keys now and then. The library's own sweeps all of them at every hit."""

    _swept_at = 0.0

    async def _MemoryStorage__schedule_expiry(self) -> None:  # the name it is called by
        now = time.monotonic()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for key, expires_at in list(self.expirations.items()):
            if expires_at <= time.time():
                await self.clear(key)


def client_address(request: Request) -> str:
    """The caller's address: the connection's, or the proxy's word when Sanic is told to trust proxies."""
    return str(request.client_ip or "unknown")


def configure_limits(app: Sanic[Any, Any]) -> None:
    """Sizes in bytes and times in seconds that a stranger may take up."""
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.REQUEST_MAX_HEADER_SIZE = 16 * 1024
    app.config.REQUEST_TIMEOUT = 20
    app.config.RESPONSE_TIMEOUT = 60
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.config.WEBSOCKET_MAX_SIZE = MAX_FRAME_BYTES
    app.config.WEBSOCKET_PING_INTERVAL = 20
    app.config.WEBSOCKET_PING_TIMEOUT = 20


def _windows(storage: Storage) -> SlidingWindowCounterRateLimiter:
    return SlidingWindowCounterRateLimiter(storage)


def _redis(url: str) -> RedisStorage:
    return RedisStorage(f"async+{url}", implementation="redispy", key_prefix="wayfinder-limits")


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:32]


async def _count(
    windows: SlidingWindowCounterRateLimiter, item: RateLimitItemPerSecond, name: str
) -> int | None:
    if await windows.hit(item, name):
        return None
    stats = await windows.get_window_stats(item, name)
    return max(1, math.ceil(stats.reset_time - time.time()))
