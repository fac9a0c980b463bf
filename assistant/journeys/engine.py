"""The journey engine: what was heard goes in, what to say, run or wait for comes out. Pure throughout.

    state = begin_turn(state, heard, definitions, context, rules)
    move, state = next_move(state)          # again and again until it is Listen
    state = after_action(state, result, definitions, rules)     # after each Run

State is the `journey` slot (state.py says what is in it); nothing here reads a clock, a file or a model.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from assistant.handoff.escalation import EscalationRules
from assistant.journeys import steps
from assistant.journeys.answers import (
    SHORT,
    SURE,
    answer_choice,
    answer_freely,
    answer_text,
    point_elsewhere,
    pressed,
    take_facts,
    yes_or_no,
)
from assistant.journeys.asides import OF_STEPS, begin_aside
from assistant.journeys.definitions import Definition, Definitions
from assistant.journeys.escalation import let_go_of_offer, offer_kindly, request_if_due, sounds_upset
from assistant.journeys.known import page_of
from assistant.journeys.language import go_on_in_new_language
from assistant.journeys.ledger import TALK_TO_PERSON, was_tried
from assistant.journeys.questions import ask_again
from assistant.journeys.repairs import (
    MOVES,
    SOCIAL,
    does_not_fit,
    make_move,
    not_understood,
    returned_by_person,
    say_kindly,
    small_talk,
    start_journey,
    understood,
)
from assistant.journeys.results import take_result
from assistant.journeys.resuming import (
    NEVER_ON,
    TAKE_UP,
    go_on_as_agreed,
    may_take_up,
    note_left,
    offer_for_unclear,
    offer_for_wish,
    offer_if_idle,
    offer_to_take_up,
    same_wish,
    take_up,
)
from assistant.journeys.state import (
    MOVES_PER_TURN,
    Heard,
    Listen,
    Move,
    Run,
    Say,
    State,
    Turn,
    digest,
    new_state,
)
from assistant.journeys.wishes import WHICH, ask_which, close_wishes, decide_which, named_wish, start_wishes

__all__ = [
    "MOVES_PER_TURN",
    "Heard",
    "Listen",
    "Move",
    "Run",
    "Say",
    "State",
    "after_action",
    "begin_turn",
    "new_state",
    "next_move",
    "quiet",
    "wants_turn",
]

Json = Any
CLEAR = 0.9  # of a wish that comes instead of “I have signed in”
_BARE = re.compile(r"^\W*\d{1,2}\W*$")  # “2”: the second choice, not the second of the month


def wants_turn(
    state: State | None, heard: Heard, context: Mapping[str, Json] | None, rules: EscalationRules
) -> bool:
    """Whether the message is the engine's: always inside a journey; outside, unless it is calm small talk."""
    if state and (state.get("stack") or state.get("awaiting") or state.get("paused")):
        return True
    if heard.language_asked:
        return True
    left = (context or {}).get("left") or (state or {}).get("left")
    if left and (left.get("agreed") or heard.intent not in NEVER_ON):
        return True
    return heard.intent not in SOCIAL or sounds_upset(state, heard, _said(context or {}), rules)


def _said(context: Mapping[str, Json]) -> list[str]:
    return [str(each) for each in context.get("said") or []]


def quiet(state: State | None) -> State | None:
    """The state for a turn that is not the engine's: nothing of the last turn is left to be read again.

    None when there is nothing to change.
    """
    if not state or not (state.get("log") or state.get("say") or state.get("agenda")):
        return None
    calm = copy.deepcopy(state)
    calm.update(log=[], say=None, agenda=[], running=None)
    calm["unclear"] = {**calm["unclear"], "in_row": 0}
    return calm


def begin_turn(
    state: State | None,
    heard: Heard,
    definitions: Definitions,
    context: Mapping[str, Json] | None,
    rules: EscalationRules,
) -> State:
    """Takes a message in. `context` is the slot of that name: conversation_id, customer, returned…

    Of what went before it holds `said` (the customer's last messages), `came_back` and `tried` (an earlier
    attempt at the same matter), `left` (a journey to be taken up, resuming.py) and `gone_quiet` {attempts,
    at} (those of this conversation that silence closed since its last turn).
    `rules` say when a person is due.
    """
    turn = Turn(state, definitions, rules)
    _open_turn(turn, heard, context or {})
    _understand(turn, heard)
    steps.advance(turn)
    offer_if_idle(turn)
    _answer(turn)
    return turn.state


def after_action(
    state: State, result: dict[str, Json] | None, definitions: Definitions, rules: EscalationRules
) -> State:
    """Takes an action's result in (the `action_result` slot). None when there was none: that is an error."""
    turn = Turn(state, definitions, rules)
    take_result(turn, result)
    steps.advance(turn)
    offer_if_idle(turn)
    _answer(turn)
    return turn.state


def _answer(turn: Turn) -> None:
    """No message goes without an answer."""
    if not turn.state["agenda"] and not turn.state["turn"].get("spoke"):
        turn.say("utter_how_can_i_help")


def next_move(state: State) -> tuple[Move, State]:
    """The next thing to do in this turn, and the state that goes with it. After Listen the turn is over."""
    state = {**state, "agenda": list(state["agenda"]), "turn": dict(state["turn"])}
    if not state["agenda"]:
        state["say"] = None
        state["turn"]["open"] = False
        state["turn"].pop("page", None)
        state["turn"].pop("text", None)  # may hold a one-time code; what stays is stored
        return Listen(), state
    item = state["agenda"].pop(0)
    state["turn"]["moves"] += 1
    if "run" in item:
        state["running"], state["say"] = item["run"], None
        return Run(item["run"]["action"]), state
    state["say"], state["turn"]["spoke"] = item["say"], True
    return Say(item["say"]["response"], item["say"]["args"]), state


def _open_turn(turn: Turn, heard: Heard, context: Mapping[str, Json]) -> None:
    state = turn.state
    spoken_before = state["turn"].get("language")
    state.update(log=[], agenda=[], running=None, say=None)
    state["turn"] = {
        "conversation_id": context.get("conversation_id"),
        "sequence": heard.sequence,
        "at": heard.at,
        "language": heard.language,
        "text": heard.text,
        "ids": 0,
        "moves": 0,
        "open": True,
        "page": page_of(context),
        "no_offer": heard.intent in NEVER_ON,
        "upset": sounds_upset(state, heard, _said(context), turn.rules),
    }
    state["came_back"] = context.get("came_back") or state["came_back"]
    customer = context.get("customer") or {}
    if customer.get("verified"):
        state["verified"] = True
        for name, value in customer.items():
            if name != "verified":
                turn.learn(None, name, value, "system", quiet=True)
    if turn.verified and any(each.get("within") for each in state["stack"]):
        _stop_asking_who(turn)
    state["left"] = context.get("left") or state.get("left")
    quiet_ones = context.get("gone_quiet") or {}
    signed_in = bool(customer.get("verified"))
    note_left(turn, quiet_ones.get("attempts") or (), str(quiet_ones.get("at")), signed_in=signed_in)
    state["tried"] = sorted({*state["tried"], *(context.get("tried") or [])})
    returned = context.get("returned")
    if returned and digest(returned) != state.get("last_returned"):
        state["last_returned"] = digest(returned)
        returned_by_person(turn, returned)
    elif state["paused"] or state["held"]:
        state["turn"]["rested"] = not state["paused"]
        state["awaiting"] = state["held"]
    state["paused"], state["held"] = False, None
    go_on_as_agreed(turn)
    if spoken_before not in (None, heard.language):
        go_on_in_new_language(turn, spoken_before)


def _stop_asking_who(turn: Turn) -> None:
    """They signed in on the website meanwhile: nobody is asked who they are any more."""
    state = turn.state
    if state["stack"][-1].get("within"):
        state["awaiting"] = state["held"] = None
    state["stack"] = [each for each in state["stack"] if not each.get("within")]
    state["turn"]["signed_in"] = True  # most likely just that is said now


def _understand(turn: Turn, heard: Heard) -> None:
    choice = pressed(turn, heard) or named_wish(turn, heard, yes_or_no(turn, heard))
    choice = choice or _taken_up_or_not(turn, heard)
    if choice is None and heard.language_asked:
        understood(turn)
        ask_again(turn, same_words=True)
    elif choice is None and heard.intent == TALK_TO_PERSON:
        understood(turn)
        request_if_due(turn, turn.top, heard, asked_for_person=True)
    elif choice is not None and (turn.awaiting or {}).get("purpose") == WHICH:
        decide_which(turn, choice["value"], heard)
    elif choice is not None and (turn.awaiting or {}).get("purpose") == TAKE_UP:
        _decide_take_up(turn, bool(choice["value"]), heard)
    elif choice is not None:
        understood(turn)
        answer_choice(turn, choice, heard)
    elif turn.state["turn"]["upset"] and heard.intent in SOCIAL:
        understood(turn)  # no small talk with somebody who is upset
    else:
        if yes_or_no(turn, heard) is None and (heard.intent not in MOVES or _held(turn)):
            let_go_of_offer(turn)
        (_hear_wish if turn.awaiting is None else _hear_answer)(turn, heard)
    offer_kindly(turn)


def _taken_up_or_not(turn: Turn, heard: Heard) -> dict[str, Json] | None:
    """A typed yes or no to “shall we carry on where we were?”."""
    awaiting = turn.awaiting or {}
    if awaiting.get("purpose") != TAKE_UP:
        return None
    answer = False if heard.intent in {"stop", "later"} else yes_or_no(turn, heard)
    return next((each for each in awaiting["choices"] if each["value"] is answer), None)


def _decide_take_up(turn: Turn, agreed: bool, heard: Heard) -> None:
    awaiting, turn.state["awaiting"] = turn.awaiting or {}, None
    understood(turn)
    wish = turn.definitions.for_intent(awaiting.get("intent"))
    if agreed:
        take_up(turn, awaiting["left"], heard)
    elif wish is not None:
        asked = {"intent": awaiting["intent"], "words": awaiting["words"], "entities": awaiting["entities"]}
        start_journey(turn, replace(heard, **asked), wish)
    else:
        turn.say("utter_how_can_i_help")


def _held(turn: Turn) -> bool:
    return bool((turn.awaiting or {}).get("before"))


def _hear_answer(turn: Turn, heard: Heard) -> None:
    """A question is open: an answer, a correction, a move, another wish, or something that does not fit."""
    frame = turn.top
    close = close_wishes(turn, heard)
    wish = turn.definitions.for_intent(heard.intent) if heard.confidence >= SURE or close else None
    other = wish is not None and _journey_of(turn) not in {wish.journey, *(each.journey for each in close)}
    asks_step = (turn.awaiting or {}).get("kind") in OF_STEPS and not heard.more
    fits = answer_freely(turn, heard, other=other and not close)
    fits = fits or (bool(_BARE.match(heard.text)) and answer_text(turn, heard))
    fits = fits or (frame is not None and not other and take_facts(turn, frame, heard))
    fits = fits or (not other and _corrects_choice(turn, heard) and point_elsewhere(turn, heard))
    fits = fits or answer_text(turn, heard)
    if fits or (heard.intent in MOVES and make_move(turn, heard)):
        understood(turn)
    elif wish is not None and wish.aside and other and not close and asks_step:
        understood(turn)
        begin_aside(turn, heard, wish)
    elif wish is not None and (other or (turn.awaiting or {}).get("kind") in {"feedback", "offer"}):
        _begin(turn, heard, wish, close)
    elif answer_text(turn, heard, loosely=True):
        understood(turn)
    elif heard.intent in SOCIAL and heard.confidence >= SURE:
        small_talk(turn, heard)
    elif turn.state["turn"].get("rested"):
        understood(turn)  # back after a pause: the question is said once more, which is no miss
        ask_again(turn, same_words=True)
    else:
        does_not_fit(turn, heard)


def _corrects_choice(turn: Turn, heard: Heard) -> bool:
    """Whether the message may name another entry of a list chosen from before: more than a bare yes or no."""
    if turn.definitions.words.sayings.find(heard.text, heard.language) is not None:
        return False
    if heard.intent in {"correct", "deny"}:
        return True
    elsewhere = heard.intent in {*MOVES, *SOCIAL} - {"affirm"} and heard.confidence >= SURE
    return (turn.awaiting or {}).get("kind") == "confirm" and not elsewhere


def _begin(turn: Turn, heard: Heard, wish: Definition | None, close: list[Definition]) -> None:
    """Begins what is wished; where wishes are too close to tell apart, the customer is asked which."""
    understood(turn)
    if close:
        ask_which(turn, heard, close)
    elif wish is not None and not heard.more and same_wish(turn, wish):
        offer_for_wish(turn, heard, wish)
    elif wish is not None:
        start_wishes(turn, heard, wish)


def _journey_of(turn: Turn) -> str | None:
    """The journey the customer would name: not the proof of identity inside it."""
    frames = [each for each in turn.state["stack"] if not each.get("within")]
    return str(frames[-1]["journey"]) if frames else None


def _hear_wish(turn: Turn, heard: Heard) -> None:
    """Nothing is being asked: a new wish, a journey put off to be taken up again, or words not understood."""
    close = close_wishes(turn, heard)
    wish = turn.definitions.for_intent(heard.intent)
    frame = turn.top
    if turn.state["turn"].get("signed_in") and heard.confidence < CLEAR:
        wish, close = None, []
    short_move = heard.intent in MOVES and len(heard.text.split()) <= SHORT
    if wish is not None or close:
        _begin(turn, heard, wish, close)
    elif heard.intent == "stop" and frame is not None:
        understood(turn)
        make_move(turn, heard)
    elif heard.intent in SOCIAL:
        understood(turn)
        say_kindly(turn, heard)
        if frame is not None and not turn.state["turn"].get("agreed"):
            steps.offer_to_resume(turn)
    elif frame is not None:
        understood(turn)
        step = turn.step(frame)
        if step is not None and step.changes and not was_tried(turn, frame, step):
            steps.offer_to_resume(turn)  # a change is not tried again on words that do not ask for it
        else:
            take_facts(turn, frame, heard)
    elif heard.intent == "stop":
        turn.state["left"] = None
        turn.say("utter_how_can_i_help")
    elif may_take_up(turn):
        understood(turn)
        if short_move:
            offer_to_take_up(turn)
        else:
            offer_for_unclear(turn, heard)
    elif short_move:
        turn.say("utter_how_can_i_help")
    else:  # in so many words, and to nothing that was asked, it was more than a yes: kept as not understood
        not_understood(
            turn, heard, response="utter_out_of_scope" if heard.outside else "utter_not_understood"
        )
