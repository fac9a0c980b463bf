"""Rasa's policy for journeys: reads the tracker, asks the pure engine, answers with one prediction.

It never learns from stories. Training only packs the present definitions into the model, so that a model
and its journeys belong together. The engine's state travels in the `journey` slot: each prediction sets it
through optional events, which Rasa applies before the predicted action runs and only if this policy won.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from rasa.core.constants import POLICY_PRIORITY, RULE_POLICY_PRIORITY
from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData, confidence_scores_for
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.bot.language import ASKED_FOR, language_to_answer
from assistant.handoff.policy import HandoffPolicy, read_policy
from assistant.journeys.definitions import Definitions
from assistant.journeys.engine import (
    Heard,
    Run,
    Say,
    State,
    after_action,
    begin_turn,
    next_move,
    quiet,
    wants_turn,
)

PACKED = "journeys.json"
PACKED_HANDOFF = "handoff.yml"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class JourneyPolicy(Policy):
    """Drives the journeys of `journeys` (a folder); `handoff` says when a person is due. Both are relative
    to where Rasa runs."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Above Rasa's rules; definitions in data/journeys, thresholds in data/handoff.yml."""
        return {
            POLICY_PRIORITY: RULE_POLICY_PRIORITY + 1,
            "journeys": "data/journeys",
            "handoff": "data/handoff.yml",
        }

    @staticmethod
    def supported_data() -> SupportedData:
        """Rules and stories alike are of no interest here; rules are the fewer."""
        return SupportedData.RULE_DATA

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
        definitions: Definitions | None = None,
        handoff: HandoffPolicy | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        self.definitions = definitions or Definitions.from_bodies({})
        self.handoff = handoff

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Edited definitions and thresholds make a new model."""
        seen = hashlib.sha256()
        handoff = Path(config.get("handoff", "data/handoff.yml"))
        for file in [*sorted(Path(config.get("journeys", "data/journeys")).glob("*.yml")), handoff]:
            seen.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        return seen.hexdigest()

    def train(
        self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any
    ) -> Resource:
        """Checks definitions and thresholds and packs them into the model.

        Raises DefinitionError, PolicyError.
        """
        folder = Path(self.config["journeys"])
        bodies = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.yml"))}
        self.definitions = Definitions.from_bodies(bodies)
        handoff = Path(self.config["handoff"])
        body = handoff.read_text(encoding="utf-8")
        self.handoff = read_policy(handoff.name, body)
        with self._model_storage.write_to(self._resource) as path:
            (path / PACKED_HANDOFF).write_text(body, encoding="utf-8")
            (path / PACKED).write_text(json.dumps(bodies), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> JourneyPolicy:
        """The policy with the definitions that its model was trained with."""
        with model_storage.read_from(resource) as path:
            bodies = json.loads((path / PACKED).read_text(encoding="utf-8"))
            handoff = read_policy(PACKED_HANDOFF, (path / PACKED_HANDOFF).read_text(encoding="utf-8"))
        definitions = Definitions.from_bodies(bodies)
        return cls(
            config, model_storage, resource, execution_context, definitions=definitions, handoff=handoff
        )

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """The engine's next move with confidence 1, or all zeros when the turn is not a journey's."""
        if self.handoff is None:
            raise RuntimeError("this policy was neither trained nor loaded")
        rules = self.handoff.escalation
        state: State | None = tracker.get_slot("journey")
        if tracker.latest_action_name in (ACTION_LISTEN_NAME, None):
            heard, context = heard_in(tracker), tracker.get_slot("context")
            # Mandatory, so that Rasa's rules too answer in the language the customer goes on in.
            always: list[Event] = []
            if heard.language != (tracker.get_slot("language") or "en"):
                always.append(SlotSet("language", heard.language))
            if not wants_turn(state, heard, context, rules):
                calm = quiet(state)
                # Mandatory too: it holds although Rasa's rules win this turn.
                always += [SlotSet("journey", calm)] if calm else []
                return self._prediction(self._default_predictions(domain), events=always)
            state = begin_turn(state, heard, self.definitions, context, rules)
            return self._move(state, domain, always)
        elif not state or not state["turn"].get("open"):
            return self._prediction(self._default_predictions(domain))
        elif state.get("running"):
            state = after_action(state, fresh_result(tracker), self.definitions, rules)
        return self._move(state, domain, [])

    def _move(self, state: State, domain: Domain, events: list[Event]) -> PolicyPrediction:
        move, state = next_move(state)
        name = (
            move.action
            if isinstance(move, Run)
            else move.response
            if isinstance(move, Say)
            else ACTION_LISTEN_NAME
        )
        return self._prediction(
            confidence_scores_for(name, 1.0, domain),
            events=events,
            optional_events=[SlotSet("journey", state)],
        )


def heard_in(tracker: DialogueStateTracker) -> Heard:
    """The latest message as the engine takes it: Rasa's parse plus what the channel put into `context`."""
    message = tracker.latest_message
    context = tracker.get_slot("context") or {}
    data = (message.parse_data if message else None) or {}
    metadata = (message.metadata if message else None) or {}
    intent = data.get("intent") or {}
    name = intent.get("name")
    doubt = data.get("doubt") or {}
    heard = Heard(
        text=str(data.get("text") or ""),
        sequence=int(context.get("sequence") or metadata.get("sequence") or len(tracker.events)),
        at=str(context.get("at") or ""),
        intent=None if name in (None, "", "nlu_fallback", "out_of_scope", "unknown") else str(name),
        confidence=float(intent.get("confidence") or 0.0),
        ranking=[
            {"name": each.get("name"), "confidence": each.get("confidence")}
            for each in (data.get("intent_ranking") or [])[:5]
        ],
        entities=_values(data.get("entities") or []),
        choice=metadata.get("choice"),
        language=language_to_answer(data, tracker.get_slot("language")),
        language_asked=bool(data.get(ASKED_FOR)),
        between=tuple(str(each) for each in doubt.get("between") or ()),
        outside=doubt.get("reason") == "foreign",
    )
    return _apart(heard, data.get("wishes") or [], data.get("entities") or [])


def _values(entities: list[dict[str, Any]]) -> dict[str, Any]:
    """The first value of each kind."""
    found: dict[str, Any] = {}
    for each in entities:
        found.setdefault(str(each.get("entity")), each.get("value"))
    return found


def _apart(heard: Heard, wishes: list[dict[str, Any]], entities: list[dict[str, Any]]) -> Heard:
    """A message with several wishes: the first one to be done, each with what was said about it."""
    if len(wishes) < 2:
        return heard
    parts = []
    for wish in wishes:
        inside = [each for each in entities if wish["start"] <= int(each.get("start", -1)) < wish["end"]]
        parts.append(
            replace(
                heard,
                text=heard.text[wish["start"] : wish["end"]],
                intent=str(wish["intent"]),
                confidence=float(wish["confidence"]),
                entities=_values(inside),
                between=(),
            )
        )
    first, *others = parts
    return replace(first, text=heard.text, words=first.text, more=tuple(others))


def fresh_result(tracker: DialogueStateTracker) -> dict[str, Any] | None:
    """The `action_result` that the last action set; None when it set none (Rasa swallows exceptions)."""
    for event in reversed(tracker.events):
        if isinstance(event, SlotSet) and event.key == "action_result":
            return event.value if isinstance(event.value, dict) else None
        if isinstance(event, ActionExecuted):
            return None
    return None
