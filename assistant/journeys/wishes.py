"""Which wish a message is: one; one of several that only the customer can tell apart; or several at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assistant.journeys.choices import by_title, position
from assistant.journeys.definitions import Definition, pick
from assistant.journeys.escalation import GO_ON
from assistant.journeys.ledger import open_unknown
from assistant.journeys.repairs import not_understood, queue_journey, start_journey, understood
from assistant.journeys.state import LONGEST_WORDS, Heard, Turn

Json = Any
WHICH = "which"  # the purpose of an offer that asks which of several wishes is meant


def close_wishes(turn: Turn, heard: Heard) -> list[Definition]:
    """The journeys between which only the customer can decide, likeliest first; empty when it is clear.

    What the classifier finds close and is no wish (a thank-you, say) is no reason to ask.
    """
    names = heard.between
    wishes = [found for name in names if (found := turn.definitions.for_intent(name)) is not None]
    if not wishes or (names and turn.definitions.for_intent(names[0]) is None):
        return []
    return wishes if len(wishes) == len(names) else []


def ask_which(turn: Turn, heard: Heard, wishes: list[Definition]) -> None:
    """Asks which wish it is, in the words the customer would use; until then it is on record as unknown."""
    attempt = open_unknown(turn, heard)
    choices = [
        {"id": turn.new_id("o"), "title": pick(each.title, turn.language), "value": each.intents[0]}
        for each in wishes
    ]
    turn.wait_for(
        "offer",
        "utter_which_one" if len(wishes) > 1 else "utter_did_you_mean",
        [*choices, turn.choice("something_else", False)],
        args={"journey": choices[0]["title"]},
        purpose=WHICH,
        otherwise=GO_ON,
        attempt_id=attempt["attempt_id"],
        entities={n: v for n, v in heard.entities.items() if not turn.definitions.is_secret(n)},
        words=heard.text[:LONGEST_WORDS],
        before=turn.awaiting,
    )


def named_wish(turn: Turn, heard: Heard, answer: bool | None) -> dict[str, Json] | None:
    """The choice that a typed answer to “which one?” means: by place, by its words, by yes or no."""
    awaiting = turn.awaiting or {}
    if awaiting.get("purpose") != WHICH or heard.choice is not None:
        return None
    *wishes, none_of_them = awaiting["choices"]
    if heard.intent == "stop" or answer is False:
        return dict(none_of_them)
    if answer is True and len(wishes) == 1:
        return dict(wishes[0])
    index = position(heard, len(wishes))
    return wishes[index] if index is not None else by_title(heard.text, wishes)


def decide_which(turn: Turn, value: Json, heard: Heard) -> None:
    """The customer said which wish it is, or none of them."""
    awaiting, turn.state["awaiting"] = turn.awaiting or {}, None
    definition = turn.definitions.for_intent(value) if value else None
    if definition is not None:
        meant = replace(
            heard,
            intent=str(value),
            confidence=1.0,  # the customer's own pick
            entities={**awaiting.get("entities", {}), **heard.entities},
            between=(),
            words=awaiting.get("words", ""),
        )
        understood(turn)
        start_journey(turn, meant, definition)
        return
    not_understood(turn, heard, response="utter_say_it_otherwise")
    if turn.awaiting is None:
        turn.state["awaiting"] = awaiting.get("before")


def start_wishes(turn: Turn, heard: Heard, first: Definition) -> None:
    """Begins the journey of the first wish of a message; the others are lined up behind it."""
    start_journey(turn, heard, first)
    queued = []
    for each in heard.more:
        definition = turn.definitions.for_intent(each.intent)
        if definition is not None and queue_journey(turn, each, definition):
            queued.append(pick(definition.title, turn.language))
    if queued:
        args = {"journey": pick(first.title, turn.language), "next": ", ".join(queued)}
        turn.say("utter_one_after_the_other", **args)
