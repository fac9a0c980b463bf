"""Choosing from a list: what the options are called, and which of them the customer meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from rapidfuzz import fuzz, utils

from assistant.journeys.definitions import LanguageText, Step, pick
from assistant.journeys.state import Heard
from assistant.texts import ZONE, fill, format_value

Json = Any
Option = dict[
    str, Json
]  # {"title", "value", "item", "shown": the parts of the item that the title is made of}

ALIKE = 82  # rapidfuzz's token_set_ratio of a message with a title, out of 100
CLEARLY = 8  # how far the best title must be ahead of the next
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
_BARE_NUMBER = re.compile(r"^\W*(\d{1,2})\W*$")


def options_of(step: Step, items: Json, language: str) -> list[Option]:
    """The options of a `choose_from` step. An item is a mapping or a bare value; useless ones drop out."""
    key = step.value or step.collect or ""
    shown = _PLACEHOLDER.findall(pick(step.option, language)) if step.option else []
    options: list[Option] = []
    for item in items if isinstance(items, list) else []:
        value = item.get(key) if isinstance(item, Mapping) else item
        if value is None:
            continue
        option = {"title": _title(step.option, item, language), "value": value, "item": item}
        options.append({**option, "shown": [name.split(".")[0] for name in shown]})
    return options


def _title(template: LanguageText, item: Json, language: str) -> str:
    if template and isinstance(item, Mapping):
        return fill(pick(template, language), item, language)
    return format_value(item, language)


def position(heard: Heard, count: int) -> int | None:
    """The index that "the second one", "2" or a bare number means among `count` options."""
    if heard.entities.get("ordinal") == "middle":
        return count // 2 if count % 2 else None
    place = _whole(heard.entities.get("ordinal"))
    if place is None:
        match = _BARE_NUMBER.match(heard.text)
        place = int(match[1]) if match else None
    if place is None and len(heard.text.split()) <= 3:
        place = _whole(heard.entities.get("number"))
    if place is None:
        return None
    index = count + place if place < 0 else place - 1
    return index if 0 <= index < count else None


def _whole(value: Json) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,4}", value):
        return int(value)
    return None


def by_value(heard: Heard, options: list[Option], entity: str | None) -> Option | None:
    """The option whose value, or a part of whose item, is the entity the customer named."""
    named = heard.entities.get(entity or "")
    if named is None:
        return None
    for option in options:
        item = option["item"]
        parts = list(item.values()) if isinstance(item, Mapping) else [item]
        if any(_alike(named, part) for part in (option["value"], *parts)):
            return option
    return None


def _alike(named: Json, part: Json) -> bool:
    if isinstance(named, str) and isinstance(part, str):
        digits = re.sub(r"\D", "", named)
        # "NO-000077" is the order that the company knows as "ord_000077".
        same_number = (
            len(digits) >= 5 and re.fullmatch(r"[a-z]{0,5}[-_ ]?" + digits, part.lower()) is not None
        )
        return same_number or _plain(named) == _plain(part) != ""
    return bool(named == part)


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z]", "", text.lower())


def by_title(text: str, options: list[Option], negations: Sequence[str] = ()) -> Option | None:
    """The option whose title the words of the message point at, clearly ahead of all others.

    With a "not" among the words nothing is taken.
    """
    words = utils.default_process(text)
    if len(words) < 3 or set(words.split()) & set(negations):
        return None
    scored = sorted(
        ((fuzz.token_set_ratio(words, utils.default_process(option["title"])), index))
        for index, option in enumerate(options)
    )
    if not scored or scored[-1][0] < ALIKE:
        return None
    if len(scored) > 1 and scored[-1][0] - scored[-2][0] < CLEARLY:
        return None
    return options[scored[-1][1]]


def exact_title(text: str, options: list[Option]) -> Option | None:
    """The option whose title is the message, but for case and punctuation."""
    words = utils.default_process(text)
    return next((each for each in options if words and utils.default_process(each["title"]) == words), None)


def narrow(options: list[Option], wishes: Mapping[str, Json]) -> list[Option]:
    """The options that fit a wished `date`, `time_window` or other part of the item."""
    return [
        option
        for option in options
        if all(_fits(option["item"], name, wish) for name, wish in wishes.items())
    ]


def _fits(item: Json, name: str, wish: Json) -> bool:
    if not isinstance(item, Mapping):
        return True
    if name == "date":
        return _on_day(item, wish)
    if name == "time_window":
        return at_time(item, wish)
    found = item.get(name)
    return found is None or found == wish


def _start_of(item: Mapping[str, Json]) -> datetime | None:
    for part in (item.get("window"), item):
        if isinstance(part, Mapping) and part.get("start"):
            try:
                start = datetime.fromisoformat(str(part["start"]).replace("Z", "+00:00"))
            except ValueError:
                return None
            return start.astimezone(ZONE) if start.tzinfo else start
    return None


def _on_day(item: Mapping[str, Json], wish: Json) -> bool:
    start = _start_of(item)
    if start is None or not isinstance(wish, Mapping):
        return True
    try:
        first = date.fromisoformat(str(wish.get("date") or wish.get("start"))[:10])
        last = date.fromisoformat(str(wish.get("date") or wish.get("end") or wish.get("start"))[:10])
    except ValueError:
        return True
    return first <= start.date() <= last


def at_time(item: Json, wish: Json) -> bool:
    """Whether the item's window begins within the wished hours, of which either end may be open."""
    start = _start_of(item) if isinstance(item, Mapping) else None
    if start is None or not isinstance(wish, Mapping):
        return True
    first, last = _minutes(wish.get("start")), _minutes(wish.get("end"))
    begins = start.hour * 60 + start.minute
    return (first is None or begins >= first) and (last is None or begins < last)


def _minutes(clock: Json) -> int | None:
    match = re.search(r"(?:^|T)(\d{1,2}):(\d{2})", str(clock or ""))
    return int(match[1]) * 60 + int(match[2]) if match else None
