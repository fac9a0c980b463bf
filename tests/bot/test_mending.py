"""Typing errors are mended by the words that were trained; words that somebody knows are left alone."""

from __future__ import annotations

import pytest

from assistant.bot.mending import Mender

WORDS = {"bill": 3.0, "pay": 3.0, "invoice": 2.0, "engineer": 1.0, "bell": 1.0, "betaling": 1.0}


@pytest.fixture
def mender() -> Mender:
    return Mender(WORDS, {"boll", "please"}.__contains__)


@pytest.mark.parametrize(
    "slip",
    ["engneer", "enginneer", "enginear", "engiener", "ENGNEER", "éngneer", "enginee", "engineet", "enginere"],
)
def test_that_one_slip_is_mended(mender: Mender, slip: str) -> None:
    assert mender.mended(f"when does my {slip} come?") == "when does my engineer come?"


@pytest.mark.parametrize(
    "text",
    [
        "pmy it",
        "pxy it",
        "pleas boll",
        "something else entirely",
        "il",
        "",
        "12345",
        "rn engxineerx",
        "Engineer",
        "engineera",
    ],
)
def test_that_short_known_and_far_words_are_left_as_they_are(mender: Mender, text: str) -> None:
    assert mender.mended(text) == text


@pytest.mark.parametrize("slip", ["bil", "bll", "bilk", "bikl", "bbill", "blil", "billl"])
def test_that_what_fingers_do_is_mended_in_short_words_too(slip: str) -> None:
    assert Mender({"bill": 3.0}, {"please"}.__contains__).mended(f"my {slip}") == "my bill"


def test_that_a_neighbouring_key_is_likelier_than_a_commoner_word_with_any_other_letter() -> None:
    assert Mender({"invoice": 1.0, "envoice": 5.0}, set().__contains__).mended("my onvoice") == "my invoice"


def test_that_the_commoner_of_two_words_as_near_is_taken(mender: Mender) -> None:
    assert mender.mended("my bll") == "my bill"


def test_that_a_word_only_english_has_is_a_slip_in_another_language() -> None:
    mender = Mender({"wil": 1.0}, {"will"}.__contains__)
    assert mender.mended("ik will", english=False) == "ik wil"
    assert mender.mended("i will") == "i will"
