"""The question that is open, said once more."""

from __future__ import annotations

from assistant.journeys.state import Turn


def ask_again(turn: Turn, *, same_words: bool = False) -> None:
    """Says the question that is open once more, in other words unless the customer wants the same."""
    awaiting, frame = turn.awaiting, turn.top
    if awaiting is None:
        return
    step = turn.step(frame) if frame else None
    plain = awaiting.get("kind") in {"collect", "choose", "confirm"}
    if plain and step is not None and not same_words and step.question_again:
        turn.say(step.question_again, **(awaiting.get("args") or {}))
    else:
        turn.say(awaiting["response"], **(awaiting.get("args") or {}))
