"""Whole journeys in Dutch and Italian: what a customer reads and may press, filled with what was known."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.texts import fill, load_responses, variants
from tests.journeys.dialogue import ANNA, ERROR, TIMEOUT, Dialogue

RESPONSES = load_responses(Path(__file__).parents[2] / "data" / "responses")
YES = {"nl": "Ja", "it": "Sì"}
NO = {"nl": "Nee", "it": "No"}
PERSON = {"nl": "Praat met een medewerker", "it": "Parla con una persona"}
ENGLISH = re.compile(r"\b(?:the|your|you|shall|please|Tuesday|November|and|with)\b")


class Spoken(Dialogue):
    """A conversation in one language from the first word."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def say(self, text: str, intent: str | None = None, **more: Any) -> Dialogue:
        """One message in that language."""
        return super().say(text, intent, **{"language": self.language, **more})


Play = Callable[[Dialogue, str], list[str]]


def read(talk: Dialogue, language: str) -> list[str]:
    """What the customer read in this turn, and the titles of the buttons under it."""
    shown = [
        fill(
            str(variants(RESPONSES, name, language, fallback=language)[0]["text"]),
            {"customer": ANNA, **talk.args[name]},
            language,
        )
        for name in talk.said
    ]
    return [*shown, *talk.titles]


def understand_bill(talk: Dialogue, language: str) -> list[str]:
    """A bill is explained, it did not help, a person is offered and wanted."""
    seen = read(talk.say("?", "understand_bill"), language)
    seen += read(talk.press(talk.titles[0]), language)
    seen += read(talk.press(NO[language]), language)
    return seen + read(talk.press(PERSON[language]), language)


def pay_bill(talk: Dialogue, language: str) -> list[str]:
    """A bill is paid; a greeting and a question in the middle."""
    seen = read(talk.say("?", "pay_bill"), language)
    seen += read(talk.press(talk.titles[1]), language)
    seen += read(talk.say("?", "why"), language)
    seen += read(talk.press(talk.titles[0]), language)
    seen += read(talk.say("?", "greet"), language)
    return seen + read(talk.press(YES[language]), language)


def fix_tv_box(talk: Dialogue, language: str) -> list[str]:
    """The restart does not help; an engineer is booked."""
    seen = read(talk.say("?", "fix_tv_box"), language)
    for answer in (YES, NO, YES):
        seen += read(talk.press(answer[language]), language)
    seen += read(talk.press(talk.titles[0]), language)
    return seen + read(talk.press(YES[language]), language)


def track_order(talk: Dialogue, language: str) -> list[str]:
    """Somebody proves who they are first."""
    talk.customer = None
    seen = read(talk.say("?", "track_order"), language)
    seen += read(talk.say("26101180", account_number="26101180"), language)
    seen += read(talk.say("111111", one_time_code="111111"), language)
    return seen + read(talk.press(talk.titles[0]), language)


def move_visit(talk: Dialogue, language: str) -> list[str]:
    """The company does not answer, then takes too long."""
    talk.answers["action_list_slots"] = [ERROR, talk.answers["action_list_slots"]]
    talk.answers["action_move_visit"] = TIMEOUT
    seen = read(talk.say("?", "move_visit"), language)
    seen += read(talk.press(talk.titles[0]), language)
    seen += read(talk.press(talk.titles[0]), language)
    return seen + read(talk.press(YES[language]), language)


def two_wishes(talk: Dialogue, language: str) -> list[str]:
    """Two wishes at once, two close ones, one that a person sees to."""
    seen = read(talk.say("?", "pay_bill", more=(("move_visit", {}),)), language)
    seen += read(talk.say("?", "stop"), language)
    close = Spoken(language)
    seen += read(close.say("?", "check_outage", between=("check_outage", "fix_broadband")), language)
    seen += read(close.press(close.titles[0]), language)
    return seen + read(close.press(NO[language]), language)


def arrange_payment(talk: Dialogue, language: str) -> list[str]:
    """A bill is to be paid in parts; a no at the confirmation, then a person after all."""
    seen = read(talk.say("?", "arrange_payment"), language)
    seen += read(talk.press(talk.titles[0]), language)
    seen += read(talk.say("?", "why"), language)
    seen += read(talk.press("In 2 parts"), language)
    seen += read(talk.press(NO[language]), language)
    seen += read(talk.press("In 3 parts"), language)
    return seen + read(talk.press(YES[language]), language)


def change_contact_details(talk: Dialogue, language: str) -> list[str]:
    """A new e-mail address, the first code wrong."""
    right = talk.answers["action_verify_contact_code"]
    talk.answers["action_verify_contact_code"] = [{"result": "declined", "code": "code_wrong"}, right]
    seen = read(talk.say("?", "change_contact_details", email="anna@example.org"), language)
    seen += read(talk.say("?", "why"), language)
    for code in ("000000", "111111"):
        seen += read(talk.say(code, one_time_code=code), language)
    return seen + read(talk.press(YES[language]), language)


@pytest.mark.parametrize("language", ["nl", "it"])
@pytest.mark.parametrize(
    "play",
    [
        understand_bill,
        pay_bill,
        fix_tv_box,
        track_order,
        move_visit,
        two_wishes,
        arrange_payment,
        change_contact_details,
    ],
    ids=lambda f: f.__name__,
)
def test_that_a_journey_reads_well_from_beginning_to_end(play: Play, language: str) -> None:
    seen = play(Spoken(language), language)
    assert len(seen) >= 8
    for text in seen:
        assert not ENGLISH.search(text), text
        assert not re.search(r"[{}]|  |\(\)|None|True|False|\s[.,;?!]|\?\?", text), text
