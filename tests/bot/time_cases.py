"""The written cases for days and hours in `tests/data/facts/times_<language>.yml`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "data" / "facts"
_PARTS = {"morning", "afternoon", "evening"}
_WINDOW = re.compile(r"(\S+) (\d\d:\d\d)?-(\d\d:\d\d)?(?: ([a-z]+))?(?: (\+02:00))?")


@dataclass(frozen=True)
class Case:
    """A message, the moment and question it answers, and its facts as (entity, value)."""

    text: str
    at: datetime
    expects: str | None
    facts: list[tuple[str, Any]]


def cases(language: str) -> Iterator[Case]:
    """All cases of a language; what the shorthand means stands at the head of the file."""
    for group in yaml.safe_load((FOLDER / f"times_{language}.yml").read_text(encoding="utf-8")):
        at = datetime.fromisoformat(group["at"])
        for text, *rest in group["cases"]:
            expects = next((each["expects"] for each in rest if isinstance(each, dict)), None)
            written = [each for each in rest if isinstance(each, str)]
            yield Case(text, at, expects, [fact for each in written for fact in time_facts(each, at.year)])


def time_facts(written: str, year: int) -> Iterator[tuple[str, Any]]:
    if written in _PARTS:
        yield "part_of_day", written
    elif written.startswith("hours "):
        after, before = written.removeprefix("hours ").split("-")
        yield "hours", {"after": after or None, "before": before or None}
    elif window := _WINDOW.fullmatch(written):
        day, start, end, part, summer = window.groups()
        day, offset = _day(day, year), summer or "+01:00"
        edges = [f"{day}T{edge}:00{offset}" if edge else None for edge in (start, end)]
        yield "time_window", {"start": edges[0], "end": edges[1], "part": part}
        yield "date", {"date": day}
    else:
        entity = "past_date" if written.startswith("past ") else "date"
        first, *last = (_day(day, year) for day in written.removeprefix("past ").split(".."))
        yield entity, {"start": first, "end": last[0]} if last else {"date": first}


def _day(written: str, year: int) -> str:
    return written if len(written) == 10 else f"{year}-{written}"
