"""Dates and time windows: days and hours of a message, brought together ("friday after three")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.bot.facts.days import ASKED, Days, find_days, looks_back
from assistant.bot.facts.fact import Fact
from assistant.bot.facts.hours import MASK, Hours, find_hours, with_clocks
from assistant.bot.facts.plain import plain
from assistant.bot.facts.time_rules import TimeRules

ZONE = ZoneInfo("Europe/Amsterdam")
_NEAR = 25  # characters between a day and its hours
_DAY = 24 * 60  # minutes
_LATE = 22 * 60  # "tonight" goes on after its visits end
_LONG_WORD = re.compile(r"[a-z]{5,}")


def find_times(text: str, rules: TimeRules, at: datetime, expects: str | None) -> Iterator[Fact]:
    """Dates, time windows and parts of the day, relative to the moment `at`.

    date: {"date"} or {"start", "end"} (ISO days). time_window: {"start", "end", "part"} with the zone's
    offset; an open end is null. Without a day, a part of the day is `part_of_day` and hours are `hours`
    {"after", "before"} (local HH:MM). Days that the words look back to ("since sunday") are `past_date`,
    and their hours nothing: they are no wish.
    """
    read = plain(text)
    read = read.replaced(_LONG_WORD, lambda match: rules.misspelt.get(match.group()))
    if not rules.matches("time_like", read.text):
        return
    read = with_clocks(read, rules)
    for fact in _facts(read.text, rules, at.astimezone(ZONE), expects):
        start, end = read.back(fact.start, fact.end)
        yield Fact(fact.entity, fact.value, start, end, fact.rank)


def _facts(text: str, rules: TimeRules, now: datetime, expects: str | None) -> Iterator[Fact]:
    asked = expects in ASKED
    days = find_days(text, rules, now.date(), expects)
    hours = find_hours(_hidden(text, days, rules), rules, sure=bool(days) or asked, asked=asked)
    days = [_over_by_now(day, text, rules, now) for day in days]
    for day in days:
        value = {"date": day.first.isoformat()}
        if not day.single:
            value = {"start": day.first.isoformat(), "end": day.last.isoformat()}
        yield Fact("past_date" if day.past else "date", value, day.start, day.end, rank=4)
    taken: set[Days] = set()
    for each in hours:
        of_days = _days_of(each, days, text, rules, only=len(hours) == 1)
        if any(day.past for day in of_days) or looks_back(text, each.start, each.end, rules):
            continue
        for day in of_days:
            span = min(day.start, each.start), max(day.end, each.end)
            if day in taken or len(of_days) > 1:
                span = (each.start, each.end) if day in taken or day is of_days[-1] else (day.start, day.end)
            if any(each is not other and span[0] <= other.start < span[1] for other in hours):
                span = (each.start, each.end)
            taken.add(day)
            yield Fact("time_window", _window(day.first, each), *span, rank=3)
        if not of_days and each.part:
            yield Fact("part_of_day", each.part, each.start, each.end, rank=10)
        elif not of_days:
            clock = {"after": _clock(each.since), "before": _clock(each.until)}
            yield Fact("hours", clock, each.start, each.end, rank=10)


def _hidden(text: str, days: list[Days], rules: TimeRules) -> str:
    """The text without the days, but with those that name a part of the day too: "tonight", "stamattina"."""
    for day in days:
        if not rules.matches("part", text[day.start : day.end]):
            text = text[: day.start] + MASK * (day.end - day.start) + text[day.end :]
    return text


def _over_by_now(day: Days, text: str, rules: TimeRules, now: datetime) -> Days:
    """The day; "this morning" said in the evening looks back."""
    part = next(iter(rules.found("part", text[day.start : day.end])), None)
    if not part or not day.single or day.first != now.date():
        return day
    until = rules.parts[rules.meaning("parts", part.group("part"))][1]
    return replace(day, past=day.past or (until < _LATE and until <= now.hour * 60 + now.minute))


def _days_of(hours: Hours, days: list[Days], text: str, rules: TimeRules, *, only: bool) -> list[Days]:
    """The single day that the hours belong to: the nearest one close by, or the only one there is.

    Two days before their hours share them: "thursday or friday afternoon".
    """
    single = [day for day in days if day.single]
    if not single:
        return []
    gap = {day: max(hours.start - day.end, day.start - hours.end, 0) for day in single}
    nearest = min(single, key=lambda day: gap[day])
    if gap[nearest] > _NEAR and not (only and len(single) == 1):
        return []
    before = single[single.index(nearest) - 1] if single.index(nearest) else None
    shares = before and nearest.end <= hours.start and gap[nearest] <= _NEAR
    if before and shares and rules.matches("or_join", text[before.end : nearest.start]):
        return [before, nearest]
    return [nearest]


def _window(day: date, hours: Hours) -> dict[str, str | None]:
    return {"start": _moment(day, hours.since), "end": _moment(day, hours.until), "part": hours.part}


def _moment(day: date, minutes: int | None) -> str | None:
    if minutes is None:
        return None
    extra, minute = divmod(minutes, _DAY)
    wall = datetime.combine(day + timedelta(days=extra), time(minute // 60, minute % 60), ZONE)
    return wall.isoformat()


def _clock(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"
