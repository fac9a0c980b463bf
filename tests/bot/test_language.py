"""Language: it sticks, it follows, and costs nothing with one language."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.bot.language import LanguageDetector, Languages, _examples, follow, language_to_answer
from assistant.bot.language_evidence import Evidence, Told, words_of

ROOT = Path(__file__).resolve().parents[2]
DIALOGUES = [
    pytest.param(each, id=f"{file.stem}: {each['about']}")
    for file in sorted((ROOT / "tests/data/language").glob("*.yml"))
    for each in yaml.safe_load(file.read_text(encoding="utf-8"))["dialogues"]
]


class Storage:
    """A model's storage in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write_to(self, resource: Resource) -> Storage:
        return self

    read_from = write_to

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(self, *error: object) -> None:
        pass


def trained(folder: Path, **config: Any) -> LanguageDetector:
    """A component that was trained in the working directory, stored, and loaded again."""
    settings = {**LanguageDetector.get_default_config(), **config}
    storage, resource = Storage(folder), Resource("language")
    given: Any = (settings, storage, resource, None)
    LanguageDetector.create(*given).train(TrainingData())
    return LanguageDetector.load(*given)


@cache
def detector() -> LanguageDetector:
    import tempfile

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        return trained(Path(tempfile.mkdtemp()))


def heard(text: str, *, intent: str | None = None, **metadata: Any) -> dict[str, Any]:
    """What is set on a message with that text."""
    data: dict[str, Any] = {"text": text, "metadata": metadata or None}
    if intent:
        data["intent"] = {"name": intent}
    message = Message(data)
    detector().process([message])
    return dict(message.data)


# --- the rule


@pytest.mark.parametrize(
    ("told", "first", "expected"),
    [
        (None, False, "en"),
        (Told("nl", 3.0, 5), False, "nl"),
        (Told("nl", 2.2, 5), False, "en"),
        (Told("nl", 3.5, 2), False, "en"),
        (Told("nl", 4.0, 2), False, "nl"),
        (Told("it", 2.2, 2), True, "it"),
        (Told("it", 2.2, 1), True, "en"),
        (Told("it", 1.0, 9), True, "en"),
    ],
)
def test_that_a_conversation_keeps_its_language_until_the_customer_clearly_switches(
    told: Told | None, first: bool, expected: str
) -> None:
    assert follow("en", told, first=first) == expected


def test_that_kind_words_in_anothers_language_change_nothing_but_a_first_greeting_does() -> None:
    ciao = Told("it", 4.0, 1)
    assert follow("en", ciao, courtesy=True) == "en"
    assert follow("en", ciao, courtesy=True, first=True) == "it"
    assert follow("en", Told("it", 9.0, 8), courtesy=True) == "it"


# --- what words say


def test_that_names_quotations_and_codes_are_not_what_somebody_writes_in() -> None:
    names = frozenset({"van", "der"})
    assert all(words_of("Jan van der Berg", names).values())
    assert words_of('what is "openstaand saldo"?') == {"what": False, "is": False}
    assert words_of("ABC12 mail@adres.nl https://site.example/rekening ok") == {"ok": False}
    assert words_of("IK WIL BETALEN") == {"ik": False, "wil": False, "betalen": False}


def test_that_words_of_every_language_weigh_nothing() -> None:
    evidence = Evidence.learn({"en": ["the modem"] * 9, "nl": ["de modem"] * 9})
    assert evidence.told("modem") is None
    told = evidence.told("de modem")
    assert told is not None
    assert told.language == "nl"


# --- dialogues


@pytest.mark.parametrize("dialogue", DIALOGUES)
def test_that_the_language_of_a_dialogue_is_followed(dialogue: dict[str, Any]) -> None:
    current, found, first = dialogue["page"], [], True
    for message in dialogue["messages"]:
        said = heard(
            message["text"],
            intent=message.get("intent"),
            language=current,
            first=first,
            choice=message.get("choice"),
        )
        current, first = said["language"], False
        found.append((message["text"], current))
    assert found == [(message["text"], message["language"]) for message in dialogue["messages"]]


def test_that_there_are_dialogues_enough() -> None:
    assert len(DIALOGUES) >= 40


# --- messages that were not learned from

FOLDS = 4
LENGTHS = (1, 2, 3, 5, 9, 10_000)  # words, at most
LEAST_FOLLOWED = {5: 0.95, 9: 0.99, 10_000: 0.995}


def test_that_unseen_messages_keep_their_language_and_are_followed_into_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Learned from three quarters of the training data, tried on the rest; `-s` prints the tables."""
    monkeypatch.chdir(ROOT)
    texts = {language: _examples("data/nlu/{language}/*.yml", language) for language in ("en", "nl", "it")}
    guessed: Counter[tuple[str, str]] = Counter()
    stayed: Counter[tuple[int, bool]] = Counter()
    followed: Counter[tuple[int, bool]] = Counter()
    for fold in range(FOLDS):
        kept = {name: [t for i, t in enumerate(all_) if i % FOLDS != fold] for name, all_ in texts.items()}
        languages = Languages(tuple(texts), Evidence.learn(kept))
        for name, all_ in texts.items():
            for text in all_[fold::FOLDS]:
                length = next(each for each in LENGTHS if len(text.split()) <= each)
                guessed[name, languages.hear(text, None).language] += 1
                for current in texts:
                    held = languages.hear(text, current).language == name
                    (stayed if current == name else followed)[length, held] += 1
    print("\nfirst message, default English: written in, taken for", dict(sorted(guessed.items())))
    for length in LENGTHS:
        left, kept_own = stayed[length, False], stayed[length, True]
        share = followed[length, True] / (followed[length, True] + followed[length, False])
        print(f"up to {length} words: falsely left {left} of {left + kept_own}, followed {share:.3f}")
        assert share >= LEAST_FOLLOWED.get(length, 0.0), length
    assert sum(stayed[length, False] for length in LENGTHS) <= 0.004 * stayed.total()
    assert sum(stayed[length, False] for length in LENGTHS[3:]) <= 0.001 * stayed.total()


# --- the component


def test_that_a_wish_for_another_language_is_heard_in_any_language() -> None:
    for text, language in {
        "English please": "en",
        "can we speak Dutch?": "nl",
        "Kunt u Engels spreken?": "en",
        "in italiano per favore": "it",
        "spreekt u Italiaans": "it",
    }.items():
        said = heard(text, language="it" if language == "nl" else "nl")
        assert (said["language"], said["language_asked"]) == (language, True), text
    assert not heard("the English channels are gone", language="en")["language_asked"]


def test_that_facts_are_read_in_the_language_of_the_words_although_the_conversation_keeps_its_own() -> None:
    said = heard("di pomeriggio", language="en")
    assert said["heard_in"] == "it"


def test_that_a_message_of_no_conversation_is_answered_in_its_own_language_or_in_the_default() -> None:
    assert heard("ik wil mijn rekening betalen")["language"] == "nl"
    assert heard("ok")["language"] == "en"
    for text in ("ok", "hallo", "12"):
        assert language_to_answer(heard(text), "nl") == "nl"
    assert language_to_answer(heard("vorrei pagare la bolletta"), "nl") == "it"


def test_that_a_language_that_is_spoken_no_longer_gives_way_to_the_default() -> None:
    assert heard("ok", language="fr")["language"] == "en"


def test_that_one_language_learns_and_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    alone = trained(tmp_path)
    assert (tmp_path / "language.json").read_text() == '{"languages": ["en"]}'
    message = Message({"text": "ik wil mijn rekening betalen"})
    alone.process([message])
    assert message.data["language"] == "en"
    assert Languages(("nl",), None).hear("I want to pay my bill", "nl").language == "nl"


def test_that_a_fourth_language_needs_only_its_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/languages.yml").write_text("languages: [en, fr]")
    before = LanguageDetector.fingerprint_addon(LanguageDetector.get_default_config())
    for language, texts in {"en": "the bill is high", "fr": "la facture est chère"}.items():
        folder = tmp_path / "data/nlu" / language
        folder.mkdir(parents=True)
        content = {"nlu": [{"intent": "understand_bill", "examples": f"- {texts}\n" * 20}]}
        (folder / "understand_bill.yml").write_text(yaml.safe_dump(content))
    assert LanguageDetector.fingerprint_addon(LanguageDetector.get_default_config()) != before
    made = trained(tmp_path)
    message = Message({"text": "ma facture est chère", "metadata": {"language": "en"}})
    made.process([message])
    assert message.data["language"] == "fr"


@pytest.mark.parametrize("text", ["Parola Detta ", ".", "“", "Aa ", "A. ", '"a', "a1 ", "ab@"])
def test_that_any_long_message_is_read_in_bounded_time(text: str) -> None:
    heard("ok")
    started = time.perf_counter()
    heard(text * 50_000, language="en")
    assert time.perf_counter() - started < 0.1
