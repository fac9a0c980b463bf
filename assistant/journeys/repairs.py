"""When the conversation leaves the happy path: not understood, interrupted, corrected, repeated, stopped."""

from __future__ import annotations

from typing import Any

from assistant.journeys import steps
from assistant.journeys.answers import akin, can_undo, stop
from assistant.journeys.choices import options_of
from assistant.journeys.definitions import Definition, Step
from assistant.journeys.escalation import misses, offer_if_due, request_if_due
from assistant.journeys.known import keep_early_words
from assistant.journeys.ledger import attempt_for, attempt_of, close, is_closed, open_unknown
from assistant.journeys.pointing import with_window
from assistant.journeys.questions import ask_again
from assistant.journeys.resuming import may_take_up
from assistant.journeys.sayings import plain_words
from assistant.journeys.state import Frame, Heard, Turn, new_frame

Json = Any

DEEPEST = 4  # journeys under way at once
_TELLING = 3  # letters from which a word names something: “bill”, each letter once
SOCIAL = {  # said briefly in the middle of a journey; outside, Rasa's rules answer
    "greet": "utter_greet",
    "thank": "utter_thank",
    "goodbye": "utter_goodbye",
    "small_talk": "utter_small_talk",
    "bot_challenge": "utter_bot_challenge",
    "what_can_you_do": "utter_what_can_you_do",
}
MOVES = {"affirm", "deny", "correct", "stop", "later", "repeat", "why"}


def not_understood(turn: Turn, heard: Heard, *, response: str = "utter_not_understood") -> None:
    """Nothing was being asked, nothing was made of the message: `response`, or a person is offered."""
    _count_unclear(turn)
    attempt = open_unknown(turn, heard)
    if offer_if_due(turn, None, None, otherwise="drop", **misses(turn)):
        turn.state["awaiting"]["attempt_id"] = attempt["attempt_id"]
        return
    turn.say(response)


def _count_unclear(turn: Turn) -> None:
    unclear = turn.state["unclear"]
    turn.state["unclear"] = {"in_row": unclear["in_row"] + 1, "total": unclear["total"] + 1}


def understood(turn: Turn) -> None:
    """Whatever this was, it was clear: the count of misses in a row begins anew."""
    turn.state["unclear"]["in_row"] = 0


def does_not_fit(turn: Turn, heard: Heard) -> None:
    """The answer does not fit the question: other words, then a person."""
    _count_unclear(turn)
    awaiting, frame = turn.awaiting or {}, turn.top
    if awaiting.get("kind") in {"offer", "feedback"} or frame is None:
        _unclear_about_offer(turn, heard, awaiting)
        return
    step = turn.step(frame)
    if step is None:
        return
    tries = frame["tries"].get(step.step, 0) + 1
    frame["tries"][step.step] = tries
    if offer_if_due(turn, frame, step, otherwise="again", **misses(turn)):
        return
    if tries > 1:
        turn.say("utter_still_unclear")
    steps.ask(turn, frame, step, again=True)


def _unclear_about_offer(turn: Turn, heard: Heard, awaiting: dict[str, Json]) -> None:
    if not awaiting.get("asked_again"):
        turn.say("utter_please_choose")
        turn.state["awaiting"] = {**awaiting, "asked_again": True}
    elif awaiting.get("kind") == "feedback" and turn.top is not None:
        turn.say("utter_leave_it_there")
        turn.state["awaiting"] = None
        turn.state["stack"].pop()
        steps.offer_to_resume(turn)
    elif not request_if_due(turn, turn.top, heard, **misses(turn)):
        turn.say("utter_please_choose")


def small_talk(turn: Turn, heard: Heard) -> None:
    """A kind word back, then the question again; a goodbye is not argued with."""
    awaiting = turn.awaiting or {}
    say_kindly(turn, heard)
    if heard.intent == "goodbye":
        return
    step = turn.step(turn.top) if turn.top else None
    asks_whether_it_helped = awaiting.get("kind") == "feedback" or (
        step is not None and step.told and awaiting.get("step") == step.step
    )
    if asks_whether_it_helped and heard.intent == "thank":
        # Thanks are no evidence: the question is not asked a second time, and nothing is counted as success.
        turn.state["awaiting"] = None
        turn.state["stack"].pop()
        steps.offer_to_resume(turn)
        return
    ask_again(turn)


def say_kindly(turn: Turn, heard: Heard) -> None:
    """A kind word back. A greeting in the middle of something is no opening: no "what can I do for you?"."""
    busy = turn.top is not None or turn.awaiting is not None or may_take_up(turn)
    turn.say("utter_greet_back" if busy and heard.intent == "greet" else SOCIAL[heard.intent or ""])


def make_move(turn: Turn, heard: Heard) -> bool:
    """Does what a move of conversation asks for. False when it makes no sense here."""
    frame = turn.top
    if heard.intent == "stop" and frame is not None:
        stop(turn, frame)
    elif heard.intent == "repeat" and turn.awaiting is not None:
        ask_again(turn, same_words=True)
    elif heard.intent == "later" and frame is not None:
        turn.say("utter_later")
        turn.state["held"], turn.state["awaiting"] = turn.awaiting, None
        turn.state["turn"]["rest"] = True
    elif heard.intent == "why" and frame is not None and turn.awaiting is not None:
        step = turn.step(frame)
        turn.say((step.why if step else None) or "utter_why")
        ask_again(turn)
    elif heard.intent in {"correct", "deny"} and frame is not None:
        return _correct_last(turn, frame, heard)
    else:
        return False
    return True


def _correct_last(turn: Turn, frame: Frame, heard: Heard) -> bool:
    """For “no, the other one”: what was chosen last is asked anew, or is the other of two.

    “The other bill” is about the bill, though the way to pay was chosen after it.
    """
    if frame["doubt"] or frame["step"] is None or (turn.awaiting or {}).get("kind") in {"offer", "feedback"}:
        return False
    definition = turn.definition(frame)
    names = [each.step for each in definition.steps]
    earlier = definition.steps[: names.index(frame["step"])] if frame["step"] in names else []
    words = plain_words(heard.text)
    named = [each for each in earlier if _names(turn, each, words)]
    for step in [*reversed(named), *reversed(earlier)]:
        if step.collect and step.step in frame["done"] and can_undo(turn, frame, step):
            options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
            fact = frame["facts"].get(step.collect) or turn.state["known"].get(step.collect) or {}
            if len(options) < 2 if step.choose_from else fact.get("source") == "system":
                continue  # nobody chose or said it
            _choose_other(turn, frame, step)
            return True
    return False


def _names(turn: Turn, step: Step, words: list[str]) -> bool:
    """Whether the words name what the step finds out, by its title or its fact's label."""
    texts = (step.label(turn.language), turn.definitions.label_of(step.collect or "", turn.language))
    names = {name for text in texts for name in plain_words(text) if len(name) >= _TELLING}
    return bool(step.collect) and any(akin(word, name) for word in words for name in names)


def _choose_other(turn: Turn, frame: Frame, step: Step) -> None:
    former = turn.facts(frame).get(step.collect or "")
    steps.back_to(turn, frame, step)
    for name in (*step.narrow_by, step.entity or ""):
        turn.forget(frame, name)
    options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
    others = [each for each in options if each["value"] != former]
    if step.choose_from and len(others) == 1:
        steps.pick_option(turn, frame, step, others[0], "customer")
    elif step.choose_from:
        steps.ask(turn, frame, step, options=others or options)


def start_journey(turn: Turn, heard: Heard, definition: Definition) -> None:
    """Begins a journey, or takes up the one of that name that waits; what was under way stays below."""
    _drop_finished(turn)
    stack: list[Frame] = turn.state["stack"]
    turn.state["awaiting"] = None
    for frame in stack:
        if frame["journey"] == definition.journey and not frame.get("within"):
            _to_the_top(turn, frame)
            return
    parked = next((each for each in turn.state["parked"] if each["journey"] == definition.journey), None)
    if parked is not None:
        turn.state["parked"].remove(parked)
        stack.append(parked)
        turn.say("utter_check_first")
        return
    while len(stack) >= DEEPEST:
        close(turn, stack[0], "abandoned", "none", "customer_stopped")
        stack.pop(0)
    intent = heard.intent or definition.intents[0]
    attempt = attempt_for(turn, heard, intent, definition)
    content_hash = turn.definitions.hash_of(definition.journey) or ""
    frame = new_frame(definition, content_hash, intent, attempt["attempt_id"], heard.words or heard.text)
    stack.append(frame)
    keep_early_words(turn, frame, heard)
    for name, value in with_window(heard.entities).items():
        _keep_early(turn, frame, definition, name, value)


def queue_journey(turn: Turn, heard: Heard, definition: Definition) -> bool:
    """Lines a journey up behind the one just begun, its attempt on record. False when it is under way."""
    stack: list[Frame] = turn.state["stack"]
    if any(frame["journey"] == definition.journey for frame in stack) or len(stack) >= DEEPEST:
        return False
    intent = heard.intent or definition.intents[0]
    attempt = attempt_for(turn, heard, intent, definition)
    content_hash = turn.definitions.hash_of(definition.journey) or ""
    frame = new_frame(definition, content_hash, intent, attempt["attempt_id"], heard.words or heard.text)
    frame["queued"] = True
    keep_early_words(turn, frame, heard)
    under_way = len(stack) - (2 if stack[-1].get("within") else 1)
    stack.insert(next((i for i, each in enumerate(stack) if each.get("queued")), under_way), frame)
    for name, value in with_window(heard.entities).items():
        _keep_early(turn, frame, definition, name, value)
    return True


def _drop_finished(turn: Turn) -> None:
    turn.state["stack"] = [each for each in turn.state["stack"] if each["step"] is not None]


def _to_the_top(turn: Turn, frame: Frame) -> None:
    stack: list[Frame] = turn.state["stack"]
    index = stack.index(frame)
    moved = [frame]
    if index + 1 < len(stack) and stack[index + 1].get("within"):
        moved.append(stack[index + 1])
    turn.state["stack"] = [each for each in stack if each not in moved] + moved


def _keep_early(turn: Turn, frame: Frame, definition: Definition, name: str, value: Json) -> None:
    if turn.definitions.is_secret(name):
        return
    identity = turn.definitions.named(steps.IDENTITY)
    for place in (definition, *([identity] if identity and not turn.verified else [])):
        for step in place.steps:
            if name in {step.collect, step.entity, *step.narrow_by}:
                turn.learn(frame, name, value, "customer")
                return


def returned_by_person(turn: Turn, returned: dict[str, Json]) -> None:
    """A person had the conversation and gave it back: their facts count, what they closed is over."""
    gone = set(returned.get("attempts_closed") or [])
    for attempt_id in gone:
        attempt = attempt_of(turn, attempt_id)
        if attempt is not None:
            attempt["outcome"], attempt["evidence"] = attempt["outcome"] or "by_agent", "agent"
    turn.state["stack"] = [
        each for each in turn.state["stack"] if each["attempt_id"] not in gone and not is_closed(turn, each)
    ]
    for name, value in (returned.get("facts") or {}).items():
        turn.learn(turn.top, str(name), value, "agent")
    for attempt in turn.state["attempts"]:
        attempt["assisted"] = attempt.get("assisted") or attempt["outcome"] is None
    turn.state["unclear"] = {"in_row": 0, "total": 0}
    held = turn.state["held"]
    frame = turn.top
    step = turn.step(frame) if frame else None
    # What was asked before the person came still stands, unless they settled it.
    turn.state["awaiting"] = held if held and step is not None and held.get("step") == step.step else None
