"""What the company sells and lends, by the names that customers use: packages and kinds of equipment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from assistant.bot.facts.fact import Fact
from assistant.bot.facts.numbers import whole_number
from assistant.bot.facts.rules import spoken
from assistant.bot.facts.thing_rules import ThingRules


def find_packages(text: str, rules: ThingRules) -> Iterator[Fact]:
    """Packages by name, or by their speed ("500 mega"); a speed that was measured is none."""
    for match in rules.patterns["package"].finditer(text):
        if rules.patterns["no_product"].search(text, 0, match.end()):  # "my tv start…"
            continue
        yield Fact("package", rules.packages[spoken(match.group("package"))], *match.span(), rank=5)
    for match in rules.patterns["speeds"].finditer(text):  # "broadband from 100 to 500"
        for name, word in match.groupdict().items():
            if word:
                named = rules.speeds[int(re.sub(r"[.,]", "", word))]
                yield Fact("package", named, *match.span(name), rank=5)
    for match in rules.patterns["speed"].finditer(text):
        name, word = next((name, word) for name, word in match.groupdict().items() if word)
        speed = whole_number(re.sub(r"[.,]", "", word), rules.language)
        package = rules.speeds.get(speed) if speed is not None else None
        measured = name == "measured" and rules.patterns["no_package"].search(text, 0, match.start())
        if package is not None and not measured:
            yield Fact("package", package, *match.span(), rank=5)


def find_equipment(text: str, rules: ThingRules) -> Iterator[Fact]:
    """Kinds of equipment: tv_box, router. "HX-30 TV box" names one, twice."""
    last: Fact | None = None
    for match in rules.patterns["equipment"].finditer(text):
        kind = rules.equipment[spoken(match.group("equipment"))]
        if last and last.value == kind and not text[last.end : match.start()].strip():
            last = replace(last, end=match.end())
            continue
        if last:
            yield last
        last = Fact("equipment_kind", kind, *match.span(), rank=20)
    if last:
        yield last
