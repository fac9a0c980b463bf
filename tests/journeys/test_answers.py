"""Yes, no, "whichever", and choices from a list, in the words of three languages, without a classifier."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.bot.facts.component import find_facts
from tests.journeys.dialogue import AT, BOX, BOX_TWO, DEFINITIONS, Dialogue, ok

FOLDER = Path(__file__).parents[1] / "data" / "answers"
LANGUAGES = ("en", "nl", "it")
CASES: dict[str, Any] = {
    language: yaml.safe_load((FOLDER / f"answers_{language}.yml").read_text(encoding="utf-8"))
    for language in LANGUAGES
}
LISTS = {
    "bills": ("pay_bill", "bill_id"),
    "slots": ("move_visit", "slot_id"),
    "methods": ("pay_bill", "method_id"),
    "orders": ("track_order", "order_id"),
    "boxes": ("fix_tv_box", "equipment_id"),
}
SAYINGS = DEFINITIONS.words.sayings


class Talk(Dialogue):
    """A dialogue in one language."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.spoken = language

    def say(self, text: str, intent: str | None = None, **rest: Any) -> Talk:
        super().say(text, intent, **{"language": self.spoken, **rest})
        return self


def said(talk: Talk, text: str, intent: str | None = None, confidence: float = 0.9) -> Talk:
    """One message with the facts that are read from its words."""
    facts: dict[str, Any] = {}
    asked = talk.awaiting.get("fact")
    at = datetime.fromisoformat(AT.replace("Z", "+00:00"))
    for fact in find_facts(text, at=at, language=talk.spoken, expects=asked):
        facts.setdefault(fact.entity, fact.value)
    return talk.say(text, intent, confidence=confidence, **facts)


def asked_for(name: str, language: str) -> Talk:
    """A conversation in which the customer is asked to choose from that list."""
    talk = Talk(language)
    talk.answers["action_list_equipment"] = ok({"equipment": [BOX, BOX_TWO]})
    talk.say("?", LISTS[name][0])
    if name == "methods":
        talk.say("1")
    assert talk.awaiting["fact"] == LISTS[name][1]
    return talk


def chosen(talk: Talk, fact: str) -> str:
    """What was chosen; "-" when the question is still open."""
    if talk.awaiting.get("fact") == fact:
        return "-"
    if talk.runs and fact in talk.runs[-1]["inputs"]:
        return str(talk.runs[-1]["inputs"][fact])
    learned = [each["value"] for each in talk.events("fact.learned") if each["fact"] == fact]
    frames = (talk.state or {})["stack"]
    known = [frame["facts"][fact]["value"] for frame in frames if fact in frame["facts"]]
    return str((known or learned or ["-"])[-1])


@pytest.mark.parametrize(
    ("language", "text", "meaning"),
    [
        (language, text, None if meaning == "none" else meaning)
        for language in LANGUAGES
        for meaning, texts in CASES[language]["sayings"].items()
        for text in texts
    ],
)
def test_that_a_short_answer_says(language: str, text: str, meaning: str | None) -> None:
    assert SAYINGS.find(text, language) == meaning


@pytest.mark.parametrize(
    ("language", "name", "text", "value"),
    [
        (language, name, text, value)
        for language in LANGUAGES
        for name, rows in CASES[language]["choices"].items()
        for text, value in rows
    ],
)
def test_that_from_a_list_the_customer_chooses(language: str, name: str, text: str, value: str) -> None:
    talk = said(asked_for(name, language), text)
    assert chosen(talk, LISTS[name][1]) == value


def at_confirmation(language: str = "en") -> Talk:
    talk = asked_for("slots", language).say("1")
    assert talk.awaiting["kind"] == "confirm"
    return talk


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_either_and_perhaps_are_never_a_yes_to_a_confirmation(language: str) -> None:
    for meaning in ("either", "unsure"):
        for text in CASES[language]["sayings"][meaning]:
            talk = said(at_confirmation(language), text, "affirm", 0.99)
            assert talk.ran == [], text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "yes but in the afternoon"),
        ("en", "sure, only if it is after 12:00"),
        ("nl", "ja graag, maar dan 's middags"),
        ("nl", "ja maar dan na 12 uur"),
        ("it", "sì però di pomeriggio"),
        ("it", "sì ma dopo le 12"),
    ],
)
def test_that_a_yes_with_another_time_in_it_moves_nothing_and_looks_for_that_time(
    language: str, text: str
) -> None:
    talk = said(at_confirmation(language), text, "affirm", 0.99)
    assert talk.ran == ["action_list_slots"]
    assert "action_move_visit" not in talk.ran


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "yes but hang on"), ("nl", "ja maar dan wil ik wel korting"), ("it", "sì ma non ho capito")],
)
def test_that_a_yes_with_a_but_is_asked_again(language: str, text: str) -> None:
    talk = said(at_confirmation(language), text, "affirm", 0.99)
    assert talk.ran == []
    assert talk.awaiting["kind"] == "confirm"


def test_that_a_yes_that_names_the_very_day_is_a_yes() -> None:
    talk = said(at_confirmation(), "yes, thursday is fine", "affirm", 0.9)
    assert talk.ran == ["action_move_visit"]


def test_that_a_yes_in_another_language_is_a_yes() -> None:
    assert said(at_confirmation("en"), "ja graag").ran == ["action_move_visit"]


def test_that_another_wish_is_not_taken_for_a_choice_that_it_names() -> None:
    talk = asked_for("bills", "en")
    said(talk, "why was my bill of november so much higher than usual", "understand_bill", 0.9)
    assert chosen(talk, "method_id") == "-"
    assert talk.events("attempt.opened")[-1]["intent"] == "understand_bill"


def test_that_hours_given_early_narrow_the_times_on_offer() -> None:
    talk = Talk("en")
    said(talk, "can I move my visit to an afternoon", "move_visit")
    assert talk.runs[-1]["inputs"]["time_window"]["start"] == "12:00"


def test_that_every_language_has_words_for_every_kind_of_answer() -> None:
    words = DEFINITIONS.words
    for phrases in (words.affirm, words.deny, words.either, words.unsure, words.but, words.around):
        assert set(LANGUAGES) <= set(phrases)
    for phrases in (words.negations, *words.extremes.values()):
        assert set(LANGUAGES) <= set(phrases)
