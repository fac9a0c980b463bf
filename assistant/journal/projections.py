"""Projections: loads the rows an event concerns, folds them, and writes them back.

The folds are pure and live with their rules. Everything here happens inside the transaction that
appends the events, under the stream's lock, so a row is never folded from a stale copy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from assistant.channel.conversation import Conversation, fold_conversation
from assistant.handoff.handoffs import Handoff, fold_handoff
from assistant.journal import events as ev
from assistant.journal.events import Recorded
from assistant.journal.statements import Statement
from assistant.journal.tables import attempt_steps, attempts, conversations, handoffs
from assistant.journeys.attempts import (
    CONCERNS_ALL,
    CONCERNS_ONE,
    CONCERNS_OPEN,
    Attempt,
    AttemptStep,
    fold_attempt,
    fold_step,
)

Row = TypeVar("Row")


class Shelf(Generic[Row]):
    """How one table's rows become frozen dataclasses and come back."""

    def __init__(self, table: sa.Table, row: type[Row]) -> None:
        self.table = table
        self.row = row
        self.columns = [column.name for column in table.columns]
        self.key = tuple(column.name for column in table.primary_key.columns)
        self.select = sa.select(table)
        by_key = [table.c[name] == sa.bindparam(f"k_{name}") for name in self.key]
        self.one = self.select.where(*by_key)
        self.insert = sa.insert(table)
        self.delete = sa.delete(table).where(*by_key)
        self.find = Statement(self.one)
        self.add = Statement(self.insert)
        self._update = sa.update(table).where(*by_key)
        self.changeable = [name for name in self.columns if name not in self.key]
        self._updates: dict[tuple[str, ...], Statement] = {}

    def load(self, found: sa.Row[Any]) -> Row:
        """The dataclass of one selected row."""
        return self.row(**found._mapping)

    def make(self, cells: tuple[Any, ...]) -> Row:
        """The dataclass of the values of all columns."""
        return self.row(**dict(zip(self.columns, cells, strict=True)))

    def values(self, row: Row) -> dict[str, Any]:
        """All columns of a row."""
        return {name: getattr(row, name) for name in self.columns}

    def update_of(self, changed: tuple[str, ...]) -> Statement:
        """The statement that changes these columns of one row; made once per set of columns."""
        found = self._updates.get(changed)
        if found is None:
            values: dict[str, Any] = {name: sa.bindparam(f"v_{name}") for name in changed}
            found = self._updates[changed] = Statement(self._update.values(values))
        return found

    def key_of(self, row: Row) -> tuple[Any, ...]:
        """The row's primary key."""
        return tuple(getattr(row, name) for name in self.key)


CONVERSATIONS = Shelf(conversations, Conversation)
ATTEMPTS = Shelf(attempts, Attempt)
STEPS = Shelf(attempt_steps, AttemptStep)
HANDOFFS = Shelf(handoffs, Handoff)
SHELVES: tuple[Shelf[Any], ...] = (CONVERSATIONS, ATTEMPTS, STEPS, HANDOFFS)

_ATTEMPTS_OF = Statement(ATTEMPTS.select.where(attempts.c.conversation_id == sa.bindparam("of")))


def is_conversation(stream_id: str) -> bool:
    """Whether that stream is a conversation's; customers, queues and staff have a prefix with a colon."""
    return ":" not in stream_id


class State:
    """The rows of conversations, in memory: folded by `apply`, whoever loaded them.

    Shared by the journal's writer (rows from the database) and by rebuild (no rows at all).
    """

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self.conversations: dict[str, Conversation] = {}
        self.attempts: dict[str, Attempt] = {}
        self.steps: dict[tuple[str, str], AttemptStep] = {}
        self.handoffs: dict[str, Handoff] = {}

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation as it stands, loaded on first need."""
        if conversation_id not in self.conversations:
            found = self._loader.conversation(conversation_id)
            if found is not None:
                self.conversations[conversation_id] = found
        return self.conversations.get(conversation_id)

    def apply(self, recorded: Recorded) -> None:
        """Fold one event into every row it concerns. Raises what the folds raise."""
        before = self.conversation(recorded.stream_id)
        self.apply_to_conversation(recorded)
        self.apply_beside(recorded, before)

    def apply_to_conversation(self, recorded: Recorded) -> None:
        """Fold it into the conversation's own row alone. Raises what the fold raises."""
        before = self.conversation(recorded.stream_id)
        self.conversations[recorded.stream_id] = fold_conversation(before, recorded)

    def apply_beside(self, recorded: Recorded, before: Conversation | None) -> None:
        """Fold it into all other rows; `before` is the conversation as it stood then. Raises as the folds."""
        event = recorded.event
        if type(event) in CONCERNS_ONE:
            self._apply_to_attempt(recorded, before)
        elif isinstance(event, CONCERNS_ALL):
            self._apply_to_all(recorded, lambda attempt: True)
        elif isinstance(event, CONCERNS_OPEN):
            self._apply_to_all(recorded, lambda attempt: attempt.is_open)
        if event.name.startswith("handoff."):
            self._apply_to_handoff(recorded)

    def _apply_to_attempt(self, recorded: Recorded, contact: Conversation | None) -> None:
        attempt_id: str | None = getattr(recorded.event, "attempt_id", None)
        if attempt_id is None:
            return
        known = self.attempts.get(attempt_id)
        if known is None:
            self._load_attempts(recorded.stream_id)
            known = self.attempts.get(attempt_id)
        self.attempts[attempt_id] = fold_attempt(known, recorded, contact)
        if isinstance(recorded.event, ev.StepEntered | ev.StepLeft):
            self._apply_to_step(attempt_id, recorded.event.step, recorded)

    def _apply_to_step(self, attempt_id: str, step: str, recorded: Recorded) -> None:
        key = (attempt_id, step)
        known = self.steps.get(key) or self._loader.step(attempt_id, step)
        folded = fold_step(known, recorded)
        if folded is not None:
            self.steps[key] = folded

    def _apply_to_all(self, recorded: Recorded, concerned: Callable[[Attempt], bool]) -> None:
        self._load_attempts(recorded.stream_id)
        for attempt in list(self.attempts.values()):
            if attempt.conversation_id == recorded.stream_id and concerned(attempt):
                self.attempts[attempt.attempt_id] = fold_attempt(attempt, recorded)

    def _load_attempts(self, conversation_id: str) -> None:
        for attempt in self._loader.attempts(conversation_id):
            self.attempts.setdefault(attempt.attempt_id, attempt)

    def _apply_to_handoff(self, recorded: Recorded) -> None:
        handoff_id: str = recorded.event.handoff_id  # type: ignore[attr-defined]  # every handoff.* has one
        known = self.handoffs.get(handoff_id) or self._loader.handoff(handoff_id)
        self.handoffs[handoff_id] = fold_handoff(known, recorded)


class Loader:
    """Gives no rows: what rebuild starts from."""

    def conversation(self, conversation_id: str) -> Conversation | None:
        """One row, or None."""
        return None

    def attempts(self, conversation_id: str) -> Iterable[Attempt]:
        """All attempts of a conversation."""
        return ()

    def step(self, attempt_id: str, step: str) -> AttemptStep | None:
        """One row, or None."""
        return None

    def handoff(self, handoff_id: str) -> Handoff | None:
        """One row, or None."""
        return None


class TableLoader(Loader):
    """Gives the rows that the tables hold, and remembers them as what is stored."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.stored: dict[tuple[str, tuple[Any, ...]], Any] = {}
        self._listed: set[str] = set()

    def _keep(self, shelf: Shelf[Row], found: tuple[Any, ...]) -> Row:
        row = shelf.make(found)
        self.stored[shelf.table.name, shelf.key_of(row)] = row
        return row

    def _one(self, shelf: Shelf[Row], *key: str) -> Row | None:
        binds = {f"k_{name}": value for name, value in zip(shelf.key, key, strict=True)}
        found = shelf.find.first(self._connection, binds)
        return None if found is None else self._keep(shelf, found)

    def conversation(self, conversation_id: str) -> Conversation | None:
        return self._one(CONVERSATIONS, conversation_id)

    def attempts(self, conversation_id: str) -> Iterable[Attempt]:
        if conversation_id in self._listed:
            return ()
        self._listed.add(conversation_id)
        found = _ATTEMPTS_OF.all(self._connection, {"of": conversation_id})
        return [self._keep(ATTEMPTS, row) for row in found]

    def step(self, attempt_id: str, step: str) -> AttemptStep | None:
        if (ATTEMPTS.table.name, (attempt_id,)) not in self.stored:
            return None  # an attempt is looked for before its steps: this one opens in these very events
        return self._one(STEPS, attempt_id, step)

    def handoff(self, handoff_id: str) -> Handoff | None:
        return self._one(HANDOFFS, handoff_id)


class Projector:
    """Folds appended events into the tables, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._loader = TableLoader(connection)
        self.state = State(self._loader)

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation as this transaction sees it."""
        return self.state.conversation(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """The conversation is read anew at the next need."""
        self.state.conversations.pop(conversation_id, None)
        self._loader.stored.pop((CONVERSATIONS.table.name, (conversation_id,)), None)

    def project(self, recorded: Sequence[Recorded]) -> None:
        """Fold these events of one conversation and write the rows that changed."""
        for one in recorded:
            self.state.apply(one)
        self._write(CONVERSATIONS, self.state.conversations.values())
        self._write(ATTEMPTS, self.state.attempts.values())
        self._write(STEPS, self.state.steps.values())
        self._write(HANDOFFS, self.state.handoffs.values())

    def _write(self, shelf: Shelf[Any], rows: Iterable[Any]) -> None:
        new: list[dict[str, Any]] = []
        for row in rows:
            place = (shelf.table.name, shelf.key_of(row))
            stored = self._loader.stored.get(place)
            if stored is None:
                new.append(shelf.values(row))
            elif stored is not row and stored != row:
                self._update(shelf, stored, row)
            self._loader.stored[place] = row
        if new:
            shelf.add.run(self._connection, new)

    def _update(self, shelf: Shelf[Any], stored: Any, row: Any) -> None:
        changed = {
            name: value for name in shelf.changeable if (value := getattr(row, name)) != getattr(stored, name)
        }
        binds = {f"k_{name}": value for name, value in zip(shelf.key, shelf.key_of(row), strict=True)}
        binds |= {f"v_{name}": value for name, value in changed.items()}
        shelf.update_of(tuple(changed)).run(self._connection, [binds])
