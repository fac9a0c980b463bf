"""Keeps agents' presence alive while they use the desk, without a write for every call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from assistant.handoff.presence import RENEWED_EVERY, renew
from assistant.journal.database import Database
from assistant.staff.access import Principal


class Leases:
    """One per process. An agent's lease is written at most once in `RENEWED_EVERY`, or when it changes."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._renewed: dict[str, datetime] = {}

    async def seen(self, principal: Principal, state: str | None = None) -> None:
        """This agent is here (or away, as they say). Others than agents hold no lease."""
        if principal.role != "agent":
            return
        now = self._clock()
        last = self._renewed.get(principal.id)
        if state is None and last is not None and now - last < RENEWED_EVERY:
            return
        self._renewed[principal.id] = now
        await self._database.write(lambda tx: renew(tx, principal.id, state))
