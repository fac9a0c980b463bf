"""Numbers that point at something: account, order, one-time code, IBAN, postcode. Cards are never read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn

from assistant.bot.facts.fact import Fact
from assistant.bot.facts.thing_rules import ThingRules

_CHAIN = re.compile(r"(?<![\w+])\d(?:[ .\-–]?\d){3,22}(?![\w])")
_ACCOUNT = re.compile(
    r"\d{8}|\d{4}[ .-]\d{4}|\d{2}(?:[ .-]\d{2}){3}|\d{3}[ .-]\d{3}[ .-]\d{2}|\d{2}[ .-]\d{3}[ .-]\d{3}"
)
_PART = re.compile(r"(?<!\d)(?<!\d[.\-–])(?:\d{8}|\d{4}[ .-]\d{4}|\d{6})(?![.\-–]?\d)")
_SIX = re.compile(r"\d{6}|\d{3}[ .-]\d{3}|\d{2}(?:[ .-]\d{2}){2}|\d(?:[ .-]\d){5}")
_DATE_LIKE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[-. ]\d{1,2}[-. ](?:19|20)\d{2}")
_ORDER = re.compile(r"(?<!\w)(?:no[\-–_:#]{1,2} ?|no|NO |ord[_\-: ]?)(\d{3}[ -]?\d{3})(?!\w)", re.IGNORECASE)
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}[ .-]?\d{2}(?:[ .-]{0,2}[a-z0-9]){11,30}(?!\w)", re.IGNORECASE)
IN_IBAN = re.compile(r"\b[a-z]{2}\d{2}[ .-]?[a-z]{4}[ .-]?$", re.IGNORECASE)  # digits after it are its own
_POSTCODE = re.compile(r"(?<![\w-])([1-9]\d{3})([ -]?)([A-Za-z]{2})(?!\w)")
_CAP = re.compile(r"(?<![\w.,-])\d{5}(?![\w-]|[.,]\d)")
_UNUSED_POSTCODES = {"SA", "SD", "SS"}
_NUMBERED = ("account_number", "one_time_code", "order_number")
_ORDER_ASKED = {"order_number", "order_id", "order"}
_ACCOUNT_ASKED = {"account_number", "account"}


def find_identifiers(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """All identifiers in a text. `expects` is the name of the fact just asked for, if any."""
    if not any(c.isdigit() for c in text):
        return
    for match in _ORDER.finditer(text):
        # "no 482913" in small letters may be the word no before a code: the words around it decide.
        if not match.group().startswith("no "):
            yield Fact("order_number", "NO-" + re.sub(r"\D", "", match.group(1)), *match.span(), rank=1)
    yield from _ibans(text)
    yield from _chains(text, rules, expects)
    yield from _postcodes(text, rules, expects)


def _ibans(text: str) -> Iterator[Fact]:
    for match in _IBAN.finditer(text):
        # The pattern may have run on into the next words: take the longest part with right check digits.
        for end in range(match.end(), match.start() + 14, -1):
            if end < len(text) and text[end].isalnum():
                continue
            compact = re.sub(r"[\s.-]", "", text[match.start() : end]).upper()
            if iban.is_valid(compact, check_country=False):
                yield Fact("iban", compact, match.start(), end, rank=0)
                break


def _postcodes(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """Dutch ones anywhere; the five digits of an Italian CAP only when a postcode was asked for."""
    named = rules.cues["postcode"].search(text) is not None
    shouted = text.isupper()
    for match in _POSTCODE.finditer(text):
        digits, gap, letters = match.groups()
        # "2026 is" and "1000 we" are no postcodes: after a space only capitals count, unless asked for.
        written = not gap or (letters.isupper() and not shouted)
        is_word = letters.lower() in rules.no_postcode and not (named and _ends(text, match.end()))
        sure = expects == "postcode" or ((written or named) and not is_word)
        if sure and letters.upper() not in _UNUSED_POSTCODES:
            yield Fact("postcode", f"{digits} {letters.upper()}", *match.span(), rank=6)
    if expects == "postcode":
        for match in _CAP.finditer(text):
            yield Fact("postcode", match.group(), *match.span(), rank=6)


def _ends(text: str, at: int) -> bool:
    return not text[at:].strip(" .,!?")


def _chains(text: str, rules: ThingRules, expects: str | None) -> Iterator[Fact]:
    """Account numbers, one-time codes and bare order numbers: told apart by length, question and cue."""
    chains = list(_CHAIN.finditer(text))
    cues = sorted(
        (match.start(), kind)
        for kind in _NUMBERED
        for match in (rules.cues[kind].finditer(text) if chains else ())
    )
    for match in chains:
        if _is_card(match.group()) or IN_IBAN.search(text, 0, match.start()):
            continue
        whole = _chain(match.group(), match.start(), text, cues, expects)
        if whole is not None:
            yield whole
            continue
        if match.group().startswith("00"):  # a phone number
            continue
        for part in _PART.finditer(match.group()):  # "4411 0032 12 november"
            fact = _chain(part.group(), match.start() + part.start(), text, cues, expects)
            if fact is not None:
                yield fact


def _chain(
    chain: str, start: int, text: str, cues: list[tuple[int, str]], expects: str | None
) -> Fact | None:
    digits, end = re.sub(r"\D", "", chain), start + len(chain)
    if len(digits) not in (6, 8) or _DATE_LIKE.fullmatch(chain):
        return None
    cue = _cue_near(cues, start)
    grouped_oddly = len(digits) == 8 and (cue == "account_number" or expects in _ACCOUNT_ASKED)
    if _ACCOUNT.fullmatch(chain) or grouped_oddly:
        return Fact("account_number", digits, start, end, rank=3)
    if _SIX.fullmatch(chain):
        alone = len(text.strip()) < 20 and re.sub(r"\D", "", text) == digits
        kind = _kind_of_six(expects, cue, is_all=alone)
        if kind is not None:
            return Fact(kind, f"NO-{digits}" if kind == "order_number" else digits, start, end, rank=4)
    return None


def _cue_near(cues: list[tuple[int, str]], start: int) -> str | None:
    """What the words say that a number there is: the last cue before it, else the first one anywhere."""
    before = [kind for at, kind in cues if at < start]
    return before[-1] if before else cues[0][1] if cues else None


def _kind_of_six(expects: str | None, cue: str | None, *, is_all: bool) -> str | None:
    """What six digits are: what was asked for, else what the words around say, else a code if alone."""
    if expects in _ORDER_ASKED:
        return "order_number"
    if expects == "one_time_code":
        return "one_time_code"
    if cue in {"order_number", "one_time_code"}:
        return cue
    return "one_time_code" if is_all and expects is None and cue is None else None


def _is_card(chain: str) -> bool:
    digits = re.sub(r"\D", "", chain)
    return 13 <= len(digits) <= 19 and bool(luhn.is_valid(digits))
