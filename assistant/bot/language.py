"""Which language to answer a message in: that of the conversation, unless the customer goes on in another.

One Rasa component. It learns from the training examples of each language (language_evidence.py), so that a
language is added with its examples; with a single language it learns and reads nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.bot.embedding import handled_text
from assistant.bot.language_evidence import Evidence, Told, words_of

LANGUAGE = "language"  # on the message: what to answer in
HEARD_IN = "heard_in"  # on the message: what its own words are in, null when they do not tell
ASKED_FOR = "language_asked"  # on the message: that it only asks for that language
METADATA = "metadata"
LEARNED = "language.json"

# How far the words' language must be ahead (logarithm of how much likelier) for the conversation to follow.
AT_ONCE, AT_ONCE_ALONE = 2.0, 3.0  # the first message decides against the language of the page; one word
IN_A_SENTENCE = 2.5
IN_A_FEW_WORDS, FEW_WORDS = 3.8, 3
SHORTEST_ALONE = 4  # letters of a single word that may decide: “si” and “ja” are understood everywhere
_FACTS = Path(__file__).parent / "facts"


def follow(
    current: str, told: Told | None, *, first: bool = False, courtesy: bool = False, letters: int = 100
) -> str:
    """The conversation's language after a message. Pure.

    `told`: the language its words speak for; `first`: nothing was said before; `courtesy`: it is only a
    greeting, thanks or a goodbye, which people like to say in another's language; `letters`: how many it has.
    """
    if told is None or told.language == current:
        return current
    if first:
        return told.language if told.lead >= (AT_ONCE if told.words > 1 else AT_ONCE_ALONE) else current
    few = told.words <= FEW_WORDS
    if (few and courtesy) or (told.words == 1 and letters < SHORTEST_ALONE):
        return current
    return told.language if told.lead >= (IN_A_FEW_WORDS if few else IN_A_SENTENCE) else current


@dataclass(frozen=True)
class Heard:
    """`language`: to answer in; `heard_in`: of the words themselves, if they tell; `asked`: for it alone."""

    language: str
    heard_in: str | None
    asked: bool = False


class Languages:
    """Tells languages apart; the first one is the default. A single language needs no evidence."""

    def __init__(self, languages: Sequence[str], evidence: Evidence | None) -> None:
        self.languages = tuple(languages)
        self._evidence = evidence if len(self.languages) > 1 else None
        self._names = _names_of(self.languages) if self._evidence else {}
        self._asking = frozenset(
            word for language in self.languages for word in _words(language, "asking") if self._evidence
        )

    def hear(self, text: str, current: str | None, *, first: bool = False, courtesy: bool = False) -> Heard:
        """What to answer a message in. Without a current language it counts as the first message."""
        held = current if current in self.languages else self.languages[0]
        if self._evidence is None:
            return Heard(held, None)
        handled = handled_text(text)
        named = self._asked_for(handled)
        if named is not None:
            return Heard(named, named, asked=True)
        told = self._evidence.told(handled)
        heard_in = told.language if told is not None and told.lead >= AT_ONCE else None
        letters = sum(map(str.isalpha, handled))
        answer = follow(held, told, first=first or current is None, courtesy=courtesy, letters=letters)
        return Heard(answer, heard_in)

    def _asked_for(self, text: str) -> str | None:
        """The language that a message asks for by name, in any language, and that says nothing else."""
        small = text.lower()
        if not any(name in small for name in self._names):
            return None
        words = set(words_of(text))
        named = {self._names[word] for word in words if word in self._names}
        rest = words - self._names.keys()
        return named.pop() if len(named) == 1 and rest <= self._asking else None


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class LanguageDetector(GraphComponent):  # type: ignore[misc, unused-ignore]
    """Sets `language`, `heard_in` and `language_asked` on each message.

    Reads the conversation's `language`, whether this is its `first` message and a pressed `choice` from the
    message's metadata; a message without any is taken as a first one.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """What config.yml may set, paths from the working directory at training.

        `languages`: the file that lists them; `examples`: where each one's training examples are;
        `courtesies`: intents that are no reason to go on in another language.
        """
        return {
            "languages": "data/languages.yml",
            "examples": "data/nlu/{language}/*.yml",
            "courtesies": ["greet", "thank", "goodbye"],
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetector:
        """Make an untrained component; Rasa calls this."""
        return cls(config, model_storage, resource)

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._languages = Languages(("en",), None)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The languages, and every word that is learned from."""
        config = {**cls.get_default_config(), **config}  # Rasa passes only what config.yml says
        seen = hashlib.sha256()
        for language in languages_of(config["languages"]):
            for text in _examples(config["examples"], language):
                seen.update(f"{language}\0{text}\0".encode("utf-8", "replace"))
        return seen.hexdigest()

    def train(self, training_data: TrainingData) -> Resource:
        """Learns each language's words from its own files; Rasa's training data does not know languages."""
        languages = languages_of(self._config["languages"])
        learned: dict[str, Any] = {"languages": languages}
        if len(languages) > 1:
            texts = {language: _examples(self._config["examples"], language) for language in languages}
            evidence = Evidence.learn(texts)
            learned |= {"words": evidence.words, "letters": evidence.letters}
        with self._model_storage.write_to(self._resource) as folder:
            (folder / LEARNED).write_text(json.dumps(learned, ensure_ascii=False), encoding="utf-8")
        self._languages = _languages(learned)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageDetector:
        """The component with what it learned when its model was trained."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            learned = json.loads((folder / LEARNED).read_text(encoding="utf-8"))
        component._languages = _languages(learned)
        return component

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the language of each message."""
        for message in messages:
            metadata = message.get(METADATA)
            metadata = metadata if isinstance(metadata, dict) else {}
            current = metadata.get(LANGUAGE)
            if metadata.get("choice") and current:
                heard = Heard(str(current), None)  # a button's title is in the language it was offered in
            else:
                heard = self._languages.hear(
                    message.get(TEXT) or "",
                    current,
                    first=bool(metadata.get("first")),
                    courtesy=(message.get(INTENT) or {}).get(INTENT_NAME_KEY) in self._config["courtesies"],
                )
            message.set(LANGUAGE, heard.language, add_to_output=True)
            message.set(HEARD_IN, heard.heard_in, add_to_output=True)
            message.set(ASKED_FOR, heard.asked, add_to_output=True)
        return messages


def language_to_answer(parsed: Mapping[str, Any], slot: str | None) -> str:
    """The language of a turn, from what was parsed and the conversation's slot.

    Where the message was parsed without its conversation (`rasa shell`), one that does not tell its language
    keeps the slot's.
    """
    if parsed.get(LANGUAGE) and (parsed.get(HEARD_IN) == parsed[LANGUAGE] or not slot):
        return str(parsed[LANGUAGE])
    return slot or "en"


def languages_of(file: str | Path) -> list[str]:
    """The languages that file lists, English when it is not there: elsewhere, Rasa projects have none."""
    try:
        content = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ["en"]
    return [str(language) for language in content["languages"]]


def _languages(learned: Mapping[str, Any]) -> Languages:
    languages = tuple(learned["languages"])
    if "words" not in learned:
        return Languages(languages, None)
    words, letters = (
        {key: tuple(weights) for key, weights in learned[name].items()} for name in ("words", "letters")
    )
    in_names = frozenset(word for language in languages for word in _words(language, "in_names"))
    return Languages(languages, Evidence(languages, words, letters, in_names))


_ANNOTATED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@cache
def _read(file: Path, changed: int) -> tuple[str, ...]:
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  # a safe one
    content = content if isinstance(content, dict) else {}
    found = [str(text) for text in content.get("examples") or ()]
    for block in content.get("nlu") or ():
        lines = str(block.get("examples") or "").splitlines()
        found += [_ANNOTATED.sub(r"\1", line[2:]) for line in lines if line.startswith("- ")]
    return tuple(found)


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _examples(pattern: str, language: str) -> list[str]:
    files = sorted(Path().glob(pattern.format(language=language)))
    return [text for file in files for text in _read(file.absolute(), file.stat().st_mtime_ns)]


def _words(language: str, name: str) -> list[str]:
    """A list of `facts/<language>/language.yml`; none for a language without the file."""
    file = _FACTS / language / "language.yml"
    if not re.fullmatch("[a-z]{2,3}", language) or not file.exists():
        return []
    return [str(word) for word in yaml.safe_load(file.read_text(encoding="utf-8")).get(name) or ()]


def _names_of(languages: Sequence[str]) -> dict[str, str]:
    """What each of the languages is called in each of them: “dutch”, “nederlands”, “olandese” -> nl."""
    names: dict[str, str] = {}
    for speaker in languages:
        try:
            called = Locale.parse(speaker).languages
        except (UnknownLocaleError, ValueError):
            continue
        names |= {str(called[each]).lower(): each for each in languages if each in called}
    return names
