"""YAML with the line of every node kept, so that a finding can point at the line to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Place = tuple[str | int, ...]  # the way to a node: ("steps", 2, "ask")


class UnreadableYaml(ValueError):
    """A file that is not YAML, or not UTF-8. Carries the line, counted from 1."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file, self.line, self.message = file, line, message


class Marks:
    """Line numbers (from 1) by place."""

    def __init__(self, lines: dict[Place, int]) -> None:
        self._lines = lines

    def line(self, *place: str | int) -> int:
        """The line of that node, or of the nearest one above it that is there."""
        while place:
            if place in self._lines:
                return self._lines[place]
            place = place[:-1]
        return self._lines.get((), 1)


def parse_marked(text: str, file: str = "") -> tuple[Any, Marks]:
    """The content of a YAML text and the lines of its nodes. Raises UnreadableYaml."""
    lines: dict[Place, int] = {}
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            value = None if root is None else _build(loader, root, (), lines)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = error.problem or "this is not YAML"
        raise UnreadableYaml(file, mark.line + 1 if mark else 1, message) from error
    except yaml.YAMLError as error:
        raise UnreadableYaml(file, 1, "this is not YAML") from error
    return value, Marks(lines)


def read_text(path: Path) -> str:
    """A file's text. Raises UnreadableYaml at the first byte that is not UTF-8, OSError."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        message = f"byte {column} of this line, 0x{content[error.start]:02X}, is not UTF-8"
        raise UnreadableYaml(str(path), line, message) from error


def read_marked(path: Path) -> tuple[Any, Marks]:
    """The same as `parse_marked` for a file. Raises UnreadableYaml, OSError."""
    return parse_marked(read_text(path), str(path))


def _build(loader: Any, node: yaml.Node, place: Place, lines: dict[Place, int]) -> Any:
    lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        content: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            if not isinstance(key, (str, int, bool)):
                raise yaml.MarkedYAMLError(problem="a key must be a word", problem_mark=key_node.start_mark)
            inner = (*place, str(key))
            lines[inner] = key_node.start_mark.line + 1
            content[str(key)] = _build(loader, value_node, inner, lines)
        return content
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, each, (*place, index), lines) for index, each in enumerate(node.value)]
    return loader.construct_object(node, deep=True)
