"""The line of each conversation: one turn at a time, first in first out, none forgotten.

A turn is leased in the database. A worker that dies leaves its lease to run out, and any other worker's
sweep finds the message and answers it.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any

import structlog

from assistant.bot.turn import Turn
from assistant.bus import Bus
from assistant.channel.messages import Received
from assistant.channel.turns import LEASE, LeaseLost, TurnDesk
from assistant.ids import random_id
from assistant.journal.database import Database, Transaction
from assistant.metrics import TURN_SECONDS, TURNS

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 1.0
RETRY_SECONDS = 0.5
RENEW_SECONDS = LEASE.total_seconds() / 3
TRIES = 2


class Line:
    """Answers what customers wrote. `wake` is cheap and may be called any number of times.

    While `ready` says no (the model is still being loaded) turns are left to workers that are, or to the
    sweep that begins with `start`.
    """

    def __init__(
        self,
        database: Database,
        bus: Bus,
        desk: TurnDesk,
        take: Callable[[Turn], Awaitable[Turn]],
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._database = database
        self._bus = bus
        self._desk = desk
        self._take = take
        self._ready = ready
        self._working: dict[str, asyncio.Task[None] | None] = {}
        self._again: set[str] = set()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Starts the sweep; what was left unanswered when the last process ended is answered now."""
        if self._database.is_sqlite:
            await self._database.write(self._desk.forget_leases)
        self._sweeper = asyncio.create_task(self._sweep_for_ever())

    async def stop(self) -> None:
        """Lets turns under way finish within a lease's time, then stops."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        tasks = [task for task in self._working.values() if task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=LEASE.total_seconds())
            for task in late:
                task.cancel()

    def wake(self, conversation_id: str) -> None:
        """There is something to answer in that conversation."""
        if not self._ready():
            return
        if conversation_id in self._working:
            self._again.add(conversation_id)
        else:
            self._start(conversation_id, self._work(conversation_id))

    async def take_in(self, conversation_id: str, receive: Callable[[Transaction], Received]) -> Received:
        """Receives a message and, when nothing else is in line, leases its turn in the same transaction.

        The message is on record when this returns; the answer comes later. Raises what `receive` raises.
        """
        if conversation_id in self._working or not self._ready():
            received = await self._database.write(receive)
            if received.new:
                self.wake(conversation_id)
            return received
        self._working[conversation_id] = None  # nobody else here begins a turn meanwhile

        def receive_and_lease(tx: Transaction) -> tuple[Received, Turn | None]:
            taken = receive(tx)
            return taken, self._desk.next_turn(tx, conversation_id) if taken.new else None

        try:
            received, turn = await self._database.write(receive_and_lease)
        except BaseException:
            self._finished(conversation_id)
            raise
        if turn is None:
            self._finished(conversation_id)
        else:
            self._start(conversation_id, self._work(conversation_id, turn))
        return received

    def _start(self, conversation_id: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._working[conversation_id] = task
        task.add_done_callback(lambda done: self._finished(conversation_id))

    def _finished(self, conversation_id: str) -> None:
        self._working.pop(conversation_id, None)
        if conversation_id in self._again:
            self._again.discard(conversation_id)
            self.wake(conversation_id)

    async def _sweep_for_ever(self) -> None:
        while True:
            try:
                for conversation_id in await self._database.read(self._desk.waiting):
                    self.wake(conversation_id)
            except Exception:
                log.exception("line.sweep_failed")
            await asyncio.sleep(SWEEP_SECONDS)

    async def _work(self, conversation_id: str, turn: Turn | None = None) -> None:
        try:
            if turn is None:
                turn = await self._next(conversation_id)
            while turn is not None:
                await self._bus.publish("typing", conversation_id=conversation_id, who="bot")
                turn = await self._answer(turn)
        except LeaseLost:
            log.warning("line.lease_lost", conversation_id=conversation_id)
        except Exception:
            # The message stays pending; the sweep tries again when the lease has run out.
            log.exception("line.stalled", conversation_id=conversation_id)

    async def _answer(self, turn: Turn) -> Turn | None:
        """Answers one message and gives the next in line."""
        conversation_id = turn.conversation_id
        started = time.monotonic()
        async with self._holding(conversation_id):
            done = await self._try(turn)
        TURNS.labels("failed" if done is None else "committed").inc()
        if done is None:
            return await self._next(conversation_id)
        taken = done

        def commit_and_next(tx: Transaction) -> Turn | None:
            self._desk.commit(tx, taken)
            return self._desk.next_turn(tx, conversation_id)

        following = await self._database.write(commit_and_next)
        TURN_SECONDS.observe(time.monotonic() - started)
        return following

    async def _next(self, conversation_id: str) -> Turn | None:
        return await self._database.write(lambda tx: self._desk.next_turn(tx, conversation_id))

    async def _try(self, turn: Turn) -> Turn | None:
        """The turn, done; or None when it broke twice and the customer has been told so."""
        for left in reversed(range(TRIES)):
            try:
                return await self._take(turn)
            except Exception:
                trace_id = random_id("trace")
                log.exception("turn.failed", conversation_id=turn.conversation_id, trace_id=trace_id)
                if left:
                    await asyncio.sleep(RETRY_SECONDS)
        await self._database.write(lambda tx: self._desk.fail(tx, turn, trace_id))
        return None

    @contextlib.asynccontextmanager
    async def _holding(self, conversation_id: str) -> AsyncIterator[None]:
        """Renews the lease while a turn's actions take their time."""

        async def renew() -> None:
            while True:
                await asyncio.sleep(RENEW_SECONDS)
                try:
                    await self._database.write(lambda tx: self._desk.renew(tx, conversation_id))
                except Exception:  # the next one may go through before the lease runs out
                    log.exception("line.lease_not_renewed", conversation_id=conversation_id)

        task = asyncio.create_task(renew())
        try:
            yield
        finally:
            task.cancel()
