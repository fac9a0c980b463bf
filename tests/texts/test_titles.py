"""Titles, labels, goals, options and words of the journeys: there in every language, short, no English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from assistant.handoff.policy import load_policy
from assistant.journeys.definitions import Definitions
from assistant.texts import configured_languages

DATA = Path(__file__).parents[2] / "data"
DEFINITIONS = Definitions.load(DATA / "journeys")
LANGUAGES = configured_languages(DATA)
OTHERS = [language for language in LANGUAGES if language != "en"]
WORDS = DEFINITIONS.words
LONGEST_CHOICE, LONGEST_TITLE, LONGEST_STEP = 26, 32, 50


def texts() -> Iterator[tuple[str, Mapping[str, str]]]:
    """(where, texts by language) of everything a definition says to people."""
    for definition in DEFINITIONS.all:
        yield f"{definition.journey} title", definition.title
        yield f"{definition.journey} goal", definition.goal
        for step in definition.steps:
            for what, text in (("title", step.title), ("option", step.option)):
                if text:
                    yield f"{definition.journey} {step.step} {what}", text
    for name, fact in DEFINITIONS.facts.items():
        yield f"fact {name}", fact.label
    for name, text in WORDS.titles.items():
        yield f"word {name}", text
    for name, skill in load_policy(DATA / "handoff.yml").skills.items():
        yield f"skill {name}", skill.titles


ALL = dict(texts())


@pytest.mark.parametrize("where", sorted(ALL))
def test_that_it_is_there_in_every_language(where: str) -> None:
    assert [language for language in LANGUAGES if not ALL[where].get(language, "").strip()] == []


@pytest.mark.parametrize("language", OTHERS)
def test_that_nothing_is_left_in_english(language: str) -> None:
    same = {text[language] for text in ALL.values() if text[language] == text["en"]}
    assert [each for each in same if " " in each and "{" not in each] == []  # “Contract” is Dutch too
    assert len(same) <= len(ALL) / 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_choices_fit_a_button_on_a_phone_and_titles_a_line(language: str) -> None:
    too_long = [t[language] for t in WORDS.titles.values() if len(t[language]) > LONGEST_CHOICE]
    too_long += [d.title[language] for d in DEFINITIONS.all if len(d.title[language]) > LONGEST_TITLE]
    steps = [step.title for definition in DEFINITIONS.all for step in definition.steps if step.title]
    too_long += [title[language] for title in steps if len(title[language]) > LONGEST_STEP]
    assert too_long == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_no_two_journeys_have_one_title(language: str) -> None:
    titles = [definition.title[language] for definition in DEFINITIONS.all]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_there_are_many_ways_to_say_yes_and_no_and_none_says_both(language: str) -> None:
    yes, no = set(WORDS.affirm[language]), set(WORDS.deny[language])
    assert len(yes) >= 40
    assert len(no) >= 30
    assert not yes & no


def test_that_yes_and_no_in_the_file_are_words_and_not_truth_values() -> None:
    content = yaml.safe_load((DATA / "journeys" / "_words.yml").read_text(encoding="utf-8"))
    words = [word for part in ("affirm", "deny") for each in content[part].values() for word in each]
    assert all(isinstance(word, str) and word == word.lower().strip() for word in words)


@pytest.mark.parametrize(
    ("language", "doubtful"),
    [
        ("en", ["why not", "maybe", "i think so"]),
        ("nl", ["waarom niet", "misschien", "ik denk het wel"]),
        ("it", ["perché no", "forse", "magari", "penso di sì"]),
    ],
)
def test_that_what_may_mean_no_is_not_among_the_ways_to_say_yes(language: str, doubtful: list[str]) -> None:
    assert not set(WORDS.affirm[language]) & set(doubtful)


def test_that_the_words_of_anger_are_there_in_every_language() -> None:
    words = load_policy(DATA / "handoff.yml").mood_words
    assert all(len(words[language]) >= 20 for language in LANGUAGES)
    assert all(word == word.lower().strip() for each in words.values() for word in each)
    assert "slecht" not in words["nl"], "a bad signal is not anger"
