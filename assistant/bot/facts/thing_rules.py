"""A language's words and patterns for all facts but times (`things.yml`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.bot.facts.numbers import number_words
from assistant.bot.facts.rules import any_of, by_word, filled, known_language, read_words

_ORDINAL_WORD = r"(?<![\w,.])(?P<ordinal><ordinal>)(?!\w)"
_EMAIL_SPOKEN = (
    r"(?<![\w.@+-])[a-z0-9][\w.+%-]{0,63}(?:\s+(?P<sign><sign>)\s+[a-z0-9][\w.+%-]{0,63}){0,6}"
    r"(?:\s*(?:@|[\[(]\s*at\s*[\])])\s*|\s+<at>\s+|\s+(?P<unsure><unsure_at>)\s+)"
    r"[a-z0-9][a-z0-9-]{0,62}(?:\s+<sign>\s+[a-z0-9][a-z0-9-]{0,62}){0,3}"
    r"(?:\s*\.\s*[a-z0-9-]{2,63}|\s+(?P<dot><dot>)\s+[a-z0-9-]{2,63}|\s*[\[(]\s*<dot>\s*[\])]\s*[a-z0-9-]{2,63}){1,3}(?![\w@])"
)


@dataclass(frozen=True)
class ThingRules:
    """One language's words, with the patterns made of them. Patterns ignore case."""

    language: str
    words: dict[str, Any]
    ordinals: dict[str, int | str]  # "second" -> 2, "last" -> -1, "in between" -> "middle"
    equipment: dict[str, str]  # "modem" -> router
    packages: dict[str, str]  # "the plus package" -> TV Plus
    speeds: dict[int, str]  # 500 -> Broadband 500
    amounts: dict[str, str]  # a note or coin with a name: "fiver" -> 5
    no_postcode: frozenset[str]  # pairs of letters that are words or units
    regions: tuple[str, ...]  # whose phone numbers are written without a country, the likeliest first
    cues: dict[str, re.Pattern[str]]  # what a number near such a word is
    spelt: dict[str, re.Pattern[str]]  # sign of an e-mail address -> its name
    patterns: dict[str, re.Pattern[str]]


@cache
def thing_rules(language: str) -> ThingRules:
    """The rules of a language; those of English when it has none yet."""
    language = known_language(language)
    words = read_words(language, "things")
    ordinals, equipment, packages = (by_word(words[name]) for name in ("ordinals", "equipment", "packages"))
    spelt = words["email"]
    signs = [word for sign in (".", "_", "-") for word in spelt[sign]]
    fields = {
        "ordinal": any_of(ordinals),
        "equipment": any_of(equipment),
        "package": any_of(packages),
        "note": any_of(word for names in words["notes"].values() for word in names),
        "speed": any_of(map(str, words["speeds"])),
        "number": rf"(?:\d{{1,4}}|{number_words(language)})",
        "number_word": number_words(language),
        "sign": any_of(signs),
        "dot": any_of(spelt["."]),
        "at": any_of(spelt["@"]),
        "unsure_at": any_of(spelt["unsure"]),
    }
    fields |= {name: filled(pattern, fields) for name, pattern in words["fields"].items()}
    fields = {name: pattern if pattern != "(?:)" else "(?!)" for name, pattern in fields.items()}
    patterns = {**words["patterns"], "email_spoken": _EMAIL_SPOKEN, "ordinal_word": _ORDINAL_WORD}
    return ThingRules(
        language=language,
        words=words,
        ordinals=ordinals,
        equipment=equipment,
        packages=packages,
        speeds=words["speeds"],
        amounts=by_word(words["notes"]),
        no_postcode=frozenset(words["no_postcode"]),
        regions=tuple(words["regions"]),
        cues={name: re.compile(cue, re.IGNORECASE) for name, cue in words["cues"].items()},
        spelt={
            sign: re.compile(rf"(?<=\s){any_of(names)}(?=\s)|[\[(]\s*{any_of(names)}\s*[\])]")
            for sign, names in {**spelt, "@": [*spelt["@"], *spelt["unsure"]]}.items()
            if sign != "unsure"
        },
        patterns={name: re.compile(filled(each, fields), re.IGNORECASE) for name, each in patterns.items()},
    )
