"""Several wishes in one message: where it can be cut, and whether its parts are wishes of their own.

A cut is only proposed at words that join (“and”, “daarna”, “inoltre”) and at the ends of sentences; it is
believed only when the parts are each clearly understood as different wishes. Everything here is pure; the
words are in `facts/<language>/clauses.yml`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

MOST_PARTS = 5
FEWEST_WORDS = 2  # of a part: "and thanks" is no wish
CLEAR = 0.85  # probability from which a part is a wish of its own


@dataclass(frozen=True)
class Part:
    """A stretch of a message, characters `start` to `end` (exclusive); `first`: it is to be done first."""

    start: int
    end: int
    first: bool = False


@dataclass(frozen=True)
class Meaning:
    """What a part was understood as: intent, its probability, and whether it may be believed at all."""

    intent: str
    confidence: float
    believed: bool


@dataclass(frozen=True)
class Wish:
    """One of several wishes of a message, with the stretch it was said in."""

    intent: str
    confidence: float
    start: int
    end: int


def parts_of(text: str) -> list[Part]:
    """Where a message may be cut: its parts in the order said, one when there is nothing to cut.

    Parts of fewer than two words stay with the part before; from the fifth cut on, nothing more is cut.
    """
    cuts, starts = [0], [0]
    for joint in _joints().finditer(text):
        if len(text[cuts[-1] : joint.start()].split()) >= FEWEST_WORDS and len(cuts) < MOST_PARTS:
            cuts.append(joint.start())
            starts.append(joint.end())
    if len(text[starts[-1] :].split()) < FEWEST_WORDS and len(cuts) > 1:
        cuts.pop()
        starts.pop()
    ends = [*cuts[1:], len(text)]
    return [
        Part(begin, end, first=bool(_first().search(text[cut : begin + 20])))
        for cut, begin, end in zip(cuts, starts, ends, strict=True)
    ]


def several(parts: Sequence[Part], meanings: Sequence[Meaning], wishes: frozenset[str]) -> list[Wish]:
    """The different wishes of a message, in the order they are to be done; empty when there is but one.

    `wishes` are the intents that start a journey.
    Parts that are no clear wish of their own belong to the wish before them.
    """
    found: list[tuple[bool, Wish]] = []
    for part, meaning in zip(parts, meanings, strict=True):
        clear = meaning.believed and meaning.confidence >= CLEAR and meaning.intent in wishes
        known = next((i for i, (_, each) in enumerate(found) if each.intent == meaning.intent), None)
        if clear and known is None:
            start = part.start if found else 0
            found.append((part.first, Wish(meaning.intent, meaning.confidence, start, part.end)))
        elif found:
            index = len(found) - 1
            first, last = found[index]
            found[index] = (first, Wish(last.intent, last.confidence, last.start, part.end))
    if len(found) < 2:
        return []
    return [each for _, each in sorted(found, key=lambda pair: not pair[0])]


@cache
def _words() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"joiners": [], "first": []}
    for file in sorted((Path(__file__).parent / "facts").glob("*/clauses.yml")):
        for name, words in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            found[name] += [str(word) for word in words]
    return found


def _any_of(words: Sequence[str]) -> str:
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in longest_first) + ")"


@cache
def _joints() -> re.Pattern[str]:
    """A joining word, an end of a sentence (not the dot of 64.20), or both."""
    words = _any_of([*_words()["joiners"], *_words()["first"]])
    return re.compile(rf"(?:[.;!?\n,]\s+|\s+)(?:{words}\b[\s,]+)+|[.;!?]+\s+|\s*\n\s*", re.IGNORECASE)


@cache
def _first() -> re.Pattern[str]:
    return re.compile(rf"(?:^|[\s,.;]){_any_of(_words()['first'])}\b", re.IGNORECASE)
