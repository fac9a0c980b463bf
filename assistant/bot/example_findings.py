"""What `assistant check` finds in training data: each mistake with the file and the line where it is."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from assistant.bot.example_languages import in_other_languages
from assistant.bot.examples import OUT_OF_SCOPE, Block, Example, held_out, training_blocks
from assistant.bot.likeness import Nearness, near_pairs, plain
from assistant.journeys.check import Finding, error_at, warning_at
from assistant.journeys.project import Place, Project

FEWEST_EXAMPLES = 15  # with fewer an intent is not understood
GOOD_NUMBER = 60  # per intent and language
READ_CHARACTERS = 2_000  # of a message; the encoder's HANDLED_CHARACTERS
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LOST = "\ufffd"  # what a program writes in place of a letter it could not read


def check_examples(
    project: Project, started: Mapping[str, Place], known: Collection[str]
) -> Iterator[Finding]:
    """Findings about data/nlu, and about held-out messages that are near to it.

    `started` are the intents that start journeys, `known` all that something answers to.
    """
    blocks = training_blocks(project)
    examples = list(chain.from_iterable(block.examples for block in blocks))
    spoken = [example for example in examples if example.text]
    yield from chain.from_iterable(_block(block, known) for block in blocks)
    yield from chain.from_iterable(_example(example) for example in examples)
    yield from _counts(blocks)
    yield from _missing(project, blocks, started)
    yield from _folders(project, blocks)
    yield from _same(spoken)
    yield from _copies(spoken)
    yield from in_other_languages(blocks, project.languages())
    yield from _near_held_out(spoken, held_out(project))


def _block(block: Block, known: Collection[str]) -> Iterator[Finding]:
    name = block.intent
    if not _NAME.fullmatch(name):
        yield error_at(
            block.place, f"“{name}” is no name for an intent: small letters, digits and _, as in pay_bill."
        )
    elif name == OUT_OF_SCOPE and not Path(block.place.file).name.startswith("_"):
        message = f"“{name}” is what no intent covers; such messages belong in _out_of_scope.yml."
        yield error_at(block.place, message)
    elif name not in {*known, OUT_OF_SCOPE}:
        yield error_at(block.place, f"There are examples for {name}, but no journey or rule is about it.")
    if not block.examples:
        yield error_at(block.place, f"{name} has no examples here.")
    for place, message in block.odd:
        yield error_at(place, message)


def _example(example: Example) -> Iterator[Finding]:
    text = example.text
    if not text:
        yield error_at(example.place, f"This example of {example.intent} is empty.")
    if len(text) > READ_CHARACTERS:
        message = f"This example has {len(text):,} characters; only the first {READ_CHARACTERS:,} are read."
        yield warning_at(example.place, message)
    mended = _mended(text)
    if mended:
        yield error_at(example.place, f"This was saved in a wrong encoding; it may have been “{mended}”.")
    elif _LOST in text:
        yield error_at(example.place, "A letter was lost in a wrong encoding: “\ufffd”.")


def _mended(text: str) -> str:
    """What UTF-8 was before a program took it for Windows-1252; empty when the text is as it should be."""
    try:
        mended = text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""
    return "" if mended == text else mended


def _counts(blocks: Sequence[Block]) -> Iterator[Finding]:
    for (intent, language), several in _by_intent(blocks).items():
        if intent == OUT_OF_SCOPE:
            continue
        count = sum(bool(example.text) for block in several for example in block.examples)
        place = several[0].place
        if count == 1:
            message = f"{intent} has a single example in language {language}; it needs {FEWEST_EXAMPLES}."
            yield error_at(place, message)
        elif 0 < count < FEWEST_EXAMPLES:
            message = f"{intent} has {count} examples in language {language}; it needs {FEWEST_EXAMPLES}."
            yield error_at(place, message)
        elif 0 < count < GOOD_NUMBER:
            message = f"{intent} has {count} examples in language {language}; {GOOD_NUMBER} are good."
            yield warning_at(place, message)


def _missing(project: Project, blocks: Sequence[Block], started: Mapping[str, Place]) -> Iterator[Finding]:
    found = _by_intent(blocks)
    places = {intent: several[0].place for (intent, _), several in reversed(found.items())}
    places.pop(OUT_OF_SCOPE, None)
    for intent, place in {**places, **started}.items():
        for language in project.languages():
            if (intent, language) not in found:
                yield error_at(place, f"{intent} has no examples in data/nlu/{language}.")
    for kind, name, place in project.rules():
        if kind == "intent" and name not in places:
            yield error_at(place, f"The rule is about {name}, for which there are no examples.")
    for block in blocks:
        for intent in block.beside:
            if intent not in places:
                message = f"“beside” names {intent}, which has no examples; so none of these are used."
                yield error_at(block.place, message)


def _folders(project: Project, blocks: Sequence[Block]) -> Iterator[Finding]:
    for block in {block.language: block for block in reversed(blocks)}.values():
        if block.language not in project.languages():
            message = (
                f"“{block.language}” is no language of data/languages.yml; each has a folder in data/nlu."
            )
            yield warning_at(block.place, message)


def _same(examples: Sequence[Example]) -> Iterator[Finding]:
    """The same words under two intents, in whatever languages, or twice in one."""
    seen: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        former = seen[plain(example.text)]
        other = next((each for each in former if each.intent != example.intent), None)
        twice = next((each for each in former if each.language == example.language), None)
        if other:
            message = f"“{example.text}” is under {example.intent} here and under {other.intent} in"
            yield error_at(example.place, f"{message} {_shown(other)}.")
        elif twice:
            yield warning_at(example.place, f"“{example.text}” is already in {_shown(twice)}.")
        former.append(example)


def _copies(examples: Sequence[Example]) -> Iterator[Finding]:
    """Near copies within an intent and language; between intents the same words may mean different things."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.intent, example.language].append(example)
    for group in groups.values():
        texts = [example.text for example in group]
        nearest: dict[int, tuple[int, Nearness]] = {}
        for i, j, nearness in near_pairs(texts, texts):
            if j < i and plain(texts[i]) != plain(texts[j]):
                nearest.setdefault(i, (j, nearness))
        for i, (j, how) in nearest.items():
            message = f"“{texts[i]}” is {how} “{texts[j]}” in {_shown(group[j])}."
            yield warning_at(group[i].place, message)


def _near_held_out(examples: Sequence[Example], held: Sequence[Example]) -> Iterator[Finding]:
    """Training examples that would make the held-out messages easier than customers' are."""
    for i, j, nearness in near_pairs([each.text for each in examples], [each.text for each in held]):
        # Not its words: who writes training data must not read what is held out.
        message = f"“{examples[i].text}” is {nearness} a held-out message ({_shown(held[j])})."
        yield warning_at(examples[i].place, message)


def _by_intent(blocks: Sequence[Block]) -> dict[tuple[str, str], list[Block]]:
    found: dict[tuple[str, str], list[Block]] = {}
    for block in blocks:
        found.setdefault((block.intent, block.language), []).append(block)
    return found


def _shown(example: Example) -> str:
    return f"{example.place.file}:{example.place.line}"
