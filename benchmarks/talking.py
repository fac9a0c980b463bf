"""What both sides are put through, so that neither can be measured differently from the other.

A side gives `visitor()`: a new conversation, as a function that says one text and tells whether every part
of the answer had content.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import cycle
from typing import Any

Say = Callable[[str], Awaitable[bool]]
NewVisitor = Callable[[], Awaitable[Say]]


async def _timed(say: Say, text: str, latencies: list[float]) -> bool:
    started = time.perf_counter()
    answered = await say(text)
    latencies.append((time.perf_counter() - started) * 1000)
    return answered


async def talk(visitor: NewVisitor, dialogues: list[list[str]], turns: int) -> dict[str, Any]:
    """One visitor after another until so many turns: `{seconds, latencies (ms), empty: [texts]}`."""
    latencies: list[float] = []
    empty: list[str] = []
    started = time.perf_counter()
    for dialogue in cycle(dialogues):
        if len(latencies) >= turns:
            break
        say = await visitor()
        for text in dialogue:
            if not await _timed(say, text, latencies):
                empty.append(text)
    return {"seconds": time.perf_counter() - started, "latencies": latencies, "empty": empty}


async def crowd_of(
    visitor: NewVisitor, dialogues: list[list[str]], visitors: int, each: int
) -> dict[str, Any]:
    """So many visitors at once, each with so many dialogues; the same shape as `talk`."""
    latencies: list[float] = []
    empty: list[str] = []

    async def one(number: int) -> None:
        for turn in range(each):
            say = await visitor()
            for text in dialogues[(number + turn) % len(dialogues)]:
                if not await _timed(say, text, latencies):
                    empty.append(text)

    started = time.perf_counter()
    await asyncio.gather(*(one(number) for number in range(visitors)))
    return {"seconds": time.perf_counter() - started, "latencies": latencies, "empty": empty}


async def long_talk(
    visitor: NewVisitor, texts: list[str], messages: int, seconds: float, rounds: int
) -> dict[str, Any]:
    """What a message costs late in a conversation, beside what it costs early in one.

    One conversation is brought to so many messages, or as many as fit into the time. Then rounds alternate:
    a new conversation's messages up to the 20th (the first 4 not counted), and 16 more of the long one; so
    both are measured within the same moments. `{reached, early (ms), late (ms), empty: [texts]}`.
    """
    ignored: list[float] = []
    early: list[float] = []
    late: list[float] = []
    empty: list[str] = []
    said = cycle(texts)

    async def say(to: Say, times: int, latencies: list[float]) -> None:
        for _, text in zip(range(times), said, strict=False):
            if not await _timed(to, text, latencies):
                empty.append(text)

    long = await visitor()
    started = time.perf_counter()
    while len(ignored) < messages and time.perf_counter() - started < seconds:
        await say(long, 1, ignored)
    reached = len(ignored)
    for _ in range(rounds):
        new = await visitor()
        await say(new, 4, ignored)
        await say(new, 16, early)
        await say(long, 16, late)
    return {"reached": reached, "early": early, "late": late, "empty": empty}
