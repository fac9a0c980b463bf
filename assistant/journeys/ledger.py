"""Attempts as the engine keeps them within one conversation: opening, naming, subject, closing.

One attempt per (contact, intent, subject): the same wish again belongs to the same attempt, a rephrasing
understood after an `unknown` renames that one.
"""

from __future__ import annotations

from typing import Any

from assistant.journal.events import (
    AttemptAmended,
    AttemptClosed,
    AttemptOpened,
    AttemptRenamed,
    StepLeft,
    SubjectFound,
)
from assistant.journeys.attempts import NO_EVIDENCE
from assistant.journeys.definitions import Definition, Step
from assistant.journeys.outcomes import WEIGHT
from assistant.journeys.state import Frame, Heard, Turn

UNKNOWN = "unknown"
TALK_TO_PERSON = "talk_to_person"
ALTERNATIVES = 3

Attempt = dict[str, Any]  # {attempt_id, intent, subject, outcome, evidence}


def attempt_of(turn: Turn, attempt_id: str | None) -> Attempt | None:
    """What the engine knows of that attempt."""
    return next((each for each in turn.state["attempts"] if each["attempt_id"] == attempt_id), None)


def open_unknown(turn: Turn, heard: Heard) -> Attempt:
    """The attempt for words that were not understood; the one that is open already, if there is one."""
    found = _open_with_intent(turn, UNKNOWN)
    return found or _open(turn, heard, UNKNOWN, None)


def attempt_for(turn: Turn, heard: Heard, intent: str, definition: Definition | None) -> Attempt:
    """The attempt that this understood wish belongs to; renamed, taken up again, or newly opened."""
    unknown = _open_with_intent(turn, UNKNOWN)
    same = [each for each in turn.state["attempts"] if each["intent"] == intent]
    if same:
        return next((each for each in same if each["outcome"] is None), same[-1])
    if unknown is not None:
        unknown["intent"] = intent
        turn.log(
            AttemptRenamed(
                attempt_id=unknown["attempt_id"],
                intent=intent,
                title=turn.definitions.title_of(intent, turn.language),
                confidence=heard.confidence,
                definition=_hash(turn, definition),
            )
        )
        return unknown
    return _open(turn, heard, intent, definition)


def find_subject(turn: Turn, frame: Frame, heard: Heard | None = None) -> None:
    """Notes what the attempt is about as soon as that is known; another subject is another attempt."""
    subject_name = turn.definition(frame).subject
    attempt = attempt_of(turn, frame["attempt_id"])
    if subject_name is None or attempt is None or subject_name not in frame["facts"]:
        return
    subject = str(frame["facts"][subject_name]["value"])
    if attempt["subject"] == subject:
        return
    others = [each for each in turn.state["attempts"] if each is not attempt]
    taken = any((each["intent"], each["subject"]) == (attempt["intent"], subject) for each in others)
    fresh = attempt["outcome"] is None and not _worked_on(frame)
    if not taken and (attempt["subject"] is None or fresh):
        attempt["subject"] = subject
        turn.log(SubjectFound(attempt_id=attempt["attempt_id"], subject=subject))
        return
    if frame["entered"]:
        turn.log(StepLeft(attempt_id=frame["attempt_id"], step=frame["step"], result="done"))
        frame["entered"] = False
    frame["attempt_id"] = _about(turn, frame, attempt["intent"], subject)["attempt_id"]


def subject_of(turn: Turn, frame: Frame) -> str | None:
    """What this journey is about (the id of the bill, the box), once that is known."""
    fact = frame["facts"].get(turn.definition(frame).subject or "")
    return str(fact["value"]) if fact else None


def was_tried(turn: Turn, frame: Frame, step: Step) -> bool:
    """Whether the step is to be passed over: what it says not to come after was done for this subject."""
    subject = subject_of(turn, frame)
    return any({name, f"{name}@{subject}"} & set(turn.state["tried"]) for name in step.not_after)


def _worked_on(frame: Frame) -> bool:
    return bool(frame["changed"] or frame["doubt"])


def _about(turn: Turn, frame: Frame, intent: str, subject: str) -> Attempt:
    for each in turn.state["attempts"]:
        if each["intent"] == intent and each["subject"] == subject:
            return each  # type: ignore[no-any-return]
    heard = Heard(
        text=turn.state["turn"].get("text", ""),
        sequence=turn.state["turn"].get("sequence", 0),
        at=turn.state["turn"].get("at", ""),
        intent=intent,
        language=turn.language,
    )
    attempt = _open(turn, heard, intent, turn.definition(frame))
    attempt["subject"] = subject
    turn.log(SubjectFound(attempt_id=attempt["attempt_id"], subject=subject))
    return attempt


def close(
    turn: Turn,
    frame: Frame,
    outcome: str,
    evidence: str,
    reason: str | None = None,
    business_event: str | None = None,
) -> None:
    """Closes the frame's attempt, or amends it when it is closed already and this says otherwise.

    Weightier evidence stands: the company's system outweighs what the customer says later.
    """
    attempt = attempt_of(turn, frame["attempt_id"])
    if attempt is None:
        return
    by = "assisted" if attempt.get("assisted") else "self_service"
    if attempt["outcome"] is None:
        turn.log(
            AttemptClosed(
                attempt_id=attempt["attempt_id"],
                outcome=outcome,
                evidence=evidence,
                by=by,
                reason=reason,
                business_event=business_event,
                value=_value(turn, frame) if outcome == "achieved" else None,
            )
        )
    elif _overrides(attempt, outcome, evidence):
        turn.log(
            AttemptAmended(
                attempt_id=attempt["attempt_id"], outcome=outcome, evidence=evidence, by=by, reason=reason
            )
        )
    else:
        return
    attempt["outcome"], attempt["evidence"] = outcome, evidence


def _overrides(attempt: Attempt, outcome: str, evidence: str) -> bool:
    if attempt["outcome"] == outcome or evidence == NO_EVIDENCE:
        return False
    return WEIGHT[evidence] >= WEIGHT.get(attempt["evidence"] or NO_EVIDENCE, 0)


def is_closed(turn: Turn, frame: Frame) -> bool:
    """Whether the frame's attempt has its outcome."""
    attempt = attempt_of(turn, frame["attempt_id"])
    return attempt is not None and attempt["outcome"] is not None


def _value(turn: Turn, frame: Frame) -> float | None:
    name = turn.definition(frame).value
    fact = turn.facts(frame).get(name or "")
    amount = fact.get("amount") if isinstance(fact, dict) else fact
    try:
        return None if amount is None else float(amount)
    except (TypeError, ValueError):
        return None


def _open_with_intent(turn: Turn, intent: str) -> Attempt | None:
    attempts: list[Attempt] = turn.state["attempts"]
    return next((each for each in attempts if each["intent"] == intent and each["outcome"] is None), None)


def _hash(turn: Turn, definition: Definition | None) -> str | None:
    return turn.definitions.hash_of(definition.journey) if definition else None


def _open(turn: Turn, heard: Heard, intent: str, definition: Definition | None) -> Attempt:
    attempt: Attempt = {
        "attempt_id": turn.new_id("a"),
        "intent": intent,
        "subject": None,
        "outcome": None,
        "evidence": None,
    }
    turn.state["attempts"].append(attempt)
    others = [each for each in heard.ranking if each.get("name") != intent][:ALTERNATIVES]
    turn.log(
        AttemptOpened(
            attempt_id=attempt["attempt_id"],
            intent=intent,
            title=turn.definitions.title_of(intent, turn.language),
            confidence=heard.confidence,
            definition=_hash(turn, definition),
            received=heard.sequence,
            language=turn.language,
            alternatives=[
                {"name": each.get("name"), "confidence": each.get("confidence")} for each in others
            ],
            first_words=heard.text,
        )
    )
    return attempt
