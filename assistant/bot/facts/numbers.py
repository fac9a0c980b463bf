"""Whole numbers in digits or words, in the language's own way: twenty five, vijfentwintig, venticinque."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from text_to_num import text2num

from assistant.bot.facts.rules import any_of, read_words, spoken

_MOST = 7  # further number words in one number


@cache
def number_words(language: str) -> str:
    """A pattern for a number in words; it does not say what may stand around it."""
    table = read_words(language, "numbers")
    one = any_of([*table["words"], *(wrong for wrongs in table["spellings"].values() for wrong in wrongs)])
    return rf"{one}(?:{table['between']}{one}){{0,{_MOST}}}"


@lru_cache(maxsize=4096)
def whole_number(words: str, language: str) -> int | None:
    """Digits or number words as a number; None when they are not one."""
    if words.isdigit():
        return int(words)
    plain = spoken(words)
    for attempt in (plain, _respelt(plain, language)):
        try:
            return int(text2num(attempt, language))
        except (ValueError, KeyError):
            continue
    return None


def _respelt(words: str, language: str) -> str:
    for right, wrongs in read_words(language, "numbers")["spellings"].items():
        words = re.sub(rf"\b{any_of(wrongs)}", right, words)
    return words
