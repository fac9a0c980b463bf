"""One fact found in a text, and which of several overlapping ones to believe."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# May lie inside another one: the day inside "tomorrow morning" is a date of its own.
_NESTED = {("date", "time_window")}


@dataclass(frozen=True)
class Fact:
    """A value and where it stands in the text: characters `start` to `end` (exclusive).

    `value` is what JSON can hold. The `rank` decides between overlapping facts: the lower one wins.
    """

    entity: str
    value: Any
    start: int
    end: int
    rank: int = 50


def resolve(facts: Iterable[Fact]) -> list[Fact]:
    """The facts to believe, in the order of the text: better rank, then longer, then first wins."""
    chosen: list[Fact] = []
    for fact in sorted(facts, key=lambda f: (f.rank, f.start - f.end, f.start)):
        if all(_compatible(fact, other) for other in chosen):
            chosen.append(fact)
    return sorted(chosen, key=lambda f: (f.start, -f.end, f.entity))


def _compatible(fact: Fact, chosen: Fact) -> bool:
    if fact.end <= chosen.start or chosen.end <= fact.start:
        return True
    return (fact.entity, chosen.entity) in _NESTED or (chosen.entity, fact.entity) in _NESTED
