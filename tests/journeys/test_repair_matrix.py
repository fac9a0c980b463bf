"""Each way of leaving the straight road, at every question of every journey: what must hold all the same.

The questions are found by walking the definitions (walk.py), so a new journey is tried without a word here.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml

from assistant.texts import fill
from tests.journeys.dialogue import DEFINITIONS, ROOT
from tests.journeys.walk import JOURNEYS, Point, Walk, points_of

Json = Any
LANGUAGES = ("en", "nl", "it")
STEPS = {"collect", "choose", "confirm"}  # what a step asks, unlike an offer or “did that help?”
OFFERS = {
    "utter_action_failed",
    "utter_declined_person",
    "utter_did_you_mean",
    "utter_failed_person",
    "utter_failed_once_person",
    "utter_greet",
    "utter_how_can_i_help",
    "utter_in_doubt",
    "utter_not_understood",
    "utter_not_understood_person",
    "utter_offer_person",
    "utter_offer_resume",
    "utter_please_choose",
    "utter_upset_person",
    "utter_which_one",
}
QUESTIONS = OFFERS | {
    name
    for each in DEFINITIONS.all
    for name in (
        each.ask_customer,
        *(text for step in each.steps for text in (step.question, step.question_again) if text),
    )
}
CHANGES = {step.action for each in DEFINITIONS.all for step in each.steps if step.changes}


def all_points() -> list[Point]:
    found = [point for journey in JOURNEYS for point in points_of(journey)]
    return found + [
        each for each in points_of("pay_bill", signed_in=False) if each.journey != each.walk.point
    ]


TEXTS: dict[str, dict[str, list[str]]] = {
    language: {
        name: [str(each["text"]) for each in variants]
        for file in sorted((ROOT / "data" / "responses" / language).glob("*.yml"))
        for name, variants in yaml.safe_load(file.read_text("utf-8"))["responses"].items()
    }
    for language in LANGUAGES
}


def _step(point: Point) -> Any:
    walked = point.walk.point
    definition = DEFINITIONS.named(walked[0]) if walked else None
    return definition.find(point.step) if definition else None


def _free(point: Point) -> bool:
    return bool(getattr(_step(point), "free", False))


POINTS = {point.name: point for point in all_points()}
AT_STEPS = [name for name, point in POINTS.items() if point.walk.awaiting["kind"] in STEPS]
WORDED = [name for name in AT_STEPS if not _free(POINTS[name])]
at_every_question = pytest.mark.parametrize("name", list(POINTS))
at_every_step = pytest.mark.parametrize("name", AT_STEPS)
where_words_are_no_answer = pytest.mark.parametrize("name", WORDED)
where_help_is_something_else = pytest.mark.parametrize(
    "name", [name for name in WORDED if POINTS[name].journey != "how_to"]
)


@cache
def undisturbed(name: str) -> Walk:
    """How it ends when nothing comes in between."""
    return POINTS[name].walk.fork().finish()


def standing_at(name: str) -> Walk:
    return POINTS[name].walk.fork()


def turn(walk: Walk, text: str, intent: str | None = None, **more: Any) -> Walk:
    """One message, after which every rule that always holds is checked."""
    asked, before, awaited = walk.point, len(walk.runs), walk.awaiting
    walk.say(text, intent, **more)
    check(walk, awaited, before)
    assert asked is None or walk.said or walk.not_ours, "no answer"
    return walk


def check(walk: Walk, awaited: dict[str, Json], runs_before: int) -> None:
    asked = [each for each in walk.said if each in QUESTIONS]
    assert len(asked) <= 1, f"two questions at once: {walk.said}"
    for run in walk.runs[runs_before:]:
        if run["action"] in CHANGES:
            assert awaited.get("kind") == "confirm" or awaited.get("purpose") == "retry", (
                "nobody confirmed it"
            )
    frame = ((walk.state or {}).get("stack") or [None])[-1]
    if frame is not None and walk.awaiting.get("kind") in STEPS and walk.awaiting.get("fact"):
        assert walk.awaiting["fact"] not in frame["facts"], f"{walk.awaiting['fact']} is known and asked for"
    subjects = {each["attempt_id"]: each["subject"] for each in walk.events("attempt.subject_found")}
    names = {each["attempt_id"]: each["intent"] for each in walk.events("attempt.opened")}
    names |= {each["attempt_id"]: each["intent"] for each in walk.events("attempt.renamed")}
    matters = [(intent, subjects.get(attempt)) for attempt, intent in names.items()]
    assert len(matters) == len(set(matters)), f"two attempts at one matter: {matters}"


def ends_as_if_nothing_had_happened(walk: Walk, name: str) -> None:
    """The same outcomes, handoffs and changes as without the repair, besides what came in between."""
    journey, straight = POINTS[name].journey, undisturbed(name)
    walk.finish()

    def of_journey(each: Walk) -> list[Json]:
        return [outcome for outcome in each.outcomes() if outcome[0] == journey]

    assert of_journey(walk) == of_journey(straight)
    assert walk.changes(journey) == straight.changes(journey)
    assert [each["reason"] for each in walk.requests] == [each["reason"] for each in straight.requests]


def asks_again(walk: Walk, point: Point) -> bool:
    """Whether the very question is open again, in its own or in other words."""
    asked = point.walk.point or ("", "")
    if asked[0] == "verify_identity" and not walk.events("identity.verified"):
        return walk.point is not None and walk.point[0] == "verify_identity"
    # Who they are was found out meanwhile, for the other wish: never asked twice.
    return asked[0] == "verify_identity" or (walk.point or ("", ""))[:2] == asked[:2]


def the_question(point: Point) -> set[str]:
    step = _step(point)
    again = step.question_again if step else None
    return {point.response, *([again] if again else [])}


# --- what is only said again -------------------------------------------------------------------


@at_every_question
def test_that_repeating_says_the_same_question(name: str) -> None:
    walk = turn(standing_at(name), "what did you say?", "repeat")
    assert walk.said == [POINTS[name].response]
    ends_as_if_nothing_had_happened(walk, name)


@at_every_step
def test_that_why_gives_a_reason_and_asks_again(name: str) -> None:
    walk = turn(standing_at(name), "why do you need that?", "why")
    assert walk.said[0].startswith("utter_why")
    assert walk.said[1] in the_question(POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


@at_every_question
@pytest.mark.parametrize("language", ["nl", "it"])
def test_that_a_change_of_language_puts_the_question_in_that_language(name: str, language: str) -> None:
    walk = standing_at(name)
    walk.language = language
    before = [each["id"] for each in walk.awaiting["choices"]]
    turn(walk, "…", None, language_asked=True)
    assert walk.said == [POINTS[name].response]
    assert [each["id"] for each in walk.awaiting["choices"]] == before
    ends_as_if_nothing_had_happened(walk, name)


@at_every_step
@pytest.mark.parametrize("intent", ["greet", "small_talk", "thank", "bot_challenge", "what_can_you_do"])
def test_that_a_kind_word_is_answered_and_the_question_asked_again(name: str, intent: str) -> None:
    step = _step(POINTS[name])
    walk = turn(standing_at(name), "…", intent)
    if step is not None and step.told and intent == "thank":
        assert walk.said == ["utter_thank"]
        return
    assert len(walk.said) == 2
    assert walk.said[1] in the_question(POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


# --- not fitting -------------------------------------------------------------------------------


@where_words_are_no_answer
def test_that_what_does_not_fit_is_asked_for_in_other_words_then_with_a_way_out(name: str) -> None:
    walk = turn(standing_at(name), "blorgh", None)
    first = walk.said
    assert first[-1] in the_question(POINTS[name]) - {POINTS[name].response}
    turn(walk, "blargh", None)
    assert walk.said != first, "the very same words twice in a row"
    for _ in range(2):
        if walk.awaiting.get("purpose") == "person":
            break
        turn(walk, "blurgh", None)
    assert walk.awaiting["purpose"] == "person"
    turn(walk, "no", "deny")
    assert walk.point is not None
    ends_as_if_nothing_had_happened(walk, name)


# --- leaving and coming back -------------------------------------------------------------------


@at_every_question
def test_that_stop_stops_and_nothing_more_happens(name: str) -> None:
    walk = standing_at(name)
    changed = walk.changes()
    turn(walk, "stop", "stop")
    assert walk.changes() == changed
    assert "achieved" not in [each["outcome"] for each in walk.events("attempt.closed", turn=True)]
    left = [each for each in (walk.state or {})["stack"] if each["journey"] == POINTS[name].journey]
    assert not left


@at_every_step
def test_that_a_pause_keeps_the_place(name: str) -> None:
    walk = turn(standing_at(name), "not now, later", "later")
    assert walk.said == ["utter_later"]
    turn(walk, "I'm back", None)
    assert walk.said[-1] in the_question(POINTS[name])
    assert asks_again(walk, POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


@at_every_question
def test_that_a_person_is_got_in_that_very_turn(name: str) -> None:
    walk = turn(standing_at(name), "a person please", "talk_to_person")
    assert walk.said == ["utter_getting_person"]
    assert walk.requests[-1]["reason"] == "customer_asked"


@at_every_step
def test_that_another_wish_is_done_first_and_then_the_old_one_goes_on(name: str) -> None:
    other, walk = another(name), standing_at(name)
    turn(walk, "first something else", other)
    finish_other(walk, other)
    assert walk.awaiting.get("purpose") == "resume", walk.said
    turn(walk, "yes", "affirm")
    assert asks_again(walk, POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


@at_every_step
def test_that_two_other_wishes_are_both_done_and_then_the_old_one_goes_on(name: str) -> None:
    other, walk = another(name), standing_at(name)
    third = "understand_bill" if "understand_bill" not in {other, POINTS[name].journey} else "pay_bill"
    turn(walk, "two other things", other, more=((third, {}),))
    finish_other(walk, other)
    assert "utter_now_the_next" in walk.said
    finish_other(walk, third)
    assert walk.awaiting.get("purpose") == "resume", walk.said
    turn(walk, "yes", "affirm")
    assert asks_again(walk, POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


@where_help_is_something_else
def test_that_a_help_question_is_answered_and_the_steps_question_asked_again(name: str) -> None:
    walk = turn(standing_at(name), "how do I record a film?", "how_to")
    assert walk.said[0] == "utter_help_found"
    assert walk.said[1] in the_question(POINTS[name])
    assert "how_to" in [each["intent"] for each in walk.events("attempt.opened", turn=True)]
    ends_as_if_nothing_had_happened(walk, name)


@where_words_are_no_answer
def test_that_the_same_wish_again_is_the_same_attempt(name: str) -> None:
    opened = len(POINTS[name].walk.events("attempt.opened"))
    walk = turn(standing_at(name), "I told you what I want", _intent(name))
    assert len(walk.events("attempt.opened")) == opened
    ends_as_if_nothing_had_happened(walk, name)


# --- anger, and changing one's mind ------------------------------------------------------------


@where_words_are_no_answer
def test_that_the_same_thing_in_anger_is_heard_and_the_journey_goes_on_after_a_no(name: str) -> None:
    walk = standing_at(name)
    turn(walk, "THIS IS RIDICULOUS, YOU USELESS IDIOTS!!", _intent(name))
    assert walk.said == ["utter_upset_person"]
    turn(walk, "no", "deny")
    assert asks_again(walk, POINTS[name])
    ends_as_if_nothing_had_happened(walk, name)


CONFIRMS = [name for name in AT_STEPS if POINTS[name].walk.awaiting["kind"] == "confirm"]


@pytest.mark.parametrize("name", CONFIRMS)
def test_that_a_no_at_the_confirmation_changes_nothing(name: str) -> None:
    walk = standing_at(name)
    changed = walk.changes()
    turn(walk, "no, I changed my mind", "deny")
    assert walk.changes() == changed
    assert "achieved" not in [each["outcome"] for each in walk.events("attempt.closed", turn=True)]
    walk.finish()


@where_words_are_no_answer
def test_that_a_correction_is_taken_and_leads_to_an_end(name: str) -> None:
    walk = standing_at(name)
    changed = walk.changes()
    turn(walk, "no, the other one", "correct")
    assert walk.changes() == changed
    walk.finish()


# --- at the start ------------------------------------------------------------------------------


@pytest.mark.parametrize("journey", JOURNEYS)
def test_that_two_wishes_in_one_message_are_both_done(journey: str) -> None:
    other = "track_order" if journey != "track_order" else "understand_bill"
    walk = Walk()
    turn(walk, "two things", DEFINITIONS.named(journey).intents[0], more=((other, {}),))  # type: ignore[union-attr]
    opened = {each["intent"] for each in walk.events("attempt.opened")}
    assert {journey, other} <= opened
    walk.finish()
    if not walk.requests:
        assert other in [each[0] for each in walk.outcomes()]


# --- helping -----------------------------------------------------------------------------------


def another(name: str) -> str:
    return "track_order" if POINTS[name].journey != "track_order" else "pay_bill"


def _intent(name: str) -> str:
    definition = DEFINITIONS.named(POINTS[name].journey)
    assert definition is not None
    return definition.intents[0]


def finish_other(walk: Walk, journey: str) -> None:
    """Answers until that journey is no longer on top, and the next thing is asked or offered."""
    for _ in range(20):
        stack = (walk.state or {})["stack"]
        tops = {each["journey"] for each in stack[-2:] if each["journey"] in {journey, "verify_identity"}}
        if walk.awaiting.get("purpose") == "resume" or journey not in {each["journey"] for each in stack}:
            return
        assert tops, walk.said
        awaited, before = walk.awaiting, len(walk.runs)
        walk.answer()
        check(walk, awaited, before)


@pytest.mark.parametrize("journey", JOURNEYS)
def test_that_every_question_of_a_journey_is_among_those_tried(journey: str) -> None:
    definition = DEFINITIONS.named(journey)
    assert definition is not None
    asking = {step.step for step in definition.steps if step.kind in {"collect", "confirm", "ask"}}
    missed = asking - {point.step for point in points_of(journey)}
    assert len(missed) <= 1, missed  # one may hang on several conditions at once


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("journey", JOURNEYS)
def test_that_everything_said_on_the_way_can_be_said_in_that_language(journey: str, language: str) -> None:
    for point in points_of(journey):
        walk = point.walk.fork()
        walk.language = language
        walk.say("…", None, language_asked=True).finish()
        for response, args in walk.args.items():
            assert response in TEXTS[language], f"{response} has no text in {language}"
            for text in TEXTS[language][response]:
                assert "{" not in fill(text, args, language), (
                    f"{response} in {language}: {fill(text, args, language)}"
                )
