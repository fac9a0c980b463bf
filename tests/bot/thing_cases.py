"""The written cases for all facts but times in `tests/data/facts/things_<language>.yml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "data" / "facts"
THINGS = {
    "account_number",
    "order_number",
    "one_time_code",
    "phone",
    "email",
    "iban",
    "postcode",
    "amount",
    "number",
    "ordinal",
    "package",
    "equipment_kind",
}


@dataclass(frozen=True)
class Case:
    """A text in a language, the fact that was asked for, and the facts it holds, each once."""

    language: str
    text: str
    expects: str | None
    facts: tuple[tuple[str, Any], ...]


def thing_cases(language: str) -> list[Case]:
    """All cases of a language. Raises ValueError for a fact of no known kind."""
    return [_case(language, row) for row in yaml.safe_load(_read(language))]


def _read(language: str) -> str:
    return (FOLDER / f"things_{language}.yml").read_text(encoding="utf-8")


def _case(language: str, row: list[Any]) -> Case:
    text, *rest = row
    expects = next((each["expects"] for each in rest if isinstance(each, dict)), None)
    return Case(language, text, expects, tuple(thing_fact(each) for each in rest if isinstance(each, str)))


def thing_fact(written: str) -> tuple[str, Any]:
    kind, _, value = written.partition(" ")
    if kind not in THINGS:
        raise ValueError(written)
    if kind == "amount":
        return kind, {"amount": value, "currency": "EUR"}
    if kind in {"number", "ordinal"} and value.lstrip("-").isdigit():
        return kind, int(value)
    return kind, value
