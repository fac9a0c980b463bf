"""The policy as Rasa uses it: prediction after prediction, and a model that carries its journeys."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.bot.policy import JourneyPolicy
from tests.journeys.dialogue import ANNA, ROOT, company

# Rasa warns whenever a domain has slots.
pytestmark = pytest.mark.filterwarnings("ignore:Slot auto-fill")

SLOTS = {
    name: {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
    for name in ("journey", "action_result", "context", "language")
}
TEXTS = [
    "utter_greet", "utter_ask_order", "utter_order_under_way", "utter_did_that_help", "utter_action_failed",
    "utter_glad", "utter_getting_person", "utter_not_understood",
]  # fmt: skip


@pytest.fixture
def domain() -> Domain:
    return Domain.from_dict(
        {
            "version": "3.1",
            "intents": ["track_order", "greet", "affirm", "talk_to_person"],
            "entities": ["order_number"],
            "slots": SLOTS,
            "actions": ["action_list_orders", "action_track_order"],
            "responses": {name: [{"text": name}] for name in TEXTS},
        }
    )


def trained(folder: Path, models: Path, domain: Domain) -> JourneyPolicy:
    config = {**JourneyPolicy.get_default_config(), "journeys": str(folder)}
    models.mkdir()
    storage, resource = LocalModelStorage.create(models), Resource("journeys")
    context = ExecutionContext(GraphSchema({}), model_id="m")
    JourneyPolicy.create(config, storage, resource, context).train([], domain)
    return JourneyPolicy.load(dict(config), storage, resource, context)


@pytest.fixture
def policy(tmp_path: Path, domain: Domain) -> JourneyPolicy:
    return trained(ROOT / "data" / "journeys", tmp_path / "models", domain)


class Chat:
    """What Rasa does around the policy: applies its events, runs the action, asks again."""

    def __init__(self, policy: JourneyPolicy, domain: Domain) -> None:
        self.policy, self.domain = policy, domain
        self.tracker = DialogueStateTracker("c_1", domain.slots)
        self.answers: dict[str, Any] = company()
        self.tracker.update(ActionExecuted("action_listen"))
        self.count = 0

    def say(self, text: str, intent: str | None, **entities: Any) -> list[str]:
        """The names of all actions predicted in this turn."""
        self.count += 1
        context = {"conversation_id": "c_1", "sequence": self.count, "at": "", "customer": ANNA}
        self.tracker.update(SlotSet("context", context))
        parse = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
        }
        self.tracker.update(UserUttered(text, parse["intent"], parse["entities"], parse))
        predicted: list[str] = []
        while not predicted or predicted[-1] != "action_listen":
            prediction = self.policy.predict_action_probabilities(self.tracker, self.domain)
            if prediction.max_confidence == 0.0:
                self.apply(prediction.events)
                return [*predicted, "not ours"]
            assert (prediction.max_confidence, prediction.events) == (1.0, [])
            predicted.append(self.run(prediction))
        return predicted

    def run(self, prediction: PolicyPrediction) -> str:
        name = str(self.domain.action_names_or_texts[prediction.max_confidence_index])
        self.apply(prediction.optional_events)
        self.tracker.update(ActionExecuted(name))
        answer = self.answers.get(name)
        if isinstance(answer, dict):
            self.tracker.update(SlotSet("action_result", {"action": name, **answer}))
        return name

    def apply(self, events: list[Any]) -> None:
        for each in events:
            self.tracker.update(each)


def test_that_a_turn_is_predicted_until_it_listens(policy: JourneyPolicy, domain: Domain) -> None:
    chat = Chat(policy, domain)
    predicted = chat.say("where is my order", "track_order")
    assert predicted == ["action_list_orders", "utter_ask_order", "action_listen"]
    assert chat.say("ORD-77", None, order_number="ORD-77") == [
        "action_track_order", "utter_order_under_way", "utter_did_that_help", "action_listen",
    ]  # fmt: skip
    assert chat.say("yes", "affirm") == ["utter_glad", "action_listen"]


def test_that_the_arguments_of_an_utterance_are_in_the_slot_when_it_is_said(
    policy: JourneyPolicy, domain: Domain
) -> None:
    chat = Chat(policy, domain)
    said: list[Any] = []
    run = chat.run

    def listen_in(prediction: PolicyPrediction) -> str:
        name = run(prediction)
        said.append((name, (chat.tracker.get_slot("journey")["say"] or {}).get("response")))
        return name

    chat.run = listen_in  # type: ignore[method-assign]
    chat.say("where is my order", "track_order", order_number="ORD-77")
    assert [(name, of) for name, of in said if name.startswith("utter_")] == [
        ("utter_order_under_way", "utter_order_under_way"),
        ("utter_did_that_help", "utter_did_that_help"),
    ]
    assert said[-1] == ("action_listen", None)


def test_that_an_action_that_sets_no_result_counts_as_an_error(policy: JourneyPolicy, domain: Domain) -> None:
    chat = Chat(policy, domain)
    chat.tracker.update(SlotSet("action_result", {"action": "action_list_orders", "result": "ok"}))
    chat.answers["action_list_orders"] = None
    assert chat.say("where is my order", "track_order")[1] == "utter_action_failed"


def test_that_small_talk_is_left_to_rasa_and_leaves_no_old_record(
    policy: JourneyPolicy, domain: Domain
) -> None:
    chat = Chat(policy, domain)
    assert chat.say("hi", "greet") == ["not ours"]
    chat.tracker.update(ActionExecuted("utter_greet"))
    assert policy.predict_action_probabilities(chat.tracker, domain).max_confidence == 0.0
    chat.tracker.update(ActionExecuted("action_listen"))
    chat.say("agent", "talk_to_person")
    chat.say("where is it", "track_order", order_number="ORD-77")
    chat.say("yes", "affirm")
    assert chat.tracker.get_slot("journey")["log"]
    assert chat.say("hi", "greet") == ["not ours"]
    assert chat.tracker.get_slot("journey")["log"] == []


def test_that_an_edited_definition_asks_for_a_new_model(tmp_path: Path) -> None:
    folder = tmp_path / "journeys"
    shutil.copytree(ROOT / "data" / "journeys", folder)
    config = {"journeys": str(folder)}
    before = JourneyPolicy.fingerprint_addon(config)
    assert before == JourneyPolicy.fingerprint_addon(config)
    file = folder / "pay_bill.yml"
    file.write_text(file.read_text("utf-8").replace("30m", "31m"), "utf-8")
    assert JourneyPolicy.fingerprint_addon(config) != before


def test_that_a_model_keeps_its_journeys_when_the_files_are_gone(tmp_path: Path, domain: Domain) -> None:
    folder = tmp_path / "journeys"
    shutil.copytree(ROOT / "data" / "journeys", folder)
    policy = trained(folder, tmp_path / "models", domain)
    shutil.rmtree(folder)
    assert policy.definitions.for_intent("pay_bill") is not None
