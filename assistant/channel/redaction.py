"""Takes out what must never be stored, and cleans what must never be shown. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from stdnum import iban, luhn

MASK = "•"
_SHORTEST_CARD, _LONGEST_CARD = 13, 19  # digits (ISO/IEC 7812)
_PLAIN_GAP = "[ \\xa0\u2009\u202f.\\-‐-―]"
_GAP = "[\\s.\\-‐-―/_·,;|*'’+]{1,3}"  # as people also write it: "4111 - 1111", "4111/1111"
# The last digits of a card that was masked before are not read again.
_DIGITS = re.compile(rf"(?<![\d{MASK}])(?<!{MASK} )\d+(?:{_GAP}\d+)*")
_CARD_GROUPS = re.compile(r"4 4 4 4( [1-4])?|4 4 4 [1-4]|4 6 [45]|(1 ){12,18}1")
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}[ .-]?\d{2}(?:[ .-]{0,2}[a-z0-9]){11,30}(?!\w)", re.IGNORECASE)
_CODE = re.compile(r"(?<!\d)\d(?:[ .\-\xa0]?\d){5}(?!\d)")
_CARD_CODE = re.compile(r"(\b(?:cvc2?|cvv2?|ccv)\b\D{0,12})\d{3,4}(?!\d)", re.IGNORECASE)
# C0 and C1 controls but tab and newline; bidirectional overrides and isolates; zero-width fillers.
_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_EMPTY_MARKS = re.compile("[\u200b-\u200f\u2060-\u2064\u00ad]")


@dataclass(frozen=True)
class Redacted:
    """`text` may be stored; `taken` says what kinds were taken out and how many of each."""

    text: str
    taken: dict[str, int] = field(default_factory=dict)

    def as_events(self) -> list[dict[str, object]]:
        return [{"kind": kind, "count": count} for kind, count in sorted(self.taken.items())]


def clean(text: str) -> str:
    """The text without control characters and direction overrides, trimmed.

    Line breaks and tabs stay; marks that shape emoji and right-to-left words stay unless nothing else does.
    """
    cleaned = _UNSHOWN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return cleaned if _EMPTY_MARKS.sub("", cleaned).strip() else ""


def redact(text: str, *, code_expected: bool = False) -> Redacted:
    """Masks payment card numbers and their security codes, and an expected one-time code.

    A card number is 13 to 19 digits that pass Luhn, in any usual grouping, with more digits around it or
    not ("4111 1111 1111 1111 12/27"). Its last four digits are kept, so that the customer knows which one
    was meant. Account numbers (IBAN) stay.
    """
    taken: dict[str, int] = {}

    def masked(match: re.Match[str]) -> str:
        taken["one_time_code"] = taken.get("one_time_code", 0) + 1
        return MASK * 6

    def hidden(match: re.Match[str]) -> str:
        taken["card_code"] = taken.get("card_code", 0) + 1
        return f"{match[1]}{MASK * 3}"

    for start, end, digits in sorted(_cards(text), reverse=True):
        taken["card_number"] = taken.get("card_number", 0) + 1
        text = f"{text[:start]}{MASK * 4} {digits[-4:]}{text[end:]}"
    text = _CARD_CODE.sub(hidden, text)
    if code_expected:
        text = _CODE.sub(masked, text)
    return Redacted(text, taken)


def _cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and digits of each card number."""
    accounts: list[tuple[int, int]] | None = None
    for run in _DIGITS.finditer(text):
        if sum(map(str.isdigit, run[0])) < _SHORTEST_CARD:
            continue
        if accounts is None:
            accounts = list(_accounts(text))
        groups = [
            (run.start() + each.start(), run.start() + each.end()) for each in re.finditer(r"\d+", run[0])
        ]
        first = 0
        while first < len(groups):
            last = _card_from(text, groups, first)
            start, end = groups[first][0], groups[last or first][1]
            if last is None or any(begin <= start < stop for begin, stop in accounts):
                first += 1
                continue
            yield start, end, _digits(text[start:end])
            first = last + 1


def _card_from(text: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last of the groups that make a card number with the first one: the longest number counts."""
    found = None
    for last in range(first, min(len(groups), first + _LONGEST_CARD)):
        written = text[groups[first][0] : groups[last][1]]
        digits = _digits(written)
        if len(digits) > _LONGEST_CARD:
            break
        if len(digits) < _SHORTEST_CARD or not luhn.is_valid(digits):
            continue
        sizes = " ".join(str(end - start) for start, end in groups[first : last + 1])
        whole = first == 0 and last == len(groups) - 1
        plain = re.fullmatch(rf"\d+(?:{_PLAIN_GAP}\d+)*", written) is not None
        if first == last or _CARD_GROUPS.fullmatch(sizes) or (whole and plain):
            found = last
    return found


def _accounts(text: str) -> Iterator[tuple[int, int]]:
    for match in _IBAN.finditer(text):
        for end in range(match.end(), match.start() + 14, -1):
            if iban.is_valid(re.sub(r"[\s.-]", "", text[match.start() : end]), check_country=False):
                yield match.start(), end
                break


def _digits(text: str) -> str:
    """The digits of a text, whatever script they are written in, as ASCII."""
    return "".join(str(unicodedata.digit(c)) for c in text if c.isdecimal())


def may_hold_code(text: str) -> bool:
    """Whether looking up if a code is expected is worth it."""
    return _CODE.search(text) is not None
