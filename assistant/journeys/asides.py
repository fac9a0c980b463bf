"""A question in the middle of a step: answered on the spot, then the step's own question comes again.

A journey with `aside: true` is not begun as a whole there. Its look-ups are made and their result is told;
where it would ask something itself it ends. It is an attempt all the same: told, and by silence `unknown`.
"""

from __future__ import annotations

from assistant.journal.events import AttemptTold, StepLeft
from assistant.journeys.definitions import Definition
from assistant.journeys.ledger import attempt_for, close, is_closed
from assistant.journeys.questions import ask_again
from assistant.journeys.state import Frame, Heard, Turn, new_frame

OF_STEPS = frozenset({"collect", "choose", "confirm"})  # kinds of open question that an aside may interrupt


def begin_aside(turn: Turn, heard: Heard, definition: Definition) -> None:
    """Puts the aside on top; the open question waits in it."""
    intent = heard.intent or definition.intents[0]
    attempt = attempt_for(turn, heard, intent, definition)
    content_hash = turn.definitions.hash_of(definition.journey) or ""
    frame = new_frame(definition, content_hash, intent, attempt["attempt_id"], heard.words or heard.text)
    frame["aside"], frame["before"] = True, turn.awaiting
    turn.state["stack"].append(frame)
    turn.state["awaiting"] = None


def end_aside(turn: Turn, frame: Frame, outcome: str | None = None, reason: str | None = None) -> None:
    """Takes the aside away and asks the open question again.

    `outcome` is what became of it, by the company's system unless it was left; without one all was told.
    """
    if frame["entered"] and frame["attempt_id"]:
        turn.log(StepLeft(attempt_id=frame["attempt_id"], step=frame["step"], result="done"))
    if outcome is not None:
        close(turn, frame, outcome, "none" if outcome == "abandoned" else "system", reason)
    elif not is_closed(turn, frame) and frame["attempt_id"]:
        turn.log(AttemptTold(attempt_id=frame["attempt_id"]))
    turn.state["stack"].remove(frame)
    turn.state["awaiting"] = frame["before"]
    ask_again(turn)


def fail_aside(turn: Turn, frame: Frame) -> None:
    """The company's system did not answer: said so, and back to the question."""
    turn.say("utter_aside_failed")
    end_aside(turn, frame, "abandoned", "action_failed")
