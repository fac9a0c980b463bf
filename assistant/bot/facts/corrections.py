"""Facts that the customer takes back in the same message: "the 12th, sorry, the 13th"."""

from __future__ import annotations

from assistant.bot.facts.fact import Fact
from assistant.bot.facts.thing_rules import thing_rules

_FARTHEST = 40  # characters between a fact and the one that takes its place
_TIMES = frozenset({"date", "time_window", "hours", "part_of_day"})  # correct each other


def without_corrected(facts: list[Fact], text: str, language: str) -> list[Fact]:
    """The facts, given in the order of the text, without those whose place another of the kind takes."""
    if len(facts) < 2:
        return facts
    corrected = thing_rules(language).patterns["corrected"]
    taken_back = [
        one
        for other in facts
        for one in facts
        if one.end < other.start <= one.end + _FARTHEST
        and _kind(one) == _kind(other)
        and corrected.fullmatch(text, one.end, other.start)
    ]
    kept = [fact for fact in facts if not any(_within(fact, one) for one in taken_back)]
    # "friday at 3, no, at 4": the day stands, though it was said with the hour that was taken back
    return [fact for fact in facts if fact in kept or (fact not in taken_back and _day_of_any(fact, kept))]


def _kind(fact: Fact) -> str:
    return "time" if fact.entity in _TIMES else fact.entity


def _within(fact: Fact, one: Fact) -> bool:
    return _kind(fact) == _kind(one) and fact.start < one.end and one.start < fact.end


def _day_of_any(fact: Fact, kept: list[Fact]) -> bool:
    windows = (each.value for each in kept if each.entity == "time_window")
    day = fact.value.get("date") if fact.entity == "date" else None
    return any(day and str(value["start"] or value["end"])[:10] == day for value in windows)
