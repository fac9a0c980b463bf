"""Fold every projection anew from the journal, compare, and put the result in place.

Nothing can be appended meanwhile, and it is one transaction: either all tables are new or none.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from assistant.journal import events as ev
from assistant.journal.database import Database, Transaction
from assistant.journal.events import Actor, Event, Recorded
from assistant.journal.payloads import from_journal
from assistant.journal.projections import ATTEMPTS, CONVERSATIONS, HANDOFFS, STEPS, Loader, Shelf, State
from assistant.journal.tables import attempt_steps, attempts, events, streams

STREAMS_AT_ONCE = 2000
ROWS_AT_ONCE = 5000

# Of these a conversation learns no more than that something happened. Most of a journal is such: their
# data is not read, and of several in a row only the last ones are folded.
QUIET: frozenset[str] = frozenset(
    each.name
    for each in (
        ev.MessageSent,
        ev.MessageWithheld,
        ev.TurnCommitted,
        ev.TurnFailed,
        ev.FactLearned,
        ev.FactWithdrawn,
        ev.PromiseMade,
        ev.BusinessConfirmed,
    )
)


class Happened(Event):
    """What a quiet event is to the folds."""


_HAPPENED = Happened()

_RANGE: tuple[sa.BindParameter[str], sa.BindParameter[str]] = (sa.bindparam("first"), sa.bindparam("last"))
_READ = (
    sa.select(
        events.c.stream_id,
        events.c.sequence,
        events.c.at,
        events.c.actor,
        events.c.channel,
        events.c.name,
        sa.case((events.c.name.not_in(sorted(QUIET)), events.c.data)).label("data"),
    )
    .where(events.c.stream_id.between(*_RANGE))
    .where(events.c.stream_id.not_like("%:%"))
    .order_by(events.c.stream_id, events.c.sequence)
)


def _stored(shelf: Shelf[Any]) -> sa.Select[Any]:
    """The rows there now, of a range of conversations."""
    if shelf is STEPS:
        found = shelf.select.join(attempts, attempts.c.attempt_id == attempt_steps.c.attempt_id)
        return found.where(attempts.c.conversation_id.between(*_RANGE))
    return shelf.select.where(shelf.table.c.conversation_id.between(*_RANGE))


# Steps first: they are found by way of the attempts that are there already.
_SHELVES: tuple[Shelf[Any], ...] = (STEPS, ATTEMPTS, HANDOFFS, CONVERSATIONS)
_STORED = {shelf.table.name: _stored(shelf) for shelf in _SHELVES}


@dataclass(frozen=True)
class RebuildReport:
    """Per table: (rows now, rows that differed). A sound journal has none that differed."""

    tables: dict[str, tuple[int, int]]

    @property
    def differed(self) -> bool:
        """Whether any row was not what the journal says."""
        return any(differed for _, differed in self.tables.values())


def rebuild(database: Database, progress: Callable[[str, float], None] | None = None) -> RebuildReport:
    """Rebuild all projections. `progress` is told (what, share done from 0 to 1).

    Raises what the folds raise when the journal holds what cannot be, and JournalUnavailable.
    """
    # Millions of rows come and go, none of them in a cycle: looking for cycles took a fifth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return database.write_now(lambda tx: _rebuild(tx, progress or (lambda what, share: None)))
    finally:
        if collecting:
            gc.enable()


def _rebuild(tx: Transaction, progress: Callable[[str, float], None]) -> RebuildReport:
    if tx.connection.dialect.name == "postgresql":
        tx.connection.execute(sa.text("LOCK TABLE streams IN EXCLUSIVE MODE"))
    # Sorted as the database sorts, so that a range of ids is a range there too.
    every = (
        sa.select(streams.c.stream_id)
        .where(streams.c.stream_id.not_like("%:%"), streams.c.last_sequence > 0)
        .order_by(streams.c.stream_id)
    )
    ids = list(tx.connection.execute(every).scalars())
    counts = {shelf.table.name: [0, _delete_strays(tx, shelf)] for shelf in _SHELVES}
    for start in range(0, len(ids), STREAMS_AT_ONCE):
        some = ids[start : start + STREAMS_AT_ONCE]
        _rebuild_some(tx, {"first": some[0], "last": some[-1]}, counts)
        progress("folding conversations", (start + len(some)) / len(ids))
    return RebuildReport({table: (rows, differed) for table, (rows, differed) in counts.items()})


def _rebuild_some(tx: Transaction, span: dict[str, str], counts: dict[str, list[int]]) -> None:
    folded: dict[str, list[Any]] = {shelf.table.name: [] for shelf in _SHELVES}
    for _, history in groupby(_history(tx, span), key=attrgetter("stream_id")):
        state = State(Loader())
        for recorded in _without_repeats(history):
            state.apply(recorded)
        folded[STEPS.table.name] += state.steps.values()
        folded[ATTEMPTS.table.name] += state.attempts.values()
        folded[HANDOFFS.table.name] += state.handoffs.values()
        folded[CONVERSATIONS.table.name] += state.conversations.values()
    for shelf in _SHELVES:
        rows = folded[shelf.table.name]
        counts[shelf.table.name][0] += len(rows)
        counts[shelf.table.name][1] += _replace(tx, shelf, rows, span)


def _history(tx: Transaction, span: dict[str, str]) -> Iterator[Recorded]:
    """The open fields alone: no projection holds personal ones, so nothing is unsealed."""
    actors: dict[str, Actor] = {}
    for stream_id, sequence, at, actor, channel, name, data in tx.connection.execute(_READ, span):
        who = actors.get(actor) or actors.setdefault(actor, Actor.parse(actor))
        event = _HAPPENED if data is None else from_journal(name, json.loads(data))
        yield Recorded(stream_id, sequence, "", at, who, channel, event)


def _without_repeats(history: Iterable[Recorded]) -> Iterator[Recorded]:
    """Of quiet events in a row, only the last of each kind of actor."""
    waiting: dict[str, Recorded] = {}
    for recorded in history:
        if recorded.event is _HAPPENED:
            waiting.pop(recorded.actor.kind, None)  # the last one goes last
            waiting[recorded.actor.kind] = recorded
            continue
        yield from waiting.values()
        waiting.clear()
        yield recorded
    yield from waiting.values()


def _replace(tx: Transaction, shelf: Shelf[Any], rows: list[Any], span: dict[str, str]) -> int:
    key = attrgetter(*shelf.key)
    cells = attrgetter(*shelf.columns)
    stored = {key(found): tuple(found) for found in tx.connection.execute(_STORED[shelf.table.name], span)}
    wanted = {key(row): row for row in rows}
    wrong = [each for each, row in wanted.items() if stored.get(each) != cells(row)]
    extra = [each for each in stored if each not in wanted]
    gone = [*extra, *(each for each in wrong if each in stored)]
    if gone:
        tx.connection.execute(shelf.delete, [_binds(shelf, each) for each in gone])
    for start in range(0, len(wrong), ROWS_AT_ONCE):
        some = wrong[start : start + ROWS_AT_ONCE]
        tx.connection.execute(shelf.insert, [shelf.values(wanted[each]) for each in some])
    return len(wrong) + len(extra)


def _binds(shelf: Shelf[Any], key: Any) -> dict[str, Any]:
    parts = key if isinstance(key, tuple) else (key,)
    return {f"k_{name}": value for name, value in zip(shelf.key, parts, strict=True)}


def _delete_strays(tx: Transaction, shelf: Shelf[Any]) -> int:
    """Rows that belong to no conversation of the journal."""
    known = sa.select(streams.c.stream_id).where(streams.c.last_sequence > 0)
    if shelf is STEPS:
        kept = sa.select(attempts.c.attempt_id).where(attempts.c.conversation_id.in_(known))
        stray = attempt_steps.c.attempt_id.not_in(kept)
    else:
        stray = shelf.table.c.conversation_id.not_in(known)
    return tx.connection.execute(sa.delete(shelf.table).where(stray)).rowcount
