"""Every text that customers read comes from data/responses; this module finds and fills it.

A response has variants per language (`condition: slot language` in Rasa's terms). Values are formatted
for the language with Babel: money, days, moments, windows of time, and lists of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from babel import Locale, localedata
from babel.dates import format_date, format_time
from babel.lists import format_list
from babel.numbers import format_currency

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]

Responses = Mapping[str, Sequence[Mapping[str, Any]]]

LOCALES = {"en": "en_GB"}  # where Babel's locale is not called like the language
ZONE = ZoneInfo("Europe/Amsterdam")
DAYS = {"en_GB": "EEEE d MMMM"}  # locales in which a day is not Babel's full date without its year
_YEAR = re.compile(r"(?:[\s,.]|'[^']*')*y.*$")
SENTENCE_ENDS = (".", "!", "?")
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


def read_responses(files: Iterable[str | Path]) -> dict[str, list[dict[str, Any]]]:
    """All responses of those files, each variant bound to the language its folder is named after."""
    responses: dict[str, list[dict[str, Any]]] = {}
    for file in sorted(map(Path, files)):
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader) or {}  # a safe loader
        for name, texts in (content.get("responses") or {}).items():
            for text in texts:
                condition = [{"type": "slot", "name": "language", "value": file.parent.name}]
                responses.setdefault(name, []).append({**text, "condition": condition})
    return responses


def load_responses(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All responses below `data/responses`."""
    return read_responses(folder.glob("*/*.yml"))


def configured_languages(data: Path) -> tuple[str, ...]:
    """The languages of data/languages.yml; the first one is the fallback."""
    content = yaml.load((data / "languages.yml").read_text(encoding="utf-8"), Loader=_Loader)
    return tuple(content["languages"])


class MissingText(LookupError):
    """A response that is nowhere in data/responses, or has no variant in any usable language."""


def locale_of(language: str) -> str:
    """The Babel locale of a language code; an unknown language formats like British English."""
    return LOCALES.get(language) or (language if localedata.exists(language) else LOCALES["en"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE)


@cache
def _day_pattern(language: str) -> str:
    locale = locale_of(language)
    full = Locale.parse(locale).date_formats["full"].pattern
    return DAYS.get(locale) or _YEAR.sub("", full) or DAYS["en_GB"]


def _day(day: date, language: str) -> str:
    return format_date(day, _day_pattern(language), locale=locale_of(language))


def _clock(moment: datetime, language: str) -> str:
    return format_time(moment, "HH:mm", locale=locale_of(language))


def format_value(value: Any, language: str) -> str:
    """A fact as people write it: money, a window of time, a day, a moment, a list, or plain text."""
    if isinstance(value, Mapping):
        return _format_mapping(value, language)
    if isinstance(value, str):
        if _ISO_MOMENT.match(value):
            moment = _moment(value)
            return f"{_day(moment.date(), language)}, {_clock(moment, language)}"
        if _ISO_DAY.fullmatch(value):
            return _day(date.fromisoformat(value), language)
        return value
    if isinstance(value, Sequence):
        return _format_list([format_value(each, language) for each in value], language)
    return "" if value is None else str(value)


def _format_list(parts: list[str], language: str) -> str:
    """“a, b and c”; whole sentences simply follow one another."""
    if parts and all(part.endswith(SENTENCE_ENDS) for part in parts):
        return " ".join(parts)
    return format_list(parts, locale=locale_of(language))


def _format_mapping(value: Mapping[str, Any], language: str) -> str:
    if "text" in value:
        return _with_amount(str(value["text"]), value.get("amount"), language)
    if "amount" in value:
        currency = value.get("currency", "EUR")
        return format_currency(Decimal(str(value["amount"])), currency, locale=locale_of(language))
    if value.get("start") and value.get("end"):
        return _window(str(value["start"]), str(value["end"]), language)
    for key in ("date", "start", "title", "label", "name"):
        if value.get(key):
            return format_value(value[key], language)
    return ""


def _with_amount(text: str, amount: Any, language: str) -> str:
    """The text with its amount in brackets, before the full stop of a sentence."""
    if amount is None:
        return text
    end = text[-1:] if text.endswith(SENTENCE_ENDS) else ""
    return f"{text.removesuffix(end)} ({format_value(amount, language)}){end}"


def _window(start: str, end: str, language: str) -> str:
    if not _ISO_MOMENT.match(start):
        return f"{format_value(start, language)} – {format_value(end, language)}"
    first, last = _moment(start), _moment(end)
    text = f"{_day(first.date(), language)}, {_clock(first, language)}–"
    return text + (_clock(last, language) if first.date() == last.date() else format_value(end, language))


def fill(template: str, args: Mapping[str, Any], language: str) -> str:
    """The template with `{name}` replaced once; what a value holds is never read as a template again."""

    def value(match: re.Match[str]) -> str:
        found: Any = args
        for part in match[1].split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return format_value(found, language)

    return _PLACEHOLDER.sub(value, template)


def variants(responses: Responses, name: str, language: str, fallback: str = "en") -> list[Mapping[str, Any]]:
    """The variants of a response in that language, else in the fallback, else those without a language.

    Raises MissingText when there is none.
    """
    by_language: dict[str | None, list[Mapping[str, Any]]] = {}
    for variant in responses.get(name, ()):
        code = next((c["value"] for c in variant.get("condition", ()) if c.get("name") == "language"), None)
        by_language.setdefault(code, []).append(variant)
    for wanted in (language, fallback, None):
        if by_language.get(wanted):
            return by_language[wanted]
    raise MissingText(name)


class Texts:
    """Renders responses outside a bot's turn: system lines, promises, the packet's summary."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    def has(self, name: str) -> bool:
        return bool(self._responses.get(name))

    def render(self, name: str, language: str, /, **args: Any) -> str:
        """The first variant, filled. Raises MissingText."""
        return fill(str(variants(self._responses, name, language)[0].get("text", "")), args, language)
