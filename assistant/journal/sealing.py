"""Personal fields at rest: AES-GCM with one key per person, so that losing the key forgets the person.

The journal is append-only; a customer's right to be forgotten is met by deleting their key. What was
sealed with it reads back as the fields' defaults ever after, and the rest of the journal stays whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from assistant.journal.tables import conversations, dump_json, keys

NONCE_BYTES = 12  # NIST SP 800-38D: 96 random bits per message
KEY_BITS = 256
# Another worker notices an erasure at the latest after this long; the one that erases at once.
CACHED_FOR = timedelta(seconds=30)

_FIND_OWNER = sa.select(keys.c.key_id, keys.c.secret).where(
    keys.c.owner == sa.bindparam("of"), keys.c.erased_at.is_(None)
)


class BrokenSeal(Exception):
    """A sealed field does not belong to this event: somebody altered the journal."""


@dataclass(frozen=True)
class Key:
    """A key as this process knows it."""

    key_id: str
    cipher: AESGCM | None  # None: erased
    good_until: datetime


class Keyring:
    """The keys of one process, cached in memory. Safe for use from several threads."""

    def __init__(self) -> None:
        self._by_id: dict[str, Key] = {}
        self._by_owner: dict[str, Key] = {}
        self._lock = Lock()

    def key_for(self, connection: sa.Connection, owner: str, now: datetime) -> tuple[Key, bool]:
        """The owner's present key, and whether this call made it. Made on first need."""
        found = self._by_owner.get(owner)
        if found is not None and found.good_until > now:
            return found, False
        row = connection.execute(_FIND_OWNER, {"of": owner}).first()
        if row is not None:
            return self._remember(owner, row.key_id, row.secret, now), False
        return self._make(connection, owner, now), True

    def _make(self, connection: sa.Connection, owner: str, now: datetime) -> Key:
        # Two transactions that make a person's first key at once collide on the primary key; the
        # database's retry then finds the key of the one that won.
        used = connection.execute(
            sa.select(sa.func.count()).select_from(keys).where(keys.c.owner == owner)
        ).scalar_one()
        key_id = owner if not used else f"{owner}#{used + 1}"
        secret = AESGCM.generate_key(KEY_BITS)
        connection.execute(
            sa.insert(keys), {"key_id": key_id, "owner": owner, "secret": secret, "created_at": now}
        )
        return self._remember(owner, key_id, secret, now)

    def _remember(self, owner: str | None, key_id: str, secret: bytes | None, now: datetime) -> Key:
        key = Key(key_id, AESGCM(bytes(secret)) if secret else None, now + CACHED_FOR)
        with self._lock:
            self._by_id[key_id] = key
            if owner is not None and secret is not None:
                self._by_owner[owner] = key
        return key

    def forget(self, key_ids: Iterable[str] | None = None) -> None:
        """Drop cached keys: the ones given (a transaction that made them was undone), or all."""
        with self._lock:
            if key_ids is None:
                self._by_id.clear()
                self._by_owner.clear()
                return
            gone = set(key_ids)
            self._by_id = {k: v for k, v in self._by_id.items() if k not in gone}
            self._by_owner = {k: v for k, v in self._by_owner.items() if v.key_id not in gone}

    def load(self, connection: sa.Connection, key_ids: Iterable[str], now: datetime) -> dict[str, Key]:
        """These keys by their ids; those that are not cached are fetched in one query."""
        cached = {k: self._by_id.get(k) for k in set(key_ids)}
        found = {k: key for k, key in cached.items() if key is not None and key.good_until > now}
        missing = [k for k in cached if k not in found]
        if missing:
            query = sa.select(keys.c.key_id, keys.c.owner, keys.c.secret).where(keys.c.key_id.in_(missing))
            rows = {row.key_id: row for row in connection.execute(query)}
            for key_id in missing:
                row = rows.get(key_id)
                owner, secret = (row.owner, row.secret) if row else (None, None)
                found[key_id] = self._remember(owner, key_id, secret, now)
        return found


def seal(key: Key, fields: dict[str, Any], place: str) -> bytes:
    """Encrypt the fields for exactly this place of the journal (`place` is authenticated too)."""
    if key.cipher is None:
        raise BrokenSeal(f"the key {key.key_id} was erased")
    nonce = os.urandom(NONCE_BYTES)
    return nonce + key.cipher.encrypt(nonce, dump_json(fields).encode("ascii"), place.encode())


def unseal(key: Key, sealed: bytes, place: str) -> dict[str, Any]:
    """The personal fields, or {} when the person was erased.

    Raises BrokenSeal when the bytes were not sealed for this place.
    """
    if key.cipher is None:
        return {}
    try:
        plain = key.cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except InvalidTag as error:
        raise BrokenSeal(f"the personal fields at {place} were altered") from error
    fields: dict[str, Any] = json.loads(plain)
    return fields


def erase_keys(connection: sa.Connection, customer_id: str, now: datetime) -> list[str]:
    """Delete the person's key and the keys of their conversations from before they were known.

    Gives the ids of the deleted keys; the caller drops them from the keyring after the commit.
    """
    theirs = sa.select(conversations.c.conversation_id).where(conversations.c.customer_id == customer_id)
    owners = [f"person:{customer_id}"]
    owners += [f"conversation:{row.conversation_id}" for row in connection.execute(theirs)]
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")
    held = sa.and_(keys.c.owner.in_(owners), keys.c.erased_at.is_(None))
    gone = [row.key_id for row in connection.execute(sa.select(keys.c.key_id).where(held))]
    connection.execute(sa.update(keys).where(held).values(secret=None, erased_at=now))
    return gone
