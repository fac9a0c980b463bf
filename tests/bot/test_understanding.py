"""What customers write, understood by the model as config.yml trains it on all languages."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.bot.examples import Example, held_out
from assistant.journeys.project import Project

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "nl", "it")
UNKNOWN = "unknown"
Fact = tuple[str, Any]

# What customers get on held-out messages, at the least. These are floors under what was measured, not what is
# wanted (0.95, 0.97, 0.97): docs/understanding.md has both, and what was tried.
INTENTS = 0.90  # of messages end under their intent, in each language
BESIDE_ENGLISH = 0.96  # of English, in the others
OUT_OF_SCOPE = 0.55  # of messages that no intent covers are known as such; more are asked about
FACTS = 0.88  # of messages give exactly the facts that are in them

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::Warning")]  # TensorFlow's and Rasa's own


class Bot:
    """The trained model, asked through Rasa's own graph."""

    def __init__(self, model: Path) -> None:
        from rasa.core.agent import Agent

        self._processor = Agent.load(str(model)).processor

    def understand_all(self, texts: Sequence[str], about: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """What Rasa makes of each text with its metadata, in one run of the graph."""
        from rasa.core.channels.channel import UserMessage
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER

        target = self._processor.model_metadata.nlu_target
        messages = [UserMessage(text, metadata=each) for text, each in zip(texts, about, strict=True)]
        inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: None}
        parsed = self._processor.graph_runner.run(inputs=inputs, targets=[target])[target]
        return [message.as_dict(only_output_properties=True) for message in parsed]

    def understand(self, text: str, language: str = "en") -> dict[str, Any]:
        return self.understand_all([text], [{"language": language}])[0]

    def intent(self, text: str) -> str:
        return str(self.understand(text)["intent"]["name"])

    @cache  # noqa: B019  # one bot in this module
    def held_out(self, kind: str, language: str) -> list[tuple[Example, dict[str, Any]]]:
        """The held-out messages of a file, and what was understood of each."""
        name = f"tests/data/held_out/{language}/{kind}.yml"
        messages = [each for each in held_out(Project(ROOT)) if each.place.file == name]
        about = [{"language": language}] * len(messages)
        return list(zip(messages, self.understand_all([each.text for each in messages], about), strict=True))


@pytest.fixture(scope="module")
def bot(model: Path) -> Bot:
    return Bot(model)


def share_right(bot: Bot, language: str) -> float:
    answers = bot.held_out("intents", language)
    assert len(answers) > 750
    return sum(answer["intent"]["name"] == message.intent for message, answer in answers) / len(answers)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_held_out_messages_end_under_their_intent(bot: Bot, language: str) -> None:
    right = share_right(bot, language)
    print(f"{language}: {right:.3f}")
    assert right >= INTENTS
    assert right >= BESIDE_ENGLISH * share_right(bot, "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_messages_no_intent_covers_are_known_as_such(bot: Bot, language: str) -> None:
    answers = bot.held_out("out_of_scope", language)
    assert len(answers) == 400
    caught = sum(answer["intent"]["name"] == UNKNOWN for _, answer in answers) / len(answers)
    print(f"{language}: {caught:.3f}")
    assert caught >= OUT_OF_SCOPE


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_exactly_the_facts_in_held_out_messages_are_found(bot: Bot, language: str) -> None:
    path = ROOT / "tests" / "data" / "held_out" / language / "facts.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    cases = content["cases"]
    about = [{"language": language, "at": content["at"], "expects": case.get("expects")} for case in cases]
    answers = bot.understand_all([case["text"] for case in cases], about)
    right = []
    for case, answer in zip(cases, answers, strict=True):
        expected = [(name, value) for fact in case["facts"] for name, value in fact.items()]
        found = [(entity["entity"], entity["value"]) for entity in answer["entities"]]
        if "number" not in dict(expected):  # any figure may be one; only where one is meant does it count
            found = [fact for fact in found if fact[0] != "number"]
        right.append(counted(expected) == counted(found))
    print(f"{language}: {sum(right) / len(right):.3f}")
    assert sum(right) / len(right) >= FACTS


def counted(facts: Sequence[Fact]) -> Counter[str]:
    """The facts, but for dates that only repeat the day of a time window beside them."""
    windows = [value for name, value in facts if name == "time_window"]
    days = {moment[:10] for each in windows for moment in (each["start"], each["end"]) if moment}
    kept = [fact for fact in facts if not (fact[0] == "date" and fact[1].get("date") in days)]
    return Counter(json.dumps(fact, sort_keys=True) for fact in kept)


@pytest.mark.parametrize(
    "text",
    [
        "human please",
        "agent!!",
        "I want to speak to someone",
        "AGENT",
        "Agnet pls",
        "can i talk to a HUMAN being",
        "humaaaan",
        "operator!!!",
        "real person now",
        "let me speak with an agent",
        "give me a human",
        "i want too talk to sombody",
    ],
)
def test_that_a_wish_for_a_person_is_caught_whatever_the_spelling(bot: Bot, text: str) -> None:
    assert bot.intent(text) == "talk_to_person"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Yes!", "affirm"),
        ("YES PLEASE", "affirm"),
        ("okay", "affirm"),
        ("ok.", "affirm"),
        ("yesss", "affirm"),
        ("no", "deny"),
        ("No.", "deny"),
        ("no thanks", "deny"),
        ("noooo", "deny"),
        ("stop", "stop"),
        ("STOP!", "stop"),
        ("never mind", "stop"),
        ("thank you", "thank"),
        ("hello", "greet"),
        ("Bye!", "goodbye"),
        ("why?", "why"),
        ("are you a bot?", "bot_challenge"),
        ("what can you do?", "what_can_you_do"),
        ("later", "later"),
        ("say that again", "repeat"),
    ],
)
def test_that_short_moves_are_sure(bot: Bot, text: str, intent: str) -> None:
    answer = bot.understand(text)
    assert answer["intent"]["name"] == intent
    assert answer["doubt"]["kind"] == "none"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "👍🎉🤷",
        "\u202e\u200f",
        "\x00\x01\x02",
        "!!!???",
        "44110032",
        "QWxhZGRpbjpvcGVuIHNlc2FtZSBRV3hoWkdScGJqcHZjR1Z1SUhObGMyRnRaUT09",
        "for (let i = 0; i < n; i++) { alert(document.cookie); }",
        "<script>alert('pay my bill')</script>",
        "'; DROP TABLE visits; SELECT * FROM customers WHERE (1=1);--",
    ],
)
def test_that_noise_is_never_an_intent(bot: Bot, text: str) -> None:
    answer = bot.understand(text)
    assert answer["intent"]["name"] == UNKNOWN
    assert answer["doubt"]["kind"] == "out_of_scope"


def test_that_only_the_first_two_thousand_characters_are_read(bot: Bot) -> None:
    start = "I want to pay my bill. "
    assert bot.understand(start + " " * 1990 + "talk to a person " * 500)["intent"]["name"] == "pay_bill"


def test_that_the_ranking_holds_probabilities_of_real_intents_best_first(bot: Bot) -> None:
    for text in ("please move my engineer visit", "who won the tennis yesterday"):
        ranking = bot.understand(text)["intent_ranking"]
        confidences = [entry["confidence"] for entry in ranking]
        assert UNKNOWN not in {entry["name"] for entry in ranking}
        assert confidences == sorted(confidences, reverse=True)
        assert 0 < sum(confidences) <= 1.0001


def test_that_two_close_intents_are_named(bot: Bot) -> None:
    doubts = [answer["doubt"] for _, answer in bot.held_out("intents", "en")]
    close = [doubt for doubt in doubts if doubt["kind"] == "close"]
    assert close, "some held-out message lies between two intents"
    assert all(2 <= len(set(doubt["between"])) <= 3 for doubt in close)


@pytest.mark.parametrize(
    ("text", "language", "intent"),
    [
        ("ja", "nl", "affirm"),
        ("nee", "nl", "deny"),
        ("Ja graag!", "nl", "affirm"),
        ("sì", "it", "affirm"),
        ("SI", "it", "affirm"),
        ("no grazie", "it", "deny"),
        ("medewerker!!", "nl", "talk_to_person"),
        ("operatore", "it", "talk_to_person"),
        ("bedankt", "nl", "thank"),
        ("grazie", "it", "thank"),
    ],
)
def test_that_short_moves_are_sure_in_every_language(bot: Bot, text: str, language: str, intent: str) -> None:
    answer = bot.understand(text, language)
    assert answer["intent"]["name"] == intent
    assert answer["doubt"]["kind"] == "none"


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        (text, wishes)
        for cases in yaml.safe_load(
            (ROOT / "tests" / "data" / "understanding" / "several.yml").read_text(encoding="utf-8")
        ).values()
        for text, wishes in cases
    ],
)
def test_that_the_wishes_of_a_message_are_found_in_their_order(
    bot: Bot, text: str, wishes: list[str]
) -> None:
    understood = bot.understand(text)
    assert understood["intent"]["name"] == wishes[0]
    assert [each["intent"] for each in understood["wishes"]] in (
        [wishes] if len(wishes) > 1 else [[], wishes]
    )
