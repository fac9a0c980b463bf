"""How well the help centre finds the right page, and how often it says honestly that there is none.

`python -m tests.help.test_retrieval` prints the table of docs/decisions/help-centre.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from assistant.bot.encoder import encode
from assistant.help.index import PassageIndex
from assistant.help.pages import Pages
from assistant.help.words import load_words
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


def measure(language: str) -> Measured:
    """Over tests/data/help/<language>.yml."""
    pages = Pages.model_validate(published(language, "https://www.northlight.example"))
    words = load_words(ROOT / "data" / "help" / "words.yml")[language]
    index = PassageIndex(pages, words, encode)
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
    shares = (first, three, right, wrong)
    return Measured(*(count / with_answer for count in shares), said_so=silent / without)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_the_right_page_is_found_and_none_is_made_up(language: str) -> None:
    found = measure(language)
    assert found.first >= 0.75, found
    assert found.among_three >= 0.85, found
    assert found.said_so >= 0.7, found


if __name__ == "__main__":
    for each in LANGUAGES:
        print(each, measure(each))
