"""Money, days, windows and lists as people write them in each language."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.texts import fill, format_value, locale_of

SPACE = "\N{NO-BREAK SPACE}"
MONEY = {"amount": "1264.20", "currency": "EUR"}
WINDOW = {"start": "2026-11-24T08:00:00+01:00", "end": "2026-11-24T10:00:00+01:00"}
NIGHT = {"start": "2026-11-24T22:00:00+01:00", "end": "2026-11-25T02:00:00+01:00"}
DAYS = {"start": "2026-11-24", "end": "2026-11-27"}
SENTENCES = [
    {"code": "a", "text": "Northlight.", "amount": {"amount": "12.00", "currency": "EUR"}},
    {"code": "b", "text": "HX-20!", "amount": None},
]


@pytest.mark.parametrize(
    ("value", "english", "dutch", "italian"),
    [
        (MONEY, "€1,264.20", f"€{SPACE}1.264,20", f"1.264,20{SPACE}€"),
        ({"amount": "-12.00"}, "-€12.00", f"€{SPACE}-12,00", f"-12,00{SPACE}€"),
        ({"amount": "7.5", "currency": "GBP"}, "£7.50", f"£{SPACE}7,50", f"7,50{SPACE}£"),
        ("2026-11-03", "Tuesday 3 November", "dinsdag 3 november", "martedì 3 novembre"),
        ("2026-08-01", "Saturday 1 August", "zaterdag 1 augustus", "sabato 1 agosto"),
        (
            WINDOW,
            "Tuesday 24 November, 08:00–10:00",
            "dinsdag 24 november, 08:00–10:00",
            "martedì 24 novembre, 08:00–10:00",
        ),
        (
            NIGHT,
            "Tuesday 24 November, 22:00–Wednesday 25 November, 02:00",
            "dinsdag 24 november, 22:00–woensdag 25 november, 02:00",
            "martedì 24 novembre, 22:00–mercoledì 25 novembre, 02:00",
        ),
        (
            DAYS,
            "Tuesday 24 November – Friday 27 November",
            "dinsdag 24 november – vrijdag 27 november",
            "martedì 24 novembre – venerdì 27 novembre",
        ),
        # A moment in UTC is told in the zone of the Netherlands, on both sides of the clock change.
        (
            "2026-10-25T00:30:00Z",
            "Sunday 25 October, 02:30",
            "zondag 25 oktober, 02:30",
            "domenica 25 ottobre, 02:30",
        ),
        (
            "2026-10-25T23:30:00Z",
            "Monday 26 October, 00:30",
            "maandag 26 oktober, 00:30",
            "lunedì 26 ottobre, 00:30",
        ),
        (["a", "b", "c"], "a, b and c", "a, b en c", "a, b e c"),
        (["a"], "a", "a", "a"),
        ([], "", "", ""),
        (
            SENTENCES,
            "Northlight (€12.00). HX-20!",
            f"Northlight (€{SPACE}12,00). HX-20!",
            f"Northlight (12,00{SPACE}€). HX-20!",
        ),
        (
            {"text": "Film", "amount": {"amount": "3.99"}},
            "Film (€3.99)",
            f"Film (€{SPACE}3,99)",
            f"Film (3,99{SPACE}€)",
        ),
        ("Visa •••• 4242", "Visa •••• 4242", "Visa •••• 4242", "Visa •••• 4242"),
        (None, "", "", ""),
    ],
)
def test_that_a_value_is_written_as_people_write_it(
    value: Any, english: str, dutch: str, italian: str
) -> None:
    written = [format_value(value, language) for language in ("en", "nl", "it")]
    assert written == [english, dutch, italian]


def test_that_a_text_is_filled_in_its_language() -> None:
    assert fill("{amount}, {window}", {"amount": MONEY, "window": WINDOW}, "nl") == (
        f"€{SPACE}1.264,20, dinsdag 24 november, 08:00–10:00"
    )


def test_that_what_a_customer_wrote_is_never_read_as_a_template() -> None:
    assert fill("“{words}” {name}", {"words": "{name}", "name": "Anna"}, "it") == "“{name}” Anna"


@pytest.mark.parametrize(
    ("language", "day", "money"),
    [
        ("de", "Dienstag, 3. November", f"1.264,20{SPACE}€"),
        ("fr", "mardi 3 novembre", "1\N{NARROW NO-BREAK SPACE}264,20\N{NO-BREAK SPACE}€"),
        ("es", "martes, 3 de noviembre", f"1.264,20{SPACE}€"),
    ],
)
def test_that_a_fourth_language_needs_no_code(language: str, day: str, money: str) -> None:
    assert format_value("2026-11-03", language) == day
    assert format_value(MONEY, language) == money


def test_that_a_language_nobody_knows_is_written_like_english() -> None:
    assert locale_of("xx") == "en_GB"
    assert format_value("2026-11-03", "xx") == "Tuesday 3 November"
