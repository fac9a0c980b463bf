"""A person is offered or called: what is seen in the conversation is put to the one table of rules.

The table is `assistant/handoff/escalation.py`, its numbers are in data/handoff.yml. What it was decided on
travels with the offer and goes on record with the handoff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assistant.handoff.escalation import (
    Escalate,
    EscalationRules,
    Thresholds,
    Trouble,
    decide_escalation,
    raised_priority,
)
from assistant.handoff.mood import turns_upset
from assistant.journeys.definitions import Step
from assistant.journeys.ledger import TALK_TO_PERSON, UNKNOWN, attempt_for, attempt_of, was_tried
from assistant.journeys.state import Frame, Heard, State, Turn

Json = Any

WHY_A_PERSON = {  # reason code -> the response that offers a person for it
    "not_understood": "utter_not_understood_person",
    "action_failed": "utter_failed_person",
    "declined": "utter_declined_person",
    "distress": "utter_upset_person",
    "came_back": "utter_came_back_person",
}
ONCE = ("distress", "came_back")  # offered once in a conversation, beside whatever is going on
GO_ON = "go_on"  # a no to such an offer: the journey goes on where it was


def sounds_upset(state: State | None, heard: Heard, said: list[str], rules: EscalationRules) -> bool:
    """Whether the customer is upset with this message, and no person was offered for it yet."""
    if heard.choice is not None or "distress" in (state or {}).get("offered", []):
        return False
    return turns_upset(said, heard.text, rules.mood_words, heard.language)


def decide(turn: Turn, frame: Frame | None, step: Step | None = None, **seen: Json) -> Escalate | None:
    """Why a person is due, given what was `seen` just now (fields of Trouble); None when none is."""
    offered = turn.state["offered"]
    back = turn.state.get("came_back") or {}
    trouble = Trouble(
        distressed=bool(turn.state["turn"].get("upset")) and "distress" not in offered,
        came_back="came_back" not in offered
        and frame is not None
        and bool(back)
        and frame["attempt_id"] == back.get("attempt_id"),
        vulnerable=is_vulnerable(turn),
        **seen,
    )
    found = decide_escalation(trouble, limits(turn, step))
    return found if isinstance(found, Escalate) else None


def limits(turn: Turn, step: Step | None) -> Thresholds:
    """The thresholds, with what the step sets itself in their place."""
    general = turn.rules.thresholds
    if step is None:
        return general
    again = general.not_understood_in_a_row if step.retries is None else step.retries + 1
    return replace(
        general,
        not_understood_in_a_row=again,
        action_failures=step.failures or general.action_failures,
    )


def is_vulnerable(turn: Turn) -> bool:
    """Whether the company knows this customer as one who needs extra care."""
    return bool(turn.state["known"].get("vulnerable", {}).get("value"))


def misses(turn: Turn) -> dict[str, int]:
    """How often the customer was not understood, as Trouble counts it."""
    unclear = turn.state["unclear"]
    return {"not_understood_in_a_row": unclear["in_row"], "not_understood_in_all": unclear["total"]}


# --- offering ----------------------------------------------------------------------------------


def offer_if_due(
    turn: Turn, frame: Frame | None, step: Step | None = None, *, otherwise: str, **seen: Json
) -> bool:
    """Offers a person when the rules say so. `otherwise`: what a no means.

    again: the question once more; end: the journey is over; drop: nothing; go_on: as if not asked.
    """
    found = decide(turn, frame, step, **seen)
    if found is not None and found.reason in ONCE and otherwise == "again":
        offer(turn, found, otherwise=GO_ON, frame=frame, before=turn.awaiting)
    elif found is not None:
        offer(turn, found, otherwise=otherwise, frame=frame)
    return found is not None


def offer(
    turn: Turn,
    found: Escalate,
    *,
    otherwise: str,
    frame: Frame | None = None,
    response: str | None = None,
    no: str = "not_now",
    **rest: Json,
) -> None:
    """Asks whether to get a person for that reason; `no` is the word for declining."""
    _settle(turn, found.reason)
    turn.wait_for(
        "offer",
        response or WHY_A_PERSON.get(found.reason, "utter_offer_person"),
        [turn.choice("person", "person"), turn.choice(no, False)],
        purpose="person",
        reason=found.reason,
        trigger=found.trigger,
        decided_on=dict(found.decided_on),
        otherwise=otherwise,
        attempt_id=frame["attempt_id"] if frame else None,
        **rest,
    )


def offer_kindly(turn: Turn) -> None:
    """Distress, or the same matter again: offered once, before going on; what was asked is kept for later."""
    before = turn.awaiting
    if turn.state["paused"] or (before or {}).get("purpose") == "person" or _just_confirmed(turn):
        return
    found = decide(turn, turn.top)
    if found is None:
        return
    if before is not None:
        _unsay_question(turn, before)
    offer(turn, found, otherwise=GO_ON, frame=turn.top, before=before)


def _just_confirmed(turn: Turn) -> bool:
    """Between a yes and what it was a yes to comes no other question: its no would be unclear."""
    frame, now = turn.top, turn.state["turn"]["sequence"]
    for name, given in (frame["confirmed"] if frame else {}).items():
        act = turn.definition(frame).find(name) if frame else None
        if frame and act and given["sequence"] == now and not was_tried(turn, frame, act):
            return True
    return False


def _unsay_question(turn: Turn, awaiting: Mapping[str, Json]) -> None:
    """Nobody is asked two things at once."""
    agenda, step = turn.state["agenda"], turn.step(turn.top) if turn.top else None
    asked = {awaiting["response"], step.question_again if step else None}
    if agenda and agenda[-1].get("say", {}).get("response") in asked:
        agenda.pop()


def let_go_of_offer(turn: Turn) -> None:
    """The customer passes such an offer over: never insisted on, what was asked before is open again."""
    awaiting = turn.awaiting or {}
    if awaiting.get("otherwise") == GO_ON:
        turn.state["awaiting"] = question_before(turn, awaiting)


def question_before(turn: Turn, awaiting: Mapping[str, Json]) -> dict[str, Json] | None:
    """The question that such an offer interrupted; None when it needs no answer any more."""
    before: dict[str, Json] | None = awaiting.get("before")
    frame = turn.top
    step = turn.step(frame) if frame else None
    if before and frame and step and step.step == before.get("step") and was_tried(turn, frame, step):
        return None
    return before


def _settle(turn: Turn, reason: str) -> None:
    """One offer is enough: whoever was offered a person is not asked again because they came back."""
    settled = {reason} & set(ONCE) | ({"came_back"} if turn.state.get("came_back") else set())
    turn.state["offered"] = sorted({*turn.state["offered"], *settled})


# --- calling -----------------------------------------------------------------------------------


def request_if_due(turn: Turn, frame: Frame | None, heard: Heard | None = None, **seen: Json) -> bool:
    """Gets a person in this very turn when the rules say so."""
    found = decide(turn, frame, **seen)
    if found is not None:
        request(turn, found, frame, heard)
    return found is not None


def request_offered(turn: Turn, awaiting: Mapping[str, Json], frame: Frame | None, heard: Heard) -> None:
    """The customer takes the person that was offered, for the reason it was offered for."""
    found = Escalate(
        awaiting.get("reason", "customer_asked"),
        awaiting.get("trigger", "bot"),
        awaiting.get("decided_on") or {},
    )
    request(turn, found, frame, heard)


def request(turn: Turn, found: Escalate, frame: Frame | None, heard: Heard | None = None) -> None:
    """Puts the wish for a person on record; the journey waits where it is."""
    awaiting = turn.awaiting or {}
    attempt_id = frame["attempt_id"] if frame else awaiting.get("attempt_id") or _open_attempt(turn)
    if attempt_id is None and heard is not None:
        talk = turn.definitions.for_intent(TALK_TO_PERSON)
        attempt_id = attempt_for(turn, heard, TALK_TO_PERSON, talk)["attempt_id"]
    attempt = attempt_of(turn, attempt_id)
    intent = attempt["intent"] if attempt else TALK_TO_PERSON
    definition = turn.definitions.for_intent(intent) or turn.definitions.for_intent(TALK_TO_PERSON)
    priority = definition.handoff.priority if definition else "normal"
    turn.state["log"].append(
        {
            "request": "handoff",
            "reason": found.reason,
            "trigger": found.trigger,
            "skill": definition.handoff.skill if definition else None,
            "priority": raised_priority(priority, turn.rules, vulnerable=is_vulnerable(turn)),
            "intent": intent,
            "attempt_id": attempt_id,
            "step": frame["step"] if frame else None,
            "decided_on": dict(found.decided_on),
        }
    )
    _settle(turn, "distress" if turn.state["turn"].get("upset") else found.reason)
    turn.state["held"] = None if awaiting.get("kind") == "offer" else turn.awaiting
    turn.state["awaiting"] = None
    turn.state["paused"] = True
    turn.say("utter_getting_person")


def _open_attempt(turn: Turn) -> str | None:
    """An attempt still open that a wish for a person can only be about: the words not understood."""
    for each in reversed(turn.state["attempts"]):
        if each["outcome"] is None and each["intent"] in {UNKNOWN, TALK_TO_PERSON}:
            return str(each["attempt_id"])
    return None
