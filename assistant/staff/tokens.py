"""Bearer tokens for programs and scripts: shown once, listed by name, revoked for good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assistant.journal import tables
from assistant.staff.secret_values import hash_of, new_secret
from assistant.staff.staff import ROLES
from assistant.web import ApiError

if TYPE_CHECKING:
    from assistant.journal.store import Transaction

PREFIX = "wf_"  # so that scanners of published code can tell what leaked
USE_NOTED_EVERY = timedelta(minutes=1)  # how exact `last_used_at` is; spares a write per call


@dataclass(frozen=True)
class Token:
    """A token without its secret. `created_by` is a staff id, or None for the command line."""

    token_id: str
    role: str
    name: str
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    created_by: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def create_token(
    tx: Transaction,
    *,
    role: str,
    name: str,
    skills: Sequence[str] = (),
    languages: Sequence[str] = (),
    created_by: str | None = None,
) -> tuple[str, Token]:
    """(the secret, to be shown once; the token). Raises ApiError 400 `bad_role`."""
    if role not in ROLES:
        raise ApiError(400, "bad_role", f"A role is one of {', '.join(ROLES)}.")
    secret = new_secret(PREFIX)
    row = {
        "token_id": tx.ids("t"),
        "role": role,
        "name": name,
        "skills": list(skills),
        "languages": list(languages),
        "created_by": created_by,
        "created_at": tx.now,
        "last_used_at": None,
        "revoked_at": None,
    }
    tx.connection.execute(tables.staff_tokens.insert().values(token_hash=hash_of(secret), **row))
    return secret, _token(row)


def find_token(tx: Transaction, token_hash: str) -> Token | None:
    """The token with that hash unless revoked. One indexed read."""
    tokens = tables.staff_tokens
    row = tx.connection.execute(
        sa.select(tokens).where(tokens.c.token_hash == token_hash, tokens.c.revoked_at.is_(None))
    ).first()
    return _token(row._mapping) if row else None


def note_use(tx: Transaction, token_id: str) -> None:
    """Note that the token was used now."""
    tokens = tables.staff_tokens
    tx.connection.execute(tokens.update().where(tokens.c.token_id == token_id).values(last_used_at=tx.now))


def all_tokens(tx: Transaction) -> list[Token]:
    """All tokens, newest first, revoked ones too."""
    tokens = tables.staff_tokens
    rows = tx.connection.execute(
        sa.select(tokens).order_by(tokens.c.created_at.desc(), tokens.c.token_id.desc())
    )
    return [_token(row._mapping) for row in rows]


def revoke_token(tx: Transaction, token_id: str) -> Token:
    """End it; ending it again changes nothing. Raises ApiError 404 `no_such_token`."""
    tokens = tables.staff_tokens
    tx.connection.execute(
        tokens.update()
        .where(tokens.c.token_id == token_id, tokens.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )
    row = tx.connection.execute(sa.select(tokens).where(tokens.c.token_id == token_id)).first()
    if row is None:
        raise ApiError(404, "no_such_token", "There is no such token.")
    return _token(row._mapping)


def _token(row: Mapping[str, Any] | sa.RowMapping) -> Token:
    return Token(
        token_id=row["token_id"],
        role=row["role"],
        name=row["name"],
        skills=tuple(row["skills"]),
        languages=tuple(row["languages"]),
        created_by=row["created_by"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
