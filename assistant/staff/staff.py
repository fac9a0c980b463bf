"""Members of staff: who they are, what they may do, and for which work and languages they are there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assistant.journal import tables
from assistant.web import ApiError

if TYPE_CHECKING:
    from assistant.journal.store import Transaction

# A channel is a program that opens conversations for customers: it has a token, never a sign-in.
SIGN_IN_ROLES = ("agent", "supervisor", "analyst", "admin")
ROLES = (*SIGN_IN_ROLES, "channel")

# Deliberately simple: whether an address works only a mail to it can tell.
EMAIL = re.compile(r"^[^@\s,;:<>()\[\]\"\\]{1,64}@[^@\s,;:<>()\[\]\"\\]{1,189}$")


@dataclass(frozen=True)
class StaffMember:
    """One person. No skills listed means all; likewise languages. `has_password`: may sign in already."""

    staff_id: str
    name: str
    email: str
    role: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    active: bool
    has_password: bool
    created_at: datetime


def normal_email(text: str) -> str:
    """The address as it is stored: lower case, no space around. Raises ApiError 400 `bad_email`."""
    email = text.strip().lower()
    if not EMAIL.match(email) or not email.isprintable():
        raise ApiError(400, "bad_email", "That is not an e-mail address.")
    return email


def create(
    tx: Transaction,
    *,
    email: str,
    role: str,
    name: str | None = None,
    skills: Sequence[str] = (),
    languages: Sequence[str] = (),
) -> StaffMember:
    """A new member without a password yet. Raises ApiError 400 `bad_email`, `bad_role`; 409 `email_taken`."""
    address = normal_email(email)
    _check_role(role)
    if find_by_email(tx, address) is not None:
        raise _taken()
    row = {
        "staff_id": tx.ids("s"),
        "name": (name or "").strip() or name_from_email(address),
        "email": address,
        "role": role,
        "skills": list(skills),
        "languages": list(languages),
        "active": True,
        "password_hash": None,
        "created_at": tx.now,
    }
    try:
        tx.connection.execute(tables.staff.insert().values(**row))
    except sa.exc.IntegrityError:  # another worker was quicker
        raise _taken() from None
    return member_from(row)


def change(tx: Transaction, staff_id: str, changes: Mapping[str, Any]) -> StaffMember:
    """Set some of name, email, role, skills, languages, active.

    Raises ApiError 404 `no_such_staff`, 409 `email_taken`, or 409 `last_admin` when nobody active would be
    left to administer staff.
    """
    before = get(tx, staff_id)
    values = dict(changes)
    if "email" in values:
        values["email"] = normal_email(values["email"])
        other = find_by_email(tx, values["email"])
        if other is not None and other.staff_id != staff_id:
            raise _taken()
    if "role" in values:
        _check_role(values["role"])
    for several in ("skills", "languages"):
        if several in values:
            values[several] = list(values[several])
    stays_admin = values.get("role", before.role) == "admin" and values.get("active", before.active)
    if before.role == "admin" and before.active and not stays_admin and _other_admins(tx, staff_id) == 0:
        raise ApiError(409, "last_admin", "This is the last active admin. Make somebody else admin first.")
    if values:
        try:
            tx.connection.execute(
                tables.staff.update().where(tables.staff.c.staff_id == staff_id).values(**values)
            )
        except sa.exc.IntegrityError:
            raise _taken() from None
    return get(tx, staff_id)


def set_password_hash(tx: Transaction, staff_id: str, password_hash: str) -> None:
    """Store a hash made by `Passwords`; ending sessions is the caller's part."""
    tx.connection.execute(
        tables.staff.update().where(tables.staff.c.staff_id == staff_id).values(password_hash=password_hash)
    )


def find(tx: Transaction, staff_id: str) -> StaffMember | None:
    """The member with that id, active or not."""
    row = tx.connection.execute(sa.select(tables.staff).where(tables.staff.c.staff_id == staff_id)).first()
    return member_from(row._mapping) if row else None


def get(tx: Transaction, staff_id: str) -> StaffMember:
    """Like `find`. Raises ApiError 404 `no_such_staff`."""
    member = find(tx, staff_id)
    if member is None:
        raise ApiError(404, "no_such_staff", "There is no such member of staff.")
    return member


def find_by_email(tx: Transaction, email: str) -> StaffMember | None:
    """The member with that address (in any case), active or not."""
    found = credentials_of(tx, email)
    return found[0] if found else None


def credentials_of(tx: Transaction, email: str) -> tuple[StaffMember, str | None] | None:
    """(member, password hash) for an address; the only door to the hash."""
    row = tx.connection.execute(
        sa.select(tables.staff).where(tables.staff.c.email == email.strip().lower())
    ).first()
    return (member_from(row._mapping), row._mapping["password_hash"]) if row else None


def everybody(tx: Transaction) -> list[StaffMember]:
    """All members, by name."""
    rows = tx.connection.execute(sa.select(tables.staff).order_by(tables.staff.c.name, tables.staff.c.email))
    return [member_from(row._mapping) for row in rows]


def name_from_email(email: str) -> str:
    """`sam.okafor@…` as `Sam Okafor`, for when nobody said the name."""
    words = re.split(r"[._+-]+", email.partition("@")[0])
    return " ".join(word.capitalize() for word in words if word) or email


def _other_admins(tx: Transaction, staff_id: str) -> int:
    # Rows are locked where the database can, so that two admins cannot demote each other at once.
    rows = tx.connection.execute(
        sa.select(tables.staff.c.staff_id)
        .where(tables.staff.c.role == "admin", tables.staff.c.active)
        .with_for_update()
    )
    return sum(1 for row in rows if row.staff_id != staff_id)


def _check_role(role: str) -> None:
    if role not in SIGN_IN_ROLES:
        raise ApiError(400, "bad_role", f"A role is one of {', '.join(SIGN_IN_ROLES)}.")


def _taken() -> ApiError:
    return ApiError(409, "email_taken", "Somebody with this e-mail address is already there.")


def member_from(row: Mapping[str, Any] | sa.RowMapping) -> StaffMember:
    """A member from a row of the staff table (or a join that has its columns)."""
    return StaffMember(
        staff_id=row["staff_id"],
        name=row["name"],
        email=row["email"],
        role=row["role"],
        skills=tuple(row["skills"]),
        languages=tuple(row["languages"]),
        active=bool(row["active"]),
        has_password=row["password_hash"] is not None,
        created_at=row["created_at"],
    )
