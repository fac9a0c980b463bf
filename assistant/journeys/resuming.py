"""A journey taken up later: in another contact, or in the same one after the customer had left.

What is kept of it is what the customer said and chose. Everything the company's systems know is looked up
anew, so what was chosen is believed only where it is still there; no confirmation given before counts.

A journey left is one dict: journey, hash, intent, words, attempt_id, at (ISO 8601 UTC), answers {fact:
{value, source}}, former {fact: value} (told when different now), tried [step@subject], conversation_id (None:
this one), journey_id; where an agent took it up: agreed, the id of that attempt.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from assistant.journal.events import AttemptResumed
from assistant.journeys.definitions import Definition, Definitions, pick
from assistant.journeys.ledger import attempt_for, attempt_of, open_unknown
from assistant.journeys.state import Frame, Heard, State, Turn, new_frame

Json = Any
Left = dict[str, Json]

TAKE_UP = "take_up"  # the purpose of the offer to go on with a journey left
NEVER_ON = frozenset({"stop", "goodbye", "thank", "talk_to_person"})  # said: nothing is offered with it
_TOLD_TYPES = frozenset({"money", "date", "window"})


# --- laying aside ------------------------------------------------------------------------------


def left_in(
    state: State | None, definitions: Definitions, attempt_id: str, *, at: str, conversation_id: str | None
) -> Left | None:
    """What can be taken up of that attempt, from the state its conversation was left in; None when nothing.

    What is in doubt is settled where it was begun, under its own key, and is not carried elsewhere.
    """
    for frame in reversed((state or {}).get("stack") or []):
        if frame["attempt_id"] != attempt_id or frame.get("within") or frame.get("aside"):
            continue
        definition = definitions.by_hash(frame["hash"]) or definitions.named(frame["journey"])
        if definition is None or frame["step"] is None or frame["doubt"] or frame.get("queued"):
            return None
        left = _lay_aside(frame, definition, definitions)
        tried = list((state or {}).get("tried") or [])
        return {**left, "tried": tried, "at": at, "conversation_id": conversation_id}
    return None


def _lay_aside(frame: Frame, definition: Definition, definitions: Definitions) -> Left:
    said = {name for step in definition.steps for name in (step.collect, step.entity, step.fact) if name}
    learned = {name for step in definition.steps for _, then in step.thens() for name in then.learn}
    answers = {
        name: {"value": fact["value"], "source": fact["source"]}
        for name, fact in frame["facts"].items()
        if name in said | learned and not definitions.is_secret(name)
    }
    former = {
        name: fact["value"]
        for name, fact in frame["facts"].items()
        if name not in answers and not definitions.is_hidden(name) and _is_told(definitions, name)
    }
    return {
        "journey": frame["journey"],
        "hash": frame["hash"],
        "intent": frame["intent"],
        "words": frame.get("words") or "",
        "attempt_id": frame["attempt_id"],
        "answers": answers,
        "former": former,
    }


def _is_told(definitions: Definitions, name: str) -> bool:
    fact = definitions.facts.get(name)
    return fact is not None and fact.type in _TOLD_TYPES


def note_left(turn: Turn, attempt_ids: Iterable[str], at: str, *, signed_in: bool) -> None:
    """The customer had left: journeys of this conversation that silence closed meanwhile are laid aside.

    Whoever proved who they are by a code then proves it again; the website's sign-in still stands.
    """
    gone = set(attempt_ids)
    stack = turn.state["stack"]
    over = [each for each in stack if each["attempt_id"] in gone and not each["doubt"]]
    if not over:
        return
    kept = None
    for frame in reversed(over):
        kept = left_in(turn.state, turn.definitions, frame["attempt_id"], at=at, conversation_id=None)
        if kept is not None:
            break
    turn.state["stack"] = [each for each in stack if each not in over]
    turn.state["awaiting"], turn.state["held"] = None, None
    turn.state["verified"] = signed_in
    turn.state["left"] = kept


# --- offering ----------------------------------------------------------------------------------


def may_take_up(turn: Turn) -> bool:
    """Whether there is something to go on with, and nothing else under way."""
    left, state = turn.state.get("left"), turn.state
    if left is None or state["stack"] or turn.busy or state["paused"]:
        return False
    return _in_time(turn, left)


def _in_time(turn: Turn, left: Left) -> bool:
    definition = _definition(turn, left)
    if definition is None:
        return False
    try:
        since = datetime.fromisoformat(turn.state["turn"]["at"]) - datetime.fromisoformat(left["at"])
    except (TypeError, ValueError):
        return False
    return since <= definition.resume_within


def _definition(turn: Turn, left: Left) -> Definition | None:
    return turn.definitions.by_hash(left["hash"]) or turn.definitions.named(left["journey"])


def offer_to_take_up(turn: Turn, **rest: Json) -> None:
    """Asks once whether to go on; on record where it was left, so that no later contact asks again."""
    left, turn.state["left"] = turn.state["left"], None
    definition = _definition(turn, left)
    if definition is None:
        return
    if left["conversation_id"] is not None:
        turn.state["log"].append(
            {
                "request": "resume_offered",
                "conversation_id": left["conversation_id"],
                "attempt_id": left["attempt_id"],
            }
        )
    turn.wait_for(
        "offer",
        "utter_offer_take_up",
        [turn.choice("resume", True), turn.choice("not_now", False)],
        args={"journey": pick(definition.title, turn.language)},
        purpose=TAKE_UP,
        otherwise="go_on",
        left=left,
        **rest,
    )


def offer_if_idle(turn: Turn) -> None:
    """At a turn's end, when nothing else is going on. Not on a goodbye, nor beside a question."""
    if turn.state.get("left") and not turn.state["turn"].get("no_offer") and may_take_up(turn):
        offer_to_take_up(turn)


def same_wish(turn: Turn, wish: Definition) -> bool:
    """Whether the customer asks for the very journey that was left."""
    left = turn.state.get("left")
    return left is not None and left["journey"] == wish.journey and may_take_up(turn)


def offer_for_wish(turn: Turn, heard: Heard, wish: Definition) -> None:
    """The same wish again: its attempt is on record at once; whether to go on or begin anew, they say."""
    attempt = attempt_for(turn, heard, heard.intent or wish.intents[0], wish)
    offer_to_take_up(
        turn,
        attempt_id=attempt["attempt_id"],
        intent=heard.intent,
        words=heard.words or heard.text,
        entities={n: v for n, v in heard.entities.items() if not turn.definitions.is_secret(n)},
    )


def offer_for_unclear(turn: Turn, heard: Heard) -> None:
    """Words that say nothing clear, from somebody who left in the middle: most likely about that."""
    open_unknown(turn, heard)
    offer_to_take_up(turn)


# --- taking up ---------------------------------------------------------------------------------


def take_up(turn: Turn, left: Left, heard: Heard | None = None) -> None:
    """Goes on: from the first step, with what the customer said and chose known already."""
    definition = _definition(turn, left)
    if definition is None:
        return
    attempt_id = left["attempt_id"]
    if left.get("agreed"):
        attempt_id = left["agreed"]
        if attempt_of(turn, attempt_id) is None:
            turn.state["attempts"].append(
                {
                    "attempt_id": attempt_id,
                    "intent": left["intent"],
                    "subject": None,
                    "outcome": None,
                    "evidence": None,
                    "assisted": True,
                    "resumed": True,
                }
            )
    elif left["conversation_id"] is not None and heard is not None:
        attempt = attempt_for(turn, heard, left["intent"], definition)
        attempt["resumed"], attempt_id = True, attempt["attempt_id"]
    if not left.get("agreed"):
        turn.log(
            AttemptResumed(
                attempt_id=attempt_id,
                resumed_from=left["attempt_id"],
                resumed_conversation_id=left["conversation_id"],
                journey_id=left.get("journey_id"),
            )
        )
    frame = new_frame(definition, left["hash"], left["intent"], attempt_id, left["words"])
    frame["resumed"], frame["former"] = True, dict(left["former"])
    turn.state["stack"].append(frame)
    turn.state["tried"] = sorted({*turn.state["tried"], *left["tried"]})
    for name, fact in left["answers"].items():
        turn.learn(frame, name, fact["value"], fact["source"])
    turn.say("utter_taking_up")


def go_on_as_agreed(turn: Turn) -> None:
    """An agent took the journey up with the customer and gave the conversation back: nobody asks again."""
    left = turn.state.get("left")
    if not left or not left.get("agreed"):
        return
    turn.state["left"] = None
    gone = [each for each in turn.state["stack"] if each["attempt_id"] == left["agreed"]]
    turn.state["stack"] = [each for each in turn.state["stack"] if each not in gone]
    turn.state["awaiting"], turn.state["turn"]["agreed"] = None, True
    take_up(turn, left)


def tell_change(turn: Turn, frame: Frame, name: str, value: Json) -> None:
    """Says once what is different from when the journey was left."""
    former = (frame.get("former") or {}).pop(name, None)
    if former is not None and value is not None and former != value:
        label = turn.definitions.label_of(name, turn.language)
        turn.say("utter_changed_meanwhile", what=label, was=former, now=value)


def no_longer_there(turn: Turn, frame: Frame, brought: Iterable[str]) -> None:
    """What was chosen is gone: said, and asked anew by the caller."""
    if frame.get("resumed"):
        turn.say("utter_no_longer_there")
    for name in brought:
        (frame.get("former") or {}).pop(name, None)
