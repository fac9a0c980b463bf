"""Rasa's text generator, with the language of the conversation and typed values.

The arguments of an utterance are those that the journey policy put into the `journey` slot's `say`.
"""

from __future__ import annotations

from typing import Any

from rasa.core.nlg import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from assistant.texts import MissingText, fill, variants


class LanguageGenerator(TemplatedNaturalLanguageGenerator):
    """For Rasa's own commands: `nlg: {type: assistant.bot.nlg.LanguageGenerator}` in endpoints.yml."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        super().__init__(domain.responses if domain else {})

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The response in the conversation's language, filled; None (which Rasa logs) when there is none.

        Variants take turns by message, so that the same sentence does not come twice running and a turn
        that is done again after a crash says the same.
        """
        language = str(tracker.get_slot("language") or "en")
        try:
            choice = variants(self.responses, utter_action, language)
        except MissingText:
            return None
        context = tracker.get_slot("context") or {}
        variant = dict(choice[int(context.get("sequence") or len(tracker.events)) % len(choice)])
        variant.pop("condition", None)
        variant["text"] = fill(str(variant.get("text", "")), self._arguments(tracker, utter_action), language)
        return variant

    @staticmethod
    def _arguments(tracker: DialogueStateTracker, utter_action: str) -> dict[str, Any]:
        context = tracker.get_slot("context") or {}
        args: dict[str, Any] = {"customer": context.get("customer") or {}}
        say = (tracker.get_slot("journey") or {}).get("say") or {}
        if say.get("response") == utter_action:
            args.update(say.get("args") or {})
        return args
