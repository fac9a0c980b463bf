"""How a customer seems to feel, from what they wrote: a few honest signals, each one nameable. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WORD = re.compile(r"[^\W\d_]+")
CALM, TENSE, UPSET = "calm", "tense", "upset"
WEIGHTS = {"strong_words": 0.4, "capitals": 0.3, "repeated_asking": 0.3, "exclamation": 0.15}
SEVERAL = 0.2  # on top, for a second strong word: one may be a manner of speaking


@dataclass(frozen=True)
class Mood:
    """`score` runs from 0 (nothing to see) to 1; `signals` are the names of what was seen."""

    label: str
    score: float
    signals: tuple[str, ...]


def read_mood(messages: Sequence[str], words: Mapping[str, frozenset[str]], language: str) -> Mood:
    """The mood of a customer's messages, oldest first; the last ten count.

    `words` are the strong words per language; those of `language` and of English are looked for.
    """
    recent = [text for text in messages[-10:] if text.strip()]
    strong = words.get(language, frozenset()) | words.get("en", frozenset())
    said = set[str]().union(*(_words(text) & strong for text in recent))
    seen = [
        name
        for name, holds in (
            ("strong_words", bool(said)),
            ("capitals", any(_shouts(text) for text in recent)),
            ("repeated_asking", _repeats(recent)),
            ("exclamation", any(re.search(r"[!?]{2,}", text) for text in recent)),
        )
        if holds
    ]
    weight = sum(WEIGHTS[name] for name in seen) + (SEVERAL if len(said) > 1 else 0.0)
    score = round(min(1.0, weight), 2)
    label = UPSET if score >= 0.5 else TENSE if score >= 0.3 else CALM
    return Mood(label, score, tuple(seen))


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORD.findall(text)}


def _shouts(text: str) -> bool:
    words = [word for word in WORD.findall(text) if len(word) >= 2]
    letters = "".join(words)
    # One short word in capitals is more often a name (TV, KPN) than a shout.
    return len(letters) >= 8 and len(words) >= 2 and letters.isupper()


def _repeats(texts: Sequence[str]) -> bool:
    said = [frozenset(_words(text)) for text in texts]
    long_enough = [words for words in said if len(words) >= 2]
    return len(set(long_enough)) < len(long_enough)


def turns_upset(before: Sequence[str], text: str, words: Mapping[str, frozenset[str]], language: str) -> bool:
    """Whether this message makes the customer upset: taken with those before it, not for those alone."""
    if read_mood([*before, text], words, language).label != UPSET:
        return False
    if read_mood([text], words, language).signals:
        return True
    return read_mood(before, words, language).label != UPSET
