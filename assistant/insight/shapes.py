"""Rows in the words of the HTTP contract. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from assistant.journeys.attempts import Attempt

# Left out of an attempt while they say nothing; all others are always there.
OPTIONAL = (
    "customer_id",
    "journey_id",
    "closed_at",
    "first_intent",
    "reason",
    "step",
    "subject",
    "came_back_to",
    "handoff_id",
    "value",
)


def wire_time(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, with Z."""
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def wire_attempt(attempt: Attempt) -> dict[str, Any]:
    """The attempt of the contract."""
    shaped: dict[str, Any] = {
        "attempt_id": attempt.attempt_id,
        "conversation_id": attempt.conversation_id,
        "intent": attempt.intent,
        "title": attempt.title,
        "confidence": attempt.confidence,
        "language": attempt.language,
        "channel": attempt.channel,
        "opened_at": wire_time(attempt.opened_at),
        "outcome": attempt.outcome,
        "evidence": attempt.evidence,
        "by": attempt.by,
        "history": attempt.history,
    }
    for name in OPTIONAL:
        value = getattr(attempt, name)
        if value is not None:
            shaped[name] = wire_time(value) if isinstance(value, datetime) else value
    return shaped
