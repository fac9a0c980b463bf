"""How often is too often, and that it ends."""

from __future__ import annotations

import time

import pytest
import structlog

from assistant.web import ApiError, RateLimiter, Rule, limits

RULE = Rule(3, 60)


async def test_that_the_limit_holds_per_key_and_says_how_long_to_wait() -> None:
    limiter = RateLimiter()
    assert [await limiter.hit("a", RULE) for _ in range(3)] == [None, None, None]
    wait = await limiter.hit("a", RULE)
    assert wait is not None
    assert 1 <= wait <= 60
    assert await limiter.hit("b", RULE) is None
    assert await limiter.hit("a", Rule(3, 61)) is None


async def test_that_the_limit_ends_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = RateLimiter()
    for _ in range(4):
        await limiter.hit("a", RULE)
    assert await limiter.hit("a", RULE) is not None
    later = time.time() + 121
    monkeypatch.setattr(time, "time", lambda: later)
    assert await limiter.hit("a", RULE) is None


async def test_that_what_was_counted_can_be_forgotten() -> None:
    limiter = RateLimiter()
    for _ in range(4):
        await limiter.hit("a", RULE)
    await limiter.clear("a", RULE)
    assert await limiter.hit("a", RULE) is None


async def test_that_check_answers_429_with_the_seconds_to_wait() -> None:
    limiter = RateLimiter()
    await limiter.check("a", Rule(1, 60))
    with pytest.raises(ApiError) as refused:
        await limiter.check("a", Rule(1, 60))
    assert refused.value.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1


async def test_that_a_redis_that_is_down_opens_no_gate_and_is_logged() -> None:
    limiter = RateLimiter("redis://127.0.0.1:1")
    with structlog.testing.capture_logs() as logged:
        assert [await limiter.hit("a", Rule(1, 60)) is None for _ in range(3)] == [True, False, False]
    assert all(one["log_level"] == "warning" for one in logged)
    assert logged


async def test_that_what_is_over_leaves_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SWEEP_SECONDS", 0.0)
    storage = limits._Memory()
    monkeypatch.setattr(limits, "_Memory", lambda: storage)
    limiter = RateLimiter()
    for n in range(50):
        await limiter.hit(f"visitor {n}", RULE)
    later = time.time() + 1000
    monkeypatch.setattr(time, "time", lambda: later)
    await limiter.hit("somebody else", RULE)
    assert len(storage.storage) == 1
