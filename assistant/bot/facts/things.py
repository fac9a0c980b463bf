"""All facts of a message but its times."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.bot.facts.addresses import find_emails, find_phones
from assistant.bot.facts.fact import Fact
from assistant.bot.facts.identifiers import find_identifiers
from assistant.bot.facts.products import find_equipment, find_packages
from assistant.bot.facts.quantities import find_amounts, find_numbers, find_ordinals
from assistant.bot.facts.thing_rules import ThingRules


def find_things(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """Facts in no order, some overlapping: `resolve` says which to believe."""
    yield from find_emails(text, rules, expects)
    yield from find_phones(text, rules, expects)
    yield from find_identifiers(text, rules, expects)
    yield from find_packages(text, rules)
    yield from find_amounts(text, rules, expects)
    yield from find_ordinals(text, rules, expects)
    yield from find_numbers(text, rules)
    yield from find_equipment(text, rules)
