"""Make a complaint: in the customer's words, on record once, with a number; registered is not solved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import ERROR, TIMEOUT, Dialogue, event, ok

TOPICS = [
    {"complaint_topic": "visit", "title": "An engineer's visit"},
    {"complaint_topic": "bill", "title": "A bill or payment"},
]
WORDS = "your engineer never showed up"
REGISTERED = ok(
    {"complaint_id": "cmp_1", "complaint_number": "K-482-1937", "answer_by": "2026-12-07"},
    event("complaint.registered", "cmp_1"),
)


def complaining(words: str = WORDS, *, signed_in: bool = True, **listed: Any) -> Dialogue:
    talk = Dialogue(signed_in=signed_in)
    talk.answers["action_list_complaints"] = ok({"complaint_topics": TOPICS, "complaint": words, **listed})
    talk.answers["action_register_complaint"] = REGISTERED
    return talk.say(words, "make_complaint")


def test_that_it_is_on_record_with_a_number_after_one_question_and_a_yes() -> None:
    chat = complaining()
    assert chat.runs[0]["inputs"] == {"customer_id": "cus_anna", "words": WORDS}
    assert chat.said == ["utter_ask_complaint_topic"]
    chat.press("An engineer's visit")
    assert chat.said == ["utter_confirm_complaint"]
    assert chat.args["utter_confirm_complaint"]["complaint"] == WORDS
    assert "action_register_complaint" not in chat.ran
    chat.say("yes")
    assert chat.ran == ["action_register_complaint"]
    wish = chat.runs[-1]["inputs"]
    assert wish == {"customer_id": "cus_anna", "complaint_topic": "visit", "complaint": WORDS}
    assert chat.args["utter_complaint_registered"]["complaint_number"] == "K-482-1937"


def test_that_a_registered_complaint_is_told_and_no_success() -> None:
    chat = complaining().press("An engineer's visit").say("yes")
    assert chat.outcomes() == []
    assert len(chat.events("attempt.told")) == 1
    assert [each["type"] for each in chat.events("business.confirmed")] == ["complaint.registered"]
    assert [each["subject"] for each in chat.events("attempt.subject_found")] == ["cmp_1"]


def test_that_the_words_survive_showing_who_one_is_and_are_never_the_code() -> None:
    chat = complaining(signed_in=False)
    chat.say("441100", account_number="441100")
    chat.say("123456", one_time_code="123456")
    [asked] = [each for each in chat.runs if each["action"] == "action_list_complaints"]
    assert asked["inputs"]["words"] == WORDS


def test_that_an_open_complaint_is_named_and_goes_to_a_person() -> None:
    open_one = {"open_complaint": "K-1", "open_complaint_about": "Visit", "open_answer_by": "2026-12-01"}
    chat = complaining(**open_one)
    assert chat.said == ["utter_same_complaint"]
    chat.say("yes")
    assert len(chat.requests) == 1
    other = complaining(**open_one).say("no")
    assert other.said == ["utter_ask_complaint_topic"]


def test_that_a_no_at_the_confirmation_registers_nothing() -> None:
    chat = complaining().press("An engineer's visit").say("no")
    assert chat.said[0] == "utter_complaint_not_registered"
    assert "action_register_complaint" not in [each["action"] for each in chat.runs]


def test_that_the_topic_can_be_corrected_at_the_confirmation() -> None:
    chat = complaining().press("An engineer's visit").say("no, the other one", "correct")
    assert chat.said[-1] in {"utter_confirm_complaint", "utter_ask_complaint_topic"}
    if chat.said[-1] == "utter_ask_complaint_topic":
        chat.press("A bill or payment")
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["complaint_topic"] == "bill"


def test_that_one_confirmation_is_one_complaint_through_doubt() -> None:
    chat = complaining().press("An engineer's visit")
    chat.answers["action_register_complaint"] = [TIMEOUT, REGISTERED]
    chat.say("yes")
    assert chat.said == ["utter_in_doubt"]
    chat.press("Check again")
    first, second = chat.keys("action_register_complaint")
    assert first == second
    assert chat.said[0] == "utter_complaint_registered"


def test_that_two_failures_bring_a_person() -> None:
    chat = complaining().press("An engineer's visit")
    chat.answers["action_register_complaint"] = ERROR
    chat.say("yes").press("Try again")
    assert "Talk to a person" in chat.titles


def test_that_stop_ends_it_without_a_trace_at_the_company() -> None:
    chat = complaining().say("stop", "stop")
    assert chat.outcomes() == [("make_complaint", "abandoned", "none", "customer_stopped")]
    assert "action_register_complaint" not in [each["action"] for each in chat.runs]


def bare(**more: Any) -> Dialogue:
    """Somebody who only said that they have a complaint, and picked what it is about."""
    talk = Dialogue()
    talk.answers["action_list_complaints"] = ok({"complaint_topics": TOPICS, **more})
    talk.answers["action_register_complaint"] = REGISTERED
    return talk.say("complaint", "make_complaint").press("An engineer's visit")


def test_that_a_bare_complaint_is_asked_for_in_the_customers_own_words() -> None:
    chat = bare()
    assert chat.said == ["utter_ask_complaint"]
    story = "The engineer did not come, and I paid my bill in time, so why was I charged again?"
    chat.say(story, "understand_bill")
    assert chat.said == ["utter_confirm_complaint"]
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["complaint"] == story


@pytest.mark.parametrize(
    ("text", "intent", "said"),
    [
        ("why", "why", ["utter_why_complaint", "utter_ask_complaint_again"]),
        ("hello", "greet", ["utter_greet_back", "utter_ask_complaint_again"]),
        ("stop", "stop", ["utter_stopped"]),
        ("ok", "affirm", ["utter_ask_complaint_again"]),
        ("an agent", "talk_to_person", ["utter_getting_person"]),
        ("move my visit", "move_visit", ["utter_ask_new_time"]),
    ],
)
def test_that_a_few_words_that_are_something_else_are_no_complaint(
    text: str, intent: str, said: list[str]
) -> None:
    chat = bare().say(text, intent)
    assert chat.said == said
    assert not [each for each in chat.events("fact.learned") if each["fact"] == "complaint"]
