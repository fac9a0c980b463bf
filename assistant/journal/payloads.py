"""What every fact of the journal is made of: its payload, its wire name, who did it, and its place.

A payload says what happened; the envelope (`Recorded`) says who, where, when and at which place of
which stream. This module depends on nothing, so that pure rules can speak in events.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar, cast, dataclass_transform

Json = Any  # what json.dumps takes and json.loads gives


@dataclass(frozen=True)
class Event:
    """Base of all payloads. `name` is the wire name; it never derives from the class name."""

    name: ClassVar[str] = ""

    def to_wire(self) -> dict[str, Json]:
        """All fields as one JSON-able dict, personal ones included, without the name."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def split(self) -> tuple[dict[str, Json], dict[str, Json]]:
        """(open fields, personal fields), each JSON-able; fields that hold their default are left out."""
        plain: dict[str, Json] = {}
        sealed: dict[str, Json] = {}
        for f in dataclasses.fields(self):
            value = getattr(self, f.name)
            if f.default is not dataclasses.MISSING and value == f.default:
                continue
            if f.default_factory is not dataclasses.MISSING and value == f.default_factory():
                continue
            (sealed if f.metadata.get("personal") else plain)[f.name] = value
        return plain, sealed


E = TypeVar("E", bound=type[Event])
REGISTRY: dict[str, type[Event]] = {}


# `personal` is no field specifier here: a type checker would take `personal()` for a field without default.
@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def wire(name: str) -> Callable[[E], E]:
    """Class decorator: makes a frozen dataclass and registers it under its wire name."""

    def register(cls: E) -> E:
        made = dataclass(frozen=True, kw_only=True)(cls)
        made.name = name
        if name in REGISTRY:
            raise ValueError(f"two events are called {name}")
        REGISTRY[name] = made
        return cast(E, made)

    return register


def personal(**kwargs: Any) -> Any:
    """A field that is sealed at rest. Erased people leave the field's default behind, so it needs one."""
    if "default" not in kwargs and "default_factory" not in kwargs:
        kwargs["default"] = None
    return field(metadata={"personal": True}, **kwargs)


def from_wire(name: str, data: Mapping[str, Json]) -> Event:
    """The payload of that wire name. Unknown fields are dropped (an older program reads a newer journal).

    Raises KeyError for a name that is not in the registry.
    """
    cls = REGISTRY[name]
    known = _fields(name)
    if not data.keys() <= known:
        data = {key: value for key, value in data.items() if key in known}
    return cls(**data)


def from_journal(name: str, data: Mapping[str, Json]) -> Event:
    """`from_wire` for what was a payload when it was stored: nothing is checked again, which is faster.

    Raises KeyError for a name that is not in the registry.
    """
    defaults, factories, known = _blank(name)
    made = object.__new__(REGISTRY[name])
    held = made.__dict__
    held.update(defaults)
    for key, factory in factories:
        held[key] = factory()
    held.update(data if data.keys() <= known else {key: data[key] for key in data.keys() & known})
    return made


@functools.cache
def _blank(name: str) -> tuple[dict[str, Json], list[tuple[str, Callable[[], Json]]], frozenset[str]]:
    """(defaults, factories of defaults, all names) of that payload's fields."""
    fields = dataclasses.fields(REGISTRY[name])
    defaults = {f.name: f.default for f in fields if f.default is not dataclasses.MISSING}
    factories = [(f.name, f.default_factory) for f in fields if f.default_factory is not dataclasses.MISSING]
    return defaults, factories, _fields(name)


@functools.cache
def _fields(name: str) -> frozenset[str]:
    return frozenset(f.name for f in dataclasses.fields(REGISTRY[name]))


@dataclass(frozen=True)
class Actor:
    """Who did it: kind is customer, bot, agent, system or company; id where there is one."""

    kind: str
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind

    @classmethod
    def parse(cls, text: str) -> Actor:
        kind, _, id_ = text.partition(":")
        return cls(kind, id_ or None)


CUSTOMER = Actor("customer")
BOT = Actor("bot")
SYSTEM = Actor("system")
COMPANY = Actor("company")


@dataclass(frozen=True)
class Recorded:
    """An event with its place in the journal. `at` is aware UTC; `sequence` counts from 1 per stream."""

    stream_id: str
    sequence: int
    event_id: str
    at: datetime
    actor: Actor
    channel: str | None
    event: Event
