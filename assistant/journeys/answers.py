"""The answer to what was asked: which choice, which value, yes or no; and facts that come unasked."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from assistant.journeys import steps
from assistant.journeys.choices import (
    Option,
    by_title,
    by_value,
    exact_title,
    narrow,
    options_of,
    position,
)
from assistant.journeys.definitions import Step, pick
from assistant.journeys.escalation import (
    GO_ON,
    offer_if_due,
    question_before,
    request_if_due,
    request_offered,
)
from assistant.journeys.ledger import close, is_closed
from assistant.journeys.pointing import DESCRIBING, by_parts, by_words, extreme_in, negates, with_window
from assistant.journeys.sayings import AFFIRM, DENY, plain_words
from assistant.journeys.state import LONGEST_WORDS, Frame, Heard, Turn, digest

Json = Any
SURE = 0.5  # below this an intent does not lead away from a question that is being asked
SHORT = 6  # words: in more, what sounds like another wish is one, though it may name an option too
CONSENT = 0.6  # below this a yes is not a yes to something with consequences
_CLAUSE = re.compile(r"[,;.!]\s+")
_SMALL, _NAMING, _STEM = 3, 3, 4  # letters: a word that says nothing; one that names; what its forms share


def pressed(turn: Turn, heard: Heard) -> dict[str, Json] | None:
    """The choice on offer that was pressed, or whose very title was typed."""
    choices: list[dict[str, Json]] = (turn.awaiting or {}).get("choices", [])
    for each in choices:
        if heard.choice is not None and each["id"] == heard.choice:
            return each
    if heard.choice is None:
        found = exact_title(heard.text, choices)
        if found is not None:
            return found
    return None


def yes_or_no(turn: Turn, heard: Heard, *, sure: float = SURE) -> bool | None:
    """Whether the message is a yes (True), a no (False) or neither.

    "Whatever you like", "perhaps" and "yes, but…" are no yes, whatever the classifier makes of them.
    """
    sayings = turn.definitions.words.sayings
    said = sayings.find(heard.text, heard.language)
    if said is not None:
        return {AFFIRM: True, DENY: False}.get(said)
    if heard.intent == "affirm" and sayings.first(heard.text, heard.language) == DENY:
        # “No, go ahead without”: no yes, and where a no does nothing it is the no.
        return None if (turn.awaiting or {}).get("kind") == "confirm" else False
    if heard.intent == "affirm" and heard.confidence >= sure:
        return None if sayings.has_reserve(heard.text, heard.language) else True
    if heard.intent == "deny" and heard.confidence >= SURE:
        return False
    return _led_by_yes_or_no(turn, heard)


def _led_by_yes_or_no(turn: Turn, heard: Heard) -> bool | None:
    """“Yes, cancel it”: the yes or no that the message begins with, unless what follows says something else.

    It belongs to the answer when it speaks of the very act asked about; where nothing has consequences, also
    when it speaks of the journey under way or says nothing that is clear.
    """
    words = turn.definitions.words
    led = words.sayings.begins(heard.text, heard.language)
    if led is None or "?" in heard.text:
        return None
    answer, rest = led[0] == AFFIRM, led[1]
    awaiting, frame = turn.awaiting or {}, turn.top
    if answer and negates(rest, words.negations.get(heard.language, [])):
        return None
    step = turn.step(frame) if frame else None
    at_step = frame is not None and step is not None and awaiting.get("step") == step.step
    moves_off = heard.intent in {"later", "repeat", "why", "correct"} and heard.confidence >= SURE
    if frame and step and at_step and not moves_off and _speaks_of(turn, frame, step, rest):
        return answer
    if awaiting.get("kind") == "confirm" and answer:
        return True if heard.intent == AFFIRM else None
    wish = turn.definitions.for_intent(heard.intent)
    if wish is not None and heard.confidence >= SURE:
        return answer if frame and at_step and wish.journey == frame["journey"] else None
    unclear = heard.intent in {None, AFFIRM, DENY} or wish is not None or heard.confidence < SURE
    return answer if unclear else None


def _speaks_of(turn: Turn, frame: Frame, step: Step, rest: list[str]) -> bool:
    """Whether the words say nothing but what the step, its act and its journey are called."""
    definition = turn.definition(frame)
    act = definition.confirmed_act(step) if step.kind == "confirm" else None
    titles = [definition.title, step.title, *([act.title] if act else [])]
    names = {
        name for each in titles for name in plain_words(pick(each, turn.language)) if len(name) >= _NAMING
    }
    meant = {word for word in rest if any(akin(word, name) for name in names)}
    return bool(meant) and all(word in meant or len(word) <= _SMALL for word in rest)


def akin(word: str, name: str) -> bool:
    """Forms of one word: “annulla” and “annullare”."""
    return word == name or (min(len(word), len(name)) >= _STEM and word[:_STEM] == name[:_STEM])


def answer_choice(turn: Turn, choice: dict[str, Json], heard: Heard) -> None:
    """A pressed choice answers whatever was asked."""
    awaiting = turn.awaiting or {}
    frame = turn.top
    if choice.get("more") is not None and frame is not None:
        step = turn.step(frame)
        if step is not None:
            steps.ask(turn, frame, step, page=int(choice["more"]))
        return
    if awaiting.get("kind") == "choose" and not awaiting.get("yes_no") and frame is not None:
        step = turn.step(frame)
        option = _option(turn, frame, step, choice["value"]) if step else None
        if step is not None and option is not None:
            frame["tries"][step.step] = 0
            steps.pick_option(turn, frame, step, option, "customer")
        return
    decide(turn, choice["value"], heard)


def _option(turn: Turn, frame: Frame, step: Step, value: Json) -> Option | None:
    options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
    return next((each for each in options if each["value"] == value), None)


def answer_text(turn: Turn, heard: Heard, *, loosely: bool = False) -> bool:
    """Takes the message as the answer, if it fits. `loosely` also by words of a title."""
    awaiting, frame = turn.awaiting, turn.top
    if awaiting is None:
        return False
    if awaiting["kind"] in {"confirm", "feedback", "offer"} or awaiting.get("yes_no"):
        answer = yes_or_no(turn, heard, sure=CONSENT if awaiting["kind"] == "confirm" else SURE)
        if answer is None or loosely:
            return False
        if answer and awaiting["kind"] == "confirm" and frame and _says_otherwise(turn, frame, heard):
            return False
        decide(turn, answer, heard)
        return True
    step = turn.step(frame) if frame else None
    if frame is None or step is None:
        return False
    if awaiting["kind"] == "choose":
        option = _chosen(turn, frame, step, heard, loosely)
        if option is not None:
            frame["tries"].setdefault(step.step, 0)
            steps.pick_option(turn, frame, step, option, "customer")
        return option is not None
    value = heard.entities.get(step.entity or step.collect or "")
    if value is None or loosely:
        return False
    frame["tries"].setdefault(step.step, 0)
    steps.keep_answer(turn, frame, step, value)
    return True


def _says_otherwise(turn: Turn, frame: Frame, heard: Heard) -> bool:
    """Whether a yes names a day, an hour or a sum that is not what was chosen: no yes to what was asked."""
    facts = {name: heard.entities[name] for name in DESCRIBING if name in heard.entities}
    known = turn.facts(frame)
    asked = Heard(text="", sequence=0, at="", entities=facts, language=heard.language)
    if not facts or all(known.get(name) == value for name, value in facts.items()):
        return False
    for step in turn.definition(frame).steps:
        options = options_of(step, known.get(step.choose_from or ""), turn.language)
        chosen = [each for each in options if each["value"] == known.get(step.collect or "")]
        if by_parts(asked, chosen, {}) is not None:
            return False
    return True


def answer_freely(turn: Turn, heard: Heard, *, other: bool) -> bool:
    """Takes the customer's own words as the answer where a step asks for them. `other`: they sound like
    another wish. A few words that are a yes, a move, a greeting or another wish are just that."""
    awaiting, frame = turn.awaiting or {}, turn.top
    step = turn.step(frame) if frame else None
    if frame is None or step is None or not step.free or awaiting.get("step") != step.step:
        return False
    wish = turn.definitions.for_intent(heard.intent)
    short = len(heard.text.split()) <= SHORT and heard.confidence >= SURE
    if not heard.text.strip() or turn.definitions.words.sayings.find(heard.text, heard.language) is not None:
        return False
    if turn.state["turn"].get("rested") and len(heard.text.split()) <= SHORT:
        return False  # “I'm back” after a pause
    if short and (other or (heard.intent is not None and wish is None)):
        return False
    frame["tries"].setdefault(step.step, 0)
    steps.keep_answer(turn, frame, step, heard.text.strip()[:LONGEST_WORDS])
    return True


def _chosen(turn: Turn, frame: Frame, step: Step, heard: Heard, loosely: bool) -> Option | None:
    options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
    shown = _shown(turn, options)
    words = turn.definitions.words
    negations = words.negations.get(heard.language, [])
    if loosely:
        return by_words(heard.text, shown, negations) or by_title(heard.text, shown, negations)
    wish = turn.definitions.for_intent(heard.intent)
    elsewhere = wish is not None and wish.journey != frame["journey"] and len(heard.text.split()) > SHORT
    option = None if elsewhere else by_parts(heard, shown, words.extremes, negations)
    if option is not None:
        return option
    index = position(heard, len(shown))
    if index is not None:
        return shown[index]
    named = by_value(heard, options, step.entity)
    if named is None and words.sayings.leaves_it(heard.text, heard.language):
        # Nothing has happened yet: whatever changes something is confirmed first.
        return shown[0] if shown else None
    return named


def _shown(turn: Turn, options: list[Option]) -> list[Option]:
    on_offer = [each["value"] for each in (turn.awaiting or {})["choices"] if each.get("more") is None]
    return [each for each in options if each["value"] in on_offer]


def _picks(turn: Turn, frame: Frame, heard: Heard) -> bool:
    """Whether the facts of the message are there to pick one of the list: "the first one in the morning"."""
    step = turn.step(frame)
    if step is None or frame is not turn.top or (turn.awaiting or {}).get("kind") != "choose":
        return False
    words = turn.definitions.words
    extremes, negations = words.extremes, words.negations.get(heard.language, [])
    if heard.entities.get("ordinal") is None and extreme_in(heard, extremes) is None:
        return False
    options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
    return by_parts(heard, _shown(turn, options), extremes, negations) is not None


def decide(turn: Turn, value: Json, heard: Heard) -> None:
    """A yes, a no, or one of the engine's own choices, to the question that is awaited."""
    awaiting, frame = turn.awaiting or {}, turn.top
    turn.state["awaiting"] = None
    if awaiting.get("kind") == "offer":
        _decide_offer(turn, frame, awaiting, value, heard)
    elif frame is None:
        return
    elif awaiting.get("kind") == "feedback":
        _decide_feedback(turn, frame, bool(value))
    else:
        step = turn.step(frame)
        if step is not None and step.kind == "confirm":
            _decide_confirmation(turn, frame, step, bool(value), heard)
        elif step is not None:
            _decide_question(turn, frame, step, bool(value))


def _decide_confirmation(turn: Turn, frame: Frame, step: Step, agreed: bool, heard: Heard) -> None:
    act = turn.definition(frame).confirmed_act(step)
    if agreed and act is not None:
        inputs, _ = steps.inputs_of(turn, frame, act)
        frame["confirmed"][act.step] = {"sequence": heard.sequence, "inputs": digest(inputs)}
        steps.complete(turn, frame, step)
    elif agreed:
        steps.complete(turn, frame, step)
    elif step.when_no is None:
        turn.say("utter_nothing_done")
        steps.end(turn, frame, "abandoned", "none", "customer_stopped")
    elif not steps.follow(turn, frame, step, step.when_no):
        steps.complete(turn, frame, step, "declined")


def _decide_question(turn: Turn, frame: Frame, step: Step, answer: bool) -> None:
    turn.learn(frame, step.fact or step.step, answer, "customer", step=step.step)
    then = step.when_yes if answer else step.when_no
    if then is None or not steps.follow(turn, frame, step, then):
        steps.complete(turn, frame, step)


def _decide_feedback(turn: Turn, frame: Frame, helped: bool) -> None:
    if helped:
        turn.say("utter_glad")
        steps.end(turn, frame, "achieved", "customer")
        return
    turn.say("utter_sorry_it_did_not_help")
    close(turn, frame, "not_achieved", "customer", "did_not_help")
    turn.state["stack"].remove(frame)
    offer_if_due(turn, frame, otherwise="drop", not_helped=True)


def _decide_offer(
    turn: Turn, frame: Frame | None, awaiting: dict[str, Json], value: Json, heard: Heard
) -> None:
    purpose = awaiting.get("purpose")
    if purpose == "resume":
        if not value and frame is not None:
            stop(turn, frame)
    elif value == "person" or (value and purpose == "person"):
        of_offer = frame if frame and frame["attempt_id"] == awaiting.get("attempt_id") else None
        turn.state["awaiting"] = {"kind": "offer", "attempt_id": awaiting.get("attempt_id"), "choices": []}
        if purpose == "person":
            request_offered(turn, awaiting, of_offer, heard)
        else:
            failures = sum(of_offer["failures"].values()) if of_offer else 0
            request_if_due(turn, of_offer, heard, asked_for_person=True, failures=failures)
    elif not (value and purpose == "retry"):
        _decline_offer(turn, frame, awaiting)


def _decline_offer(turn: Turn, frame: Frame | None, awaiting: dict[str, Json]) -> None:
    turn.state["unclear"] = {"in_row": 0, "total": 0}
    otherwise, reason = awaiting.get("otherwise"), awaiting.get("reason")
    if frame is not None:
        frame["asks"] = {}
    if otherwise == GO_ON:
        turn.say("utter_no_person_then")
        before = question_before(turn, awaiting)
        if before is not None:
            turn.say(before["response"], **(before.get("args") or {}))
            turn.state["awaiting"] = before
    elif frame is None or otherwise == "drop":
        turn.say("utter_no_person_then")
        steps.offer_to_resume(turn)
    elif otherwise == "again":
        frame["tries"] = {}
    elif frame["doubt"]:
        park(turn, frame)
    else:
        turn.say("utter_no_person_then")
        if _system_refused(frame, reason):
            steps.end(turn, frame, "not_achieved", "system", reason)
        else:  # systems that failed, or a customer not understood, are nobody's word
            steps.end(turn, frame, "abandoned", "none", reason)


def _system_refused(frame: Frame, reason: str | None) -> bool:
    """Whether the company's system, or a rule of the definition on what it answered, said no."""
    return reason in ("declined", "policy") or bool(frame.get("declines", {}).get(frame["step"]))


def stop(turn: Turn, frame: Frame) -> None:
    """The customer wants this no further. What is in doubt is put aside, not dropped."""
    owner = next((each for each in reversed(turn.state["stack"]) if not each.get("within")), frame)
    turn.state["awaiting"] = None
    if owner["doubt"]:
        park(turn, owner)
        return
    turn.say("utter_stopped")
    step = turn.step(owner)
    if owner.get("told") or (step is not None and step.told):  # all was told: whether it helped, nobody said
        steps.end(turn, owner, "unknown", "none", "customer_stopped")
        return
    if is_closed(turn, owner):
        turn.state["stack"].remove(owner)
        steps.offer_to_resume(turn)
        return
    steps.end(turn, owner, "abandoned", "none", "customer_stopped")


def park(turn: Turn, frame: Frame) -> None:
    """Puts a journey in doubt aside: asked for again, it settles what is open before anything new."""
    turn.state["stack"].remove(frame)
    turn.state["parked"] = [each for each in turn.state["parked"] if each["journey"] != frame["journey"]]
    turn.state["parked"].append({**frame, "failures": {}})
    turn.say("utter_stopped_in_doubt")
    steps.offer_to_resume(turn)


def take_facts(turn: Turn, frame: Frame, heard: Heard) -> bool:
    """Keeps what the message says besides its answer; a changed fact undoes what rested on it.

    True when something that was settled is asked anew.
    """
    if frame["doubt"] or _picks(turn, frame, heard):
        return False
    undone = False
    for each in [frame] if not frame.get("within") else [frame, *_below(turn)]:
        for name, value in with_window(heard.entities).items():
            undone = _take_fact(turn, each, name, value) or undone
    return undone


def _below(turn: Turn) -> list[Frame]:
    return list(turn.state["stack"][-2:-1])


def _take_fact(turn: Turn, frame: Frame, name: str, value: Json) -> bool:
    if turn.definitions.is_secret(name):
        return False
    step = next(
        (
            each
            for each in turn.definition(frame).steps
            if each.collect == name or each.entity == name or name in each.narrow_by
        ),
        None,
    )
    if step is None or value is None:
        return False
    chosen = frame["facts"].get(step.collect) or turn.state["known"].get(step.collect)
    if chosen is None:
        asked = (turn.awaiting or {}).get("step") == step.step and name in step.narrow_by
        if asked and frame is turn.top:
            return _correct(turn, frame, step, name, value)
        turn.learn(frame, name, value, "customer")
        return False
    if step.collect == name or (step.entity == name and not step.choose_from):
        return _correct(turn, frame, step, name, value) if chosen["value"] != value else False
    options = options_of(step, turn.facts(frame).get(step.choose_from or ""), turn.language)
    picked = [each for each in options if each["value"] == chosen["value"]]
    named = Heard(text="", sequence=0, at="", entities={name: value})
    if name == step.entity:
        fits = by_value(named, picked, step.entity) is not None or not by_value(named, options, step.entity)
    else:
        fits = bool(narrow(picked, {name: value})) if picked else True
    return False if fits else _correct(turn, frame, step, name, value)


def point_elsewhere(turn: Turn, heard: Heard) -> bool:
    """Takes another entry of a list chosen from before: “no, from my bank account”. The newest choice first.

    Nothing is done by it: whatever has consequences is confirmed anew.
    """
    frame, awaiting = turn.top, turn.awaiting or {}
    here = turn.step(frame) if frame else None
    if frame is None or here is None or frame["doubt"] or awaiting.get("step") != here.step:
        return False
    all_steps = turn.definition(frame).steps
    for step in reversed(all_steps[: all_steps.index(here)]):
        chosen = frame["facts"].get(step.collect or "")
        if not step.choose_from or chosen is None or not can_undo(turn, frame, step):
            continue
        options = options_of(step, turn.facts(frame).get(step.choose_from), turn.language)
        other = _pointed_at(turn, step, options, heard) if len(options) > 1 else None
        if other is not None and other["value"] != chosen["value"]:
            steps.back_to(turn, frame, step)
            steps.pick_option(turn, frame, step, other, "customer")
            return True
    return False


def _pointed_at(turn: Turn, step: Step, options: list[Option], heard: Heard) -> Option | None:
    words = turn.definitions.words
    negations = words.negations.get(heard.language, [])
    parts = [plain_words(each) for each in _CLAUSE.split(heard.text)]
    said = [word for part in parts if not negates(part, negations) for word in part]
    if heard.intent not in {"correct", "deny"}:  # “yes you can” is not “How you reach me”
        said = [word for word in said if len(word) >= _STEM or word.isdigit()]
    meant = replace(heard, text=" ".join(said))
    found = by_parts(meant, options, words.extremes, negations) or by_value(meant, options, step.entity)
    return found or by_words(meant.text, options, negations)


def _correct(turn: Turn, frame: Frame, step: Step, name: str, value: Json) -> bool:
    if not can_undo(turn, frame, step) or frame is not turn.top:
        return False
    source = turn.definition(frame).find(step.look_again) if name in step.narrow_by else None
    steps.back_to(turn, frame, source or step)
    turn.forget(frame, name)
    if name in {step.collect, step.entity} and not step.choose_from:
        steps.keep_answer(turn, frame, step, value)
    else:
        turn.learn(frame, name, value, "customer")
    return True


def can_undo(turn: Turn, frame: Frame, step: Step) -> bool:
    """Whether nothing with consequences was done at or after that step."""
    names = [each.step for each in turn.definition(frame).steps]
    return not set(names[names.index(step.step) :]) & set(frame["changed"])
