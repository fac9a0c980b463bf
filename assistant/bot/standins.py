"""Leaves out the libraries that Rasa imports and the server never uses.

Importing `rasa.core.agent` also imports TensorFlow, a client for each of a dozen chat services, plotting and
cloud storage: two thirds of the start and half of the memory (docs/performance.md). While Rasa is
imported, stand-ins take their place; afterwards everybody else, actions for instance, gets the real ones.
"""

from __future__ import annotations

import importlib.abc
import sys
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import yaml

TENSORFLOW = ("tensorflow", "tensorflow_text", "tensorflow_hub", "tensorflow_addons", "keras")
SERVICES = (
    *("aiogram", "slack_sdk", "twilio", "webexteamssdk", "mattermostwrapper", "fbmessenger"),
    *("rocketchat_API", "socketio", "engineio"),
    *("boto3", "botocore", "pymongo", "confluent_kafka", "kafka"),
)
TOOLS = ("matplotlib", "questionary", "randomname", "sklearn", "sentry_sdk")
# Components of Rasa's own that need none of these; any other may, and then nothing is left out.
LIGHT = frozenset({"RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy", "WhitespaceTokenizer"})
OURS = "assistant."


class LeftOut(RuntimeError):
    """Something did use a library that was left out."""


class _Kind(type):
    """A class whose every attribute is again such a class, so that it can be subclassed and subscripted."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return cls

    def __getitem__(cls, key: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return cls


class _Nothing(metaclass=_Kind):
    """What stands for classes, functions and decorators while Rasa is imported; of no use afterwards."""

    importing = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not _Nothing.importing:
            raise LeftOut("a library that the server leaves out is needed: see assistant/bot/standins.py")

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__()

    def __call__(self, function: Any = None, *args: Any, **kwargs: Any) -> Any:
        return function if callable(function) else self


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Nothing


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = frozenset(names)
        self.made: list[str] = []

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name.partition(".")[0] not in self._names:
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        self.made.append(spec.name)
        return _StandIn(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """There is nothing in it."""


def may_leave_out(config: Path) -> bool:
    """Whether all components of that config.yml are known to need none of the libraries."""
    content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    components = [*(content.get("pipeline") or ()), *(content.get("policies") or ())]
    names = [str(each.get("name")) if isinstance(each, dict) else str(each) for each in components]
    return bool(names) and all(name in LIGHT or name.startswith(OURS) for name in names)


@contextmanager
def left_out(config: Path) -> Iterator[None]:
    """Import Rasa and load the model in here. Libraries that are imported already stay as they are."""
    if not may_leave_out(config):
        yield
        return
    names = [name for name in (*TENSORFLOW, *SERVICES, *TOOLS) if name not in sys.modules]
    finder = _Finder(names)
    sys.meta_path.insert(0, finder)
    _Nothing.importing = True
    try:
        yield
    finally:
        _Nothing.importing = False
        sys.meta_path.remove(finder)
        for name in finder.made:
            sys.modules.pop(name, None)
