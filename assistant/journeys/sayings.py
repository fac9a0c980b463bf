"""What short answers mean: yes, no, "whichever you like", "perhaps" — in the many ways people write them.

The phrases are in data/journeys/_words.yml. A message is taken apart into known phrases and words that may
stand round them ("ja hoor graag", "nope thx"); case, accents, punctuation and stretched letters ("jaaa")
do not matter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cached_property

Phrases = Mapping[str, Sequence[str]]  # language -> phrases
Known = dict[tuple[str, ...], str]  # words of a phrase -> what it says

AFFIRM, DENY, EITHER, UNSURE = "affirm", "deny", "either", "unsure"
_AROUND, _BUT = "around", "but"
_FEWEST = 3  # words of a phrase that says the same whatever stands around it
_LONGEST = 40  # words: nobody says yes in more
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"(?<=\w)[’'`´‘](?=\w)")


def plain_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents, each letter once where it is stretched.

    Signs and emoji that stand for words ("👍") are words; skin tones and other marks are not.
    """
    bare = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.lower()))
    shown = "".join(f" {c} " if unicodedata.category(c) == "So" else c for c in bare)
    kept = "".join(c for c in shown if unicodedata.category(c) not in {"Mn", "Sk", "Cf"})
    words = re.findall(r"[^\W_]+|[^\w\s]", kept)
    return [
        re.sub(r"([^\W\d])\1+", r"\1", word)
        for word in words
        if _WORD.fullmatch(word) or unicodedata.category(word) == "So"
    ]


class Sayings:
    """The phrases of all languages. `find` says what a message is, when it is nothing else besides."""

    def __init__(self, phrases: Mapping[str, Phrases]) -> None:
        self._phrases = phrases

    @cached_property
    def _known(self) -> dict[str, Known]:
        known: dict[str, Known] = {}
        for meaning in (_AROUND, _BUT, UNSURE, EITHER, DENY, AFFIRM):  # the last one counts
            for language, phrases in self._phrases.get(meaning, {}).items():
                of_language = known.setdefault(language, {})
                of_language |= {tuple(plain_words(each)): meaning for each in phrases if plain_words(each)}
        return known

    def find(self, text: str, language: str) -> str | None:
        """`affirm`, `deny`, `either` or `unsure`, when the whole message says just that.

        In the conversation's language first, then in the others. A yes and a no at once is neither.
        """
        words = plain_words(text)
        if not words or len(words) > _LONGEST:
            return None
        own_first = sorted(self._known, key=lambda each: (each != language, each))
        for each in own_first:
            said = _meanings(words, self._known[each])
            if said:
                return _one_of(said)
        return None

    def first(self, text: str, language: str) -> str | None:
        """`affirm` or `deny`, when the message begins with a phrase that says so, whatever comes after it."""
        words = plain_words(text)[:_LONGEST]
        known = self._known.get(language, {})
        while words:
            ends = range(min(len(words), max(map(len, known), default=0)), 0, -1)
            end = next((each for each in ends if tuple(words[:each]) in known), None)
            meaning = known[tuple(words[:end])] if end else None
            if meaning != _AROUND:
                return meaning if meaning in {AFFIRM, DENY} else None
            words = words[end:]
        return None

    def begins(self, text: str, language: str) -> tuple[str, list[str]] | None:
        """The yes or no that a longer message begins with, and the telling words after it (“yes, cancel it”).

        None when it begins with neither, or when what follows holds something back or takes it back.
        """
        words = plain_words(text)
        known = self._known.get(language, {})
        longest = max(map(len, known), default=0)
        at, first = 0, None
        while at < len(words):
            ends = range(min(len(words), at + longest), at, -1)
            end = next((each for each in ends if tuple(words[at:each]) in known), None)
            if end is None:
                break
            meaning = known[tuple(words[at:end])]
            if meaning not in {AFFIRM, DENY, _AROUND} or (first and meaning not in {first, _AROUND}):
                return None
            first = first if meaning == _AROUND else meaning
            at = end
        rest = words[at:]
        if first is None or not rest or len(words) > _LONGEST:
            return None
        taken_back = first == AFFIRM and self.holds(DENY, " ".join(rest), language)
        if taken_back or self.has_reserve(text, language):
            return None
        return first, [word for word in rest if (word,) not in known]

    def holds(self, meaning: str, text: str, language: str) -> bool:
        """Whether a phrase of that meaning is anywhere in the message."""
        words = plain_words(text)[:_LONGEST]
        for phrase, said in self._known.get(language, {}).items():
            if said == meaning and any(
                tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words) - len(phrase) + 1)
            ):
                return True
        return False

    def leaves_it(self, text: str, language: str) -> bool:
        """Whether the customer leaves a choice to us, and says nothing that decides it."""
        if self.find(text, language) == EITHER:
            return True
        said = self._known.get(language, {})
        words = plain_words(text)
        return any(
            said.get(tuple(words[at : at + size])) == EITHER
            for size in range(_FEWEST, 8)
            for at in range(max(0, min(len(words), _LONGEST) - size + 1))
        )

    def has_reserve(self, text: str, language: str) -> bool:
        """Whether the words hold something back: "yes but…", "perhaps", "whichever"."""
        return any(self.holds(meaning, text, language) for meaning in (_BUT, UNSURE, EITHER))


def _meanings(words: list[str], known: Known) -> set[str]:
    """The meanings of the phrases that make up the whole message, in the fewest pieces."""
    longest = max(map(len, known), default=0)
    # best[i]: how the first i words are made of phrases, as (pieces, meanings)
    best: list[tuple[int, frozenset[str]] | None] = [(0, frozenset())]
    for end in range(1, len(words) + 1):
        ways = []
        for start in range(max(0, end - longest), end):
            before, meaning = best[start], known.get(tuple(words[start:end]))
            if before is not None and meaning is not None:
                ways.append((before[0] + 1, before[1] | {meaning}))
        best.append(min(ways, key=lambda way: (way[0], sorted(way[1]))) if ways else None)
    whole = best[-1]
    return set(whole[1]) if whole else set()


def _one_of(said: set[str]) -> str | None:
    if _BUT in said:
        return None
    meanings = said - {_AROUND}
    if EITHER in meanings:
        return EITHER if DENY not in meanings else None
    if UNSURE in meanings:
        return UNSURE
    return next(iter(meanings)) if len(meanings) == 1 else None
