"""What customers read, in the language that the request asks for.

The texts are in northlight.yml. The database holds codes and days, or a text's English original; what a
customer or an agent wrote stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from babel.core import negotiate_locale
from babel.dates import format_date
from babel.numbers import format_currency
from sanic import Request

from company.catalogue.source import read_catalogue

LOCALES = {"en": "en_GB"}  # where Babel's locale is not called like the language


def language_of(request: Request) -> str:
    """The language of the answer's texts, by the request's Accept-Language."""
    return preferred(request.headers.get("accept-language", ""))


def preferred(header: str) -> str:
    """Northlight's language that an Accept-Language header likes best; the first one when none fits.

    Read by RFC 9110, section 12.5.4: tags with weights, the first of equals wins. What cannot be read counts
    as not there.
    """
    known = read_catalogue()["languages"]
    weighted = [_weighted(part) for part in header.split(",")[:20]]
    liked = sorted((each for each in weighted if each[1] > 0), key=lambda each: -each[1])
    fitting = (negotiate_locale([tag], known, sep="-") for tag, _ in liked)
    return next((language for language in fitting if language), known[0])


def _weighted(part: str) -> tuple[str, float]:
    tag, _, weight = part.partition(";")
    try:
        return tag.strip().lower(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return "", 0.0


def pick(texts: Mapping[str, str], language: str, **values: Any) -> str:
    """The text in that language, its `{names}` filled."""
    return texts[language].format(**values)


def translated(text: str, language: str) -> str:
    """A text of the catalogue that stands in the database, in that language; any other text as it is."""
    found = _texts_without_names().get(text)
    return found[language] if found else text


@cache
def _texts_without_names() -> dict[str, Mapping[str, str]]:
    catalogue = read_catalogue()
    fixed = [texts for texts in all_texts(catalogue) if "{" not in texts[catalogue["languages"][0]]]
    return {text: texts for texts in fixed for text in texts.values()}


def all_texts(node: Any) -> Iterator[Mapping[str, str]]:
    """Every text of the catalogue below this node: `{language: text}`."""
    if isinstance(node, Mapping):
        first = node.get(read_catalogue()["languages"][0])
        if isinstance(first, str):
            yield node
        else:
            for below in node.values():
                yield from all_texts(below)
    elif isinstance(node, list):
        for below in node:
            yield from all_texts(below)


def money(amount: str, language: str) -> str:
    """Euros as they are written in that language."""
    return format_currency(Decimal(amount), "EUR", locale=LOCALES.get(language, language))


def day(when: str, language: str) -> str:
    """An ISO day as day and month."""
    return format_date(date.fromisoformat(when), "d MMMM", locale=LOCALES.get(language, language))


def long_day(when: date, language: str) -> str:
    """A day with its weekday, short enough for a button."""
    return format_date(when, "EEEE d MMMM", locale=LOCALES.get(language, language))


def method_label(label: str, language: str) -> str:
    """A way to pay, like `Visa •••• 4242`: what stands before the dots is a text."""
    name, dots, ending = label.partition(" ••••")
    return f"{translated(name, language)}{dots}{ending}"


def bill_line(line: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A bill's line as it goes over the wire. One seeded before texts had languages holds its own text."""
    catalogue = read_catalogue()
    shown = {key: line[key] for key in ("amount", "reason") if key in line}
    if "text" in line:
        return {"text": translated(line["text"], language), **shown}
    texts = (
        catalogue["reasons"][line["reason"]]["line"] if "reason" in line else catalogue["lines"][line["kind"]]
    )
    return {"text": pick(texts, language, package=line.get("package")), **shown}


def bill_reason(reason: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Why a bill is higher, as it goes over the wire."""
    code, amount = reason["code"], reason["amount"]
    text = reason.get("text") or pick(
        read_catalogue()["reasons"][code]["text"],
        language,
        amount=money(amount, language),
        date=day(reason["date"], language),
    )
    return {"code": code, "text": text, "amount": amount}
