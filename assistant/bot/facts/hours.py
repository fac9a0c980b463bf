"""Hours and parts of the day in a text: "after three", "tussen 9 en 12", "not in the morning"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.bot.facts.days import ruled_out
from assistant.bot.facts.numbers import whole_number
from assistant.bot.facts.plain import Plain
from assistant.bot.facts.time_rules import TimeRules

MASK = "\0"  # stands for each character of what was read already; patterns may name it
_NOON, _MIDNIGHT = 12 * 60, 24 * 60
_MORNING, _LATEST = 8 * 60, 22 * 60  # hours before eight are those after noon
_BESIDE = 14  # characters between an hour and the part of the day that it is in
_CLEAR = re.compile(r"\d:\d\d")


@dataclass(frozen=True)
class Hours:
    """Minutes after midnight, local; None is open. `part` when it was said as a part of the day."""

    since: int | None
    until: int | None
    part: str | None
    start: int
    end: int


@dataclass(frozen=True)
class _Clock:
    """An hour as said: minutes after midnight, and whether that may be twelve hours off."""

    minutes: int
    open: bool

    def on_day(self, part: str | None) -> int:
        """Minutes after midnight, given the part of the day it is in."""
        if not self.open or self.minutes >= _NOON + 60 or self.minutes < 60:
            return self.minutes
        if self.minutes >= _NOON:
            return self.minutes
        later = self.minutes + _NOON
        if part == "evening" or (part == "afternoon" and self.minutes < _MORNING):
            return later
        return later if part != "morning" and self.minutes < _MORNING else self.minutes


def with_clocks(text: Plain, rules: TimeRules) -> Plain:
    """The text with "half past three", "half vier" and "le tre e mezza" as 3:30."""
    if not rules.matches("spoken_clock_like", text.text):
        return text
    for pattern in rules.patterns["spoken_clock"]:
        text = text.replaced(pattern, lambda match: _spoken_clock(match, rules))
    return text


def _spoken_clock(match: re.Match[str], rules: TimeRules) -> str | None:
    """`fraction` before (`to`) or after the `hour`, and before or after half of it when there is a `half`."""
    groups = match.groupdict()
    hour = _number(groups["hour"], rules)
    if hour is None or not 1 <= hour <= 24:
        return None
    said = groups.get("fraction")
    minutes = rules.words["fractions"].get(said or "", 0) or (_number(said, rules) if said else 0) or 0
    if minutes > 59:
        return None
    total = hour * 60 + (-minutes if groups.get("to") else minutes)
    if groups.get("half"):
        total += rules.words["half_hour"]
    total = total + _NOON if total < 60 else total
    return f"{total // 60}:{total % 60:02d}"


def find_hours(text: str, rules: TimeRules, *, sure: bool, asked: bool = False) -> list[Hours]:
    """Hours and parts of the day of a plain text; hours that belong to a part of it are in that part.

    `sure` says that a bare number after "after", "at" and the like is an hour; `asked` that the text
    answers a question for a time, so that "morning!" is no greeting.
    """
    parts = [] if not asked and rules.matches("greeting", text) else list(_parts(text, rules))
    hidden = text
    found: list[Hours] = []
    for read in (_ranges, _clocks):
        for hours, part in read(hidden, rules, sure, parts):
            if any(hours.start < other.end and other.start < hours.end for other in found):
                continue
            parts = [each for each in parts if each is not part]
            hidden = hidden[: hours.start] + MASK * (hours.end - hours.start) + hidden[hours.end :]
            found.append(hours)
    out = [part for part in parts if ruled_out(text, part.start, part.end, rules)]
    found += (part for part in parts if part not in out)
    if not found:  # "not in the morning" says something only where no better time is named
        found += map(_rest_of_day, out)
    kept = [hours for hours in found if hours.since is not None or hours.until is not None]
    return sorted(kept, key=lambda hours: hours.start)


def _rest_of_day(part: Hours) -> Hours:
    """What is left of the day without its morning, or before its afternoon or evening."""
    if (part.since or 0) <= _MORNING:
        return replace(part, since=part.until, until=None, part=None)
    return replace(part, since=None, until=part.since, part=None)


def _number(said: str | None, rules: TimeRules) -> int | None:
    named = rules.meaning("hour_words", said)
    return int(named) if named is not None else whole_number(said or "", rules.language)


def _clock(hour: str, minute: str | None, half: str | None, rules: TimeRules) -> _Clock | None:
    value = _number(hour, rules)
    if value is None or value > 24:
        return None
    first = (half or " ")[0]
    minutes = int(minute or 0)
    if first in rules.words["pm"]:
        return _Clock((value % 12 + 12) * 60 + minutes, open=False)
    if first in rules.words["am"]:
        return _Clock(value % 12 * 60 + minutes, open=False)
    return _Clock(value * 60 + minutes, open=not hour.startswith("0"))


_Found = Iterator[tuple[Hours, Hours | None]]


def _beside(text: str, match: re.Match[str], parts: list[Hours], rules: TimeRules) -> Hours | None:
    """The part of the day said right before or after that place."""
    for part in parts:
        gap = text[match.end() : part.start] if part.start >= match.end() else text[part.end : match.start()]
        apart = part.end <= match.start() or part.start >= match.end()
        if apart and len(gap) <= _BESIDE and rules.matches("in_part", gap):
            return None if ruled_out(text, part.start, part.end, rules) else part
    return None


def _spanned(match: re.Match[str], part: Hours | None, since: int | None, until: int | None) -> Hours:
    start = min(match.start(), part.start) if part else match.start()
    end = max(match.end(), part.end) if part else match.end()
    return Hours(since, until, None, start, end)


def _ranges(text: str, rules: TimeRules, sure: bool, parts: list[Hours]) -> _Found:
    for match in rules.found("hours", text):
        groups = match.groupdict()
        half = groups.get("half") or groups.get("half2")
        first = _clock(groups["hour"], groups["minute"], half, rules)
        last = _clock(groups["hour2"], groups["minute2"], groups.get("half2"), rules)
        cue = groups.get("lead") or half or _CLEAR.search(match.group())
        if not (sure or cue) or first is None or last is None:
            continue
        part = _beside(text, match, parts, rules)
        named = part.part if part else None
        since, until = first.on_day(named), last.on_day(named)
        if since >= until and groups.get("half2") and not groups.get("half"):
            since = first.minutes % _NOON
        elif since >= until:
            later = last.minutes + _NOON
            since, until = (since, later) if since < later <= _LATEST else (first.minutes, last.minutes)
        if since < until and not ruled_out(text, match.start(), match.end(), rules):
            yield _spanned(match, part, since, until), part


def _clocks(text: str, rules: TimeRules, sure: bool, parts: list[Hours]) -> _Found:
    for match in rules.found("clock", text):
        groups = match.groupdict()
        how, half, separator = groups.get("how"), groups.get("half"), groups.get("sep")
        kind = rules.meaning("hows", how)
        definite = (
            "sure" in groups
            or half
            or (separator and separator != ".")
            or rules.meaning("hour_words", groups["hour"]) is not None
        )
        if not (definite or (kind and (sure or kind in rules.words["sure_hows"] or separator))):
            continue
        clock = _clock(groups["hour"], groups.get("minute"), half, rules)
        if clock is None or rules.matches("now_lead", text[max(0, match.start() - 25) : match.start()]):
            continue
        kind = "after" if kind == "from" else kind
        negated = rules.matches("negated", text[max(0, match.start() - 20) : match.start()])
        if negated and (
            kind not in {"after", "before"}
            or rules.matches("instead_lead", text[max(0, match.start() - 20) : match.start()])
        ):
            continue
        if negated:
            kind = "before" if kind == "after" else "after"
        part = _beside(text, match, parts, rules)
        minutes = clock.on_day(part.part if part else None)
        since, until = _around(minutes, kind, part)
        yield _spanned(match, part, since, until), part


def _around(minutes: int, kind: str | None, part: Hours | None) -> tuple[int | None, int | None]:
    """From and until when; an end that "after" or "before" leaves open is that of the part of the day."""
    if kind == "after":
        until = part.until if part else None
        return minutes, until if until is not None and until > minutes else None
    if kind == "before":
        since = part.since if part else None
        return since if since is not None and since < minutes else None, minutes
    if kind == "around":
        return max(minutes - 60, 0), min(minutes + 60, _MIDNIGHT)
    return minutes, min(minutes + 60, _MIDNIGHT)


def _parts(text: str, rules: TimeRules) -> Iterator[Hours]:
    for match in rules.found("part", text):
        if rules.matches("no_part", text[: match.start("part")]):
            continue
        part = rules.meaning("parts", match.group("part"))
        since, until = rules.parts[part]
        yield Hours(since, until, part, *match.span())
