"""Which language a text's words speak for, learned from the training examples of each language.

A word weighs what it is worth: “wil” and “vorrei” much, “ok”, “modem” and “internet” nothing, since customers
of every language write them. A word never seen weighs little, by its letters. Names, quotations, addresses
and codes weigh next to nothing. Everything here is pure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

Weights = tuple[float, ...]  # per language: natural logarithm, 0 for the likeliest, negative for the others

KNOWN_AT_MOST = 4.0  # what one word may weigh, however often it was seen
UNSEEN_AT_MOST = 1.5  # what a word may weigh by its letters alone
NAME_AT_MOST = 0.5
SMOOTHING = 0.5  # added to a word's count; 1 to that of a group of letters
FEWEST_TIMES = 2  # seen less often, a word says no more than its letters
SHORTEST_UNSEEN = 3  # letters
_WORD = re.compile(r"[^\W\d_]+")
_SOLID = re.compile(r"\S+")
_NO_WORD = re.compile(r"@|://|\d")
_QUOTED = re.compile(r"[“”„«\"]([^“”„«»\"]+)[“”»\"]")
_REPEATED = re.compile(r"(.)\1{2,}")
_SENTENCE_END = re.compile(r"[.!?:;\n]")


@dataclass(frozen=True)
class Told:
    """The language that words speak for, how far it is ahead of the next, and how many words there were."""

    language: str
    lead: float
    words: int


@dataclass(frozen=True)
class Evidence:
    """What words and groups of three letters are worth, per language in the order of `languages`."""

    languages: tuple[str, ...]
    words: Mapping[str, Weights]
    letters: Mapping[str, Weights]
    in_names: Set[str] = frozenset()  # “van”, “della”: small words that names are made with

    @classmethod
    def learn(cls, examples: Mapping[str, Sequence[str]]) -> Evidence:
        """From training examples by language; one with few examples counts as much as one with many."""
        languages = tuple(examples)
        words: dict[str, list[int]] = {}
        letters: dict[str, list[int]] = {}
        for place, texts in enumerate(examples.values()):
            for text in texts:
                for word in words_of(text):
                    words.setdefault(word, [0] * len(languages))[place] += 1
                    for group in _groups(word):
                        letters.setdefault(group, [0] * len(languages))[place] += 1
        sizes = [max(1, len(texts)) for texts in examples.values()]
        amounts = [max(1, sum(counts[i] for counts in letters.values())) for i in range(len(languages))]
        return cls(
            languages,
            {
                word: _weights(counts, sizes, SMOOTHING)
                for word, counts in words.items()
                if sum(counts) >= FEWEST_TIMES
            },
            {
                group: _weights(counts, amounts, 1.0)
                for group, counts in letters.items()
                if sum(counts) >= FEWEST_TIMES
            },
        )

    def told(self, text: str) -> Told | None:
        """The language of a text; None when its words do not tell. Some 0.03 ms for a sentence."""
        found = words_of(text, self.in_names)
        totals = [0.0] * len(self.languages)
        for word, is_name in found.items():
            for place, weight in enumerate(self._weigh(word, is_name)):
                totals[place] += weight
        best, second = sorted(totals, reverse=True)[:2]
        if best == second:
            return None
        return Told(self.languages[totals.index(best)], best - second, len(found))

    def _weigh(self, word: str, is_name: bool) -> Weights:
        known = self.words.get(word)
        if known is not None:
            return _no_less(known, NAME_AT_MOST if is_name else KNOWN_AT_MOST)
        if len(word) < SHORTEST_UNSEEN:
            return ()
        seen = [self.letters[group] for group in _groups(word) if group in self.letters]
        if not seen:
            return ()
        sums = [sum(each) for each in zip(*seen, strict=True)]
        most = max(sums)
        return _no_less([each - most for each in sums], NAME_AT_MOST if is_name else UNSEEN_AT_MOST)


def words_of(text: str, in_names: Set[str] = frozenset()) -> dict[str, bool]:
    """The different words of a text, small, and whether each looks like a name or a part of one.

    `in_names` are small words that belong to the name they stand before. What is quoted is left out, unless
    the whole text is; so is everything with a digit or an @ in it.
    """
    own = _without_codes(_QUOTED.sub(" ", text))
    if not _WORD.search(own):
        own = _without_codes(text)
    found: dict[str, bool] = {}
    for word, is_name in _with_names(own, in_names):
        plain = _REPEATED.sub(r"\1", word.lower())
        found[plain] = found.get(plain, True) and is_name
    return found


def _without_codes(text: str) -> str:
    return _SOLID.sub(lambda match: " " if _NO_WORD.search(match.group()) else match.group(), text)


def _with_names(text: str, in_names: Set[str]) -> Iterator[tuple[str, bool]]:
    matches = list(_WORD.finditer(text))
    words = [match.group() for match in matches]
    shouted = 2 * sum(word.isupper() for word in words) > len(words)
    begins = [True] + [
        _SENTENCE_END.search(text, before.end(), match.start()) is not None
        for before, match in pairwise(matches)
    ]
    names = [
        word[0].isupper() and not shouted and not begin for word, begin in zip(words, begins, strict=False)
    ]
    for place in range(len(words) - 2, -1, -1):
        if names[place + 1] and not shouted:
            # “Marco” of “Marco Rossi”, “van der” of “Jan van der Berg”
            names[place] = names[place] or words[place][0].isupper() or words[place].lower() in in_names
    yield from zip(words, names, strict=True)


def _groups(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


def _weights(counts: Sequence[int], sizes: Sequence[int], smoothing: float) -> Weights:
    largest = max(sizes)
    logs = [math.log(count * largest / size + smoothing) for count, size in zip(counts, sizes, strict=True)]
    most = max(logs)
    return tuple(round(log - most, 3) for log in logs)


def _no_less(weights: Sequence[float], most: float) -> Weights:
    return tuple(max(weight, -most) for weight in weights)
