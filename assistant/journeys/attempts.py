"""An attempt as it stands, folded from its conversation's stream. Pure.

One attempt is one try to get one intent done in one contact. It opens, passes steps, is told out or
breaks off, and closes with an outcome; later facts amend that outcome and never erase the earlier one.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NewType, Protocol

from assistant.journal import events as ev
from assistant.journal.events import Event, Recorded

AttemptId = NewType("AttemptId", str)

OPEN = "open"
ACHIEVED = "achieved"
NO_EVIDENCE = "none"


class Contact(Protocol):
    """What an attempt takes over from the conversation it happens in (`Conversation` fits)."""

    @property
    def customer_id(self) -> str | None: ...
    @property
    def browser_id(self) -> str | None: ...
    @property
    def language(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def staff_test(self) -> bool: ...


@dataclass(frozen=True)
class Attempt:
    """One row of `attempts`. Times are aware UTC; `value` is in the company's currency.

    `outcome` is the effective one; `first_…` keep the first verdict; `history` holds all of them as
    {at, outcome, evidence, reason, actor}, oldest first. `first_intent` is set once it was renamed.
    `linked_to` is a customer by the browser alone; `disputed_at` while CX disputes it; `taken_back` once
    a first verdict of achieved gave way.
    """

    attempt_id: str
    conversation_id: str
    customer_id: str | None
    browser_id: str | None
    journey_id: str | None
    intent: str
    first_intent: str | None
    title: str
    confidence: float | None
    language: str
    channel: str
    definition: str | None
    model: str | None
    eligible: bool
    opened_at: datetime
    opened_by: str
    last_activity_at: datetime
    told_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str = OPEN
    evidence: str = NO_EVIDENCE
    by: str | None = None
    reason: str | None = None
    step: str | None = None
    step_entered_at: datetime | None = None
    subject: str | None = None
    came_back_to: str | None = None
    came_back_by: str | None = None
    came_back_at: datetime | None = None
    handoff_id: str | None = None
    assisted: bool = False
    value: float | None = None
    first_outcome: str | None = None
    first_evidence: str | None = None
    first_by: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    linked_to: str | None = None
    disputed_at: datetime | None = None
    taken_back: bool = False

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its outcome."""
        return self.outcome == OPEN

    @property
    def person(self) -> str | None:
        """The customer, verified or known by their browser; for counting and comparing only."""
        return self.customer_id or self.linked_to


@dataclass(frozen=True)
class AttemptStep:
    """One row of `attempt_steps`: a step as last entered, and how often it was."""

    attempt_id: str
    step: str
    title: str
    kind: str
    entered_at: datetime
    left_at: datetime | None = None
    result: str | None = None
    times: int = 1


class NotAnAttempt(ValueError):
    """An attempt's first event must be `attempt.opened`, and there is only one of these."""


# Events of the conversation that concern every attempt in it, or every open one.
CONCERNS_ALL: tuple[type[Event], ...] = (ev.IdentityVerified,)
CONCERNS_OPEN: tuple[type[Event], ...] = (ev.OwnerChanged,)
# Events that carry an attempt_id and change that attempt's row.
CONCERNS_ONE: frozenset[type[Event]] = frozenset(
    (
        ev.AttemptOpened,
        ev.AttemptRenamed,
        ev.SubjectFound,
        ev.StepEntered,
        ev.StepLeft,
        ev.AttemptTold,
        ev.AttemptClosed,
        ev.AttemptAmended,
        ev.CameBack,
        ev.Returned,
        ev.AttemptResumed,
        ev.CameBackUndone,
        ev.ReturnedUndone,
        ev.AttemptLinked,
        ev.AttemptUnlinked,
        ev.ActionPerformed,
        ev.HandoffRequested,
    )
)


def fold_attempt(attempt: Attempt | None, recorded: Recorded, contact: Contact | None = None) -> Attempt:
    """The attempt after this event. `contact` is the conversation as it stood before the event.

    Raises NotAnAttempt when the first event is not `attempt.opened`, or when that comes twice.
    """
    event = recorded.event
    if isinstance(event, ev.AttemptOpened):
        if attempt is not None:
            raise NotAnAttempt(f"{event.attempt_id} was opened already")
        return _opened(event, recorded, contact)
    if attempt is None:
        raise NotAnAttempt(f"{recorded.stream_id} has {event.name} for an attempt that was never opened")
    return _changed(attempt, recorded)


def _opened(event: ev.AttemptOpened, recorded: Recorded, contact: Contact | None) -> Attempt:
    return Attempt(
        attempt_id=event.attempt_id,
        conversation_id=recorded.stream_id,
        customer_id=contact.customer_id if contact else None,
        browser_id=contact.browser_id if contact else None,
        journey_id=event.journey_id,
        intent=event.intent,
        first_intent=None,
        title=event.title,
        confidence=event.confidence,
        language=event.language or (contact.language if contact else "und"),
        channel=(contact.channel if contact else recorded.channel) or "unknown",
        definition=event.definition,
        model=event.model,
        eligible=event.eligible and not (contact is not None and contact.staff_test),
        opened_at=recorded.at,
        opened_by=event.opened_by,
        last_activity_at=recorded.at,
        assisted=contact is not None and contact.owner == "agent",
    )


def _with(attempt: Attempt, **changes: Any) -> Attempt:
    """`dataclasses.replace` for one that was checked when it was made: a tenth of the time."""
    made = object.__new__(Attempt)
    made.__dict__.update(attempt.__dict__, **changes)
    return made


def _changed(attempt: Attempt, recorded: Recorded) -> Attempt:
    at = recorded.at
    match recorded.event:
        case ev.IdentityVerified(customer_id=customer_id):
            return _with(attempt, customer_id=customer_id)
        case ev.OwnerChanged(owner="agent", handoff_id=handoff_id):
            return _with(attempt, assisted=True, handoff_id=attempt.handoff_id or handoff_id)
        case ev.AttemptRenamed() as event:
            return _renamed(attempt, event)
        case ev.SubjectFound(subject=subject):
            return _with(attempt, subject=subject, last_activity_at=at)
        case ev.StepEntered(step=step):
            # Going on after "all was told" takes that back: silence now means it was left.
            return _with(attempt, step=step, step_entered_at=at, told_at=None, last_activity_at=at)
        case ev.StepLeft() | ev.ActionPerformed():
            return _with(attempt, last_activity_at=at)
        case ev.AttemptTold():
            return _with(attempt, told_at=at, last_activity_at=at)
        case ev.HandoffRequested(handoff_id=handoff_id):
            return _with(attempt, handoff_id=handoff_id, last_activity_at=at)
        case ev.AttemptClosed() as event:
            return _closed(attempt, event, recorded)
        case ev.AttemptAmended() as event:
            return _amended(attempt, event, recorded)
        case ev.AttemptResumed(journey_id=journey_id):
            return _with(attempt, journey_id=journey_id or attempt.journey_id, last_activity_at=at)
        case ev.CameBack() as event:
            return _with(
                attempt,
                came_back_by=event.later_attempt_id,
                came_back_at=datetime.fromisoformat(event.later_at),
            )
        case ev.Returned(came_back_to=came_back_to, journey_id=journey_id):
            return _with(attempt, came_back_to=came_back_to, journey_id=journey_id or attempt.journey_id)
        case ev.CameBackUndone():
            return _with(attempt, came_back_by=None, came_back_at=None)
        case ev.ReturnedUndone(journey_id=journey_id):
            return _with(attempt, came_back_to=None, journey_id=journey_id)
        case ev.AttemptLinked(customer_id=customer_id):
            return _with(attempt, linked_to=customer_id)
        case ev.AttemptUnlinked():
            return _with(attempt, linked_to=None)
    return attempt


def _renamed(attempt: Attempt, event: ev.AttemptRenamed) -> Attempt:
    return _with(
        attempt,
        first_intent=attempt.first_intent or attempt.intent,
        intent=event.intent,
        title=event.title,
        confidence=event.confidence if event.confidence is not None else attempt.confidence,
        journey_id=event.journey_id or attempt.journey_id,
        definition=event.definition or attempt.definition,
    )


def _closed(attempt: Attempt, event: ev.AttemptClosed, recorded: Recorded) -> Attempt:
    if not attempt.is_open and event.evidence == NO_EVIDENCE:
        return attempt  # a timer that came too late: silence overrules nobody
    closed = _verdict(attempt, event.outcome, event.evidence, event.by, event.reason, recorded)
    return _with(closed, value=event.value if event.value is not None else attempt.value)


def _amended(attempt: Attempt, event: ev.AttemptAmended, recorded: Recorded) -> Attempt:
    amended = _verdict(attempt, event.outcome, event.evidence, event.by, event.reason, recorded)
    if event.disputed:
        return _with(amended, disputed_at=recorded.at)
    if event.undoes is None:
        return amended
    disputed_at = None if event.undoes == "dispute" else amended.disputed_at
    return _with(
        amended,
        disputed_at=disputed_at,
        taken_back=attempt.first_outcome == ACHIEVED and event.outcome != ACHIEVED,
    )


def _verdict(
    attempt: Attempt, outcome: str, evidence: str, by: str | None, reason: str | None, recorded: Recorded
) -> Attempt:
    entry = {
        "at": recorded.at.isoformat().replace("+00:00", "Z"),
        "outcome": outcome,
        "evidence": evidence,
        "reason": reason,
        "actor": str(recorded.actor),
    }
    first = attempt.first_outcome is None
    return _with(
        attempt,
        outcome=outcome,
        evidence=evidence,
        by=by,
        reason=reason,
        closed_at=attempt.closed_at or recorded.at,
        first_outcome=outcome if first else attempt.first_outcome,
        first_evidence=evidence if first else attempt.first_evidence,
        first_by=by if first else attempt.first_by,
        history=[*attempt.history, entry],
        taken_back=attempt.taken_back or (attempt.first_outcome == ACHIEVED and outcome != ACHIEVED),
    )


def fold_step(step: AttemptStep | None, recorded: Recorded) -> AttemptStep | None:
    """The step after `attempt.step_entered` or `attempt.step_left`.

    Leaving a step that was never entered (it was skipped) makes no row.
    """
    event = recorded.event
    if isinstance(event, ev.StepEntered):
        return AttemptStep(
            attempt_id=event.attempt_id,
            step=event.step,
            title=event.title,
            kind=event.kind,
            entered_at=recorded.at,
            times=1 if step is None else step.times + 1,
        )
    if isinstance(event, ev.StepLeft) and step is not None:
        return dataclasses.replace(step, left_at=recorded.at, result=event.result)
    return step
