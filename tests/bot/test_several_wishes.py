"""Where a message is cut into several wishes, and when its parts are believed."""

from __future__ import annotations

import pytest

from assistant.bot.wishes import Meaning, Part, Wish, parts_of, several

WISHES = frozenset({"pay_bill", "move_visit"})


def cut(text: str) -> list[str]:
    return [text[part.start : part.end] for part in parts_of(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pay my bill and move my visit to friday", ["pay my bill", "move my visit to friday"]),
        ("I want to pay. Where is my parcel?", ["I want to pay", "Where is my parcel?"]),
        ("ik wil betalen en daarna mijn afspraak verzetten", ["ik wil betalen", "mijn afspraak verzetten"]),
        (
            "vorrei pagare la bolletta e poi spostare il tecnico",
            ["vorrei pagare la bolletta", "spostare il tecnico"],
        ),
        ("pay 64.20 and thanks", ["pay 64.20 and thanks"]),
        ("pay", ["pay"]),
        ("", [""]),
    ],
)
def test_that_a_message_is_cut_at_joining_words_and_ends_of_sentences(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


def test_that_what_is_to_be_done_first_is_known() -> None:
    assert [part.first for part in parts_of("move my visit to friday but first pay my bill")] == [False, True]


def test_that_a_long_message_has_few_parts_and_loses_none_of_its_words() -> None:
    text = " and ".join(["pay my bill"] * 500)
    parts = parts_of(text)
    assert len(parts) == 5
    assert parts[0].start == 0
    assert parts[-1].end == len(text)


PARTS = [Part(0, 11), Part(16, 30), Part(35, 50)]
PAY, MOVE = Meaning("pay_bill", 0.9, True), Meaning("move_visit", 0.88, True)


def test_that_two_clear_wishes_are_told_apart_and_what_is_unclear_belongs_to_the_one_before() -> None:
    unclear = Meaning("greet", 0.7, True)
    assert several(PARTS, [PAY, unclear, MOVE], WISHES) == [
        Wish("pay_bill", 0.9, 0, 30),
        Wish("move_visit", 0.88, 35, 50),
    ]


def test_that_the_one_to_be_done_first_comes_first() -> None:
    parts = [Part(0, 11), Part(16, 30, first=True)]
    assert [each.intent for each in several(parts, [PAY, MOVE], WISHES)] == ["move_visit", "pay_bill"]


@pytest.mark.parametrize(
    "second",
    [
        Meaning("move_visit", 0.5, True),
        Meaning("move_visit", 0.9, False),
        Meaning("pay_bill", 0.9, True),
        Meaning("thank", 0.9, True),
    ],
)
def test_that_a_doubtful_second_wish_is_none(second: Meaning) -> None:
    assert several(PARTS[:2], [PAY, second], WISHES) == []
