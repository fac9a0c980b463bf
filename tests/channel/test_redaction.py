"""What must never be stored is gone before anything is stored."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.channel.redaction import clean, redact


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("my card is 4111 1111 1111 1111 ok", "my card is •••• 1111 ok"),
        ("4111-1111-1111-1111", "•••• 1111"),
        ("378282246310005!", "•••• 0005!"),
        ("two: 4111111111111111 and 5500005555555559", "two: •••• 1111 and •••• 5559"),
        ("mijn kaart is 4111 1111 1111 1111, 12/27", "mijn kaart is •••• 1111, 12/27"),
        ("4111 1111 1111 1111 12/27 123", "•••• 1111 12/27 123"),
        ("betaal 25 euro met 5500005555555559 aub", "betaal 25 euro met •••• 5559 aub"),
        ("la carta: 4111/1111/1111/1111, scade 12-27", "la carta: •••• 1111, scade 12-27"),
        ("carta n.4111.1111.1111.1111.", "carta n.•••• 1111."),
        ("4111 - 1111 - 1111 - 1111", "•••• 1111"),
        ("4111_1111_1111_1111", "•••• 1111"),
        ("4111  1111  1111  1111", "•••• 1111"),
        ("4111\u00a01111\u00a01111\u00a01111", "•••• 1111"),
        ("4111\n1111\n1111\n1111", "•••• 1111"),
        ("4111, 1111, 1111, 1111", "•••• 1111"),
        ("3782 822463 10005", "•••• 0005"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "•••• 1111"),
        ("\uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 1111 1111", "•••• 1111"),
        ("44110032 4111 1111 1111 1111", "44110032 •••• 1111"),
        ("4111 1111 1111 1111 cvc 123", "•••• 1111 cvc •••"),
    ],
)
def test_that_card_numbers_are_masked_to_their_last_four_digits(text: str, kept: str) -> None:
    assert redact(text).text == kept
    assert redact(text).taken["card_number"] >= 1


@pytest.mark.parametrize(
    "text",
    [
        "account 4411 0032",
        "order NO-482913",
        "4111 1111 1111 1112 fails the check",
        "call +31 20 123 4567",
        "12.11.2026",
        "IT60 X054 2811 1010 0000 0123 456",
        "IBAN NL91 ABNA 0417 1643 00, account 44110032",
        "mijn nummers: 44110032, 06 12345678",
        "ordine 482913, 64,20 euro, 12/11/2026",
    ],
)
def test_that_numbers_which_are_no_cards_stay(text: str) -> None:
    assert redact(text).text == text
    assert not redact(text).taken


def test_that_a_one_time_code_is_masked_only_while_one_is_expected() -> None:
    assert redact("it is 482 913").text == "it is 482 913"
    redacted = redact("it is 482 913", code_expected=True)
    assert redacted.text == "it is ••••••"
    assert redacted.as_events() == [{"kind": "one_time_code", "count": 1}]


@pytest.mark.parametrize("text", ["", "   ", "\n\t ", "\x00\x01", "\u200b\u200f", "\u202e\u202c"])
def test_that_nothing_to_read_is_empty(text: str) -> None:
    assert clean(text) == ""


def test_that_control_characters_and_direction_overrides_go_and_words_stay() -> None:
    assert clean("a\x00b\u202ec\r\nd") == "abc\nd"
    assert clean("👍🏽 مرحبا\u200f") == "👍🏽 مرحبا\u200f"


@given(st.text(max_size=300))
def test_that_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet="0123456789 -", max_size=60))
def test_that_no_card_number_survives(text: str) -> None:
    once = redact(text)
    assert not redact(once.text).taken.get("card_number")


def test_that_an_iban_whose_digits_look_like_a_card_stays() -> None:
    text = "DE02 1203 0000 0000 2020 51"
    assert redact(text).text == text


def test_that_a_card_after_an_iban_goes() -> None:
    text = "iban NL91ABNA0417164300 kaart 4111 1111 1111 1111"
    assert redact(text).text == "iban NL91ABNA0417164300 kaart •••• 1111"


def test_that_ten_thousand_digits_take_bounded_time() -> None:
    for text in ("4 " * 2_000, "4" * 4_000, "1234 " * 800, "ab12 " * 800):
        started = time.process_time()
        redact(text)
        assert time.process_time() - started < 1.0
