"""The fact extractor: one Rasa component that adds facts to messages as entities with JSON values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from assistant.bot.embedding import handled_text, looks_like_code
from assistant.bot.facts.corrections import without_corrected
from assistant.bot.facts.fact import Fact, resolve
from assistant.bot.facts.rules import known_languages
from assistant.bot.facts.thing_rules import thing_rules
from assistant.bot.facts.things import find_things
from assistant.bot.facts.time_rules import time_rules
from assistant.bot.facts.times import find_times

METADATA = "metadata"
_ENDLESS = re.compile(r"\S{65,}")
_ASIDE = re.compile(r"(?<![\w)\]])[(\[][\w ,.'-]{1,40}[)\]]")  # "(after six)", "tom [at] hughes": no code


def find_facts(text: str, *, at: datetime, language: str = "en", expects: str | None = None) -> list[Fact]:
    """All facts of a text, in its order, none overlapping (but a date inside its time window).

    `at` (aware) is what "tomorrow" is relative to; `expects` is the name of the fact just asked for.
    Only the first 2,000 characters are read; code and encoded noise hold no facts.
    """
    handled = handled_text(text)
    if looks_like_code(_ASIDE.sub("", handled)):
        return []
    handled = _ENDLESS.sub(lambda run: " " * len(run.group()), handled)
    return without_corrected(resolve(_all(handled, language, at, expects)), handled, language)


def _all(text: str, language: str, at: datetime, expects: str | None) -> Iterator[Fact]:
    yield from find_times(text, time_rules(language), at, expects)
    yield from find_things(text, thing_rules(language), expects)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FactExtractor(GraphComponent, EntityExtractorMixin):  # type: ignore[misc, unused-ignore]
    """Adds facts as entities. Reads `at` (ISO), `language` and `expects` from the message's metadata."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`language`: whose rules are used for messages that do not name one."""
        return {"language": "en"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FactExtractor:
        """Make the component; Rasa calls this."""
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        for language in known_languages():  # now, not at the first customer's message
            for read in (thing_rules, time_rules):
                read(language)

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the facts of each message to its entities."""
        for message in messages:
            metadata = message.get(METADATA)
            metadata = metadata if isinstance(metadata, dict) else {}
            facts = find_facts(
                message.get(TEXT) or "",
                at=_moment(metadata.get("at")),
                language=self._language(message, metadata),
                expects=metadata.get("expects"),
            )
            entities = self.add_extractor_name([_entity(fact) for fact in facts])
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)
        return messages

    def _language(self, message: Message, metadata: dict[str, Any]) -> str:
        """That of the message's own words; where they do not tell, that of the conversation."""
        told = message.get("heard_in") or message.get("language") or metadata.get("language")
        return str(told or self._config["language"])


def _entity(fact: Fact) -> dict[str, Any]:
    return {
        ENTITY_ATTRIBUTE_TYPE: fact.entity,
        ENTITY_ATTRIBUTE_START: fact.start,
        ENTITY_ATTRIBUTE_END: fact.end,
        ENTITY_ATTRIBUTE_VALUE: fact.value,
    }


def _moment(text: object) -> datetime:
    """The moment a message was sent; now when it does not say, or says nonsense."""
    if isinstance(text, str):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return datetime.now(UTC)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.now(UTC)
