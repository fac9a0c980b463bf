"""What the understanding benchmark trains on and asks about. Pure, apart from reading files.

Subsets, flipped labels and typing errors are the same for the same seed, and the same for both sides.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

FOREIGN = "unknown"  # the name that out-of-scope messages have in the held-out files
KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


class Example(NamedTuple):
    """A message and the intent it stands for."""

    text: str
    intent: str


@dataclass(frozen=True)
class Split:
    """One data set. Out-of-scope messages are never trained on."""

    name: str
    train: list[Example]
    validation: list[Example]
    test: list[Example]
    foreign: list[str]  # messages of the test that belong to no trained intent

    @property
    def intents(self) -> list[str]:
        return sorted({example.intent for example in self.train})


@dataclass(frozen=True)
class FactCase:
    """A message and exactly the facts it holds, as (name, JSON value)."""

    text: str
    at: str  # ISO time that "tomorrow" is relative to
    expects: str | None
    facts: list[tuple[str, Any]]


# --- reading ---------------------------------------------------------------------------------------


def read_clinc(path: Path) -> Split:
    """CLINC150's `data_full.json`, or the folder it is in. Its out-of-scope training messages are left out.

    Raises FileNotFoundError and ValueError when it is something else.
    """
    file = path / "data_full.json" if path.is_dir() else path
    content = json.loads(file.read_text(encoding="utf-8"))
    missing = {"train", "val", "test", "oos_test"} - set(content)
    if missing:
        raise ValueError(f"{file} is not CLINC150: {', '.join(sorted(missing))} missing")
    parts = {part: [Example(*pair) for pair in content[part]] for part in ("train", "val", "test")}
    foreign = [text for text, _ in content["oos_test"]]
    return Split("CLINC150", parts["train"], parts["val"], parts["test"], foreign)


def read_nlu(*files: Path) -> list[Example]:
    """The examples of Rasa NLU files in any format that Rasa reads. Raises ValueError when there are none."""
    from rasa.shared.nlu.training_data.loading import load_data

    found = [
        Example(message.get("text"), message.get("intent"))
        for file in files
        for message in load_data(str(file)).intent_examples
    ]
    if not found:
        raise ValueError(f"no examples in {', '.join(map(str, files))}")
    return found


def own_files(root: Path, language: str) -> list[Path]:
    """The project's own training files of one language; those with an underscore belong to no intent."""
    return sorted((root / "data/nlu" / language).glob("[!_]*.yml"))


def read_facts(file: Path) -> list[FactCase]:
    """Held-out messages with their facts."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return [
        FactCase(
            text=case["text"],
            at=content["at"],
            expects=case.get("expects"),
            facts=[pair for fact in case["facts"] for pair in fact.items()],
        )
        for case in content["cases"]
    ]


def as_nlu(examples: Sequence[Example]) -> str:
    """A Rasa NLU file with those examples, as Rasa writes it."""
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    messages = [Message.build(text=example.text, intent=example.intent) for example in examples]
    return str(TrainingData(training_examples=messages).nlu_as_yaml())


# --- choosing --------------------------------------------------------------------------------------


def every_nth(names: Sequence[str], step: int) -> list[str]:
    """Every so manieth in alphabetical order, from the first on."""
    return sorted(names)[::step]


def only(split: Split, intents: Sequence[str]) -> Split:
    """That part of the set: those intents, and all out-of-scope messages."""
    wanted = set(intents)

    def part(examples: list[Example]) -> list[Example]:
        return [example for example in examples if example.intent in wanted]

    name = f"{split.name}, {len(wanted)} intents"
    return Split(name, part(split.train), part(split.validation), part(split.test), split.foreign)


def some_each(examples: Sequence[Example], count: int, seed: int) -> list[Example]:
    """So many examples of each intent, drawn at random; all where there are not more."""
    by_intent = defaultdict(list)
    for example in examples:
        by_intent[example.intent].append(example)
    chance = random.Random(seed)
    return [
        example
        for intent in sorted(by_intent)
        for example in chance.sample(by_intent[intent], min(count, len(by_intent[intent])))
    ]


def hold_out(name: str, train: Sequence[Example], test: Sequence[Example], step: int = 10) -> Split:
    """A set without a validation part: every tenth training example of each intent becomes it.

    An intent of fewer than ten examples keeps them all. Test messages of intents that are not trained
    are the out-of-scope ones.
    """
    seen: dict[str, int] = defaultdict(int)
    kept, validation = [], []
    for example in train:
        seen[example.intent] += 1
        (validation if seen[example.intent] % step == 0 else kept).append(example)
    known = {example.intent for example in train}
    return Split(
        name,
        kept,
        validation,
        [example for example in test if example.intent in known],
        [example.text for example in test if example.intent not in known],
    )


def sample(items: Sequence[Any], count: int | None, seed: int) -> list[Any]:
    """So many of them at random, in their order; all for None or when there are not more."""
    if count is None or count >= len(items):
        return list(items)
    places = sorted(random.Random(seed).sample(range(len(items)), count))
    return [items[place] for place in places]


# --- spoiling --------------------------------------------------------------------------------------


def flip_labels(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], set[int]]:
    """That share (0 to 1) of the examples under a wrong intent, all wrong ones equally likely.

    Gives the examples in their order, and the places of the flipped ones.
    """
    chance = random.Random(seed)
    intents = sorted({example.intent for example in examples})
    flipped = set(chance.sample(range(len(examples)), round(share * len(examples)))) if intents[1:] else set()
    spoilt = list(examples)
    for place in sorted(flipped):
        others = [intent for intent in intents if intent != examples[place].intent]
        spoilt[place] = Example(examples[place].text, chance.choice(others))
    return spoilt, flipped


def with_typing_error(text: str, chance: random.Random) -> str:
    """The text with one typing error: two letters swapped, one dropped, one doubled, or a neighbouring key.

    It falls into a word of three letters or more where there is one. A text without letters stays as it is.
    """
    kinds = [_swapped, _dropped, _doubled, _neighbour]
    chance.shuffle(kinds)
    places = _letters_of_words(text, 3) or _letters_of_words(text, 1)
    chance.shuffle(places)
    for kind in kinds:
        for place in places:
            spoilt = kind(text, place, chance)
            if spoilt != text:
                return spoilt
    return text


def with_typing_errors(texts: Sequence[str], seed: int) -> list[str]:
    """One typing error in each."""
    chance = random.Random(seed)
    return [with_typing_error(text, chance) for text in texts]


def _letters_of_words(text: str, least: int) -> list[int]:
    """The places of all letters in runs of at least so many letters."""
    places, run = [], []
    for place, character in enumerate(text + " "):
        if character.isalpha():
            run.append(place)
            continue
        if len(run) >= least:
            places += run
        run = []
    return places


def _swapped(text: str, place: int, chance: random.Random) -> str:
    pair = text[place : place + 2]
    return text[:place] + pair[::-1] + text[place + 2 :] if pair.isalpha() else text


def _dropped(text: str, place: int, chance: random.Random) -> str:
    return text[:place] + text[place + 1 :]


def _doubled(text: str, place: int, chance: random.Random) -> str:
    return text[:place] + text[place] + text[place:]


def _neighbour(text: str, place: int, chance: random.Random) -> str:
    letter = text[place]
    for row in KEYBOARD:
        at = row.find(letter.lower())
        if at >= 0:
            typed = chance.choice([row[i] for i in (at - 1, at + 1) if 0 <= i < len(row)])
            return text[:place] + (typed.upper() if letter.isupper() else typed) + text[place + 1 :]
    return text
