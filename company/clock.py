"""Northlight's time: real time for facts, and a business day that can be set for a demo or a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")


def real_now() -> datetime:
    """Aware UTC."""
    return datetime.now(UTC)


class Clock:
    """`now` is real time (of events and operations); `business_now` is the same moment on the chosen day."""

    def __init__(self, today: date | None = None, *, source: Callable[[], datetime] = real_now) -> None:
        self._source = source
        real_today = source().astimezone(ZONE).date()
        self._shift = timedelta(days=(today - real_today).days) if today else timedelta()

    def now(self) -> datetime:
        """The real moment, aware UTC."""
        return self._source()

    def business_now(self) -> datetime:
        """The moment by which slots are free or past, in the zone of the Netherlands."""
        return (self._source() + self._shift).astimezone(ZONE)

    def today(self) -> date:
        """The day it is at Northlight."""
        return self.business_now().date()


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC with `Z`, seconds and milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_text(moment: datetime) -> str:
    """ISO 8601 in the zone of the Netherlands, to the second, as windows are shown."""
    return moment.astimezone(ZONE).isoformat(timespec="seconds")


def window(start: datetime, end: datetime) -> dict[str, str]:
    """A time window as it goes over the wire."""
    return {"start": local_text(start), "end": local_text(end)}
