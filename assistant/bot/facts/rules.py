"""The words of one language that facts are read by, from the files in the folder `<language>` here.

`numbers.yml` has number words, `times.yml` the words of days and hours, `things.yml` the rest. A language
is added by adding its folder; the English files say what each key means.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent
FALLBACK = "en"


@cache
def known_language(language: str) -> str:
    """The language itself, or English when there is no folder for it yet."""
    known = re.fullmatch(r"[a-z]{2,3}", language) and (_FOLDER / language).is_dir()
    return language if known else FALLBACK


def known_languages() -> list[str]:
    """Every language that has a folder."""
    return sorted(folder.name for folder in _FOLDER.iterdir() if (folder / "times.yml").is_file())


@cache
def read_words(language: str, name: str) -> dict[str, Any]:
    """The file `<name>.yml` of a language that has one."""
    path = _FOLDER / language / f"{name}.yml"
    table: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return table


def any_of(words: Iterable[str]) -> str:
    """A pattern that matches any of the words, the longest first; spaces match any white space or hyphen."""
    longest_first = sorted(set(words), key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word).replace(r"\ ", r"[\s-]+") for word in longest_first) + ")"


def by_word(table: dict[Any, list[str]]) -> dict[str, Any]:
    """A table of meanings and their words turned round: word -> meaning."""
    return {word: meaning for meaning, words in table.items() for word in words}


def filled(pattern: str, fields: dict[str, str]) -> str:
    """The pattern with `<month>` and the like replaced; `(?P<month>` names a group and stays."""
    return re.sub(r"(?<!\?P)<(\w+)>", lambda match: fields[match.group(1)], pattern)


def spoken(text: str) -> str:
    """A matched word as the tables have it: lower case, single spaces, hyphens read as spaces."""
    return re.sub(r"[\s-]+", " ", text.lower()).strip(" .")
