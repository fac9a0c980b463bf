"""When somebody is there, what is promised, and who is next in line: pure functions over plain values.

The caller reads the clock, the staffing and the queue, and carries the decision out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from assistant.handoff.handoffs import OFFERED, QUEUED, Handoff

LOOK_AHEAD = timedelta(days=60)


@dataclass(frozen=True)
class Hours:
    """When a skill is open. `weekdays` maps 0 (Monday) to 6 to its stretches in local time."""

    always: bool = False
    zone: str = "UTC"
    weekdays: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True)
class Queue:
    """Somebody is there: the customer waits for them."""


@dataclass(frozen=True)
class Callback:
    """Nobody is there. `due` is when the customer is told to have heard from us by, aware UTC."""

    due: datetime
    reason: str  # closed_hours, nobody_in_time


def is_open(hours: Hours, at: datetime) -> bool:
    """Whether the skill is open at that moment (aware)."""
    if hours.always:
        return True
    return any(start <= at < end for start, end in _stretches(hours, at))


def decide_availability(
    skill: str,
    hours: Hours,
    staffed: Mapping[str, bool],
    now: datetime,
    *,
    callback_within: timedelta,
    callback_hours: Hours,
) -> Queue | Callback:
    """Queue when the skill is open and somebody is there for it; otherwise a dated callback.

    The promise counts `callback_hours` only: `callback_within` of them from now, so nobody is told a time
    at which nobody calls.
    """
    if not is_open(hours, now):
        return Callback(promise(callback_hours, now, callback_within), "closed_hours")
    if not staffed.get(skill, False):
        return Callback(promise(callback_hours, now, callback_within), "nobody_in_time")
    return Queue()


def promise(hours: Hours, now: datetime, within: timedelta) -> datetime:
    """The moment (aware UTC, whole minutes, rounded up) at which `within` of opening time has passed.

    Raises ValueError when the hours hold too little opening time in the next 60 days.
    """
    if hours.always:
        return _whole_minute(now + within)
    left = within
    for start, end in _stretches(hours, now):
        begin = max(start, now)
        if begin >= end:
            continue
        if end - begin >= left:
            return _whole_minute(begin + left)
        left -= end - begin
    raise ValueError("these hours are never open long enough to keep a promise")


def _stretches(hours: Hours, now: datetime) -> Iterable[tuple[datetime, datetime]]:
    """Opening stretches as aware UTC pairs in order, from yesterday on (a stretch may pass midnight)."""
    zone = ZoneInfo(hours.zone)
    day = now.astimezone(zone).date() - timedelta(days=1)
    last = day + LOOK_AHEAD
    while day <= last:
        if day not in hours.holidays:
            for start, end in hours.weekdays.get(day.weekday(), ()):
                end_day = day if end > start else day + timedelta(days=1)
                yield (
                    datetime.combine(day, start, zone).astimezone(UTC),
                    datetime.combine(end_day, end, zone).astimezone(UTC),
                )
        day += timedelta(days=1)


def _whole_minute(at: datetime) -> datetime:
    at = at.astimezone(UTC)
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(minutes=1)


def in_line(waiting: Iterable[Handoff], priorities: Sequence[str]) -> list[Handoff]:
    """Those who wait, first one first: by priority, then longest waiting."""
    rank = {name: place for place, name in enumerate(priorities)}
    queued = [handoff for handoff in waiting if handoff.state in (QUEUED, OFFERED)]
    return sorted(queued, key=lambda h: (rank.get(h.priority, len(rank)), h.requested_at, h.handoff_id))


def place_in_line(handoff: Handoff, waiting: Iterable[Handoff], priorities: Sequence[str]) -> int | None:
    """The place (1 is next) among those of the same skill and language; None when it does not wait."""
    same = [h for h in waiting if (h.skill, h.language) == (handoff.skill, handoff.language)]
    ids = [h.handoff_id for h in in_line(same, priorities)]
    return ids.index(handoff.handoff_id) + 1 if handoff.handoff_id in ids else None


def eta_seconds(recent_waits: Sequence[float], waited: float, *, needs: int = 3) -> int | None:
    """How long this customer can expect to wait still, in seconds; None when the past tells nothing.

    The median of what is left among recent waits of that queue (seconds from request to acceptance)
    that were longer than this one is by now: the empirical median residual life.
    """
    if len(recent_waits) < needs:
        return None
    longer = [wait - waited for wait in recent_waits if wait > waited]
    return round(median(longer)) if longer else None
