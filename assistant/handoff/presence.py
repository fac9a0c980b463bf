"""Who is at the desk: leases that an open desk and every call of an agent renew.

Nobody has to say that they leave. A lease that is not renewed runs out, and the sweep gives their
chats back to the queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assistant.handoff.policy import HandoffPolicy
from assistant.journal.database import Transaction
from assistant.journal.tables import presence, staff, staff_tokens

HERE, AWAY = "here", "away"
RENEWED_EVERY = timedelta(seconds=15)  # a lease younger than this is not written again


@dataclass(frozen=True)
class Present:
    """A member of staff whose lease runs. No skills listed means all; likewise languages."""

    staff_id: str
    state: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]


def renew(tx: Transaction, staff_id: str, state: str | None = None) -> None:
    """Renews the lease; `state` here or away changes what they said, None keeps it (here at first)."""
    row = tx.connection.execute(
        sa.select(presence.c.state, presence.c.seen_at).where(presence.c.staff_id == staff_id)
    ).one_or_none()
    new_state = state or (row.state if row else HERE)
    if row is not None and row.state == new_state and tx.now - row.seen_at < RENEWED_EVERY:
        return
    _put(tx, staff_id, new_state)
    if row is None or row.state != new_state:
        tx.wake("presence", staff_id=staff_id)


def _put(tx: Transaction, staff_id: str, state: str) -> None:
    values = {"staff_id": staff_id, "state": state, "seen_at": tx.now}
    changed = {"state": state, "seen_at": tx.now}
    insert: Any = postgresql.insert if tx.connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(presence).values(**values)
    tx.connection.execute(statement.on_conflict_do_update(index_elements=[presence.c.staff_id], set_=changed))


def leave(tx: Transaction, staff_id: str) -> None:
    """Ends the lease at once (signing out)."""
    tx.connection.execute(sa.delete(presence).where(presence.c.staff_id == staff_id))
    tx.wake("presence", staff_id=staff_id)


def present(tx: Transaction, lease: timedelta) -> list[Present]:
    """The agents whose lease runs, with their skills: people and bearer tokens alike."""
    since = tx.now - lease
    people = sa.select(presence.c.staff_id, presence.c.state, staff.c.skills, staff.c.languages).where(
        presence.c.staff_id == staff.c.staff_id,
        staff.c.role == "agent",
        staff.c.active,
        presence.c.seen_at > since,
    )
    programs = sa.select(
        presence.c.staff_id, presence.c.state, staff_tokens.c.skills, staff_tokens.c.languages
    ).where(
        presence.c.staff_id == staff_tokens.c.token_id, staff_tokens.c.role == "agent",
        staff_tokens.c.revoked_at.is_(None), presence.c.seen_at > since,
    )  # fmt: skip
    return [
        Present(row.staff_id, row.state, tuple(row.skills or ()), tuple(row.languages or ()))
        for query in (people, programs)
        for row in tx.connection.execute(query)
    ]


def staffed(tx: Transaction, policy: HandoffPolicy, language: str | None = None) -> dict[str, bool]:
    """For each skill, whether somebody is here for it (who speaks `language`, when it is given)."""
    return staffing(policy.skills, present(tx, policy.presence), language)


def staffing(
    skills: Iterable[str] | Mapping[str, Any], here: Iterable[Present], language: str | None
) -> dict[str, bool]:
    """The same from values. Pure."""
    able = [
        each for each in here
        if each.state == HERE and (language is None or not each.languages or language in each.languages)
    ]  # fmt: skip
    return {skill: any(not each.skills or skill in each.skills for each in able) for skill in skills}


def seen_since(tx: Transaction, staff_id: str, since: datetime) -> bool:
    """Whether that member of staff's lease was renewed after `since`."""
    seen = tx.connection.execute(
        sa.select(presence.c.seen_at).where(presence.c.staff_id == staff_id)
    ).scalar_one_or_none()
    return seen is not None and seen > since
