"""One turn of the bot: what goes in, and what came of it before it is committed."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from assistant.journal.events import TurnCommitted


@dataclass
class Utterance:
    """One thing the bot wants to say: its text, the response it was made from, its buttons ({id, title})."""

    text: str
    response: str | None = None
    choices: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Turn:
    """Filled in by the tracker store when Rasa saves; committed to the journal in one transaction after.

    `text` is what the customer wrote (a one-time code included; what is stored has it taken out).
    `language` is the conversation's, and after the turn the one it goes on in.
    `sequence` is that of the message.received which this turn answers.
    """

    conversation_id: str
    sequence: int
    text: str
    at: datetime
    language: str
    kept_text: str | None = None  # the text as it may be stored, where that differs
    choice: str | None = None
    owner_epoch: int = 0
    expects: str | None = None
    context: dict[str, Any] = field(default_factory=dict)
    last: TurnCommitted | None = None  # the turn before this one
    # what came of it
    saved: bool = False
    utterances: list[Utterance] = field(default_factory=list)
    rasa_events: list[dict[str, Any]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    intent: str | None = None
    confidence: float | None = None

    @property
    def journey(self) -> dict[str, Any]:
        """The journey engine's state after the turn."""
        return dict(self.slots.get("journey") or {})


CURRENT: ContextVar[Turn | None] = ContextVar("current turn", default=None)
