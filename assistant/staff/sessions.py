"""Sign-ins of people in a browser: one row per cookie, found by the cookie's hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from assistant.journal import tables
from assistant.staff.secret_values import hash_of, new_secret
from assistant.staff.staff import StaffMember, member_from

if TYPE_CHECKING:
    from assistant.journal.store import Transaction

IDLE = timedelta(hours=12)  # without a call for so long, sign in again
LONGEST = timedelta(days=7)  # however busy
TOUCH_AFTER = timedelta(minutes=1)  # how exact `last_seen_at` is; spares a write per call


@dataclass(frozen=True)
class Session:
    """A sign-in that holds. `session_hash` names it; the cookie's own value is known to the browser alone."""

    session_hash: str
    member: StaffMember
    csrf: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


def open_session(tx: Transaction, staff_id: str) -> tuple[str, str]:
    """A new sign-in: (cookie value, CSRF token). Sessions that ran out are swept up on the way."""
    sessions = tables.staff_sessions
    tx.connection.execute(sessions.delete().where(sessions.c.expires_at <= tx.now))
    cookie, csrf = new_secret(), new_secret()
    tx.connection.execute(
        sessions.insert().values(
            session_hash=hash_of(cookie),
            staff_id=staff_id,
            csrf=csrf,
            created_at=tx.now,
            last_seen_at=tx.now,
            expires_at=tx.now + IDLE,
        )
    )
    return cookie, csrf


def find_session(tx: Transaction, session_hash: str) -> Session | None:
    """The session, unless it ran out or its person is no longer active. One indexed read."""
    sessions = tables.staff_sessions
    row = tx.connection.execute(
        sa.select(sessions, *(c for c in tables.staff.c if c.name not in ("staff_id", "created_at")))
        .add_columns(tables.staff.c.created_at.label("member_since"))
        .join(tables.staff, tables.staff.c.staff_id == sessions.c.staff_id)
        .where(sessions.c.session_hash == session_hash, sessions.c.expires_at > tx.now, tables.staff.c.active)
    ).first()
    if row is None:
        return None
    found = row._mapping
    return Session(
        session_hash=session_hash,
        member=member_from({**found, "created_at": found["member_since"]}),
        csrf=found["csrf"],
        created_at=found["created_at"],
        last_seen_at=found["last_seen_at"],
        expires_at=found["expires_at"],
    )


def touch(tx: Transaction, session: Session) -> None:
    """Note that the person is still there: the session slides on, up to its longest life."""
    until = min(tx.now + IDLE, session.created_at + LONGEST)
    tx.connection.execute(
        tables.staff_sessions.update()
        .where(tables.staff_sessions.c.session_hash == session.session_hash)
        .values(last_seen_at=tx.now, expires_at=until)
    )


def end_session(tx: Transaction, session_hash: str) -> None:
    """Signed out."""
    sessions = tables.staff_sessions
    tx.connection.execute(sessions.delete().where(sessions.c.session_hash == session_hash))


def end_all_sessions(tx: Transaction, staff_id: str) -> int:
    """Signed out everywhere (new password, deactivated); how many there were."""
    sessions = tables.staff_sessions
    return tx.connection.execute(sessions.delete().where(sessions.c.staff_id == staff_id)).rowcount
