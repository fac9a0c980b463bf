"""The sentence encoder as a component of Rasa; what it does is in embedding.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.bot import progress
from assistant.bot.embedding import AHEAD, EmbeddingCache, Matrix, encode, handled_text, has_words, version


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):  # type: ignore[misc, unused-ignore]
    """Puts one sentence embedding on each message, as a standard dense sentence feature."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`cache`: folder for embeddings of training texts, from the working directory; null for none."""
        return {**DenseFeaturizer.get_default_config(), "cache": ".rasa/embeddings"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Make the component; Rasa calls this."""
        return cls(config, execution_context.node_name)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa keeps features between trainings: those of another encoder must not be taken."""
        return version()

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to check; required by Rasa's featurizers."""

    def __init__(self, config: dict[str, Any], name: str) -> None:
        super().__init__(name, {**self.get_default_config(), **config})
        self._alias = name
        self._cache = EmbeddingCache(Path(config["cache"])) if config.get("cache") else None

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embed all training texts, from the cache where known."""
        examples = [m for m in training_data.training_examples if m.get(TEXT)]
        texts = [m.get(TEXT) for m in examples]
        with progress.step(f"embedding {len(texts)} examples") as told:
            rows = self._cache.encode(texts, told) if self._cache else encode(texts)
        for message, row in zip(examples, rows, strict=True):
            self._put(message, row)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Embed the messages; a message without words gets none."""
        for message in messages:
            text = message.get(TEXT)
            if text and has_words(handled_text(text)):
                self._put(message, AHEAD.take(text)[0])
        return messages

    def _put(self, message: Message, row: Matrix) -> None:
        message.add_features(Features(row[None, :], FEATURE_TYPE_SENTENCE, TEXT, self._alias))
