"""Every change happens once per idempotency key, and its first answer is the answer for good."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from company.clock import Clock, utc_text
from company.database import reading, writing
from company.errors import BadRequest, Conflict, Declined, Missing
from company.tables import events, operations

MAX_KEY = 200


@dataclass
class Change:
    """What a piece of work needs to change something: its transaction, its key, the time, its events."""

    connection: Connection
    key: str
    now: datetime
    business_now: datetime
    ids: Callable[[str], str]
    emitted: list[dict[str, Any]] = field(default_factory=list)

    def emit(self, type_: str, *, customer_id: str, subject: str, **data: Any) -> None:
        """Says that something happened; it goes out after the commit, and stands in the answer."""
        self.emitted.append(
            {
                "id": self.ids("evt"),
                "type": type_,
                "at": utc_text(self.now),
                "customer_id": customer_id,
                "subject": subject,
                "key": self.key or None,
                "data": data,
            }
        )


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer, and whether it was given before."""

    status: int
    body: dict[str, Any]
    repeated: bool = False


def hash_request(method: str, path: str, body: Mapping[str, Any]) -> str:
    """The same for the same request, whatever the order of its fields. Hex SHA-256."""
    canonical = json.dumps([method, path, body], sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def checked_key(key: str | None) -> str:
    """The key of a change. Raises BadRequest when it is missing, too long or not printable ASCII."""
    if not key:
        raise BadRequest("key_missing", "This call needs an Idempotency-Key header.")
    if len(key) > MAX_KEY or not key.isascii() or not key.isprintable():
        raise BadRequest(
            "key_invalid", f"The Idempotency-Key is at most {MAX_KEY} printable ASCII characters."
        )
    return key


def carry_out(
    engine: Engine,
    clock: Clock,
    ids: Callable[[str], str],
    *,
    key: str,
    request_hash: str,
    work: Callable[[Change], dict[str, Any]],
    decline_with: str | None = None,
) -> Answer:
    """Does the work and stores its answer in one transaction, or gives the answer that is stored.

    A declined answer is stored too. Raises Conflict `key_reused` when the key came with another
    request before; whatever else the work raises leaves no trace, so that the key stays free.
    """
    try:
        return _once(engine, clock, ids, key, request_hash, work, decline_with)
    except IntegrityError:
        # Two requests raced for the key on a database that lets both begin: the other one has won.
        with reading(engine) as connection:
            stored = _stored(connection, key, request_hash)
        if stored is None:
            raise
        return stored


def _once(
    engine: Engine,
    clock: Clock,
    ids: Callable[[str], str],
    key: str,
    request_hash: str,
    work: Callable[[Change], dict[str, Any]],
    decline_with: str | None,
) -> Answer:
    with writing(engine) as connection:
        stored = _stored(connection, key, request_hash)
        if stored is not None:
            return stored
        now = clock.now()
        row = {"key": key, "request_hash": request_hash, "at": now, "status_code": 0, "answer": {}}
        connection.execute(insert(operations).values(**row))
        change = Change(connection, key, now, clock.business_now(), ids)
        answer = _attempt(change, work, decline_with)
        connection.execute(
            update(operations)
            .where(operations.c.key == key)
            .values(status_code=answer.status, answer=answer.body)
        )
        return answer


def _attempt(change: Change, work: Callable[[Change], dict[str, Any]], decline_with: str | None) -> Answer:
    operation = {"key": change.key, "status": "done", "at": utc_text(change.now)}
    try:
        if decline_with:
            raise Declined(decline_with, "Northlight declined this.")
        with change.connection.begin_nested():
            thing = work(change)
    except Declined as declined:
        operation |= {"status": "declined", "code": declined.code}
        body = declined.body()
        body["details"] = {**(declined.details or {}), "operation": operation}
        return Answer(declined.status, body)
    store_events(change.connection, change.emitted, change.now)
    return Answer(200, {"operation": operation, "events": change.emitted, **thing})


def _stored(connection: Connection, key: str, request_hash: str) -> Answer | None:
    row = connection.execute(select(operations).where(operations.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.request_hash != request_hash:
        raise Conflict("key_reused", "This Idempotency-Key was used for another request.")
    return Answer(row.status_code, row.answer, repeated=True)


def store_events(connection: Connection, emitted: list[dict[str, Any]], now: datetime) -> None:
    """Puts events into the outbox, in their order."""
    rows = [
        {
            "event_id": e["id"],
            "type": e["type"],
            "subject": e["subject"],
            "body": e,
            "attempts": 0,
            "next_at": now,
        }
        for e in emitted
    ]
    if rows:
        connection.execute(insert(events), rows)


def find_operation(engine: Engine, key: str) -> dict[str, Any]:
    """What became of that key: the operation, its events, and the thing changed. Raises Missing."""
    with reading(engine) as connection:
        row = connection.execute(select(operations).where(operations.c.key == key)).one_or_none()
    if row is None:
        raise Missing("operation_unknown", "There is no operation with this key.")
    answer: dict[str, Any] = row.answer
    if row.status_code == 200:
        return answer
    return {"operation": answer["details"]["operation"], "events": [], "message": answer["message"]}
