"""Mends typing errors by the words of the training texts, so that "pay my bil" is read as "pay my bill".

Only words that nobody knows are mended, and only by one slip. Slips that fingers make (a neighbouring key,
two letters swapped, one doubled, one left out) are looked for first, in any place; after them, in longer
words, any letter wrong or too many before the last one, as endings are grammar. Known are the words of the
training texts and, in English, those that the English encoder has whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from assistant.bot.ngrams import normalised

SHORTEST = 3  # letters; shorter words are one slip from too many others
SHORTEST_GUESSED = 6  # letters, for a slip that fingers do not make
_WORD = re.compile(r"[^\W\d_]{3,}")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


class Mender:
    """Knows how often each word was trained, and finds the likeliest one that a slip away."""

    def __init__(self, words: Mapping[str, float], known: Callable[[str], bool]) -> None:
        """`words`: each trained word, normalised, and how common it is; `known`: whether it is English."""
        self._words = words
        self._known = known
        self._shortened: dict[str, list[str]] = {}
        for word in words:
            if len(word) >= SHORTEST - 1 and word.isalpha():
                for short in {word, *_without_one(word)}:
                    self._shortened.setdefault(short, []).append(word)

    def mended(self, text: str, *, english: bool = True) -> str:
        """The text with unknown words mended; the very same text when there are none. About 20 µs.

        Where the text is not `english`, a word that only English has is taken for a slip too.
        """
        return _WORD.sub(lambda found: self._word(found[0], english), text)

    def _word(self, word: str, english: bool) -> str:
        plain = normalised(word)
        if len(plain) < SHORTEST or plain in self._words or (english and self._known(plain)):
            return word
        near = {known for short in {plain, *_without_one(plain)} for known in self._shortened.get(short, ())}
        candidates = [known for known in near if _slipped(plain, known)]
        if not candidates and len(plain) >= SHORTEST_GUESSED:
            candidates = [
                known for known in near if len(known) >= SHORTEST_GUESSED and _guessed(plain, known)
            ]
        return min(candidates, key=lambda known: (-self._words[known], known), default=word)


def _without_one(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _slipped(typed: str, meant: str) -> bool:
    """Whether fingers make one out of the other: a letter doubled or left out, two swapped, the next key."""
    if len(typed) > len(meant):
        return any(typed == meant[:i] + meant[i - 1 :] for i in range(1, len(meant) + 1))
    if len(typed) < len(meant):
        return typed in _without_one(meant)
    wrong = [i for i in range(len(typed)) if typed[i] != meant[i]]
    if len(wrong) == 1:
        return typed[wrong[0]] in _BESIDE.get(meant[wrong[0]], "")
    return _swapped(typed, meant, wrong)


def _guessed(typed: str, meant: str) -> bool:
    """Whether one letter too many or a wrong one makes the difference, both ending the same."""
    if typed[-1] != meant[-1]:
        return False
    if len(typed) > len(meant):
        return meant in _without_one(typed)
    return len(typed) == len(meant) and sum(a != b for a, b in zip(typed, meant, strict=True)) == 1


def _swapped(typed: str, meant: str, wrong: list[int]) -> bool:
    if len(wrong) != 2 or wrong[1] != wrong[0] + 1:
        return False
    i, j = wrong
    return typed[i] == meant[j] and typed[j] == meant[i]


def _beside() -> dict[str, str]:
    """The keys around each one: left and right, and those that touch it above and below."""
    found: dict[str, str] = {}
    for y, row in enumerate(_KEYBOARD):
        for x, key in enumerate(row):
            above = _KEYBOARD[y - 1][x : x + 2] if y else ""
            below = _KEYBOARD[y + 1][max(0, x - 1) : x + 1] if y + 1 < len(_KEYBOARD) else ""
            found[key] = row[max(0, x - 1) : x] + row[x + 1 : x + 2] + above + below
    return found


_BESIDE = _beside()
