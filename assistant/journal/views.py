"""Reading the projections: frozen rows, never dicts or database objects."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from assistant.channel.conversation import Conversation
from assistant.handoff.handoffs import OPEN_STATES, Handoff
from assistant.journal.events import Recorded
from assistant.journal.projections import ATTEMPTS, HANDOFFS, STEPS
from assistant.journal.store import Transaction
from assistant.journal.tables import attempt_steps, attempts, handoffs
from assistant.journeys.attempts import OPEN, Attempt, AttemptStep

LAST_SEQUENCE = 2**31 - 1
VISIBLE = ("message.received", "message.sent")

_ATTEMPTS_OF = ATTEMPTS.select.where(attempts.c.conversation_id == sa.bindparam("of")).order_by(
    attempts.c.opened_at, attempts.c.attempt_id
)
_OPEN_ATTEMPTS_OF = _ATTEMPTS_OF.where(attempts.c.outcome == OPEN)
_STEPS_OF = STEPS.select.where(attempt_steps.c.attempt_id == sa.bindparam("of")).order_by(
    attempt_steps.c.entered_at, attempt_steps.c.step
)
_HANDOFFS_IN = HANDOFFS.select.where(handoffs.c.state.in_(sa.bindparam("states", expanding=True))).order_by(
    handoffs.c.requested_at, handoffs.c.handoff_id
)

_HANDOFFS_OF = HANDOFFS.select.where(handoffs.c.conversation_id == sa.bindparam("of")).order_by(
    handoffs.c.requested_at, handoffs.c.handoff_id
)


def conversation(tx: Transaction, conversation_id: str) -> Conversation | None:
    """The conversation, or None when there is none with that id."""
    return tx.conversation(conversation_id)


def attempt(tx: Transaction, attempt_id: str) -> Attempt | None:
    """The attempt, or None when there is none with that id."""
    found = tx.connection.execute(ATTEMPTS.one, {"k_attempt_id": attempt_id}).first()
    return None if found is None else ATTEMPTS.load(found)


def attempts_of(tx: Transaction, conversation_id: str) -> list[Attempt]:
    """All attempts of a conversation, oldest first."""
    return [ATTEMPTS.load(row) for row in tx.connection.execute(_ATTEMPTS_OF, {"of": conversation_id})]


def open_attempts(tx: Transaction, conversation_id: str) -> list[Attempt]:
    """The conversation's attempts that have no outcome yet, oldest first."""
    return [ATTEMPTS.load(row) for row in tx.connection.execute(_OPEN_ATTEMPTS_OF, {"of": conversation_id})]


def steps_of(tx: Transaction, attempt_id: str) -> list[AttemptStep]:
    """The steps that an attempt entered, by when it last entered them."""
    return [STEPS.load(row) for row in tx.connection.execute(_STEPS_OF, {"of": attempt_id})]


def handoff(tx: Transaction, handoff_id: str) -> Handoff | None:
    """The handoff, or None when there is none with that id."""
    found = tx.connection.execute(HANDOFFS.one, {"k_handoff_id": handoff_id}).first()
    return None if found is None else HANDOFFS.load(found)


def open_handoffs(tx: Transaction, states: Collection[str] = OPEN_STATES) -> list[Handoff]:
    """Handoffs in these states (all open ones if not given), oldest first."""
    rows = tx.connection.execute(_HANDOFFS_IN, {"states": sorted(states)})
    return [HANDOFFS.load(row) for row in rows]


def handoffs_of(tx: Transaction, conversation_id: str) -> list[Handoff]:
    """All handoffs of a conversation, oldest first."""
    return [HANDOFFS.load(row) for row in tx.connection.execute(_HANDOFFS_OF, {"of": conversation_id})]


def visible_messages(
    tx: Transaction, conversation_id: str, after: int = 0, limit: int | None = None
) -> list[Recorded]:
    """What the customer sees, in order: `message.received` and `message.sent` above that sequence."""
    after = min(after, LAST_SEQUENCE)  # it comes from outside; beyond that no column can hold it
    return tx.events(conversation_id, after=after, names=VISIBLE, limit=limit)
