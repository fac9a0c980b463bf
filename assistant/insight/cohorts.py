"""Finds the attempts that a question is about: by period, channel, language, intent, outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from assistant.journal import views
from assistant.journal.projections import ATTEMPTS
from assistant.journal.store import Transaction
from assistant.journal.tables import attempts
from assistant.journeys.attempts import Attempt


@dataclass(frozen=True)
class Cohort:
    """Attempts opened from `start` (included) to `end` (excluded); None leaves a side open.

    `intent` is the effective one. Empty strings are not allowed: None means any.
    """

    start: datetime | None = None
    end: datetime | None = None
    channel: str | None = None
    language: str | None = None
    intent: str | None = None
    outcome: str | None = None
    conversation_id: str | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What the rows of `attempts` must meet."""
        found: list[sa.ColumnElement[bool]] = []
        if self.start is not None:
            found.append(attempts.c.opened_at >= self.start)
        if self.end is not None:
            found.append(attempts.c.opened_at < self.end)
        for name in ("channel", "language", "intent", "outcome", "conversation_id"):
            value = getattr(self, name)
            if value is not None:
                found.append(attempts.c[name] == value)
        return found


def page_of_attempts(
    tx: Transaction, cohort: Cohort, after: str | None, limit: int
) -> tuple[list[Attempt], str | None]:
    """The next `limit` attempts after that attempt id, oldest first, and where to go on (None: no more).

    Raises LookupError when `after` is no attempt.
    """
    query = ATTEMPTS.select.where(*cohort.conditions())
    if after is not None:
        last = views.attempt(tx, after)
        if last is None:
            raise LookupError(f"there is no attempt {after}")
        query = query.where(
            sa.or_(
                attempts.c.opened_at > last.opened_at,
                sa.and_(attempts.c.opened_at == last.opened_at, attempts.c.attempt_id > after),
            )
        )
    query = query.order_by(attempts.c.opened_at, attempts.c.attempt_id).limit(limit + 1)
    found = [ATTEMPTS.load(row) for row in tx.connection.execute(query)]
    page = found[:limit]
    return page, page[-1].attempt_id if len(found) > limit else None
