"""What a verified customer left in the middle elsewhere: found once, at the beginning of a later contact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from assistant.channel.conversation import Conversation
from assistant.journal import views
from assistant.journal.attempts import tried_for
from assistant.journal.events import (
    SYSTEM,
    Actor,
    AttemptOpened,
    AttemptResumed,
    Event,
    FactLearned,
    ResumeOffered,
    TurnCommitted,
)
from assistant.journal.projections import ATTEMPTS
from assistant.journal.store import Transaction
from assistant.journal.tables import attempts
from assistant.journeys.attempts import OPEN, Attempt
from assistant.journeys.definitions import Definitions
from assistant.journeys.outcomes import DEFAULT_TERMS, Terms
from assistant.journeys.resuming import left_in

LOOKED_AT = 20  # attempts of the customer, newest first
QUIET_FOR = timedelta(minutes=2)  # an attempt that is open elsewhere may still be going on


@dataclass(frozen=True)
class TakingUp:
    """Finds what may be taken up; `definitions` say for how long (`resume_within`)."""

    definitions: Definitions

    def find(
        self, tx: Transaction, conversation: Conversation, *, though_asked: bool = False
    ) -> dict[str, Any] | None:
        """The journey last left by the conversation's verified customer elsewhere (resuming.py says what it
        holds), or None. Two reads for each attempt that comes into question."""
        seen: set[str] = set()
        for each in _theirs(tx, conversation):
            newest, seen = each.intent not in seen, seen | {each.intent}
            if newest and each.conversation_id != conversation.conversation_id and self._was_left(tx, each):
                found = self._left(tx, each, conversation.conversation_id if though_asked else None)
                if found is not None:
                    return found
        return None

    def look_back(self, tx: Transaction, conversation: Conversation) -> dict[str, Any]:
        """What the bot knows of the customer's earlier contacts: the journey `left`, if any, and what was
        `tried` in vain (step@subject), so that it is not tried again when they come back with the matter."""
        left = self._agreed(tx, conversation) or self.find(tx, conversation)
        return {"left": left, "tried": sorted(self._tried(tx, conversation))}

    def take_up(self, tx: Transaction, conversation: Conversation, actor: Actor) -> str | None:
        """An agent takes up what the customer left, in the conversation that the agent has; the attempt's id.

        None when nothing is left. What the customer said and chose then is known here from now on; the bot
        goes on with it when it gets the conversation back, unless the agent has closed the attempt.
        """
        left = self.find(tx, conversation, though_asked=True)
        definition = self.definitions.named(left["journey"]) if left else None
        if left is None or definition is None:
            return None
        where, language = conversation.conversation_id, conversation.language
        tx.lock(where)
        here = next((each for each in views.open_attempts(tx, where) if each.intent == left["intent"]), None)
        attempt_id = here.attempt_id if here else tx.ids("a")
        opened = AttemptOpened(
            attempt_id=attempt_id,
            intent=left["intent"],
            title=self.definitions.title_of(left["intent"], language),
            journey_id=left["journey_id"],
            definition=left["hash"],
            language=language,
            opened_by="agent",
            first_words=left["words"] or None,
        )
        resumed = AttemptResumed(
            attempt_id=attempt_id,
            resumed_from=left["attempt_id"],
            resumed_conversation_id=left["conversation_id"],
            journey_id=left["journey_id"],
        )
        known: list[Event] = [
            FactLearned(
                fact=name,
                label=self.definitions.label_of(name, language),
                value=fact["value"],
                source=fact["source"],
                attempt_id=attempt_id,
            )
            for name, fact in left["answers"].items()
            if not self.definitions.is_hidden(name)
        ]
        events = [*([] if here else [opened]), resumed, *known]
        tx.append(where, events, actor=actor, channel=conversation.channel)
        note_offered(tx, where, left)
        return attempt_id

    def _agreed(self, tx: Transaction, conversation: Conversation) -> dict[str, Any] | None:
        """What an agent took up in this conversation and left to the bot: `agreed` is the attempt's id."""
        found = tx.events(
            conversation.conversation_id, names={AttemptResumed.name}, newest_first=True, limit=1
        )
        resumed = found[0].event if found and found[0].actor.kind == "agent" else None
        if not isinstance(resumed, AttemptResumed) or resumed.resumed_conversation_id is None:
            return None
        attempt, earlier = views.attempt(tx, resumed.attempt_id), views.attempt(tx, resumed.resumed_from)
        if attempt is None or earlier is None or not attempt.is_open:
            return None
        left = self._as_it_was(tx, earlier)
        return None if left is None else {**left, "agreed": resumed.attempt_id}

    def _tried(self, tx: Transaction, conversation: Conversation) -> set[str]:
        found: set[str] = set()
        for each in _theirs(tx, conversation):
            if each.conversation_id != conversation.conversation_id and self._may_come_back(tx, each):
                found |= tried_for(tx, each, self._terms(each))
        return found

    def _may_come_back(self, tx: Transaction, attempt: Attempt) -> bool:
        definition = self.definitions.for_intent(attempt.intent)
        if definition is None or attempt.closed_at is None or attempt.subject is None:
            return False
        passes_over = any(step.not_after for step in definition.steps)
        return passes_over and tx.now <= attempt.closed_at + definition.came_back_within

    def _terms(self, attempt: Attempt) -> Terms:
        return self.definitions.terms_of(attempt.intent) or DEFAULT_TERMS

    def _was_left(self, tx: Transaction, attempt: Attempt) -> bool:
        definition = self.definitions.for_intent(attempt.intent)
        if definition is None or attempt.reason == "customer_stopped" or attempt.told_at is not None:
            return False
        age = tx.now - attempt.last_activity_at
        quiet = attempt.outcome == "abandoned" or (attempt.outcome == OPEN and age >= QUIET_FOR)
        return quiet and age <= definition.resume_within

    def _left(self, tx: Transaction, attempt: Attempt, asked_in: str | None = None) -> dict[str, Any] | None:
        """None when they were asked already, save in the conversation `asked_in`."""
        where = attempt.conversation_id
        earlier = views.conversation(tx, where)
        if earlier is None or earlier.owner != "bot" or earlier.handoff_id is not None:
            return None
        offered = tx.events(where, names={ResumeOffered.name})
        asked = {
            each.event.later_conversation_id
            for each in offered
            if isinstance(each.event, ResumeOffered) and each.event.attempt_id == attempt.attempt_id
        }
        return None if asked - {asked_in} else self._as_it_was(tx, attempt)

    def _as_it_was(self, tx: Transaction, attempt: Attempt) -> dict[str, Any] | None:
        where = attempt.conversation_id
        turns = tx.events(where, names={TurnCommitted.name}, newest_first=True, limit=1)
        if not turns or not isinstance(turns[0].event, TurnCommitted):
            return None
        state = turns[0].event.slots.get("journey")
        at = attempt.last_activity_at.isoformat()
        left = left_in(state, self.definitions, attempt.attempt_id, at=at, conversation_id=where)
        return None if left is None else {**left, "journey_id": attempt.journey_id}


def _theirs(tx: Transaction, conversation: Conversation) -> list[Attempt]:
    """The latest attempts of the conversation's customer, newest first; none unless they are verified."""
    if conversation.customer_id is None or conversation.verification != "verified":
        return []
    query = ATTEMPTS.select.where(attempts.c.customer_id == conversation.customer_id)
    rows = tx.connection.execute(query.order_by(attempts.c.opened_at.desc()).limit(LOOKED_AT))
    return [ATTEMPTS.load(row) for row in rows]


def note_offered(tx: Transaction, conversation_id: str, wish: dict[str, Any]) -> None:
    """On record where it was left that the customer was asked, so that nobody asks them again."""
    offered = ResumeOffered(attempt_id=str(wish["attempt_id"]), later_conversation_id=conversation_id)
    tx.lock(str(wish["conversation_id"]))
    tx.append(str(wish["conversation_id"]), [offered], actor=SYSTEM)
