"""What a handoff is, which moves it can make, and how its row is folded from the journal. Pure.

Who owns the conversation is another fact (`owner.changed`): a handoff may stay queued while the
customer goes on with the bot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NewType

from assistant.handoff.moments import from_iso
from assistant.journal.events import (
    CallbackPromised,
    Event,
    HandoffAccepted,
    HandoffClosed,
    HandoffLanguageChanged,
    HandoffOffered,
    HandoffReleased,
    HandoffRequested,
    HandoffReturned,
    HandoffWithdrawn,
    OfferEnded,
    PacketWritten,
    Recorded,
)

HandoffId = NewType("HandoffId", str)

QUEUED: Final = "queued"
OFFERED: Final = "offered"
WITH_AGENT: Final = "with_agent"
CALLBACK: Final = "callback"
RETURNED: Final = "returned"
CLOSED: Final = "closed"
WITHDRAWN: Final = "withdrawn"

OFFER: Final = "offer"
END_OFFER: Final = "end_offer"
ACCEPT: Final = "accept"
RETURN: Final = "return"
TRANSFER: Final = "transfer"
LOSE_AGENT: Final = "lose_agent"
CLOSE: Final = "close"
PROMISE: Final = "promise"
BREAK_PROMISE: Final = "break_promise"
WITHDRAW: Final = "withdraw"

FIRST_STATES: Final = frozenset({QUEUED, CALLBACK})
OPEN_STATES: Final = frozenset({QUEUED, OFFERED, WITH_AGENT, CALLBACK})
WAITING_STATES: Final = frozenset({QUEUED, OFFERED, CALLBACK})

MOVES: Final[dict[tuple[str, str], str]] = {
    (QUEUED, OFFER): OFFERED,
    (QUEUED, ACCEPT): WITH_AGENT,
    (QUEUED, PROMISE): CALLBACK,
    (QUEUED, WITHDRAW): WITHDRAWN,
    (OFFERED, ACCEPT): WITH_AGENT,
    (OFFERED, END_OFFER): QUEUED,
    (WITH_AGENT, RETURN): RETURNED,
    (WITH_AGENT, TRANSFER): QUEUED,
    (WITH_AGENT, LOSE_AGENT): QUEUED,
    (WITH_AGENT, CLOSE): CLOSED,
    (CALLBACK, ACCEPT): WITH_AGENT,
    (CALLBACK, BREAK_PROMISE): CLOSED,
    (CALLBACK, WITHDRAW): WITHDRAWN,
}


class IllegalMove(ValueError):
    """A handoff was asked to do what its state does not allow."""

    def __init__(self, state: str | None, move: str) -> None:
        super().__init__(f"a handoff that is {state or 'not there'} cannot {move}")
        self.state = state
        self.move = move


@dataclass(frozen=True, kw_only=True)
class Handoff:
    """One row of the `handoffs` table. Times are aware UTC; `due` is when a callback was promised."""

    handoff_id: str
    conversation_id: str
    customer_id: str | None
    state: str
    reason: str
    trigger: str
    intent: str | None
    attempt_id: str | None
    step: str | None
    skill: str
    language: str
    priority: str
    requested_at: datetime
    due: datetime | None = None
    offered_to: str | None = None
    offered_until: datetime | None = None
    agent_id: str | None = None
    agent_name: str | None = None
    accepted_at: datetime | None = None
    ended_at: datetime | None = None
    packet_revision: int = 0
    last_change_at: datetime

    @property
    def is_open(self) -> bool:
        """Whether it still waits for, or is with, a person."""
        return self.state in OPEN_STATES


def next_state(state: str, move: str) -> str:
    """The state after that move. Raises IllegalMove for a pair that is not in the table."""
    try:
        return MOVES[(state, move)]
    except KeyError:
        raise IllegalMove(state, move) from None


def move_of(event: Event) -> str | None:
    """The move that a handoff event makes, or None for an event that makes none."""
    if isinstance(event, HandoffReleased):
        return TRANSFER if event.reason == "transferred" else LOSE_AGENT
    if isinstance(event, HandoffClosed):
        return BREAK_PROMISE if event.reason == "handoff_unanswered" else CLOSE
    return _MOVE_OF.get(type(event))


_MOVE_OF: Final[dict[type[Event], str]] = {
    HandoffOffered: OFFER,
    OfferEnded: END_OFFER,
    HandoffAccepted: ACCEPT,
    HandoffReturned: RETURN,
    CallbackPromised: PROMISE,
    HandoffWithdrawn: WITHDRAW,
}


def fold_handoff(row: Handoff | None, recorded: Recorded) -> Handoff:
    """The row after that event.

    Raises IllegalMove when the event asks for a move that the state does not allow, and for any
    event before `handoff.requested` or a second one of these.
    """
    event = recorded.event
    if isinstance(event, HandoffRequested):
        return _requested(row, event, recorded)
    if row is None:
        raise IllegalMove(None, event.name)
    if isinstance(event, PacketWritten):
        return replace(row, packet_revision=event.revision)
    if isinstance(event, HandoffLanguageChanged):
        return replace(row, language=event.language, last_change_at=recorded.at)
    move = move_of(event)
    if move is None:
        return row
    moved = replace(row, state=next_state(row.state, move), last_change_at=recorded.at)
    return _details(moved, event, recorded.at)


def _requested(row: Handoff | None, event: HandoffRequested, recorded: Recorded) -> Handoff:
    if row is not None:
        raise IllegalMove(row.state, "request")
    if event.state not in FIRST_STATES:
        raise IllegalMove(None, f"begin as {event.state}")
    return Handoff(
        handoff_id=event.handoff_id,
        conversation_id=recorded.stream_id,
        customer_id=event.customer_id,
        state=event.state,
        reason=event.reason,
        trigger=event.trigger,
        intent=event.intent,
        attempt_id=event.attempt_id,
        step=event.step,
        skill=event.skill,
        language=event.language,
        priority=event.priority,
        requested_at=recorded.at,
        due=from_iso(event.due),
        last_change_at=recorded.at,
    )


def _details(row: Handoff, event: Event, at: datetime) -> Handoff:
    if isinstance(event, HandoffOffered):
        return replace(row, offered_to=event.agent_id, offered_until=from_iso(event.until))
    row = replace(row, offered_to=None, offered_until=None)
    if isinstance(event, HandoffAccepted):
        return replace(row, agent_id=event.agent_id, agent_name=event.agent_name, accepted_at=at, due=None)
    if isinstance(event, HandoffReleased):
        return replace(row, agent_id=None, agent_name=None, accepted_at=None, skill=event.skill or row.skill)
    if isinstance(event, CallbackPromised):
        return replace(row, due=from_iso(event.due))
    if row.state in OPEN_STATES:
        return row
    return replace(row, ended_at=at)
