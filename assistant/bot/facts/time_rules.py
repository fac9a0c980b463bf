"""A language's words and patterns for days and hours (`times.yml`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.bot.facts.numbers import number_words
from assistant.bot.facts.plain import misspellings, without_accents
from assistant.bot.facts.rules import any_of, by_word, filled, known_language, read_words

_SHORTEST_MENDED = 6  # letters: shorter names are one slip away from too many words
_TABLES = (
    "months",
    "weekdays",
    "short_weekdays",
    "days",
    "numbered",
    "which",
    "hows",
    "hour_words",
    "counts",
    "units",
    "stretches",
    "edges",
    "holidays",
)


@dataclass(frozen=True)
class TimeRules:
    """One language's words, with the patterns made of them, for text without accents in lower case.

    `meanings` has, for each table of the file, word -> key. A pattern's name may stand for several.
    """

    language: str
    words: dict[str, Any]
    meanings: dict[str, dict[str, Any]]
    parts: dict[str, tuple[int, int]]  # part -> (from, to), minutes after midnight
    misspelt: Mapping[str, str]
    patterns: dict[str, tuple[re.Pattern[str], ...]]

    def meaning(self, table: str, word: str | None) -> Any:
        """What a matched word stands for in a table; None for none."""
        return self.meanings[table].get(re.sub(r"[\s-]+", " ", word or "").strip(" ."))

    def found(self, name: str, text: str) -> Iterable[re.Match[str]]:
        """All matches of the patterns of that name, pattern by pattern."""
        for pattern in self.patterns[name]:
            yield from pattern.finditer(text)

    def matches(self, name: str, text: str) -> bool:
        """Whether any of the patterns of that name is in the text."""
        return any(pattern.search(text) for pattern in self.patterns[name])


@cache
def time_rules(language: str) -> TimeRules:
    """The rules of a language; those of English when it has none yet."""
    language = known_language(language)
    words = _unaccented(read_words(language, "times"))
    meanings = {table: by_word(words[table]) for table in _TABLES}
    for more in ("words", "also"):
        meanings[more] = {w: part for part, entry in words["parts"].items() for w in entry.get(more, [])}
    meanings["parts"] = meanings.pop("words")
    also = meanings.pop("also")  # parts only where a pattern names them
    number = without_accents(number_words(language))
    fields = {_field(table): any_of(known) for table, known in meanings.items()}
    meanings["parts"] |= also
    fields |= {
        "number": rf"\b(?:\d{{1,3}}|{number})\b",
        "number_word": number,
        "dom": rf"(?:3[01]|[12]\d|0?[1-9])(?!\d)(?:{words['day_suffix']})?",
    }
    for name, pattern in words["fields"].items():  # each may use those before it
        fields[name] = filled(pattern, fields)
    return TimeRules(
        language=language,
        words=words,
        meanings=meanings,
        parts={part: (_clock(entry["from"]), _clock(entry["to"])) for part, entry in words["parts"].items()},
        misspelt=_misspelt(words, meanings),
        patterns={name: _compiled(pattern, fields) for name, pattern in words["patterns"].items()},
    )


def _field(table: str) -> str:
    return {"counts": "count"}.get(table, table.removesuffix("s"))


def _compiled(patterns: str | list[str], fields: dict[str, str]) -> tuple[re.Pattern[str], ...]:
    each = [patterns] if isinstance(patterns, str) else patterns
    return tuple(re.compile(filled(pattern, fields)) for pattern in each)


def _unaccented(value: Any) -> Any:
    if isinstance(value, str):
        return without_accents(value)
    if isinstance(value, list):
        return [_unaccented(each) for each in value]
    if isinstance(value, dict):
        return {key: _unaccented(each) for key, each in value.items()}
    return value


def _misspelt(words: dict[str, Any], meanings: dict[str, dict[str, Any]]) -> Mapping[str, str]:
    known = {word for table in meanings.values() for word in table}
    names = [
        word
        for table in ("months", "weekdays", "days", "parts", "stretches")
        for word in meanings[table]
        if word.isalpha() and len(word) >= _SHORTEST_MENDED
    ]
    return misspellings(names, words["not_misspelt"], known=known)


def _clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
