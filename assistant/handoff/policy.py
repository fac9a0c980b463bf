"""`data/handoff.yml` read into frozen values; a broken file is refused with the place that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from assistant.handoff.escalation import EscalationRules, Thresholds
from assistant.handoff.rules import Hours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class PolicyError(ValueError):
    """`handoff.yml` says something that cannot be."""


@dataclass(frozen=True)
class Skill:
    """A kind of work that agents do. `titles` by language code."""

    name: str
    titles: Mapping[str, str]
    hours: Hours

    def title(self, language: str) -> str:
        """Its title in that language, else in the first language given, else its name."""
        return self.titles.get(language) or next(iter(self.titles.values()), self.name)


@dataclass(frozen=True)
class HandoffPolicy:
    """All of `handoff.yml`. Durations are timedeltas."""

    skills: Mapping[str, Skill]
    zone: str
    default_skill: str
    priorities: tuple[str, ...]
    default_priority: str
    escalation: EscalationRules
    wait_limit: timedelta
    callback_within: timedelta
    callback_grace: timedelta
    callback_hours: Hours
    offer: timedelta
    presence: timedelta
    estimate_from: timedelta
    estimate_needs: int

    @property
    def mood_words(self) -> Mapping[str, frozenset[str]]:
        """Strong words by language, small letters."""
        return self.escalation.mood_words

    def skill(self, name: str | None) -> Skill:
        """The skill of that name, or the default one for None and for names that are not there."""
        return self.skills.get(name or "", self.skills[self.default_skill])

    def promised_in(self, skill: Skill) -> Hours:
        """The hours in which that skill calls back: its own; where it never closes, the callback hours."""
        return self.callback_hours if skill.hours.always else skill.hours


def load_policy(path: Path) -> HandoffPolicy:
    """The policy in that file. Raises PolicyError (with what is wrong) or OSError."""
    return read_policy(path.name, path.read_text(encoding="utf-8"))


def read_policy(name: str, body: str) -> HandoffPolicy:
    """The same from a file's name and content, as a trained model keeps it. Raises PolicyError."""
    data = yaml.safe_load(body)
    if not isinstance(data, dict):
        raise PolicyError(f"{name}: expected a mapping")
    try:
        return parse_policy(data)
    except (KeyError, TypeError, AttributeError) as wrong:
        raise PolicyError(f"{name}: {wrong} is missing or of the wrong kind") from wrong


def parse_policy(data: Mapping[str, Any]) -> HandoffPolicy:
    """The policy from parsed YAML. Raises PolicyError, KeyError or TypeError."""
    skills = {name: _skill(name, body) for name, body in data["skills"].items()}
    default = data["default_skill"]
    if default not in skills:
        raise PolicyError(f"default_skill: there is no skill {default}")
    priorities = tuple(data["priorities"])
    if data["default_priority"] not in priorities:
        raise PolicyError(f"default_priority: {data['default_priority']} is not one of the priorities")
    waiting = data["waiting"]
    return HandoffPolicy(
        skills=skills,
        zone=_zone(data["zone"]),
        default_skill=default,
        priorities=priorities,
        default_priority=data["default_priority"],
        escalation=_escalation(data, priorities),
        wait_limit=duration(waiting["limit"]),
        callback_within=duration(waiting["callback_within"]),
        callback_grace=duration(waiting["callback_grace"]),
        callback_hours=_hours("waiting.callback_hours", waiting["callback_hours"]),
        offer=duration(waiting["offer"]),
        presence=duration(waiting["presence"]),
        estimate_from=duration(waiting["estimate_from"]),
        estimate_needs=int(waiting["estimate_needs"]),
    )


def _escalation(data: Mapping[str, Any], priorities: tuple[str, ...]) -> EscalationRules:
    counts = {str(name): count for name, count in data["thresholds"].items()}
    for name, count in counts.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise PolicyError(f"thresholds.{name}: {count!r} is not a whole number from 1 on")
    if data["vulnerable_priority"] not in priorities:
        raise PolicyError(f"vulnerable_priority: {data['vulnerable_priority']} is not one of the priorities")
    return EscalationRules(
        thresholds=Thresholds(**counts),
        priorities=priorities,
        vulnerable_priority=data["vulnerable_priority"],
        mood_words={language: frozenset(words) for language, words in data["mood"]["words"].items()},
    )


def duration(text: str) -> timedelta:
    """`20s`, `10m`, `2h` or `7d` as a timedelta. Raises PolicyError for anything else."""
    match = re.fullmatch(r"(\d+)([smhd])", str(text))
    if not match:
        raise PolicyError(f"{text!r} is not a duration like 20s, 10m, 2h or 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def _skill(name: str, body: Mapping[str, Any]) -> Skill:
    return Skill(name=name, titles=dict(body["title"]), hours=_hours(f"skills.{name}.hours", body["hours"]))


def _hours(place: str, body: Any) -> Hours:
    if body == "always":
        return Hours(always=True)
    if not isinstance(body, dict):
        raise PolicyError(f"{place}: either `always` or hours per weekday")
    weekdays: dict[int, tuple[tuple[time, time], ...]] = {}
    for key, stretches in body.items():
        if key not in ("zone", "holidays"):
            for day in _days(place, key):
                weekdays[day] = tuple(_stretch(place, text) for text in stretches)
    if not any(weekdays.values()):
        raise PolicyError(f"{place}: never open")
    holidays = frozenset(
        day if isinstance(day, date) else date.fromisoformat(day) for day in body.get("holidays", ())
    )
    return Hours(zone=_zone(body["zone"]), weekdays=weekdays, holidays=holidays)


def _days(place: str, key: str) -> range:
    first, _, last = key.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise PolicyError(f"{place}: {key!r} is no weekday or range of weekdays (mon … sun)")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def _stretch(place: str, text: str) -> tuple[time, time]:
    try:
        start, end = text.split("-")
        # 24:00 is how people write the end of a day; a stretch that ends at 00:00 ends with the day.
        return time.fromisoformat(start), time.fromisoformat("00:00" if end == "24:00" else end)
    except ValueError:
        raise PolicyError(f"{place}: {text!r} is not a stretch like 08:00-20:00") from None


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise PolicyError(f"{name!r} is no time zone") from None
    return name
