"""The examples and the held-out messages of this project: apart from each other, and told apart rightly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistant.bot.examples import OUT_OF_SCOPE, Example, held_out, training_blocks
from assistant.bot.likeness import near_pairs, plain
from assistant.journeys.project import Project

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "nl", "it")
TASKS, MOVES = 18, 13


def trained() -> list[Example]:
    return [example for block in training_blocks(Project(ROOT)) for example in block.examples]


def messages(kind: str) -> list[Example]:
    return [each for each in held_out(Project(ROOT)) if each.place.file.endswith(f"/{kind}.yml")]


def near(a: str, b: str) -> str | None:
    """How near they are; the same in both directions."""
    there = [nearness for _, _, nearness in near_pairs([a], [b])]
    assert there == [nearness for _, _, nearness in near_pairs([b], [a])]
    assert len(there) <= 1
    return there[0] if there else None


@pytest.mark.parametrize(
    ("a", "b", "nearness"),
    [
        ("Dov'è il mio pacco?", "dove il mio pacco", "the same as"),
        ("Perché?", "perche", "the same as"),
        ("??", "?? ", "the same as"),
        ("??", "!!", None),
        ("where is my parcel", "where is my order", "one word away from"),
        ("where is my parcel", "where is my little parcel", "one word away from"),
        ("please where is my parcel", "where is my parcel", "one word away from"),
        ("where is my parcel now", "so where is my parcel", "much like"),
        ("order NO-123456 has not come yet", "has order NO-123456 not come yet", "much like"),
        ("pay bill", "see bill", None),
        ("pay my bill", "see my bill", None),
        ("where is my parcel", "my parcel should be here by now", None),
        ("I want to pay my bill", "I want to see a person now", None),
    ],
)
def test_that_near_messages_are_told_from_others(a: str, b: str, nearness: str | None) -> None:
    assert near(a, b) == nearness


def test_that_every_pair_is_found_with_its_places() -> None:
    left = ["nothing like any other message", "Hello!", "where is my parcel"]
    right = ["hello", "where is my order", "HELLO"]
    assert set(near_pairs(left, right)) == {
        (1, 0, "the same as"),
        (1, 2, "the same as"),
        (2, 1, "one word away from"),
    }
    assert list(near_pairs([], right)) == list(near_pairs(left, [])) == []


def test_that_no_held_out_message_is_near_to_a_training_example() -> None:
    examples, held = trained(), held_out(Project(ROOT))
    assert len(examples) > 5_000
    assert len(held) > 3_500
    pairs = near_pairs([each.text for each in held], [each.text for each in examples])
    found = [f"{shown(held[i])} is {nearness} {shown(examples[j])}" for i, j, nearness in pairs]
    assert not found, "\n".join(found)


def shown(example: Example) -> str:
    return f"{example.place.file}:{example.place.line} “{example.text}”"


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_each_language_has_its_examples_and_its_held_out_messages(language: str) -> None:
    counts = Counter(each.intent for each in trained() if each.language == language)
    outside = counts.pop(OUT_OF_SCOPE)
    assert len(counts) == TASKS + MOVES
    assert min(counts.values()) >= 60, counts
    assert outside >= 150
    held = Counter(each.intent for each in messages("intents") if each.language == language)
    assert set(held) == set(counts)
    assert min(held.values()) >= 25, held
    assert sum(each.language == language for each in messages("out_of_scope")) == 400
    assert sum(each.language == language for each in messages("facts")) >= 150


def test_that_no_held_out_message_is_written_twice() -> None:
    several = Counter(
        (each.language, plain(each.text)) for each in [*messages("intents"), *messages("out_of_scope")]
    )
    assert [words for words, count in several.items() if count > 1] == []


def test_that_the_intents_are_those_of_the_guide() -> None:
    guide = (ROOT / "data" / "nlu" / "README.md").read_text(encoding="utf-8")
    for intent in {each.intent for each in trained()} - {OUT_OF_SCOPE}:
        assert f"`{intent}`" in guide
