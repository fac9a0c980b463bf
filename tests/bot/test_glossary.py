"""Words that the multilingual encoder misses are said in English; English and unknown texts are left."""

from __future__ import annotations

import pytest

from assistant.bot.embedding import MEANING, encode
from assistant.bot.glossary import Glossary, glossed

LIST = Glossary({"mijn": "my", "rekening": "bill", "nog een keer": "once more"})


def test_that_words_and_phrases_are_said_in_english_and_the_rest_stays() -> None:
    assert LIST.glossed("nog een keer mijn rekening, jan!") == "once more my bill, jan!"


def test_that_parts_of_longer_words_are_no_words() -> None:
    assert LIST.glossed("rekeningnummer") == "rekeningnummer"


def test_that_each_text_is_read_by_the_list_that_knows_most_of_it() -> None:
    assert glossed("IK WIL MIJN ABONNEMENT OPZEGGEN") == "i want my subscription cancel my contract"
    assert "bill" in (glossed("vorrei pagare la bolletta") or "")


@pytest.mark.parametrize("text", ["", "请问怎么改", "où est ma commande chérie", "12345"])
def test_that_a_text_of_no_listed_language_has_no_gloss(text: str) -> None:
    assert glossed(text) is None


@pytest.mark.parametrize(
    ("foreign", "english"),
    [
        ("is er een storing in de wijk?", "is there an outage in the neighbourhood?"),
        ("voglio la disdetta", "I want to cancel my contract"),
    ],
)
def test_that_words_of_the_trade_mean_to_the_encoder_what_they_mean_in_english(
    foreign: str, english: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    helped, meant = encode([foreign, english])[:, MEANING]
    monkeypatch.setattr("assistant.bot.embedding.glossed", lambda text: None)
    [alone] = encode([foreign])[:, MEANING]
    assert helped @ meant > alone @ meant + 0.1


def test_that_an_english_message_is_encoded_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "come on, please move my visit"  # "come" is an Italian word too
    [helped] = encode([text])
    monkeypatch.setattr("assistant.bot.embedding.glossed", lambda text: None)
    assert (encode([text])[0] == helped).all()
