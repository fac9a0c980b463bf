"""The help centre when all is well, when the company is away, and when its pages change."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.help.centre import LOOK_AGAIN_SECONDS, CannotFetch, Fetched, HelpCentre
from assistant.help.pages import Pages
from assistant.help.words import Words, load_words


def pages(text: str = "Press the red button.", heading: str = "Record a programme") -> Pages:
    passage = {"passage_id": "one", "heading": heading, "text": text, "url": "https://x.example/r#one"}
    page = {"page_id": "r", "title": "Recordings", "url": "https://x.example/r", "passages": [passage]}
    return Pages.model_validate({"language": "en", "pages": [page]})


def encode(texts: Any) -> Any:
    """Texts of the same words lie together; good enough where meaning is not the point."""
    rows = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[sum(map(ord, word)) % 64] += 1
        row /= np.linalg.norm(row) or 1
    return rows


class Company:
    """Publishes pages under a tag, or is away."""

    def __init__(self) -> None:
        self.pages: Pages | None = pages()
        self.etag = '"1"'
        self.asked: list[str | None] = []

    def __call__(self, language: str, etag: str | None) -> Fetched:
        self.asked.append(etag)
        if self.pages is None:
            raise CannotFetch("unreachable")
        return Fetched(None, etag) if etag == self.etag else Fetched(self.pages, self.etag)


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def company() -> Company:
    return Company()


def centre(company: Company, folder: Path, clock: Clock | None = None) -> HelpCentre:
    words = {"en": Words(skip=frozenset({"how", "do", "i", "a"}))}
    return HelpCentre(company, folder, encode, clock or Clock(), words)


def wait_for(count: int, company: Company) -> None:
    until = time.monotonic() + 10
    while len(company.asked) < count:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_that_a_passage_is_quoted_as_it_stands(company: Company, tmp_path: Path) -> None:
    [found] = centre(company, tmp_path).answers("how do I record a programme", "en")
    assert found.passage.text == "Press the red button."
    assert found.passage.url == "https://x.example/r#one"


@pytest.mark.parametrize("question", ["", "   ", "how do I", "???", "zebra crossing", "x" * 5000])
def test_that_what_no_page_answers_has_no_answer(company: Company, tmp_path: Path, question: str) -> None:
    assert centre(company, tmp_path).answers(question, "en") == []


def test_that_the_last_pages_answer_when_the_company_is_away_at_the_start(
    company: Company, tmp_path: Path
) -> None:
    centre(company, tmp_path).answers("record", "en")
    company.pages = None
    assert centre(company, tmp_path).answers("record a programme", "en")


def test_that_no_pages_at_all_are_an_error_and_not_an_empty_answer(company: Company, tmp_path: Path) -> None:
    company.pages = None
    started = centre(company, tmp_path)
    started.warm(("en", "nl"))
    with pytest.raises(CannotFetch):
        started.answers("record", "en")
    company.pages = pages()
    assert started.answers("record a programme", "en")


def test_that_a_damaged_file_is_as_none(company: Company, tmp_path: Path) -> None:
    for content in ("{", "[]", '{"pages": 5}', ""):
        (tmp_path / "en.json").write_text(content)
        assert centre(company, tmp_path).answers("record a programme", "en")


def test_that_changed_pages_are_taken_up_and_others_not_sent_again(company: Company, tmp_path: Path) -> None:
    clock = Clock()
    started = centre(company, tmp_path, clock)
    started.answers("record", "en")
    started.answers("record", "en")
    assert company.asked == [None]
    clock.now += LOOK_AGAIN_SECONDS
    started.answers("record", "en")
    wait_for(2, company)
    assert company.asked == [None, '"1"']
    company.pages, company.etag = pages("Press the blue button."), '"2"'
    clock.now += LOOK_AGAIN_SECONDS + 1
    until = time.monotonic() + 10
    while started.answers("record a programme", "en")[0].passage.text != "Press the blue button.":
        assert time.monotonic() < until
        clock.now += LOOK_AGAIN_SECONDS
        time.sleep(0.01)


def test_that_a_company_that_goes_away_later_changes_nothing(company: Company, tmp_path: Path) -> None:
    clock = Clock()
    started = centre(company, tmp_path, clock)
    started.answers("record", "en")
    company.pages = None
    clock.now += LOOK_AGAIN_SECONDS
    assert started.answers("record a programme", "en")
    wait_for(2, company)
    assert started.answers("record a programme", "en")


def test_that_a_place_that_cannot_be_written_costs_nothing(company: Company, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert centre(company, blocked / "help").answers("record a programme", "en")


@pytest.mark.parametrize("written", ["l'abbonamento", "L’abbonamento", "dell'abbonamento"])
def test_that_an_italian_article_before_an_apostrophe_is_no_part_of_the_word(written: str) -> None:
    words = load_words(Path(__file__).parents[2] / "data" / "help" / "words.yml")
    assert words["it"].of(written) == words["it"].of("abbonamento")
