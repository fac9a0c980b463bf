"""Days in a text: "next friday", "de 12e", "24/11", "fra tre giorni", "next week", "since sunday"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from assistant.bot.facts import calendar_days as calendar
from assistant.bot.facts.numbers import whole_number
from assistant.bot.facts.time_rules import TimeRules

_ISO = re.compile(r"(?<![\w-])(20\d\d)-(\d{1,2})-(\d{1,2})(?![\w-])")
_FULL = re.compile(r"(?<![\w./-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?((?:20)?\d\d)(?![\w/-]|\.\d)")
_SHORT = re.compile(r"(?<![\w./-])(?!24/7|10/10)(\d{1,2})/(\d{1,2})(?![\w/]|[.,]\d)")
_PLACE = "\0"  # stands for the day in the patterns named "around"
_CHOICE = re.compile(
    r"\W*(?:[a-z]{1,4}\W+)?(?:\d|10)(?!\d)\W*[a-z]{0,3}\W*(?:[a-z]{3,7}\W*)?"
)  # "the 2nd please"
ASKED = frozenset({"date", "time_window", "slot_id", "slot", "part_of_day", "hours"})  # answered by a time
_TOUCHING = re.compile(r"[\s,.()]*")
_DAY_WITHIN = {"week": "weekday", "month": "numbered"}  # a stretch, and the days that lie in it
_USED = "used up"
_FOLLOWING = "weekday following"  # "the monday after": after the day named before it
_CLOSE = 9  # characters between two words for one day
_FARTHEST = 366  # days
_LONG = timedelta(days=60)
_STEP_BACK = {"calendar": (12, 0), "numbered": (1, 0), "weekday": (0, 1)}  # months, weeks
_BEFORE, _AFTER = 60, 40  # characters around a day that say how it is meant


@dataclass(frozen=True)
class Days:
    """From `first` to `last` day, both included, and where it was said.

    `past` says that the words look back ("since sunday", "yesterday"): no day that anybody wishes for.
    `kind` is how it was named: calendar, numbered ("the 12th"), weekday (without more), week or another way.
    """

    first: date
    last: date
    start: int
    end: int
    kind: str = "relative"
    past: bool = False

    @property
    def single(self) -> bool:
        """Whether it is one day."""
        return self.first == self.last


def find_days(text: str, rules: TimeRules, today: date, expects: str | None = None) -> list[Days]:
    """All days and stretches of days of a plain text, without those it rules out ("not on Friday").

    The first reading of a place wins; readings are tried from the most to the least definite.
    `expects` is the fact that was asked for: it tells whether "wed" is a day and "2" a date or a choice.
    """
    found: list[Days] = []
    for read in (_numeric, _holidays, _named_months, _numbered, _weekdays, _relative, _stretches, _months):
        for days in read(text, rules, today, expects):
            if all(days.end <= other.start or other.end <= days.start for other in found):
                found.append(days)
    found.sort(key=lambda days: days.start)
    found = _following(_merged(_in_their_week(found, text, rules), text, rules))
    kept: list[Days] = []
    out: Days | None = None
    for days in _past_together([_as_meant(days, text, rules, today) for days in found], text, rules, today):
        between = text[out.end : days.start] if out else ""
        with_last = rules.matches("either", between) and rules.matches("or_join", between)
        if not days.past and (with_last or ruled_out(text, days.start, days.end, rules)):
            out = days
        else:
            kept.append(days)
    return kept


def _following(found: list[Days]) -> list[Days]:
    """ "Not thursday but the monday after": that weekday after the day before it in the text."""
    chosen: list[Days] = []
    for day in found:
        if day.kind == _FOLLOWING and chosen:
            last = chosen[-1].last
            then = last + timedelta(days=(day.first.weekday() - last.weekday()) % 7 or 7)
            day = replace(day, first=then, last=then)
        chosen.append(day)
    return chosen


def _past_together(found: list[Days], text: str, rules: TimeRules, today: date) -> list[Days]:
    """ "I rang on the 9th and again on the 16th": where one of two is behind us, so is the other."""
    chosen = list(found)
    for at, (one, other) in enumerate(pairwise(found)):
        if one.past == other.past or not rules.matches("and_join", text[one.end : other.start]):
            continue
        spot, days = (at, one) if other.past else (at + 1, other)
        if days.kind in _STEP_BACK or days.first <= today:
            chosen[spot] = _last_such(days, today)
    return chosen


def _last_such(days: Days, today: date) -> Days:
    """The last such days, today at the latest."""
    while days.first > today and days.kind in _STEP_BACK:
        months, weeks = _STEP_BACK[days.kind]
        back = timedelta(days=7 * weeks)
        first, last = (calendar.months_later(day, -months) - back for day in (days.first, days.last))
        days = replace(days, first=first, last=last)
    return replace(days, past=days.first <= today)


def ruled_out(text: str, start: int, end: int, rules: TimeRules) -> bool:
    """Whether the words around that place say that it does not suit: "not on …", "… doesn't work"."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    if rules.matches("negated", before):
        return True
    return rules.matches("negated_tail", after) and not rules.matches("until_lead", before)


def looks_back(text: str, start: int, end: int, rules: TimeRules) -> bool:
    """Whether the words before or after that place say that it is behind us: "since …", "… was"."""
    before, after = text[max(0, start - _BEFORE) : start], text[end : end + _AFTER]
    around = before + _PLACE + after
    return any(
        (
            rules.matches("past_lead", before),
            rules.matches("past_tail", after),
            rules.matches("past_around", around),
        )
    )


def _as_meant(days: Days, text: str, rules: TimeRules, today: date) -> Days:
    """The same days as the words around mean them: the last such days, or all days until then."""
    if days.past or _behind_us(days, text, rules, today):
        return _last_such(days, today)
    # A date on its own may lie behind us and name a bill; "yesterday" and "last week" only tell.
    if days.last < today and days.kind not in {"calendar", "numbered"}:
        return replace(days, past=True)
    before = text[max(0, days.start - _BEFORE) : days.start]
    if days.kind == "calendar" and days.first > today + _LONG and rules.matches("of_lead", before):
        first, last = (calendar.months_later(day, -12) for day in (days.first, days.last))
        return replace(days, first=first, last=last)
    if days.kind == "numbered" and days.first > today and rules.matches("of_lead", before):
        return replace(_last_such(days, today), past=False)
    if days.kind == "calendar" and days.single and rules.matches("week_of_lead", before):
        monday = calendar.monday_of(days.first)
        return replace(days, first=monday, last=monday + timedelta(days=6))
    return _deadline(days, text, rules, today)


def _behind_us(days: Days, text: str, rules: TimeRules, today: date) -> bool:
    if looks_back(text, days.start, days.end, rules):
        return True
    around = text[max(0, days.start - _BEFORE) : days.start] + _PLACE + text[days.end : days.end + _AFTER]
    # "dal 12", "da venerdì": since a day behind us, or since the last such weekday.
    weekday = days.kind == "weekday" and days.single
    return (weekday or days.first < today) and rules.matches("since_around", around)


def _deadline(days: Days, text: str, rules: TimeRules, today: date) -> Days:
    before, after = text[max(0, days.start - _BEFORE) : days.start], text[days.end : days.end + _AFTER]
    last = days.last
    if rules.matches("no_deadline", before):
        return days
    if rules.matches("before_lead", before):
        last = days.first - timedelta(days=1)
    elif not (rules.matches("by_lead", before) or rules.matches("by_tail", after)):
        return days
    if last < today or (days.kind == "week" and last == days.last):
        return days
    return replace(days, first=today, last=last)


def _in_their_week(found: list[Days], text: str, rules: TimeRules) -> list[Days]:
    """ "Next week tuesday", "volgende maand de 3e": days beside a week or a month are days in it."""
    chosen = list(found)
    for index, (one, other) in enumerate(pairwise(found)):
        whole, day = (one, other) if one.kind in _DAY_WITHIN else (other, one)
        between = text[one.end : other.start]
        if _DAY_WITHIN.get(whole.kind) != day.kind or not rules.matches("same_week", between):
            continue
        spot = index if day is one else index + 1
        joint = len(between) <= _CLOSE and not rules.matches("part", between)
        span = (one.start, other.end) if joint else (day.start, day.end)
        chosen[spot] = replace(_within(whole, day), start=span[0], end=span[1])
        chosen[index + 1 if day is one else index] = replace(whole, kind=_USED)
        for later in range(spot + 1, len(found)):  # "next week tuesday or thursday"
            gap = text[found[later - 1].end : found[later].start]
            if found[later].kind != day.kind or not rules.matches("or_join", gap):
                break
            chosen[later] = _within(whole, found[later])
    return [days for days in chosen if days.kind != _USED]


def _within(whole: Days, day: Days) -> Days:
    """That weekday of the week, or the day of that number in the month."""
    first = whole.first
    first += timedelta(days=day.first.weekday() if whole.kind == "week" else day.first.day - 1)
    return replace(day, first=first, last=first, kind=f"{day.kind} within")


def _merged(found: list[Days], text: str, rules: TimeRules) -> list[Days]:
    """One day said twice is one day ("friday, 27 november"), two ends of a stretch are one stretch."""
    merged: list[Days] = []
    for days in found:
        joined = _joined(merged[-1], days, text, rules) if merged else None
        merged[-1:] = [joined] if joined else [*merged[-1:], days]
    return merged


def _joined(one: Days, other: Days, text: str, rules: TimeRules) -> Days | None:
    between = text[one.end : other.start]
    span = one.start, other.end
    if rules.matches("same_day", between) or _TOUCHING.fullmatch(between):
        for exact, weekday in ((one, other), (other, one)):
            if exact.kind in {"calendar", "numbered"} and weekday.kind.startswith("weekday"):
                return replace(exact, start=span[0], end=span[1])
        if one.first == other.first and one.last == other.last:
            return Days(one.first, one.last, *span, kind=one.kind, past=one.past)
    if rules.matches("moved", text[: one.start]):  # "from monday to friday" are then two days
        return None
    lead = rules.matches("span_lead", text[max(0, one.start - 20) : one.start])
    if rules.matches("span_join", between) or (lead and rules.matches("led_join", between)):
        last = other.last
        while other.kind == "weekday" and last < one.first:
            last += timedelta(days=7)
        if last < one.first and other.kind in _STEP_BACK:
            last = calendar.months_later(last, _STEP_BACK[other.kind][0])
        if one.first < last:
            return Days(one.first, last, *span, kind=one.kind, past=one.past)
    return None


def _span(match: re.Match[str]) -> tuple[int, int]:
    """The match without the words that lead up to its first named group."""
    starts = (match.start(name) for name, said in match.groupdict().items() if said)
    return min(starts, default=match.start()), match.end()


def _one(day: date | None, span: tuple[int, int], kind: str = "calendar") -> Iterator[Days]:
    if day:
        yield Days(day, day, *span, kind=kind)


def _numeric(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in _ISO.finditer(text):
        year, month, day = map(int, match.groups())
        yield from _one(calendar.day_of(year, month, day), match.span())
    for match in _FULL.finditer(text):
        year, month, day = int(match.group(4)) % 100 + 2000, int(match.group(3)), int(match.group(1))
        yield from _one(calendar.day_of(year, month, day), match.span())
    for match in _SHORT.finditer(text):
        yield from _one(calendar.coming(int(match.group(2)), int(match.group(1)), today), match.span())
    # "27-11" and "27.11" may be hours or a price: only after words for a day, or where no hour is meant.
    for match in rules.found("day_dash_month", text):
        day, month = int(match.group("day")), int(match.group("month"))
        if 1 <= month <= 12:
            yield from _one(calendar.coming(month, day, today), match.span("date"))


def _holidays(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("holiday", text):
        said = rules.meaning("holidays", match.group("holiday"))
        yield from _one(calendar.holiday_date(said, today), match.span("holiday"))


def _day_number(said: str, rules: TimeRules) -> int | None:
    digits = re.match(r"\d+", said)
    if digits:
        return int(digits.group())
    numbered = rules.meaning("numbered", said)
    return int(numbered) if numbered else whole_number(said, rules.language)


def _named_months(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("day_month", text):
        groups = match.groupdict()
        month, number = rules.meaning("months", groups["month"]), _day_number(groups["day"], rules)
        if not number:
            continue
        day = _with_year(number, month, groups.get("year"), today)
        until = _day_number(groups.get("until") or "0", rules)
        last = _with_year(until, month, groups.get("year"), today) if until else day
        if day and last and day <= last:
            yield Days(day, last, *_span(match), kind="calendar")


def _with_year(day: int, month: int, year: str | None, today: date) -> date | None:
    if year:
        return calendar.day_of(int(year) % 100 + 2000, month, day)
    return calendar.coming(month, day, today)


def _numbered(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("day_of_month", text):
        first = calendar.stretch("month", rules.meaning("which", match.group("which")) or "this", today)[0]
        number = _day_number(match.group("day"), rules)
        yield from _one(calendar.day_of(first.year, first.month, number or 0), _span(match))
    for match in rules.found("weekday_number", text):
        number = _day_number(match.group("day"), rules)
        day = calendar.next_numbered(number, today) if number else None
        if day and day.weekday() == _weekday(match, rules):
            yield from _one(day, _span(match))
    if expects and expects.endswith("_id") and _CHOICE.fullmatch(text):
        return
    for name in ("day_only", "day_alone") if expects == "date" else ("day_only",):
        for match in rules.found(name, text):
            number = _day_number(match.group("day"), rules)
            day = calendar.next_numbered(number, today) if number else None
            until = _day_number(match.groupdict().get("until") or "0", rules)
            last = calendar.next_numbered(until, day) if day and until else day
            if day and last:
                yield Days(day, last, *_span(match), kind="numbered")


def _weekday(match: re.Match[str], rules: TimeRules) -> int:
    word = match.group("weekday")
    weekday = rules.meaning("weekdays", word)
    return int(rules.meaning("short_weekdays", word) if weekday is None else weekday)


def _weekdays(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for name in ("weekday", "weekday_alone") if expects in ASKED else ("weekday",):
        for match in rules.found(name, text):
            groups = match.groupdict()
            which = rules.meaning("which", groups.get("which")) or rules.meaning("which", groups.get("later"))
            if rules.matches("no_day", text[max(0, match.start() - 20) : match.start()]):
                continue
            day = calendar.weekday_date(_weekday(match, rules), which, today)
            kind = {None: "weekday", "after": _FOLLOWING}.get(which, "weekday as said")
            yield from _one(day, _span(match), kind)


def _relative(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("day", text):
        ahead = timedelta(days=rules.meaning("days", match.group("day")))
        yield from _one(today + ahead, _span(match), "relative")
    for name, direction in (("ahead", 1), ("ago", -1), ("past_days", -1), ("next_days", 1)):
        for match in rules.found(name, text):
            count = rules.meaning("counts", match.group("count"))
            count = count or whole_number(match.group("count"), rules.language)
            unit = rules.meaning("units", match.group("unit"))
            if not count or not unit or count * (30 if unit == "month" else unit) > _FARTHEST:
                continue
            if unit == "month":
                day = calendar.months_later(today, direction * count)
            else:
                day = today + timedelta(days=direction * count * unit)
            first, last = (day, day) if name in {"ahead", "ago"} else sorted((day, today))
            yield Days(first, last, *_span(match), past=direction < 0)


def _stretches(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("stretch", text):
        groups = match.groupdict()
        which = rules.meaning("which", groups.get("which")) or rules.meaning("which", groups.get("later"))
        unit = rules.meaning("stretches", groups["unit"])
        if not which and unit != "weekend" and not groups.get("edge"):
            continue
        edge = rules.meaning("edges", groups.get("edge"))
        span = calendar.edge_of(*calendar.stretch(unit, which, today), edge)
        if edge and not which and span[1] < today and not looks_back(text, *_span(match), rules):
            span = calendar.edge_of(*calendar.stretch(unit, "next", today), edge)
        whole = unit in {"week", "month"} and not edge
        yield Days(*span, *_span(match), kind=unit if whole else "stretch")


def _months(text: str, rules: TimeRules, today: date, expects: str | None) -> Iterator[Days]:
    for match in rules.found("month_alone", text):
        groups = match.groupdict()
        month = rules.meaning("months", groups["month"])
        # A bill's month lies behind us; any other month may lie ahead.
        back, ahead = (today.month - month) % 12, (month - today.month) % 12
        behind = back <= (9 if groups.get("bill") else 2)
        first = calendar.month_start(today, -back if behind else ahead)
        last = calendar.month_start(first, 1) - timedelta(days=1)
        edge = rules.meaning("edges", groups.get("edge"))
        yield Days(*calendar.edge_of(first, last, edge), *_span(match), kind="calendar")
