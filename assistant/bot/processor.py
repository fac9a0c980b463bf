"""Rasa's message processor without the work that this project has no use for.

Measured on Rasa 3.6.21 (docs/performance.md): it copies the tracker by replaying all its events before
every action, extracts slots by mappings (ours are all set by the journey policy), deep-copies events for
debug lines that nobody prints, plans its graphs anew for every prediction, and checks the schema of
actions' answers before every answer.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import jsonschema  # type: ignore[import-untyped]  # comes with Rasa
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.engine.runner.interface import GraphRunner
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

C = TypeVar("C")


class PlannedRunner(GraphRunner):
    """Runs the nodes of Rasa's prediction graph in an order worked out once per target."""

    def __init__(self, schema: Any, nodes: dict[str, Callable[..., Any]]) -> None:
        self._schema = schema
        self._nodes = nodes
        self._plans: dict[tuple[str, ...], list[tuple[str, tuple[str, ...]]]] = {}

    @classmethod
    def of(cls, runner: Any) -> PlannedRunner:
        """From the runner that Rasa made when it loaded the model."""
        return cls(runner._graph_schema, runner._instantiated_nodes)

    @classmethod
    def create(cls, *args: Any, **kwargs: Any) -> PlannedRunner:
        """Rasa never makes one; `of` does. Raises NotImplementedError."""
        raise NotImplementedError("made with PlannedRunner.of")

    def run(self, inputs: dict[str, Any] | None = None, targets: list[str] | None = None) -> dict[str, Any]:
        """The results of the targets, by node name."""
        wanted = tuple(targets or self._schema.target_names)
        plan = self._plans.get(wanted)
        if plan is None:
            plan = self._plans[wanted] = self._plan(wanted)
        results: dict[str, Any] = dict(inputs or {})
        for name, needs in plan:
            made, value = self._nodes[name](*((need, results[need]) for need in needs))
            results[made] = value
        return {name: results[name] for name in wanted}

    def components(self, kind: type[C]) -> list[C]:
        """The loaded components of that class."""
        found = (getattr(node, "_component", None) for node in self._nodes.values())
        return [component for component in found if isinstance(component, kind)]

    def _plan(self, targets: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
        plan: list[tuple[str, tuple[str, ...]]] = []
        seen: set[str] = set()

        def visit(name: str) -> None:
            if name in seen or name not in self._schema.nodes:
                return
            seen.add(name)
            needs = tuple(self._schema.nodes[name].needs.values())
            for need in needs:
                visit(need)
            plan.append((name, needs))

        for target in targets:
            visit(target)
        return plan


class CheckedAction(RemoteAction):
    """An action's answer is held against Rasa's schema, and the schema itself is checked only once."""

    def _validate_action_result(self, result: dict[str, Any]) -> bool:
        # Rasa calls jsonschema.validate, which checks the schema before every answer: 60 ms each time.
        _answer_validator().validate(result)
        return True


@functools.cache
def _answer_validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    return validator(schema)


class TurnProcessor(MessageProcessor):
    """One turn at a time, on a tracker that the journal store made for this turn alone."""

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """No slot has a mapping that Rasa could fill."""
        return tracker

    async def run_anonymization_pipeline(self, tracker: DialogueStateTracker) -> None:
        """What must not be stored is taken out before a message comes here."""

    def _check_for_unseen_features(self, parse_data: dict[str, Any]) -> None:
        """`assistant check` has looked."""

    async def _run_action(
        self,
        action: Action,
        tracker: DialogueStateTracker,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        prediction: PolicyPrediction,
    ) -> bool:
        # Rasa runs the action on a copy, in case it rejects to be executed. None of ours does, and a turn
        # that breaks is done again on a new tracker, so the policy's events go on at once.
        tracker.update_with_events(prediction.events, self.domain)
        if type(action) is RemoteAction:
            action = CheckedAction(action.name(), action.action_endpoint)
        if action.name() == ACTION_LISTEN_NAME:
            events: list[Event] = []
        else:
            try:
                events = list(await action.run(output_channel, nlg, tracker, self.domain) or [])
            except ActionExecutionRejection as error:
                raise RuntimeError(f"{action.name()} rejected its execution") from error
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events, self.domain)
        await self._send_bot_messages(events, tracker, output_channel)
        return bool(self.should_predict_another_action(action.name()))
