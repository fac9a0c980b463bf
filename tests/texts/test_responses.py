"""Every response, in every language: there, whole, in that language, polite."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.texts import configured_languages, fill, load_responses, variants
from tests.texts.samples import SAMPLES

DATA = Path(__file__).parents[2] / "data"
RESPONSES = load_responses(DATA / "responses")
LANGUAGES = configured_languages(DATA)
OTHERS = [language for language in LANGUAGES if language != "en"]
PLACEHOLDER = re.compile(r"\{([^}]*)\}")
LONGEST = 360  # characters of one text: what a phone shows at a glance
# Words that only one of the languages has.
OWN_WORDS = {
    "en": "the for you your I'm I've it's and with please which shall that not this what",
    "nl": "de het er u uw ik niet en een van dat maar bij wat waar kunt hebt graag zal dit welke",
    "it": "il lo la gli di che non è per un una può ho quale sono suo sua mi con più del scelga",
}
# How one does not speak to a customer: je, tu.
FAMILIAR = {
    "nl": r"\b(?:je|jij|jou|jouw|jullie|jezelf|heb je|hoi|hé)\b",
    "it": r"\b(?:tu|ti|te|tuo|tua|tuoi|tue|puoi|vuoi|hai|scegli|ciao|scusa|dimmi|prova|aspetta)\b",
}


def said(name: str, language: str) -> list[str]:
    return [str(each["text"]) for each in variants(RESPONSES, name, language, fallback=language)]


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w'’]+", PLACEHOLDER.sub(" ", text).lower()))


def test_that_three_languages_are_spoken() -> None:
    assert LANGUAGES == ("en", "nl", "it")


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_response_is_written_in_the_language(language: str) -> None:
    assert [name for name in RESPONSES if not all(text.strip() for text in said(name, language))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_every_response_is_filled_without_a_brace_or_a_gap_left(language: str) -> None:
    for name in RESPONSES:
        for text in said(name, language):
            assert set(PLACEHOLDER.findall(text)) <= set(SAMPLES), name
            shown = fill(text, SAMPLES, language)
            assert not re.search(r"[{}]|  |\(\)|None|True|False", shown), f"{name}: {shown}"
            assert not re.search(r"\s[.,;?!]|[.?!,]\.|\?\?", shown.replace("…", "")), f"{name}: {shown}"
            part = "utter_choice" in name or "utter_packet_intent" in name  # a button, a part of a sentence
            assert part or text.endswith("}") or shown[-1] in ".?!”…", f"{name}: {shown}"


@pytest.mark.parametrize("language", OTHERS)
def test_that_all_languages_use_the_same_placeholders(language: str) -> None:
    for name in RESPONSES:
        english = [set(PLACEHOLDER.findall(text)) for text in said(name, "en")]
        assert [set(PLACEHOLDER.findall(text)) for text in said(name, language)] == english, name


@pytest.mark.parametrize("language", OTHERS)
def test_that_nothing_is_left_in_english(language: str) -> None:
    for name in RESPONSES:
        assert not set(said(name, language)) & set(said(name, "en")), name
        for text in said(name, language):
            assert not words(text) & set(OWN_WORDS["en"].lower().split()), f"{name}: {text}"


@pytest.mark.parametrize("language", OTHERS)
def test_that_longer_texts_have_words_of_their_own_language(language: str) -> None:
    own = set(OWN_WORDS[language].lower().split())
    for name in RESPONSES:
        for text in said(name, language):
            assert len(words(text)) < 7 or len(words(text) & own) >= 1, f"{name}: {text}"
    assert not own & {word for other in LANGUAGES if other != language for word in OWN_WORDS[other].split()}


@pytest.mark.parametrize("language", sorted(FAMILIAR))
def test_that_customers_are_addressed_politely(language: str) -> None:
    for name in RESPONSES:
        for text in said(name, language):
            assert not re.search(FAMILIAR[language], text, re.IGNORECASE), f"{name}: {text}"


def test_that_italian_writes_its_polite_words_small() -> None:
    for name in RESPONSES:
        for text in said(name, "it"):
            assert not re.search(r"[a-zàèéìòù,;] (?:Lei|Suo|Sua|Suoi|Sue|Le)\b", text), f"{name}: {text}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_no_text_is_too_long_for_a_phone(language: str) -> None:
    for name in RESPONSES:
        for text in said(name, language):
            assert len(text) <= LONGEST, f"{name}: {len(text)}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_a_question_in_other_words_is_in_other_words(language: str) -> None:
    for name in RESPONSES:
        if name.endswith("_again") and name.removesuffix("_again") in RESPONSES:
            assert not set(said(name, language)) & set(said(name.removesuffix("_again"), language)), name
