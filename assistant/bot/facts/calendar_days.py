"""Calendar arithmetic behind the words for days: pure functions over dates."""

from __future__ import annotations

from datetime import date, timedelta

from dateutil.easter import easter

_MONTH_BACK = timedelta(days=31)


def day_of(year: int, month: int, day: int) -> date | None:
    """That day, None when the calendar has no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def coming(month: int, day: int, today: date, *, from_today: bool = False) -> date | None:
    """The next such day, today included; up to a month back counts as meant ("the bill of 1 November")."""
    earliest = today if from_today else today - _MONTH_BACK
    for year in range(today.year - 1, today.year + 9):
        candidate = day_of(year, month, day)
        if candidate and candidate >= earliest:
            return candidate
    return None


def next_numbered(number: int, today: date) -> date | None:
    """The next day with that number in its month, today included."""
    if not 1 <= number <= 31:
        return None
    day = today
    while day.day != number:
        day += timedelta(days=1)
    return day


def weekday_date(weekday: int, which: str | None, today: date) -> date:
    """The day that "friday" (None), "this", "coming", "next", "last" or "a week on" (week_on) friday means.

    A bare weekday is the next one, never today; "next" is that day in the next calendar week.
    """
    ahead = (weekday - today.weekday()) % 7
    if which == "next":
        return monday_of(today) + timedelta(days=7 + weekday)
    if which == "last":
        return today - timedelta(days=(today.weekday() - weekday) % 7 or 7)
    if which == "this":
        return today + timedelta(days=ahead)
    more = {"week_on": 7, "after_next": 7, "two_weeks_on": 14}.get(which or "", 0)
    return today + timedelta(days=(ahead or 7) + more)


def monday_of(day: date) -> date:
    """The Monday of that day's week."""
    return day - timedelta(days=day.weekday())


def month_start(day: date, step: int = 0) -> date:
    """The first day of the month `step` months away."""
    months = day.year * 12 + day.month - 1 + step
    return date(months // 12, months % 12 + 1, 1)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or that month's last one."""
    first = month_start(day, months)
    last = month_start(first, 1) - timedelta(days=1)
    return min(first + timedelta(days=day.day - 1), last)


def stretch(unit: str, which: str | None, today: date) -> tuple[date, date]:
    """First and last day of "this", "next", "last", "after_next" or the "coming" week, weekend or month.

    A weekend without more is the next one to begin.
    """
    step = {"next": 1, "last": -1, "after_next": 2}.get(which or "", 0)
    if unit == "month":
        first = month_start(today, 1 if which == "coming" else step)
        return first, month_start(first, 1) - timedelta(days=1)
    if unit == "weekend" and which in {None, "coming"}:
        step = 1 if today.weekday() >= 5 else 0
    elif which == "coming":
        step = 1
    monday = monday_of(today) + timedelta(days=7 * step)
    if unit == "weekend":
        return monday + timedelta(days=5), monday + timedelta(days=6)
    return monday, monday + timedelta(days=6)


def edge_of(first: date, last: date, edge: str | None) -> tuple[date, date]:
    """The `begin`, `middle` or `end` of a week (two or three working days) or a month (a third of it).

    `first` and `last` are one day.
    """
    if edge is None:
        return first, last
    if edge in {"first", "last"}:
        return (first, first) if edge == "first" else (last, last)
    if (last - first).days == 6:
        begin, end = {"begin": (0, 1), "middle": (1, 3), "end": (3, 4)}[edge]
        return first + timedelta(days=begin), first + timedelta(days=end)
    tenth, twentieth = first + timedelta(days=9), first + timedelta(days=19)
    thirds = {
        "begin": (first, tenth),
        "middle": (tenth + timedelta(days=1), twentieth),
        "end": (twentieth + timedelta(days=1), last),
    }
    return thirds[edge]


def holiday_date(said: str, today: date) -> date | None:
    """The next "MM-DD", or the next day that lies "easter+N" days after Easter Sunday."""
    if said.startswith("easter"):
        days = timedelta(days=int(said.removeprefix("easter") or 0))
        this_year = easter(today.year) + days
        return this_year if this_year >= today else easter(today.year + 1) + days
    month, day = map(int, said.split("-"))
    return coming(month, day, today, from_today=True)
