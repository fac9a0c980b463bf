"""The written messages with all their facts in `tests/data/facts/messages_<language>.yml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import yaml

from tests.bot.thing_cases import FOLDER, THINGS, thing_fact
from tests.bot.time_cases import time_facts

AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)  # Sunday, 22:00 in Amsterdam


@dataclass(frozen=True)
class MessageCase:
    """A message of a language, the fact that was asked for, and all its facts as (entity, value)."""

    batch: str
    language: str
    text: str
    expects: str | None
    facts: tuple[tuple[str, Any], ...]


def message_cases(language: str) -> Iterator[MessageCase]:
    """All cases of a language; what the shorthand means stands at the head of the English file."""
    batches = yaml.safe_load((FOLDER / f"messages_{language}.yml").read_text(encoding="utf-8"))
    for batch, rows in batches.items():
        for text, *rest in rows:
            expects = next((each["expects"] for each in rest if isinstance(each, dict)), None)
            written = [fact for each in rest if isinstance(each, str) for fact in _facts(each)]
            yield MessageCase(batch, language, text, expects, tuple(written))


def _facts(written: str) -> Iterator[tuple[str, Any]]:
    if written.partition(" ")[0] in THINGS:
        yield thing_fact(written)
    else:
        yield from time_facts(written, AT.year)
