"""Which option of several the customer points at: by day, amount, hour, "the cheapest", or words of a title.

An option is only taken when it is the one that fits; between two that fit equally nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from rapidfuzz import fuzz

from assistant.journeys.choices import Option, at_time, position
from assistant.journeys.sayings import plain_words
from assistant.journeys.state import Heard
from assistant.texts import ZONE

Json = Any
Extremes = Mapping[str, Mapping[str, Sequence[str]]]  # name -> language -> phrases
ALIKE = 82  # rapidfuzz's ratio of two long words, out of 100
_TELLING, _FEW = 4, 4  # letters from which a word tells something in a message of more than so many words
_LONG = 5  # letters from which a word may hold a slip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?")
_NO_NAMES = ("_id", "status", "currency", "kind")  # parts of an item that nobody says


def by_parts(
    heard: Heard, options: list[Option], extremes: Extremes, negations: Sequence[str] = ()
) -> Option | None:
    """The one option that all facts of the message fit: day, amount, hours, and a place among those left.

    With a "not" among the words nothing is taken.
    """
    if negates(plain_words(heard.text), negations):
        return None
    kept, described = list(options), False
    for name, fits in _FITS.items():
        wish = heard.entities.get(name)
        if wish is None or not kept:
            continue
        kept, described = fits(kept, wish), True
    extreme = extreme_in(heard, extremes)
    if extreme is not None:
        kept, described = _most(kept, extreme), True
    if not described or not kept:
        return None
    if len(kept) > 1 and heard.entities.get("ordinal") is not None:
        kept = _placed(heard, kept, options)
    return kept[0] if len(kept) == 1 else None


def negates(words: Sequence[str], negations: Sequence[str]) -> bool:
    """Whether one of these plain words is a "not"."""
    return not {word for each in negations for word in plain_words(each)}.isdisjoint(words)


def _placed(heard: Heard, kept: list[Option], options: list[Option]) -> list[Option]:
    """ "The first one in the morning": the first of those; nothing when "the second" could be two of them."""
    among, of_all = position(heard, len(kept)), position(heard, len(options))
    meant = [kept[among]] if among is not None else []
    if of_all is not None and options[of_all] in kept and options[of_all] not in meant:
        meant.append(options[of_all])
    return meant


def extreme_in(heard: Heard, extremes: Extremes) -> str | None:
    """`cheapest`, `dearest`, `earliest` or `latest`, when the message asks for that one."""
    words = plain_words(heard.text)
    found = {
        name
        for name, phrases in extremes.items()
        for phrase in phrases.get(heard.language, ())
        if _holds(words, plain_words(phrase))
    }
    return found.pop() if len(found) == 1 else None


def _holds(words: list[str], phrase: list[str]) -> bool:
    return any(words[at : at + len(phrase)] == phrase for at in range(len(words) - len(phrase) + 1))


def _most(options: list[Option], extreme: str) -> list[Option]:
    """The options with the least or most, all of them when they cannot be compared."""
    values: list[Any]
    if extreme in {"cheapest", "dearest"}:
        values = [next(iter(_amounts(each)), None) for each in options]
    else:
        values = [next(iter(_moments(each)), None) for each in options]
    if not options or any(value is None for value in values):
        return options
    most = min(values) if extreme in {"cheapest", "earliest"} else max(values)
    return [each for each, value in zip(options, values, strict=True) if value == most]


# --- what an option is made of -----------------------------------------------------------------


def _parts(option: Option) -> Iterator[tuple[str, Json]]:
    """The parts of an item that its title shows, then the others."""
    item, shown = option["item"], option.get("shown") or ()
    if not isinstance(item, Mapping):
        yield "", item
        return
    yield from ((name, item[name]) for name in shown if name in item)
    yield from ((name, part) for name, part in item.items() if name not in shown)


def _amounts(option: Option) -> Iterator[Decimal]:
    for name, part in _parts(option):
        written = part.get("amount") if isinstance(part, Mapping) else part if name == "amount" else None
        if written is not None:
            try:
                yield Decimal(str(written))
            except InvalidOperation:
                continue


def _moments(option: Option) -> Iterator[datetime]:
    """Local days and beginnings of windows. Days begin at midnight."""
    for _, part in _parts(option):
        written = part.get("start") if isinstance(part, Mapping) else part
        if isinstance(written, str) and _DAY.fullmatch(written):
            try:
                moment = datetime.fromisoformat(written.replace("Z", "+00:00"))
            except ValueError:
                continue
            yield moment.astimezone(ZONE) if moment.tzinfo else moment.replace(tzinfo=ZONE)


def _with_amount(options: list[Option], wish: Json) -> list[Option]:
    """Those of that sum; "64 euro" may leave out the cents."""
    try:
        sought = Decimal(str(wish["amount"]))
    except (InvalidOperation, KeyError, TypeError):
        return []
    exact = [each for each in options if sought in _amounts(each)]
    if exact or sought != sought.to_integral_value():
        return exact
    return [each for each in options if any(int(amount) == sought for amount in _amounts(each))]


def _on_day(options: list[Option], wish: Json) -> list[Option]:
    """Those whose first day is in the wished span; "October" may be that of any year."""
    try:
        first = date.fromisoformat(str(wish.get("date") or wish.get("start"))[:10])
        last = date.fromisoformat(str(wish.get("date") or wish.get("end") or wish.get("start"))[:10])
    except (AttributeError, ValueError):
        return []

    def within(key: Callable[[date], Any]) -> list[Option]:
        days = [(each, next(_moments(each), None)) for each in options]
        return [each for each, day in days if day and key(first) <= key(day.date()) <= key(last)]

    return within(lambda day: day) or within(lambda day: (day.month, day.day))


def _in_window(options: list[Option], wish: Json) -> list[Option]:
    return [each for each in options if at_time(each["item"], wish)]


def _in_hours(options: list[Option], wish: Json) -> list[Option]:
    return _in_window(options, {"start": wish.get("after"), "end": wish.get("before")})


def _in_part(options: list[Option], wish: Json) -> list[Option]:
    return _in_window(options, PARTS.get(str(wish), {}))


PARTS = {
    "morning": {"start": "08:00", "end": "12:00", "part": "morning"},
    "afternoon": {"start": "12:00", "end": "18:00", "part": "afternoon"},
    "evening": {"start": "18:00", "end": "22:00", "part": "evening"},
}
_FITS: dict[str, Callable[[list[Option], Json], list[Option]]] = {
    "date": _on_day,
    "past_date": _on_day,
    "amount": _with_amount,
    "time_window": _in_window,
    "hours": _in_hours,
    "part_of_day": _in_part,
}
DESCRIBING = tuple(_FITS)  # the kinds of fact by which one entry of a list is told from another


def with_window(entities: Mapping[str, Json]) -> dict[str, Json]:
    """The facts, with hours that came without a day ("after three", "in the morning") as a `time_window`."""
    found = dict(entities)
    if "time_window" in found:
        return found
    if isinstance(found.get("hours"), Mapping):
        hours = found["hours"]
        found["time_window"] = {"start": hours.get("after"), "end": hours.get("before"), "part": None}
    elif found.get("part_of_day") in PARTS:
        found["time_window"] = dict(PARTS[found["part_of_day"]])
    return found


# --- words of the title ------------------------------------------------------------------------


def by_words(text: str, options: list[Option], negations: Sequence[str] = ()) -> Option | None:
    """The option that most words of the message point at and at no other as much; slips are forgiven.

    Words that fit all options say nothing. With a "not" among the words nothing is taken.
    """
    if negates(plain_words(text), negations):
        return None
    words = plain_words(text)
    names = [_names(each) for each in options]
    scores = [0] * len(options)
    for word in set(words):
        if len(word) < _TELLING and not word.isdigit() and len(words) > _FEW:
            continue  # “you” in a long sentence is not “How you reach me”
        hits = [any(_alike(word, name) for name in of_option) for of_option in names]
        if any(hits) and not all(hits):
            scores = [score + hit for score, hit in zip(scores, hits, strict=True)]
    best = max(scores, default=0)
    return options[scores.index(best)] if best and scores.count(best) == 1 else None


def _names(option: Option) -> set[str]:
    names = set(plain_words(str(option["title"])))
    if isinstance(option["item"], Mapping):
        for name, part in option["item"].items():
            if isinstance(part, str) and not name.endswith(_NO_NAMES) and not _DAY.fullmatch(part):
                names |= set(plain_words(part))
    return {name for name in names if len(name) > 1 or name.isdigit()}


def _alike(word: str, name: str) -> bool:
    if word == name or (len(word) < _LONG or len(name) < _LONG or name.isdigit()):
        return word == name
    if abs(len(word) - len(name)) > 1:
        return False  # “other” is not “October”
    return fuzz.ratio(word, name) >= ALIKE
