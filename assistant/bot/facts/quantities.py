"""Amounts of money, plain numbers, places in a list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from price_parser import Price

from assistant.bot.facts.fact import Fact
from assistant.bot.facts.numbers import whole_number
from assistant.bot.facts.rules import spoken
from assistant.bot.facts.thing_rules import ThingRules

CURRENCY = "EUR"
_BARE_AMOUNT = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:[.,]?\d{3})*(?:[.,]\d{1,2})?(?![\w%]|[.,:/-]\d)")
_LATEST_HOUR, _LATEST_MINUTE = 24, 59
_SHORT = 12  # words of an answer
_FEWEST_BARE_CENTS = 10  # "ten euros and two boxes" has no cents


def find_amounts(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """Sums of money, as decimal strings in euros."""
    likely = rules.patterns["amount_like"].search(text) is not None
    for match in rules.patterns["amount"].finditer(text) if likely else ():
        if rules.patterns["no_amount"].search(text, 0, match.start()):
            continue
        read = _amount_of(match, rules)
        if read is not None:
            yield _amount(read[0], match.start(), read[1])
    for match in rules.patterns["bare_amount"].finditer(text):
        if match.group("pointed") is None or _is_no_clock(match, text, rules):
            amount = Price.fromstring(match.group()).amount
            if amount is not None:
                yield _amount(amount, *match.span(), rank=11)
    if expects != "amount":
        return
    for match in _BARE_AMOUNT.finditer(text):
        amount = Price.fromstring(match.group()).amount
        if amount is not None:
            yield _amount(amount, *match.span(), rank=12)
    said = text.strip(" .,!?")
    value = whole_number(said, rules.language) if said.replace(" ", "").replace("-", "").isalpha() else None
    if value is not None:
        yield _amount(Decimal(value), 0, len(text), rank=12)


def _is_no_clock(match: re.Match[str], text: str, rules: ThingRules) -> bool:
    """Whether digits with a point are money: "39.95"; "16.30" only beside words about money."""
    whole, _, cents = match.group().partition(".")
    if int(whole) > _LATEST_HOUR or int(cents) > _LATEST_MINUTE:
        return True
    clock = rules.patterns["no_number_lead"].search(text, 0, match.start()) is not None
    return not clock and rules.cues["money"].search(text) is not None


def _amount_of(match: re.Match[str], rules: ThingRules) -> tuple[Decimal, int] | None:
    """The sum, and where in the text it ends."""
    groups = match.groupdict()
    if groups.get("only_cents"):
        cents = whole_number(groups["only_cents"], rules.language)
        return None if cents is None or cents > 99 else (Decimal(cents) / 100, match.end())
    if groups.get("note"):
        count = whole_number(groups["count"] or "", rules.language) or 1  # "a fiver"
        return count * Decimal(rules.amounts[spoken(groups["note"])]), match.end()
    spoken_sum = groups["spoken"] or groups.get("roughly")
    if spoken_sum:
        whole = whole_number(spoken_sum, rules.language)
        amount = None if whole is None else Decimal(whole)
    else:
        amount = Price.fromstring(groups["before"] or groups["after"]).amount
    if amount is None:
        return None
    if groups.get("half"):
        return amount + Decimal("0.5"), match.end()
    for name in ("cents", "spoken_cents"):
        cents = whole_number(groups[name], rules.language) if groups[name] else None
        if cents is None or cents > 99:
            continue
        if cents < _FEWEST_BARE_CENTS and not groups[f"{name}_word"] and not groups[name].startswith("0"):
            return amount, match.end("currency")
        return amount + Decimal(cents) / 100, match.end()
    return amount, match.end("currency") if groups["currency"] else match.end()


def _amount(amount: Decimal, start: int, end: int, rank: int = 5) -> Fact:
    value = {"amount": str(amount.quantize(Decimal("0.01"))), "currency": CURRENCY}
    return Fact("amount", value, start, end, rank)


def find_ordinals(text: str, rules: ThingRules, expects: str | None = None) -> Iterator[Fact]:
    """Places in a list: 1 is the first, -1 the last, "middle" the one in the middle.

    Where a choice was just asked for, the word alone is enough in a short message.
    """
    found = list(_places(text, rules, "ordinal"))
    if not found and _choice_asked(expects) and len(text.split()) <= _SHORT:
        found = list(_places(text, rules, "ordinal_word"))
    yield from found


def _choice_asked(expects: str | None) -> bool:
    return expects is not None and (expects in {"ordinal", "number"} or expects.endswith("_id"))


def _places(text: str, rules: ThingRules, pattern: str) -> Iterator[Fact]:
    for match in rules.patterns[pattern].finditer(text):
        name, word = next((name, word) for name, word in match.groupdict().items() if word)
        if not rules.patterns["no_ordinal"].match(text, match.start(name)):
            yield Fact("ordinal", rules.ordinals[spoken(word)], *match.span(), rank=15)


def find_numbers(text: str, rules: ThingRules) -> Iterator[Fact]:
    """Plain numbers in digits or words; words that are often no number count only when named or alone."""
    alone = rules.patterns["number_alone"].search(text)
    if alone:
        name = "number" if alone.group("number") else "named"
        value = whole_number(alone.group(name), rules.language)
        if value is not None:
            yield Fact("number", value, *alone.span(name), rank=60)
    for match in rules.patterns["number"].finditer(text):
        word = match.group("number")
        start = match.start("number")
        if rules.patterns["no_number"].match(word) or rules.patterns["no_number_lead"].search(text, 0, start):
            continue
        value = whole_number(word, rules.language)
        if value is not None:
            yield Fact("number", value, *match.span("number"), rank=70)
