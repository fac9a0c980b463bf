"""The intent classifier: which wish a message is, how sure that is, and when it is better to doubt.

A linear fit over similarities to the training examples (model.py), solved exactly. A message that fits no
trained intent gets the intent `unknown`; the ranking of real intents stays with it. What kind of doubt there
is stands in the message's `doubt` property; several wishes in one message stand in `wishes`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits

from assistant.bot import progress
from assistant.bot.embedding import (
    DIMENSIONS,
    MOSTLY_ENGLISH,
    SHARE,
    encode,
    handled_text,
    has_words,
    is_english_word,
    with_gloss,
)
from assistant.bot.encoder import SentenceEncoder
from assistant.bot.mending import Mender
from assistant.bot.model import Model, Opinion, fit, judge
from assistant.bot.ngrams import Ngrams, normalised
from assistant.bot.wishes import CLEAR, Meaning, Part, Wish, parts_of, several

UNKNOWN = "unknown"
DOUBT = "doubt"
WISHES = "wishes"
LEAST_OFFERED = 0.15  # a third close intent must be so likely
NO_WORDS = {"kind": "out_of_scope", "reason": "no_words", "foreign": 1.0}
Understood = tuple[dict[str, Any], list[dict[str, Any]], dict[str, Any]]  # intent, ranking, doubt
HOPELESS = 0.85  # so foreign that not even an eager intent is believed


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(IntentClassifier, GraphComponent):  # type: ignore[misc, unused-ignore]
    """Ranks intents with calibrated probabilities; says `unknown` when a message fits none of them."""

    @classmethod
    def required_components(cls) -> list[type]:
        """The encoder comes first."""
        return [SentenceEncoder]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What config.yml may set.

        `reject`: whether messages that fit no intent become `unknown`; `lost_in_scope`: the share of
        understood messages that may be given up for that; `foreign_examples`: files (a pattern, from the
        working directory) with messages that belong to no intent; `close_lead`: a lead over the second
        intent below this makes the doubt `close`, and so does a probability of the best below
        `least_sure`; `eager`: intents that are chosen from this probability on, whatever else the message
        may be, because missing them is worse; `ranking_length`: how many intents the ranking names;
        `journeys`: definitions (a pattern) whose intents are wishes that one message may hold several of.
        """
        return {
            "penalty": 0.2,
            "reject": True,
            "lost_in_scope": 0.02,
            "foreign_examples": "data/nlu/*/_out_of_scope.yml",
            "close_lead": 0.25,
            "least_sure": 0.5,
            "eager": {},
            "ranking_length": 10,
            "journeys": "data/journeys/*.yml",
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LinearIntentClassifier:
        """Make an untrained component; Rasa calls this."""
        return cls(config, model_storage, resource)

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._intents: list[str] = []
        self._ngrams = Ngrams({}, {}, np.zeros(0, dtype=np.float32))
        self._model: Model | None = None
        self._verbatim: dict[str, str] = {}
        self._mender: Mender | None = None
        self._wishes: frozenset[str] = frozenset()

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Foreign examples are no part of Rasa's training data: their content joins the fingerprint here."""
        config = {**cls.get_default_config(), **config}  # Rasa passes only what config.yml says
        files = [file for key in ("foreign_examples", "journeys") for file in _files(config[key])]
        return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest() if files else None

    # --- training ----------------------------------------------------------------------------------

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on all examples that carry text, intent and embedding; the same data gives the same model."""
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        examples = [m for m in examples if _embedding(m) is not None]
        if not examples:
            return self._resource
        texts = [handled_text(m.get(TEXT)) for m in examples]
        names = [m.get(INTENT) for m in examples]
        self._intents = sorted(set(names))
        place = {name: i for i, name in enumerate(self._intents)}
        foreign = foreign_examples(self._config["foreign_examples"], self._intents, known=texts)
        labels = np.array([place[name] for name in names] + [-1] * len(foreign), dtype=np.int64)
        rows = [row for row in map(_embedding, examples) if row is not None]
        embeddings = np.stack(rows).astype(np.float32)
        if foreign:
            embeddings = np.vstack([embeddings, encode(foreign)])
        said = [with_gloss(text, row) for text, row in zip([*texts, *foreign], embeddings, strict=True)]
        self._ngrams = Ngrams.fit(said[: len(texts)])
        # One thread answers messages (bridge.py); fitting takes every core.
        with (
            progress.step(f"fitting {len(labels)} examples") as told,
            threadpool_limits(limits=os.cpu_count()),
        ):
            self._model = fit(
                embeddings,
                self._ngrams.rows(said),
                labels,
                penalty=self._config["penalty"],
                lost_in_scope=self._config["lost_in_scope"],
                told=told,
            )
        self._verbatim = _verbatim(texts, names)
        self._mender = Mender(self._ngrams.common_words(), is_english_word)
        self._wishes = wished_for(self._config["journeys"]) & frozenset(names)
        self._persist()
        return self._resource

    def _persist(self) -> None:
        assert self._model is not None
        with self._model_storage.write_to(self._resource) as folder:
            self._model.write(folder / "model.npz")
            np.save(folder / "idf.npy", self._ngrams.idf)
            described = {
                "intents": self._intents,
                "words": list(self._ngrams.words),
                "characters": list(self._ngrams.characters),
                "verbatim": self._verbatim,
                "wishes": sorted(self._wishes),
            }
            (folder / "model.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LinearIntentClassifier:
        """Read a trained component back; without one (no training data) it knows nothing."""
        component = cls(config, model_storage, resource)
        try:
            with model_storage.read_from(resource) as folder:
                component._read(folder)
        except ValueError:  # Rasa's way to say that the resource was never written
            return component
        component._understand(["ready"])  # so that the first customer does not wait for the encoder
        return component

    def _read(self, folder: Any) -> None:
        described = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        words = {gram: i for i, gram in enumerate(described["words"])}
        characters = {gram: i + len(words) for i, gram in enumerate(described["characters"])}
        self._ngrams = Ngrams(words, characters, np.load(folder / "idf.npy", allow_pickle=False))
        self._model = Model.read(folder / "model.npz")
        self._intents = described["intents"]
        self._verbatim = described["verbatim"]
        self._wishes = frozenset(described["wishes"])
        self._mender = Mender(self._ngrams.common_words(), is_english_word)

    # --- understanding -----------------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent`, `intent_ranking`, `doubt` and `wishes` (wishes.py) on each message."""
        for message in messages:
            text = handled_text(message.get(TEXT) or "")
            row = _embedding(message)
            parts = [] if row is None else self._parts(text)
            said = [text, *(text[part.start : part.end] for part in parts)]
            (intent, ranking, doubt), *meant = self._understand(said, row)
            wishes = self._in_parts(text, intent, parts, meant)
            if wishes:
                intent, doubt = _intent(wishes[0].intent, wishes[0].confidence), {**doubt, "kind": "none"}
                doubt.pop("between", None)
            message.set(WISHES, [asdict(each) for each in wishes], add_to_output=True)
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set(DOUBT, doubt, add_to_output=True)
        return messages

    def _parts(self, text: str) -> list[Part]:
        """The parts that are looked at by themselves: none when there is only one, or nothing to find."""
        parts = parts_of(text) if self._config["eager"] or self._wishes else []
        return parts if len(parts) > 1 else []

    def _in_parts(
        self, text: str, intent: dict[str, Any], parts: list[Part], meant: list[Understood]
    ) -> list[Wish]:
        """What only the parts of a message tell: an eager intent among many words, or several wishes."""
        eager = self._config["eager"]
        if not parts or intent[INTENT_NAME_KEY] in eager:
            return []
        meanings = []
        for found, _, doubt in meant:
            name, confidence = found[INTENT_NAME_KEY], found[PREDICTED_CONFIDENCE_KEY]
            meanings.append(Meaning(name, confidence, believed=doubt["kind"] == "none"))
        urgent = next((m for m in meanings if m.intent in eager and m.confidence >= CLEAR), None)
        if urgent is not None:
            return [Wish(urgent.intent, urgent.confidence, 0, len(text))]
        return several(parts, meanings, self._wishes)

    def _understand(
        self, texts: Sequence[str], first: npt.NDArray[np.float32] | None = None
    ) -> list[Understood]:
        """What each text means; `first` is the embedding (1281,) of the first, made here when left out.

        All readings of all texts are encoded and judged at once: most of the time goes into reading the
        encoders' weights and the known texts from memory.
        """
        said = [i for i, text in enumerate(texts) if self._model is not None and has_words(text)]
        english = first is None or bool(first[SHARE] >= MOSTLY_ENGLISH)
        mended = {i: self._mender.mended(texts[i], english=english) for i in said if self._mender}
        mended = {i: text for i, text in mended.items() if text != texts[i]}
        readings = [texts[i] for i in said] + list(mended.values())
        found: list[Understood] = [(_intent(UNKNOWN, 1.0), [], {**NO_WORDS}) for _ in texts]
        if self._model is None or not readings:
            return found
        begun = None if said[0] else first
        made = encode(readings if begun is None else readings[1:])
        met = made if begun is None else np.vstack([begun, made])
        grams = [self._ngrams.row(with_gloss(text, row)) for text, row in zip(readings, met, strict=True)]
        opinions = judge(self._model, met, grams)
        again = dict(zip(mended, opinions[len(said) :], strict=True))
        for i, opinion in zip(said, opinions, strict=False):
            both = opinion.joined(again[i]) if i in again else opinion
            verbatim = self._verbatim.get(normalised(texts[i]))
            if verbatim is None and i in mended:
                verbatim = self._verbatim.get(normalised(mended[i]))
            found[i] = self._decide(both, verbatim)
        return found

    def _decide(self, opinion: Opinion, verbatim: str | None) -> Understood:
        assert self._model is not None
        chances = opinion.probabilities
        eager = self._eager(chances) if opinion.foreign < HOPELESS else None
        if verbatim is not None:
            chances, eager = _certain(chances, self._intents.index(verbatim)), None
        order = np.argsort(-chances, kind="stable")
        if eager is not None:
            order = np.r_[eager, order[order != eager]]
        order = order[: self._config["ranking_length"]]
        ranking = [_intent(self._intents[i], float(chances[i])) for i in order]
        lead = float(chances[order[0]] - chances[order[1]]) if len(order) > 1 else 1.0
        doubt: dict[str, Any] = {
            "kind": "none",
            "foreign": round(opinion.foreign, 4),
            "threshold": round(self._model.rule.threshold, 4),
            "nearest": round(opinion.nearest, 4),
        }
        settled = verbatim is not None or eager is not None
        if not settled and self._config["reject"] and opinion.foreign > self._model.rule.threshold:
            doubt |= {"kind": "out_of_scope", "reason": "foreign"}
            if opinion.foreign < HOPELESS and chances[order[0]] >= self._config["least_sure"]:
                doubt |= {"between": [ranking[0][INTENT_NAME_KEY]]}
            return _intent(UNKNOWN, opinion.foreign), ranking, doubt
        unsure = lead < self._config["close_lead"] or chances[order[0]] < self._config["least_sure"]
        if not settled and unsure and len(ranking) > 1:
            doubt |= {"kind": "close", "between": self._close(ranking)}
        return ranking[0], ranking, doubt

    def _close(self, ranking: list[dict[str, Any]]) -> list[str]:
        """The best two intents, and the third when it is as near to the best as a close one may be."""
        best = ranking[0][PREDICTED_CONFIDENCE_KEY]
        third = [
            each
            for each in ranking[2:3]
            if best - each[PREDICTED_CONFIDENCE_KEY] < self._config["close_lead"]
            and each[PREDICTED_CONFIDENCE_KEY] >= LEAST_OFFERED
        ]
        return [each[INTENT_NAME_KEY] for each in (*ranking[:2], *third)]

    def _eager(self, chances: npt.NDArray[np.float32]) -> int | None:
        """The likeliest of the eager intents whose probability is enough, if any."""
        enough = [
            self._intents.index(name)
            for name, least in self._config["eager"].items()
            if name in self._intents and chances[self._intents.index(name)] >= least
        ]
        return max(enough, key=lambda i: float(chances[i])) if enough else None


def foreign_examples(pattern: str | None, intents: Sequence[str], *, known: Sequence[str]) -> list[str]:
    """Messages that belong to no intent, from the files that match the pattern.

    A file counts only where all intents it names under `beside` are trained: elsewhere, what it calls
    foreign may be somebody's intent. Texts that are training examples are left out.
    """
    trained, taken, found = set(intents), {normalised(text) for text in known}, []
    for file in _files(pattern):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        if set(content.get("beside") or ()) <= trained:
            found += [str(text) for text in content.get("examples") or ()]
    return [text for text in dict.fromkeys(found) if normalised(text) not in taken and has_words(text)]


def wished_for(pattern: str | None) -> frozenset[str]:
    """The intents that start a journey, from the definitions that match the pattern."""
    found = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in _files(pattern)]
    return frozenset(
        str(name) for each in found if isinstance(each, dict) for name in each.get("intents") or ()
    )


def _files(pattern: str | None) -> list[Path]:
    return sorted(Path().glob(pattern)) if pattern else []


def _intent(name: str, confidence: float) -> dict[str, Any]:
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: confidence}


def _certain(chances: npt.NDArray[np.float32], index: int) -> npt.NDArray[np.float32]:
    """The customer used a training example's very words: that intent has at least 0.98."""
    if chances[index] >= 0.98:
        return chances
    rest = 1 - chances[index]
    raised = chances * np.float32(0.02 / rest) if rest > 0 else chances.copy()
    raised[index] = 0.98
    return raised


def _verbatim(texts: list[str], names: list[str]) -> dict[str, str]:
    """Normalised short examples and their intent; those under two intents are left out."""
    found: dict[str, set[str]] = {}
    for text, name in zip(texts, names, strict=True):
        plain = normalised(text)
        if plain and len(plain) <= 60:
            found.setdefault(plain, set()).add(name)
    return {plain: next(iter(under)) for plain, under in found.items() if len(under) == 1}


def _embedding(message: Message) -> npt.NDArray[np.float32] | None:
    _, sentence = message.get_dense_features(TEXT)
    if sentence is None:
        return None
    row: npt.NDArray[np.float32] = np.asarray(sentence.features, dtype=np.float32).reshape(-1)[-DIMENSIONS:]
    return row
