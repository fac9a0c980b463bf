"""One transaction on the journal: lock a stream, append to it, read it.

Only `append` writes events and projections; it numbers, seals, stores and folds in one go.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert

from assistant.channel.conversation import Conversation
from assistant.journal.events import Actor, Event, IdentityVerified, Recorded, from_wire
from assistant.journal.projections import Projector, is_conversation
from assistant.journal.sealing import Key, Keyring, erase_keys, seal, unseal
from assistant.journal.statements import Statement
from assistant.journal.tables import dump_json, events, streams

_LAST = sa.select(streams.c.last_sequence).where(streams.c.stream_id == sa.bindparam("of"))
_LAST_LOCKED = _LAST.with_for_update()
_BEGIN_STREAM = sa.insert(streams).values(last_sequence=0)
_BEGIN_STREAM_ONCE = (
    postgresql_insert(streams).values(last_sequence=0).on_conflict_do_nothing(index_elements=["stream_id"])
)
# Locks the stream (or begins it), moves its end on by `by`, and gives the new end. As text, because
# SQLAlchemy compiles an INSERT … ON CONFLICT anew each time.
_CLAIM = Statement(
    sa.text(
        "INSERT INTO streams (stream_id, last_sequence) VALUES (:of, :by) "
        "ON CONFLICT (stream_id) DO UPDATE "
        "SET last_sequence = streams.last_sequence + excluded.last_sequence "
        "RETURNING last_sequence"
    )
)
_COLUMNS = (
    events.c.stream_id,
    events.c.sequence,
    events.c.event_id,
    events.c.at,
    events.c.actor,
    events.c.channel,
    events.c.name,
    events.c.data,
    events.c.key_id,
    events.c.sealed,
)

_INSERT = Statement(sa.insert(events), [column.name for column in _COLUMNS])


class EventRow(NamedTuple):
    """One row of `events` as it is read."""

    stream_id: str
    sequence: int
    event_id: str
    at: datetime
    actor: str
    channel: str | None
    name: str
    data: str
    key_id: str | None
    sealed: bytes | None


@functools.cache
def _reading(names: tuple[str, ...] | None, newest_first: bool, limited: bool) -> Statement:
    """The statement that reads a stream; made once for each of the few shapes that callers ask for."""
    query = sa.select(*_COLUMNS).where(
        events.c.stream_id == sa.bindparam("of"), events.c.sequence > sa.bindparam("after")
    )
    if names is not None:
        query = query.where(sa.or_(sa.false(), *(events.c.name == name for name in names)))
    query = query.order_by(events.c.sequence.desc() if newest_first else events.c.sequence)
    return Statement(query.limit(sa.bindparam("most")) if limited else query)


@dataclass(frozen=True)
class Wake:
    """Something to announce after the commit. It carries no content: readers look into the journal."""

    topic: str
    payload: dict[str, str]


class ReadOnly(RuntimeError):
    """`lock` or `append` inside `Database.read`."""


class Transaction:
    """What a unit of work gets. Valid only inside the `work` that it was passed to."""

    def __init__(
        self,
        connection: sa.Connection,
        *,
        now: datetime,
        ids: Callable[[str], str],
        keyring: Keyring,
        writing: bool,
    ) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids
        self.wakes: list[Wake] = []
        self.made_keys: list[str] = []
        self.erased = False
        self._keyring = keyring
        self._writing = writing
        self._locked: dict[str, int] = {}
        self._projector = Projector(connection)

    def lock(self, stream_id: str) -> int:
        """Lock the stream until the end of the transaction; its last sequence (0 when new).

        Raises ReadOnly in a reading transaction.
        """
        if not self._writing:
            raise ReadOnly("streams are locked in Database.write only")
        if stream_id not in self._locked:
            self._locked[stream_id] = self._lock(stream_id)
            self._projector.forget(stream_id)  # what was read before the lock may be out of date
        return self._locked[stream_id]

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation as this transaction sees it, its own appends included; read once."""
        return self._projector.conversation(conversation_id)

    def _lock(self, stream_id: str) -> int:
        of = {"of": stream_id}
        if self.connection.dialect.name == "sqlite":  # BEGIN IMMEDIATE holds the whole database
            found = self.connection.execute(_LAST, of).scalar()
            if found is None:
                self.connection.execute(_BEGIN_STREAM, {"stream_id": stream_id})
            return found or 0
        found = self.connection.execute(_LAST_LOCKED, of).scalar()
        if found is None:
            self.connection.execute(_BEGIN_STREAM_ONCE, {"stream_id": stream_id})
            found = self.connection.execute(_LAST_LOCKED, of).scalar_one()
        return int(found)

    def _claim(self, stream_id: str, count: int) -> int:
        """Take the next `count` sequences; the last one before them."""
        if not self._writing:
            raise ReadOnly("events are appended in Database.write only")
        if stream_id not in self._locked:
            self._projector.forget(stream_id)
        [(last,)] = _CLAIM.all(self.connection, {"of": stream_id, "by": count})
        end = int(last)
        self._locked[stream_id] = end
        return end - count

    def append(
        self, stream_id: str, events: Sequence[Event], *, actor: Actor, channel: str | None = None
    ) -> list[Recorded]:
        """Add events to the end of a stream: locks it, numbers, seals, stores and projects them.

        Gives them with their places. Readers are woken after the commit. Raises what the folds raise
        (an illegal move, an attempt that was never opened); the transaction is then undone whole.
        """
        if not events:
            return []
        last = self._claim(stream_id, len(events))
        recorded = [
            Recorded(stream_id, last + n, self.ids("e"), self.now, actor, channel, event)
            for n, event in enumerate(events, start=1)
        ]
        self._store(recorded)
        if is_conversation(stream_id):
            self._projector.project(recorded)
        self.wakes = [one for one in self.wakes if one.payload.get("stream_id") != stream_id]
        self.wake("stream", stream_id=stream_id, sequence=str(recorded[-1].sequence))
        return recorded

    def _store(self, recorded: Sequence[Recorded]) -> None:
        owner = self._key_owner(recorded[0].stream_id)
        rows: list[dict[str, Any]] = []
        for one in recorded:
            if isinstance(one.event, IdentityVerified):
                owner = f"person:{one.event.customer_id}"
            plain, personal = one.event.split()
            key_id, sealed = None, None
            if personal:
                key, made = self._keyring.key_for(self.connection, owner, self.now)
                if made:
                    self.made_keys.append(key.key_id)
                key_id, sealed = key.key_id, seal(key, personal, _place(one.stream_id, one.sequence))
            rows.append(
                {
                    "stream_id": one.stream_id,
                    "sequence": one.sequence,
                    "event_id": one.event_id,
                    "at": one.at,
                    "actor": str(one.actor),
                    "channel": one.channel,
                    "name": one.event.name,
                    "data": dump_json(plain),
                    "key_id": key_id,
                    "sealed": sealed,
                }
            )
        _INSERT.run(self.connection, rows)

    def _key_owner(self, stream_id: str) -> str:
        if stream_id.startswith("customer:"):
            return f"person:{stream_id.removeprefix('customer:')}"
        if not is_conversation(stream_id):
            return stream_id
        conversation = self._projector.conversation(stream_id)
        if conversation is not None and conversation.verification == "verified":
            return f"person:{conversation.customer_id}"
        return f"conversation:{stream_id}"

    def events(
        self,
        stream_id: str,
        *,
        after: int = 0,
        names: Collection[str] | None = None,
        limit: int | None = None,
        newest_first: bool = False,
    ) -> list[Recorded]:
        """Events of a stream with a sequence above `after`, in order (or the newest first).

        `names` keeps only events of these wire names. Fields of erased people hold their defaults.
        """
        wanted = None if names is None else tuple(sorted(names))
        query = _reading(wanted, newest_first, limit is not None)
        binds = {"of": stream_id, "after": after} | ({} if limit is None else {"most": limit})
        return self.recorded([EventRow._make(row) for row in query.all(self.connection, binds)])

    def recorded(self, rows: Sequence[sa.Row[Any] | EventRow]) -> list[Recorded]:
        """Rows of `events` as what they record, unsealed. Raises BrokenSeal for altered ones."""
        found = self._keyring.load(self.connection, {row.key_id for row in rows if row.key_id}, self.now)
        return [self._read(row, found) for row in rows]

    @staticmethod
    def _read(row: sa.Row[Any] | EventRow, keys: dict[str, Key]) -> Recorded:
        data: dict[str, Any] = json.loads(row.data)
        if row.key_id is not None:
            place = _place(row.stream_id, row.sequence)
            data |= unseal(keys[row.key_id], bytes(row.sealed or b""), place)
        return Recorded(
            row.stream_id,
            row.sequence,
            row.event_id,
            row.at,
            Actor.parse(row.actor),
            row.channel,
            from_wire(row.name, data),
        )

    def wake(self, topic: str, **payload: str) -> None:
        """Announce this after the commit, never before; the same thing is announced once."""
        wake = Wake(topic, payload)
        if wake not in self.wakes:
            self.wakes.append(wake)

    def erase(self, customer_id: str) -> int:
        """Forget a person: delete their keys. How many were deleted; the journal stays whole.

        What other workers hold in memory goes within `sealing.CACHED_FOR`.
        """
        gone = erase_keys(self.connection, customer_id, self.now)
        self.erased = True
        self._keyring.forget(gone)
        return len(gone)


def _place(stream_id: str, sequence: int) -> str:
    return f"{stream_id}/{sequence}"
