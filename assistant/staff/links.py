"""One-time links with which a member of staff sets a password: the first, or a new one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa

from assistant.journal import tables
from assistant.staff.secret_values import hash_of, new_secret
from assistant.web import ApiError

if TYPE_CHECKING:
    from assistant.journal.store import Transaction

LIFETIMES = {"set_password": timedelta(hours=24), "reset": timedelta(hours=1)}


@dataclass(frozen=True)
class Link:
    """What a link holds. `token` is the secret part of its address, known only at its making."""

    token: str
    staff_id: str
    purpose: str  # set_password, reset
    expires_at: datetime


def create_link(tx: Transaction, staff_id: str, purpose: str) -> Link:
    """A new link; earlier ones for the same person stop working. KeyError for an unknown purpose."""
    link = Link(new_secret(), staff_id, purpose, tx.now + LIFETIMES[purpose])
    end_links(tx, staff_id)
    tx.connection.execute(
        tables.staff_links.insert().values(
            link_hash=hash_of(link.token),
            staff_id=staff_id,
            purpose=purpose,
            expires_at=link.expires_at,
            used_at=None,
        )
    )
    return link


def staff_of_link(tx: Transaction, token: str) -> str:
    """Whose link it is, without using it. Raises ApiError 410 `link_over` when unknown, used or too old."""
    links = tables.staff_links
    row = tx.connection.execute(
        sa.select(links.c.staff_id).where(
            links.c.link_hash == hash_of(token), links.c.used_at.is_(None), links.c.expires_at > tx.now
        )
    ).first()
    if row is None:
        raise _over()
    staff_id: str = row.staff_id
    return staff_id


def use_link(tx: Transaction, token: str) -> str:
    """Whose link it was; it and the person's other links no longer work. Raises ApiError 410 `link_over`."""
    staff_id = staff_of_link(tx, token)
    links = tables.staff_links
    used = tx.connection.execute(
        links.update()
        .where(links.c.link_hash == hash_of(token), links.c.used_at.is_(None))
        .values(used_at=tx.now)
    )
    if used.rowcount != 1:  # somebody else used it between the read and the write
        raise _over()
    end_links(tx, staff_id)
    return staff_id


def end_links(tx: Transaction, staff_id: str) -> None:
    """None of the person's links works any longer."""
    links = tables.staff_links
    tx.connection.execute(
        links.update().where(links.c.staff_id == staff_id, links.c.used_at.is_(None)).values(used_at=tx.now)
    )


def link_address(base_url: str, token: str) -> str:
    """The address that goes to the person."""
    return f"{base_url.rstrip('/')}/set-password?token={quote(token, safe='')}"


def _over() -> ApiError:
    return ApiError(410, "link_over", "This link has been used or is too old. Ask for a new one.")
