"""What a customer's words say about a visit: what it is for, why it is not wanted. The words are data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

WORDS = Path(__file__).parents[1] / "data" / "visits" / "words.yml"
BETWEEN = r"(?:\W+\w+){0,4}?\W+"  # the few words that a * stands for
LONGEST = 2_000  # characters that are looked at


def find(section: str, words: str | None, language: str, file: Path = WORDS) -> str | None:
    """The one entry of that section of a file which the words point at; None for none, or for several."""
    if not words:
        return None
    text = _plain(words[:LONGEST])
    found = [name for name, pattern in _patterns(section, language, file).items() if pattern.search(text)]
    return found[0] if len(found) == 1 else None


def _plain(text: str) -> str:
    """Small letters without accents; one kind of apostrophe."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(each for each in decomposed if not unicodedata.combining(each))


@cache
def _patterns(section: str, language: str, file: Path) -> Mapping[str, re.Pattern[str]]:
    entries = yaml.safe_load(file.read_text(encoding="utf-8"))[section]
    return {
        name: re.compile("|".join(_pattern(each) for each in texts[language]))
        for name, texts in entries.items()
        if texts.get(language)
    }


def _pattern(phrase: str) -> str:
    parts = [re.escape(_plain(part.strip())).replace(r"\ ", r"\W+") for part in phrase.split("*")]
    # "tv" is a word of its own; longer ones are beginnings.
    end = r"\b" if len(phrase) <= 3 else ""
    return r"\b" + BETWEEN.join(parts) + end
