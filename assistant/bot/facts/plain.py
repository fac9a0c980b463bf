"""A message as patterns read it: lower case, without accents, misspelt names mended, spoken clocks in digits.

Offsets in the plain text lead back to the message.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from re import Match, Pattern
from string import ascii_lowercase

_QUOTES = str.maketrans("\u2019\u2018`\u00b4\u02bc\u2013\u2014", "'" * 5 + "--")


@dataclass(frozen=True)
class Plain:
    """A text to match patterns on; `origins` has each character's place in the message, None for its own."""

    text: str
    origins: tuple[int, ...] | None = None

    def back(self, start: int, end: int) -> tuple[int, int]:
        """The same place in the message; `end` is exclusive and lies behind `start`."""
        if self.origins is None:
            return start, end
        return self.origins[start], self.origins[end - 1] + 1

    def replaced(self, pattern: Pattern[str], word_for: Callable[[Match[str]], str | None]) -> Plain:
        """The text with matches replaced by a word, where there is one for them."""
        pieces: list[str] = []
        origins: list[int] = []
        places = self.origins or range(len(self.text))
        read = 0
        for match in pattern.finditer(self.text):
            word = word_for(match)
            if not word or match.start() == match.end():
                continue
            pieces += [self.text[read : match.start()], word]
            origins += places[read : match.start()]
            origins += [places[match.start()], *[places[match.end() - 1]] * (len(word) - 1)]
            read = match.end()
        if not pieces:
            return self
        return Plain("".join([*pieces, self.text[read:]]), (*origins, *places[read:]))


@cache
def _bare(character: str) -> str:
    if character.isascii():
        return character
    base = unicodedata.normalize("NFKD", character)[0]
    return base if base.isascii() and base.isalpha() else character


def without_accents(text: str) -> str:
    """The text with plain letters and straight quotes, as long as before."""
    if text.isascii():
        return text.replace("`", "'")
    return "".join(map(_bare, text.translate(_QUOTES)))


def plain(text: str) -> Plain:
    """A message in lower case and without accents, character by character."""
    bare = without_accents(text)
    lower = bare.lower()
    return Plain(lower if len(lower) == len(bare) else bare)


def misspellings(
    names: Iterable[str], real_words: Iterable[str], *, known: Iterable[str]
) -> Mapping[str, str]:
    """Words one slip away from a name -> the name; none of `real_words` or `known` is among them.

    A slip is a letter too many, too few, another one, or two swapped (Damerau 1964). Short names, of
    less than seven letters, must keep their first letter.
    """
    wrong: dict[str, str] = {}
    for name in names:
        for slip in _slips(name):
            if len(name) >= 7 or slip[:1] == name[0]:
                wrong.setdefault(slip, name)
    for word in (*real_words, *known):
        wrong.pop(word, None)
    return wrong


def _slips(name: str) -> Iterable[str]:
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        if tail:
            yield head + tail[1:]
            yield from (head + letter + tail[1:] for letter in ascii_lowercase)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        yield from (head + letter + tail for letter in ascii_lowercase)
