"""Says in English, word by word, what is said in another language, as far as a short list of words goes.

The multilingual encoder knows everyday words of other languages and misses those of the trade: to it,
“opzeggen” and “storing” are nothing like “cancel” and “outage”. Its embedding of a message is therefore
averaged with that of the message's gloss. The lists are `<language>.yml` beside this file: English, and the
words and phrases that mean it. A language without a list is encoded as it is.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import yaml

LEAST_KNOWN = 0.3  # the share of a message's words that its list must have
_WORD = re.compile(r"[^\W\d_]+")


class Glossary:
    """One language's words and phrases, and the English for each."""

    def __init__(self, english: dict[str, str]) -> None:
        self._english = english
        longest_first = sorted(english, key=lambda words: (-len(words), words))
        phrases = [re.escape(words) for words in longest_first if not words.isalpha()]
        self._stretch = re.compile("|".join([*(rf"\b{each}\b" for each in phrases), r"[^\W\d_]+"]))

    def known(self, words: list[str]) -> float:
        """The share of these lower-case words that it has, 0 to 1."""
        return sum(word in self._english for word in words) / max(1, len(words))

    def glossed(self, text: str) -> str:
        """The lower-case text with what it knows in English."""
        return self._stretch.sub(lambda found: self._english.get(found[0], found[0]), text)


def glossed(text: str) -> str | None:
    """A message that is not English, in English as far as its language's list goes; None where none fits."""
    plain = text.lower().replace("’", "'")
    words = _WORD.findall(plain)
    share, best = max(((each.known(words), i) for i, each in enumerate(_glossaries())), default=(0.0, 0))
    return _glossaries()[best].glossed(plain) if share >= LEAST_KNOWN else None


def fingerprint() -> str:
    """8 hex digits over all lists."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in _files())).hexdigest()[:8]


def _files() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*.yml"))


@cache
def _glossaries() -> list[Glossary]:
    found = []
    for file in _files():
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        found.append(Glossary({str(word): english for english, words in content.items() for word in words}))
    return found
