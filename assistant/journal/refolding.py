"""Fold a range of conversations anew, and hold the result against the rows that are stored.

This is where a rebuild spends its time, in several processes at once where there is much to do. It writes
nothing. Rows travel as tuples of what the database's driver takes and gives, in the order of the columns.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect

from assistant.journal import events as ev
from assistant.journal.events import Actor, Event, Recorded
from assistant.journal.payloads import from_journal
from assistant.journal.projections import (
    ATTEMPTS,
    CONVERSATIONS,
    HANDOFFS,
    STEPS,
    Loader,
    Shelf,
    State,
    is_conversation,
)
from assistant.journal.tables import attempt_steps, attempts, dump_json, events

Span = dict[str, str]  # the first and the last id of a range of conversations
Cells = tuple[Any, ...]
Rows = dict[str, list[Cells]]  # by table

# Steps first: they are found by way of the attempts that are there already.
SHELVES: tuple[Shelf[Any], ...] = (STEPS, ATTEMPTS, HANDOFFS, CONVERSATIONS)

# Of these nobody learns more than that something happened. Most of a journal is such: their data is not
# read, and of several in a row only the last ones are folded.
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
# From these a conversation's row learns more than that something happened.
TELLING: frozenset[type[Event]] = frozenset(
    (
        ev.ConversationOpened,
        ev.LanguageChanged,
        ev.IdentityClaimed,
        ev.IdentityVerified,
        ev.PageViewed,
        ev.MessageReceived,
        ev.OwnerChanged,
        ev.HandoffRequested,
        ev.HandoffClosed,
        ev.HandoffWithdrawn,
        ev.HandoffReturned,
    )
)


class Happened(Event):
    """What a quiet event is to the folds."""


_HAPPENED = Happened()
_parse = json.JSONDecoder().raw_decode  # `json.loads` for what is known to be one value without spaces

_RANGE: tuple[sa.BindParameter[str], sa.BindParameter[str]] = (sa.bindparam("first"), sa.bindparam("last"))
_HISTORY = (
    sa.select(
        events.c.stream_id,
        events.c.sequence,
        events.c.at,
        events.c.actor,
        events.c.channel,
        events.c.name,
        sa.case((sa.or_(*(events.c.name == each for each in sorted(QUIET))), None), else_=events.c.data),
    )
    .where(events.c.stream_id.between(*_RANGE))
    .order_by(events.c.stream_id, events.c.sequence)
)


def _stored(shelf: Shelf[Any]) -> sa.Select[Any]:
    """Of a range of conversations the rows that are there now, each with its conversation behind it."""
    if shelf is STEPS:
        found = sa.select(shelf.table, attempts.c.conversation_id.label("of"))
        found = found.join(attempts, attempts.c.attempt_id == attempt_steps.c.attempt_id)
        return found.where(attempts.c.conversation_id.between(*_RANGE))
    of = shelf.table.c.conversation_id
    return sa.select(shelf.table, of.label("of")).where(of.between(*_RANGE))


_STORED = {shelf.table.name: _stored(shelf) for shelf in SHELVES}


@dataclass
class Comparison:
    """What is wrong with the stored rows of some conversations: how many rows there should be, how many
    differ, by table; and the conversations that have such."""

    rows: dict[str, int] = field(default_factory=dict)
    differed: dict[str, int] = field(default_factory=dict)
    stale: set[str] = field(default_factory=set)


def fold_span(connection: sa.Connection, span: Span, only: frozenset[str] | None = None) -> Rows:
    """All rows of the conversations of that range, of those in `only` if given, worked out from their events.

    Raises what the folds raise when the journal holds what cannot be.
    """
    cells = {shelf.table.name: cells_of(shelf, connection.dialect) for shelf in SHELVES}
    found: Rows = {shelf.table.name: [] for shelf in SHELVES}
    for state in _states(connection, span, only):
        for shelf, rows in _folded(state):
            take = cells[shelf.table.name]
            found[shelf.table.name] += [take(row) for row in rows]
    return found


def compare_span(connection: sa.Connection, span: Span) -> Comparison:
    """Folds that range and holds it against the stored rows. Raises what the folds raise."""
    wanted = fold_span(connection, span)
    known = {cells[0] for cells in wanted[CONVERSATIONS.table.name]}
    attempt_in = {cells[0]: cells[1] for cells in wanted[ATTEMPTS.table.name]}
    found = Comparison()
    for shelf in SHELVES:
        name, keys = shelf.table.name, len(shelf.key)  # the key's columns come first
        where = _place_of(shelf, attempt_in)
        stored = {
            cells[:keys]: cells
            for cells in rows_of(connection, _STORED[name], span)
            if cells[-1] in known  # others belong to no conversation
        }
        right = {cells[:keys]: cells for cells in wanted[name]}
        wrong = [
            key for key, cells in right.items() if key not in stored or not _same(shelf, stored[key], cells)
        ]
        extra = [key for key in stored if key not in right]
        found.rows[name], found.differed[name] = len(right), len(wrong) + len(extra)
        found.stale |= {where(right[key]) for key in wrong} | {stored[key][-1] for key in extra}
    return found


def _place_of(shelf: Shelf[Any], attempt_in: dict[str, str]) -> Callable[[Cells], str]:
    """Which conversation a folded row belongs to."""
    if shelf is STEPS:
        return lambda cells: attempt_in[cells[0]]
    at = shelf.columns.index("conversation_id")
    return lambda cells: str(cells[at])


def _same(shelf: Shelf[Any], stored: Cells, wanted: Cells) -> bool:
    if stored[:-1] == wanted:
        return True
    return _comparable(shelf, stored[:-1]) == _comparable(shelf, wanted)


def _comparable(shelf: Shelf[Any], cells: Cells) -> list[Any]:
    """JSON is compared by what it says."""
    texts = [isinstance(column.type, sa.JSON) for column in shelf.table.columns]
    return [
        json.loads(cell) if text and isinstance(cell, str) else cell
        for cell, text in zip(cells, texts, strict=True)
    ]


# --- reading -----------------------------------------------------------------------------------


def rows_of(connection: sa.Connection, query: sa.Select[Any], span: Span) -> Iterable[Cells]:
    """The rows of a query as the driver gives them on SQLite, and as SQLAlchemy does elsewhere.

    On SQLite, where a rebuild reads millions of rows, SQLAlchemy's part would be half of the time.
    """
    if connection.dialect.name != "sqlite":
        return map(tuple, connection.execute(query, span))
    text, names = _compiled(query, connection.dialect)
    found = connection.exec_driver_sql(text, tuple(span.get(name, value) for name, value in names))
    cursor: Iterable[Cells] = found.cursor  # type: ignore[assignment]  # SQLite's gives tuples one by one
    return cursor


@cache
def _compiled(query: sa.Select[Any], dialect: Dialect) -> tuple[str, list[tuple[str, Any]]]:
    """The statement as text, and its parameters in their order, each with its value if it has one."""
    made = query.compile(dialect=dialect)
    return str(made), [(name, made.params[name]) for name in made.positiontup or ()]


def cells_of(shelf: Shelf[Any], dialect: Dialect) -> Callable[[Any], Cells]:
    """Makes of a row of that table what the driver takes on SQLite, and what SQLAlchemy takes elsewhere."""
    take = attrgetter(*shelf.columns)
    if dialect.name != "sqlite":
        return take
    binds = [
        (at, bind)
        for at, column in enumerate(shelf.table.columns)
        if not isinstance(column.type, sa.Boolean)  # the driver knows them
        and (bind := column.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    ]

    def cells(row: Any) -> Cells:
        values = list(take(row))
        for at, bind in binds:
            if values[at] is not None:
                values[at] = bind(values[at])
        return tuple(values)

    return cells


# --- folding -----------------------------------------------------------------------------------


def _states(connection: sa.Connection, span: Span, only: frozenset[str] | None) -> Iterator[State]:
    read: Callable[[Any], datetime] | None = (
        datetime.fromisoformat if connection.dialect.name == "sqlite" else None
    )
    for stream_id, history in groupby(rows_of(connection, _HISTORY, span), key=itemgetter(0)):
        if is_conversation(stream_id) and (only is None or stream_id in only):
            yield fold_history(_recorded(history, read))


def _recorded(history: Iterable[Cells], read: Callable[[Any], datetime] | None) -> Iterator[Recorded]:
    """The open fields alone: no projection holds personal ones, so nothing is unsealed."""
    for stream_id, sequence, at, actor, channel, name, data in history:
        made = object.__new__(Recorded)  # its constructor would take longer than everything else here
        made.__dict__.update(
            stream_id=stream_id,
            sequence=sequence,
            event_id="",
            at=read(at) if read else at,
            actor=_actor(actor),
            channel=channel,
            event=_HAPPENED if data is None else from_journal(name, _parse(data, 0)[0]),
        )
        yield made


_actor = cache(Actor.parse)


def fold_history(history: Iterable[Recorded]) -> State:
    """The rows of one conversation after all that happened in it. Raises what the folds raise.

    Of events in a row that tell the conversation nothing, only the last of each kind of actor moves its row.
    """
    state = State(Loader())
    waiting: dict[str, Recorded] = {}
    for recorded in history:
        event = recorded.event
        if type(event) in TELLING:
            for each in waiting.values():
                state.apply_to_conversation(each)
            waiting.clear()
            state.apply(recorded)
            continue
        waiting.pop(recorded.actor.kind, None)  # the last one goes last
        waiting[recorded.actor.kind] = recorded
        if event is not _HAPPENED:
            state.apply_beside(recorded, state.conversation(recorded.stream_id))
    for each in waiting.values():
        state.apply_to_conversation(each)
    return state


def _folded(state: State) -> Iterator[tuple[Shelf[Any], Iterable[Any]]]:
    yield STEPS, state.steps.values()
    yield ATTEMPTS, state.attempts.values()
    yield HANDOFFS, state.handoffs.values()
    yield CONVERSATIONS, state.conversations.values()


# --- in a process of its own -------------------------------------------------------------------

_own: list[sa.Engine] = []  # this process's own


def begin(url: str) -> None:
    """Makes this process one that folds: it reads that database and never writes."""
    gc.disable()  # millions of rows come and go, none of them in a cycle
    _own.append(sa.create_engine(url, poolclass=sa.StaticPool, json_serializer=dump_json))


def fold_here(span: Span, only: frozenset[str] | None) -> Rows:
    """`fold_span` in such a process."""
    with _own[0].connect() as connection:
        return fold_span(connection, span, only)


def compare_here(span: Span) -> Comparison:
    """`compare_span` in such a process."""
    with _own[0].connect() as connection:
        return compare_span(connection, span)
