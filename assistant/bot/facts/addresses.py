"""Where people can be reached: phone numbers in many writings, e-mail addresses typed or spelt out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from assistant.bot.facts.fact import Fact
from assistant.bot.facts.identifiers import IN_IBAN
from assistant.bot.facts.thing_rules import ThingRules

_EMAIL = re.compile(
    r"(?<![\w.+-])[a-z0-9][\w.+%-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?![\w@])", re.IGNORECASE
)
_COMMA = re.compile(r"(?<=[\w-])[,;](?=(?:com|net|org|eu|nl|be|it|de|fr|uk|co\.uk)(?!\w))", re.IGNORECASE)
_PROVIDER = re.compile(
    r"\s(?:g-?mail|hotmail|outlook|live|yahoo|icloud|msn|proton|ziggo|kpnmail|planet|libero|tiscali|alice|virgilio)\."
)
_PHONE_LIKE = re.compile(r"[+\d(](?:[\s().\-/]{0,3}\d){8,}")
_WITHOUT_PLUS = re.compile(r"(?<![\w+])(?:31|39|44)[\s().-]?\d(?:[\s().-]?\d){7,9}(?!\w)")
_PHONE_ASKED = {"phone", "contact"}
_EMAIL_ASKED = {"email", "contact"}


def find_phones(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """Phone numbers as E.164. Those without a country are Dutch, else of the language's other regions."""
    if not _PHONE_LIKE.search(text):
        return
    named = expects in _PHONE_ASKED or rules.cues["phone"].search(text) is not None
    for region in rules.regions:
        for found in phonenumbers.PhoneNumberMatcher(text, region, max_tries=20):
            if IN_IBAN.search(text, 0, found.start):
                continue
            clear = found.raw_string.startswith(("+", "0", "(0", "(+"))
            if clear or named or (region != rules.regions[0] and _is_mobile(found.number)):
                yield Fact("phone", _e164(found.number), found.start, found.end, rank=2)
    if named:
        for match in _WITHOUT_PLUS.finditer(text):
            number = phonenumbers.parse("+" + match.group())
            if phonenumbers.is_valid_number(number):
                yield Fact("phone", _e164(number), *match.span(), rank=2)
    if expects in _PHONE_ASKED:
        yield from _without_zero(text, rules)


def _without_zero(text: str, rules: ThingRules) -> Iterator[Fact]:
    """A mobile number without its first nought, as the answer to a question for one: "6 1234 5678"."""
    for match in _PHONE_LIKE.finditer(text):
        for region in rules.regions:
            if match.group()[0] not in "+0(":
                number = phonenumbers.parse(match.group(), region)
                if phonenumbers.is_valid_number(number) and _is_mobile(number):
                    yield Fact("phone", _e164(number), *match.span(), rank=2)
                    break


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


def find_emails(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """E-mail addresses, in lower case; spelt out ("jan dot devries at gmail dot com") only where clear."""
    if "@" in text:
        for match in _EMAIL.finditer(_COMMA.sub(".", text)):  # "jan@example,nl"
            yield Fact("email", match.group().lower(), *match.span(), rank=0)
    for match in rules.patterns["email_spoken"].finditer(text):
        said = match.group().lower()
        spelt_out = match.group("dot") is not None or match.group("sign") is not None
        sure = match.group("unsure") is None or spelt_out or _PROVIDER.search(said) is not None
        named = expects in _EMAIL_ASKED or rules.cues["email"].search(text) is not None
        if not (sure or named):
            continue
        for sign, pattern in rules.spelt.items():
            said = pattern.sub(sign, said)
        found = _EMAIL.fullmatch(re.sub(r"\s+", "", said))
        if found is not None:
            yield Fact("email", found.group(), *match.span(), rank=1)
