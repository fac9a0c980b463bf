"""Reads training data and held-out messages as they are written, with the line of each.

Tolerant on purpose: what Rasa would skip or stumble over becomes a finding of `assistant check`. Nothing of
Rasa is imported here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.journeys.marked import Marks
from assistant.journeys.project import Place, Project

NLU = Path("data/nlu")
HELD_OUT = Path("tests/data/held_out")
OUT_OF_SCOPE = "unknown"  # the intent of messages that belong to none
RASA_KEYS = frozenset({"regex", "lookup", "synonym"})  # what stands under nlu: beside intents
_ANNOTATED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})")  # [friday](date), as Rasa marks entities


@dataclass(frozen=True)
class Example:
    """One message under an intent. `language` is the name of the folder its file is in."""

    text: str
    intent: str
    language: str
    place: Place


@dataclass
class Block:
    """The examples of one intent in one file. `odd` are lines that Rasa skips, with the reason."""

    intent: str
    language: str
    place: Place
    examples: list[Example] = field(default_factory=list)
    odd: list[tuple[Place, str]] = field(default_factory=list)
    beside: tuple[str, ...] = ()  # only of messages out of scope: the intents that must be trained too


def training_blocks(project: Project) -> list[Block]:
    """Everything under data/nlu, `_out_of_scope.yml` with the intent `unknown`."""
    return [block for path in _files(project, NLU) for block in _blocks(project, path)]


def held_out(project: Project) -> list[Example]:
    """All messages under tests/data/held_out; empty where there is no such folder."""
    return [
        example
        for path in _files(project, HELD_OUT)
        for block in _blocks(project, path)
        for example in block.examples
    ]


def _files(project: Project, folder: Path) -> list[Path]:
    found = (project.root / folder).rglob("*")
    return sorted(path for path in found if path.suffix in {".yml", ".yaml"} and path.is_file())


def _blocks(project: Project, path: Path) -> Iterator[Block]:
    unread = len(project.broken)
    content, marks = project.read(path)
    if len(project.broken) > unread:
        return
    reader = _Reader(project.name(path), path, marks)
    if not isinstance(content, dict) or not content.keys() & {"nlu", "examples", "cases"}:
        project.broken.append((reader.at(), "There are no examples here: “nlu:” is missing."))
        return
    for index, entry in enumerate(_listed(content.get("nlu"))):
        if isinstance(entry, dict) and "intent" in entry:
            place = reader.at("nlu", index, "intent")
            block = Block(str(entry["intent"] or "").strip(), path.parent.name, place)
            reader.fill(block, entry.get("examples"), ("nlu", index, "examples"))
            yield block
        elif not isinstance(entry, dict) or not entry.keys() & RASA_KEYS:
            project.broken.append((reader.at("nlu", index), "Rasa skips this: it says no “intent:”."))
    if "examples" in content:  # of _out_of_scope.yml
        block = Block(OUT_OF_SCOPE, path.parent.name, reader.at("examples"))
        block.beside = tuple(str(each) for each in _listed(content.get("beside")))
        reader.fill(block, content["examples"], ("examples",))
        yield block
    if "cases" in content:  # messages with the facts in them
        block = Block("", path.parent.name, reader.at("cases"))
        reader.fill(block, content["cases"], ("cases",))
        yield block


@dataclass(frozen=True)
class _Reader:
    file: str
    path: Path
    marks: Marks

    def at(self, *place: str | int) -> Place:
        return Place(self.file, self.marks.line(*place))

    def fill(self, block: Block, examples: Any, place: tuple[str | int, ...]) -> None:
        """Rasa allows a block of lines with dashes, and a list of texts or of mappings with `text`."""
        if isinstance(examples, str):
            for line, where in self._lines(examples, place):
                if line.startswith("-"):
                    block.examples.append(_example(block, line[1:], where))
                elif line.strip():
                    block.odd.append(
                        (where, "An example begins with “- ” at the left; Rasa skips this line.")
                    )
        elif isinstance(examples, list):
            for index, each in enumerate(examples):
                text = each.get("text") if isinstance(each, dict) else each
                block.examples.append(_example(block, str(text or ""), self.at(*place, index)))
        elif examples is not None:
            block.odd.append((self.at(*place), "Examples are a block of lines that begin with “- ”."))

    def _lines(self, examples: str, place: tuple[str | int, ...]) -> Iterator[tuple[str, Place]]:
        """The lines of a literal block; other kinds of blocks have no lines of their own to show."""
        first = self.at(*place).line
        written = self.path.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(examples.split("\n"), first + 1):
            same = number <= len(written) and written[number - 1].strip() == line.strip()
            yield line, Place(self.file, number if same else first)


def _example(block: Block, text: str, place: Place) -> Example:
    return Example(_ANNOTATED.sub(r"\1", text).strip(), block.intent, block.language, place)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
