"""How well the help centre finds the right page, and how often it says honestly that there is none.

`python -m tests.help.test_retrieval` prints the table of docs/decisions/help-centre.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import yaml

from assistant.help.index import PassageIndex
from assistant.help.meaning import encode_meaning
from assistant.help.pages import Pages
from assistant.help.words import Words, load_words
from company.help_pages import published

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "nl", "it")


@dataclass(frozen=True)
class Measured:
    """Shares of 25 questions with an answer, and of 15 without."""

    first: float
    among_three: float
    answered_right: float
    answered_wrong: float
    said_so: float


@cache
def make_index(language: str) -> PassageIndex:
    """Of Northlight's pages in that language."""
    pages = Pages.model_validate(published(language, "https://www.northlight.example"))
    return PassageIndex(pages, words_of(language), encode_meaning)


def words_of(language: str) -> Words:
    """What data/help/words.yml says."""
    return load_words(ROOT / "data" / "help" / "words.yml")[language]


def measure(language: str) -> Measured:
    """Over tests/data/help/<language>.yml."""
    index, words = make_index(language), words_of(language)
    data = yaml.safe_load((ROOT / "tests" / "data" / "help" / f"{language}.yml").read_text(encoding="utf-8"))
    first = three = right = wrong = 0
    for case in data["answered"]:
        found = index.search(case["ask"], limit=15)
        names = list(dict.fromkeys(each.page.page_id for each in found))
        first += names[:1] == [case["page"]]
        three += case["page"] in names[:3]
        if found and found[0].score >= words.enough:
            right += names[0] == case["page"]
            wrong += names[0] != case["page"]
    silent = sum(not index.answers(question) for question in data["unanswered"])
    with_answer, without = len(data["answered"]), len(data["unanswered"])
    return Measured(
        first / with_answer, three / with_answer, right / with_answer, wrong / with_answer, silent / without
    )


def milliseconds(language: str) -> float:
    """The median time of a search, encoding the question included."""
    index, taken = make_index(language), []
    for number in range(30):
        began = time.perf_counter()
        index.search(f"{number} router wifi box {language}")
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[len(taken) // 2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_the_right_page_is_found_and_none_is_made_up(language: str) -> None:
    found = measure(language)
    assert found.first >= 0.75, found
    assert found.among_three >= 0.85, found
    assert found.answered_right >= 0.5, found
    assert found.answered_wrong <= 0.05, found
    assert found.said_so >= 0.9, found


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_nothing_was_tuned_on_what_is_measured_with(language: str) -> None:
    folder = ROOT / "tests" / "data" / "help"
    measured = yaml.safe_load((folder / f"{language}.yml").read_text(encoding="utf-8"))
    practice = yaml.safe_load((folder / "practice" / f"{language}.yml").read_text(encoding="utf-8"))
    asked = {case["ask"].casefold() for case in measured["answered"]}
    asked |= {ask.casefold() for ask in measured["unanswered"]}
    tuned_on = [ask for questions in practice["answered"].values() for ask in questions]
    assert asked.isdisjoint(ask.casefold() for ask in (*tuned_on, *practice["unanswered"]))


if __name__ == "__main__":
    for each in LANGUAGES:
        print(each, measure(each), f"{milliseconds(each):.1f} ms a question")
