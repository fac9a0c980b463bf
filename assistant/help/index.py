"""Finding the passage that answers a question: by meaning and by words together. Pure but for the encoder.

A passage's score is a sum of four signals with weights that a logistic regression learnt from labelled
questions (docs/decisions/help-centre.md, tests/help/tune.py). Below the language's `enough` nothing on the
pages answers the question, and that is what the customer is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.help.pages import Page, Pages, Passage
from assistant.help.words import Words, pieces, pieces_of

Matrix = npt.NDArray[np.float32]
Encode = Callable[[Sequence[str]], Matrix]
Places = dict[str, npt.NDArray[np.int64]]

MEANING, IN_PASSAGE, IN_HEADING, ON_PAGE = 7.3, 2.15, 2.3, 2.6
WEIGHTS = np.array([MEANING, IN_PASSAGE, IN_HEADING, ON_PAGE])
NO_WORD = 0.3  # the least that a word weighs, however common it is on the pages
LONGEST_QUESTION = 500  # characters


@dataclass(frozen=True)
class Found:
    """A passage, the page it stands on, and how well it fits (from `enough` on it is an answer)."""

    page: Page
    passage: Passage
    score: float


class PassageIndex:
    """All passages of one language, in memory. `encode` gives one row of length 1 per text."""

    def __init__(self, pages: Pages, words: Words, encode: Encode) -> None:
        self._words = words
        self._encode = encode
        self.entries = [(page, passage) for page in pages.pages for passage in page.passages]
        texts = [f"{_heading(page, passage)}. {passage.text}" for page, passage in self.entries]
        self._rows = encode(texts)
        on_page = {id(page): pieces_of(words.of(_whole(page))) for page in pages.pages}
        self._in_passage = _places(pieces_of(words.of(text)) for text in texts)
        self._in_heading = _places(pieces_of(words.of(passage.heading)) for _, passage in self.entries)
        self._on_page = _places(on_page[id(page)] for page, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def search(self, question: str, limit: int = 5) -> list[Found]:
        """The passages that fit best, best first, also those that do not fit well enough."""
        question = question[:LONGEST_QUESTION]
        if not self.entries or not self._words.of(question):
            return []
        scores = self.signals(question) @ WEIGHTS
        best = np.argsort(-scores, kind="stable")[:limit]
        chosen = [(*self.entries[at], float(scores[at])) for at in best]
        return [Found(page, passage, score) for page, passage, score in chosen]

    def answers(self, question: str, limit: int = 2) -> list[Found]:
        """Only passages that fit well enough; none is an honest answer too."""
        return [found for found in self.search(question, limit) if found.score >= self._words.enough]

    def signals(self, question: str) -> npt.NDArray[np.float64]:
        """One row per passage, as WEIGHTS: how much nearer in meaning than the average one, and how much of
        what was asked stands in the passage, in its heading and on its page."""
        asked = self._words.of(question)
        near = self._rows @ self._encode([question])[0]
        places = (self._in_passage, self._in_heading, self._on_page)
        return np.stack([near - near.mean(), *(self._covered(asked, each) for each in places)], axis=1)

    def _covered(self, asked: list[str], places: Places) -> npt.NDArray[np.float64]:
        """How much of the question stands in each place, 0 to 1; rare words and pieces count for more."""
        covered, weight_of_all = np.zeros(len(self.entries)), 0.0
        for word in sorted(set(asked)):
            weights = {piece: self._weight(piece) for piece in sorted(pieces(word))}
            weight, all_of_it = max(NO_WORD, self._weight(f" {word} ")), sum(weights.values())
            for piece, share in weights.items():
                if piece in places:
                    covered[places[piece]] += weight * share / all_of_it
            weight_of_all += weight
        return covered / weight_of_all

    def _weight(self, piece: str) -> float:
        """Inverse document frequency, never below a little."""
        return max(0.05, math.log((len(self.entries) + 1) / (self._count(piece) + 0.5)))

    def _count(self, piece: str) -> int:
        return len(self._in_passage.get(piece, ()))


def _places(found: Iterable[frozenset[str]]) -> Places:
    """For each piece of a word the numbers of the passages that hold it."""
    lists: dict[str, list[int]] = {}
    for number, each in enumerate(found):
        for piece in each:
            lists.setdefault(piece, []).append(number)
    return {piece: np.array(numbers, dtype=np.int64) for piece, numbers in lists.items()}


def _heading(page: Page, passage: Passage) -> str:
    return page.title if passage.heading == page.title else f"{page.title}: {passage.heading}"


def _whole(page: Page) -> str:
    parts: list[Any] = [page.title, page.summary]
    parts += [f"{passage.heading} {passage.text}" for passage in page.passages]
    return " ".join(parts)
