"""Times on the wire: ISO 8601 in UTC with `Z`. Pure."""

from __future__ import annotations

from datetime import UTC, datetime


def in_utc(at: datetime) -> datetime:
    """That moment in UTC. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)


def to_iso(at: datetime) -> str:
    """`2026-11-24T08:00:00Z`, with fractions when there are any."""
    return in_utc(at).isoformat().replace("+00:00", "Z")


def maybe_iso(at: datetime | None) -> str | None:
    """The same for a time that may be missing."""
    return None if at is None else to_iso(at)


def from_iso(text: str | None) -> datetime | None:
    """An ISO 8601 time as an aware datetime; None stays None. Raises ValueError for nonsense."""
    if text is None:
        return None
    return in_utc(datetime.fromisoformat(text))
