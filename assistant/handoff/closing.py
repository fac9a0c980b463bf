"""The end of a chat: what the agent says became of each thing the customer wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.handoff.assignment import own_chat
from assistant.handoff.ground import Ground, append, conversation_of, give_to, handoff_of, system_line
from assistant.handoff.handoffs import Handoff
from assistant.journal import views
from assistant.journal.attempts import settle
from assistant.journal.database import Transaction
from assistant.journal.events import AttemptOpened, AttemptRenamed, HandoffClosed
from assistant.journeys.attempts import Attempt
from assistant.journeys.outcomes import OUTCOMES, AgentSaid
from assistant.staff.access import Principal
from assistant.staff.audit import record
from assistant.web import ApiError


@dataclass(frozen=True)
class Disposition:
    """The agent's word on one attempt. Without `attempt_id` it is an intent that came up with the agent."""

    outcome: str
    intent: str | None = None
    attempt_id: str | None = None
    reason: str | None = None


def close(
    tx: Transaction,
    ground: Ground,
    principal: Principal,
    handoff_id: str,
    dispositions: Sequence[Disposition],
    note: str | None = None,
) -> Handoff:
    """Ends the chat; every attempt still open gets its outcome from the agent.

    A corrected intent renames the attempt; one that was closed meanwhile is amended where the rules let
    an agent's word count. The bot owns the conversation again. Raises ApiError as `own_chat` does, and
    400 `unknown_intent`, `unknown_outcome`, `unknown_attempt`, `attempt_twice`, `disposition_incomplete`
    (details: what is allowed, or what is still open); nothing is written then.
    """
    handoff = own_chat(tx, principal, handoff_id)
    attempts = views.attempts_of(tx, handoff.conversation_id)
    matched = match_dispositions(dispositions, attempts)
    for given, attempt in matched:
        _check(ground, given, attempt)
    _check_complete(matched, attempts)
    for given, attempt in matched:
        _settle(tx, ground, principal, handoff, given, attempt)
    closed = HandoffClosed(handoff_id=handoff_id, agent_id=principal.id, note=note)
    append(tx, handoff.conversation_id, [closed], principal.actor)
    give_to(tx, handoff.conversation_id, "bot", handoff_id, actor=principal.actor)
    system_line(tx, ground, handoff.conversation_id, "utter_agent_closed", name=principal.name)
    record(tx, principal, "closed chat", handoff_id, conversation_id=handoff.conversation_id)
    return handoff_of(tx, handoff_id)


def close_short(
    tx: Transaction,
    ground: Ground,
    principal: Principal,
    handoff_id: str,
    given: Disposition,
    note: str | None = None,
) -> Handoff:
    """The short form, for when exactly one attempt is open: `given` names none.

    With none open it speaks of the attempt that the handoff was about, or of its intent as a new one.
    Raises ApiError as `close` does.
    """
    handoff = own_chat(tx, principal, handoff_id)
    still_open = views.open_attempts(tx, handoff.conversation_id)
    if len(still_open) > 1:
        raise incomplete(still_open)
    about = still_open[0].attempt_id if still_open else handoff.attempt_id
    return close(tx, ground, principal, handoff_id, [replace(given, attempt_id=about)], note)


def match_dispositions(
    given: Sequence[Disposition], attempts: Sequence[Attempt]
) -> list[tuple[Disposition, Attempt | None]]:
    """Each disposition with the attempt it is about, None for one that is to be opened. Pure.

    One without id about the intent of an open attempt that no other names is about that attempt: the
    same wish in one contact is one attempt. Raises ApiError 400 `unknown_attempt`, `attempt_twice`.
    """
    by_id = {attempt.attempt_id: attempt for attempt in attempts}
    named = [each.attempt_id for each in given if each.attempt_id]
    if unknown := [each for each in named if each not in by_id]:
        raise ApiError(400, "unknown_attempt", "This chat has no such attempt.", {"attempt_ids": unknown})
    if len(set(named)) < len(named):
        raise ApiError(400, "attempt_twice", "The same attempt is named twice.")
    left = {each.intent: each for each in attempts if each.is_open and each.attempt_id not in named}
    return [
        (each, by_id[each.attempt_id] if each.attempt_id else left.pop(each.intent or "", None))
        for each in given
    ]


def _check(ground: Ground, given: Disposition, attempt: Attempt | None) -> None:
    if given.outcome not in OUTCOMES:
        allowed = sorted(OUTCOMES)
        raise ApiError(400, "unknown_outcome", "There is no such outcome.", {"allowed": allowed})
    intent = given.intent or (attempt.intent if attempt else None)
    allowed = sorted(each.journey for each in ground.definitions().all)
    if attempt is not None and intent == attempt.intent:
        return
    if intent is None or (intent not in allowed and ground.definitions().for_intent(intent) is None):
        raise ApiError(
            400,
            "unknown_intent",
            "Say what the customer wanted, by one of these names.",
            {"allowed": allowed},
        )


def _check_complete(
    matched: Sequence[tuple[Disposition, Attempt | None]], attempts: Sequence[Attempt]
) -> None:
    settled = {attempt.attempt_id for _, attempt in matched if attempt is not None}
    if left := [each for each in attempts if each.is_open and each.attempt_id not in settled]:
        raise incomplete(left)


def incomplete(left: Sequence[Attempt]) -> ApiError:
    """The answer when attempts are left without an outcome; the details name them."""
    named = [{"attempt_id": each.attempt_id, "intent": each.intent, "title": each.title} for each in left]
    return ApiError(
        400, "disposition_incomplete", "Say what became of each thing that is still open.", {"open": named}
    )


def _settle(
    tx: Transaction,
    ground: Ground,
    principal: Principal,
    handoff: Handoff,
    given: Disposition,
    attempt: Attempt | None,
) -> None:
    intent = given.intent or (attempt.intent if attempt else "")
    definitions = ground.definitions()
    language = conversation_of(tx, handoff.conversation_id).language
    found = definitions.for_intent(intent)
    definition = definitions.hash_of(found.journey) if found else None
    title = definitions.title_of(intent, language)
    if attempt is None:
        attempt_id = tx.ids("a")
        opened = AttemptOpened(
            attempt_id=attempt_id, intent=intent, title=title, definition=definition, language=language,
            opened_by="agent",
        )  # fmt: skip
        append(tx, handoff.conversation_id, [opened], principal.actor)
    else:
        attempt_id = attempt.attempt_id
        if intent != attempt.intent:
            renamed = AttemptRenamed(attempt_id=attempt_id, intent=intent, title=title, definition=definition)
            append(tx, handoff.conversation_id, [renamed], principal.actor)
    settle(tx, attempt_id, AgentSaid(given.outcome, given.reason), actor=principal.actor)
