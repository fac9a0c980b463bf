"""Everything a member of staff does or reads, on record in the journal: one stream per person or token."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from assistant.journal import tables
from assistant.journal.events import SYSTEM, Actor, StaffActed
from assistant.web import ApiError

if TYPE_CHECKING:
    from assistant.journal.store import Transaction
    from assistant.staff.access import Principal

# Streams of those who are no member of staff: whoever runs commands on the server, and unknown callers.
COMMAND_LINE = "command_line"
UNKNOWN = "unknown"
MOST = 500  # entries per page


@dataclass(frozen=True)
class AuditEntry:
    """One line of the record. `position` is its place in the whole journal, and the cursor for paging."""

    position: int
    at: datetime
    staff_id: str
    name: str
    what: str
    target: str | None
    details: dict[str, Any]

    def to_wire(self) -> dict[str, Any]:
        """As the audit call answers it."""
        return {
            "at": self.at,
            "staff_id": self.staff_id,
            "name": self.name,
            "what": self.what,
            "target": self.target,
            "details": self.details,
        }


def record(
    tx: Transaction, principal: Principal, what: str, target: str | None = None, **details: Any
) -> None:
    """Put on record that `principal` did or read something: `what` a short verb phrase, `target` an id.

    `details` must be JSON-able and hold nothing secret and no customer's words: they are not sealed.
    """
    record_for(tx, principal.id, what, target, actor=principal.actor, **details)


def record_for(
    tx: Transaction,
    staff_id: str,
    what: str,
    target: str | None = None,
    *,
    actor: Actor = SYSTEM,
    **details: Any,
) -> None:
    """`record` for what happened to a person's sign-in before anybody was signed in."""
    event = StaffActed(what=what, target=target, details=details)
    tx.append(f"staff:{staff_id}", [event], actor=actor)


def audit_entries(
    tx: Transaction,
    *,
    staff_id: str | None = None,
    target: str | None = None,
    after: str | None = None,
    limit: int = 100,
) -> tuple[list[AuditEntry], str | None]:
    """(entries newest first, the cursor of the next page or None).

    `after` is such a cursor. Raises ApiError 400 `bad_cursor`.
    """
    events = tables.events
    query = (
        sa.select(events.c.position, events.c.stream_id, events.c.at, events.c.data)
        .where(events.c.name == StaffActed.name, _in_streams(staff_id))
        .order_by(events.c.position.desc())
        .limit(min(max(limit, 1), MOST) + 1)
    )
    if target is not None:
        # `data` is compact JSON in ASCII, where a quote inside a value is escaped: only targets match.
        query = query.where(events.c.data.contains(f'"target":{json.dumps(target)}', autoescape=True))
    if after is not None:
        query = query.where(events.c.position < _position(after))
    rows = tx.connection.execute(query).all()
    page, more = rows[: min(max(limit, 1), MOST)], len(rows) > min(max(limit, 1), MOST)
    names = _names(tx, {_staff_of(row.stream_id) for row in page})
    entries = [_entry(row, names) for row in page]
    return entries, str(entries[-1].position) if more else None


def _in_streams(staff_id: str | None) -> sa.ColumnElement[bool]:
    stream_id = tables.events.c.stream_id
    if staff_id is not None:
        return stream_id == f"staff:{staff_id}"
    # Named one by one, the index on streams serves; a pattern would read the whole journal.
    prefix = sa.literal("staff:")
    known = sa.union_all(
        sa.select(prefix + tables.staff.c.staff_id),
        sa.select(prefix + tables.staff_tokens.c.token_id),
        sa.select(sa.literal(f"staff:{COMMAND_LINE}")),
        sa.select(sa.literal(f"staff:{UNKNOWN}")),
    )
    return stream_id.in_(known)


def _names(tx: Transaction, ids: set[str]) -> dict[str, str]:
    staff, tokens = tables.staff, tables.staff_tokens
    names = {COMMAND_LINE: "Command line", UNKNOWN: "Unknown caller"}
    for query in (
        sa.select(staff.c.staff_id, staff.c.name).where(staff.c.staff_id.in_(ids)),
        sa.select(tokens.c.token_id, tokens.c.name).where(tokens.c.token_id.in_(ids)),
    ):
        names.update({row[0]: row[1] for row in tx.connection.execute(query)})
    return names


def _entry(row: Any, names: dict[str, str]) -> AuditEntry:
    data = json.loads(row.data)
    staff_id = _staff_of(row.stream_id)
    return AuditEntry(
        position=row.position,
        at=row.at,
        staff_id=staff_id,
        name=names.get(staff_id, staff_id),
        what=data["what"],
        target=data.get("target"),
        details=data.get("details", {}),
    )


def _staff_of(stream_id: str) -> str:
    return stream_id.removeprefix("staff:")


def _position(cursor: str) -> int:
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise ApiError(400, "bad_cursor", "“after” must be the “next” of an earlier answer.")
    return int(cursor)
