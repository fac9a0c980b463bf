"""Reads the files of a project for `assistant check`, with a line for everything it finds in them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import assistant
from assistant.journeys.marked import Marks, UnreadableYaml, read_marked

RASA_KEYS = frozenset({"utter_action"})  # a key in Rasa's own metadata, not a text
_ACTION = re.compile(r"action_[a-z0-9_]+")
_RESPONSE = re.compile(r"utter_[a-z0-9_]*[a-z0-9]")


@dataclass(frozen=True)
class Place:
    """A line of a file, the file relative to the project."""

    file: str
    line: int


@dataclass
class Project:
    """What the project's files say. `broken` are files that could not be read: (place, why)."""

    root: Path
    broken: list[tuple[Place, str]] = field(default_factory=list)

    def read(self, path: Path) -> tuple[Any, Marks]:
        """The content of a YAML file, None when it is not there or broken."""
        if not path.is_file():
            return None, Marks({})
        try:
            return read_marked(path)
        except UnreadableYaml as error:
            self.broken.append((Place(self.name(path), error.line), f"This cannot be read: {error.message}."))
            return None, Marks({})

    def name(self, path: Path) -> str:
        """The path as it is shown: relative to the project."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def languages(self) -> list[str]:
        """data/languages.yml; English when it is not there."""
        content, _ = self.read(self.root / "data" / "languages.yml")
        found = content.get("languages") if isinstance(content, dict) else None
        return [str(each) for each in found] if isinstance(found, list) and found else ["en"]

    def skills(self) -> set[str]:
        """data/handoff.yml."""
        content, _ = self.read(self.root / "data" / "handoff.yml")
        found = content.get("skills") if isinstance(content, dict) else None
        return {str(each) for each in found} if isinstance(found, dict) else set()

    def domain(self) -> dict[str, Any]:
        """domain.yml."""
        content, _ = self.read(self.root / "domain.yml")
        return content if isinstance(content, dict) else {}

    def responses(self) -> dict[str, dict[str, list[tuple[str, Place]]]]:
        """name -> language -> [(text, place)]."""
        found: dict[str, dict[str, list[tuple[str, Place]]]] = {}
        for path in sorted((self.root / "data" / "responses").glob("*/*.yml")):
            content, marks = self.read(path)
            texts = content.get("responses") if isinstance(content, dict) else None
            for name, variants in (texts or {}).items():
                for index, variant in enumerate(variants if isinstance(variants, list) else []):
                    place = Place(self.name(path), marks.line("responses", name, index))
                    text = str((variant or {}).get("text") or "") if isinstance(variant, dict) else ""
                    found.setdefault(name, {}).setdefault(path.parent.name, []).append((text, place))
        return found

    def rules(self) -> Iterator[tuple[str, str, Place]]:
        """("intent" or "action", name, place) of every step of Rasa's own rules."""
        for path in sorted((self.root / "data" / "rules").glob("*.yml")):
            content, marks = self.read(path)
            for number, rule in enumerate((content or {}).get("rules") or []):
                for index, step in enumerate(rule.get("steps") or []):
                    place = Place(self.name(path), marks.line("rules", number, "steps", index))
                    for kind in ("intent", "action"):
                        if isinstance(step, dict) and kind in step:
                            yield kind, str(step[kind]), place

    def actions(self) -> set[str]:
        """The names of the actions in actions/, read without running them."""
        names: set[str] = set()
        for path in sorted((self.root / "actions").rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            names.update(text for text, _ in _texts_in(tree) if _ACTION.fullmatch(text))
        return names - {"action_name", "action_result", "action_listen"}


@cache
def spoken_in_code() -> dict[str, Place]:
    """Responses that the product itself names, and where."""
    package = Path(assistant.__file__).parent
    found: dict[str, Place] = {}
    for path in sorted(package.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "utter_" not in text:
            continue
        for name, line in _texts_in(ast.parse(text)):
            if _RESPONSE.fullmatch(name) and name not in RASA_KEYS:
                found.setdefault(name, Place(str(path.relative_to(package.parent)), line))
    return found


def _texts_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value, node.lineno
