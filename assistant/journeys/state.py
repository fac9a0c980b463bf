"""The engine's state, the `journey` slot, and the one object through which the engine changes it.

The state is one JSON-able dict:
  version 1 · turn {conversation_id, sequence, at, language, ids, moves, open} · stack [frame] (last on top)
  known {fact: {value, source, verified}} facts about the customer · awaiting (what the next message answers)
  agenda (what is still to be said or run) · running · say · log (this turn's events) · attempts · unclear
  tried [action] · offered [reason] of a person, once each · came_back {attempt_id, intent, outcome, at}
  parked [frame in doubt] · left (a journey to take up, resuming.py) · paused · held (what was awaited when a
  person was called)
A frame is one journey under way: journey, hash, attempt_id, intent, words, step, entered, facts, source of
each, tries, asks, failures and declines by step,
confirmed {step: {sequence, inputs}}, doubt {step: key}, done [step], order [[step, fact]].
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from assistant.handoff.escalation import EscalationRules
from assistant.journal.events import Event, FactLearned, FactWithdrawn
from assistant.journeys.definitions import Definition, Definitions, Step

Json = Any
State = dict[str, Json]
Frame = dict[str, Json]

VERSION = 1
LONGEST_WORDS = 2_000  # characters
MOVES_PER_TURN = 12  # said or run; the limit of Rasa's predictions per turn lies above it


@dataclass(frozen=True)
class Heard:
    """One message as understood. `choice` is the server-issued id of a pressed button; `at` ISO 8601 UTC.

    `between`: intents that are too close to tell apart, likeliest first. `outside`: it is
    nothing that customers come here for. `more`: further wishes of the same
    message, in the order they are to be done, each with its own words and entities. `words`: what was said
    of this wish, where that is not the whole text. `language` is the one to answer in; `language_asked`: the
    message asks for it and says nothing else.
    """

    text: str
    sequence: int
    at: str
    intent: str | None = None
    confidence: float = 0.0
    ranking: list[dict[str, Json]] = field(default_factory=list)  # [{name, confidence}], best first
    entities: dict[str, Json] = field(default_factory=dict)
    choice: str | None = None
    language: str = "en"
    language_asked: bool = False
    between: tuple[str, ...] = ()
    outside: bool = False
    more: tuple[Heard, ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Say:
    """Utter that response with these arguments."""

    response: str
    args: dict[str, Json]


@dataclass(frozen=True)
class Run:
    """Run that action; its inputs are in the state's `running`."""

    action: str


@dataclass(frozen=True)
class Listen:
    """Wait for the customer."""


Move = Say | Run | Listen


def new_state() -> State:
    """The state of a conversation in which nothing has happened."""
    return {
        "version": VERSION,
        "turn": {"open": False, "moves": 0},
        "stack": [],
        "known": {},
        "awaiting": None,
        "agenda": [],
        "running": None,
        "say": None,
        "log": [],
        "attempts": [],
        "unclear": {"in_row": 0, "total": 0},
        "tried": [],
        "offered": [],
        "came_back": None,
        "parked": [],
        "left": None,
        "paused": False,
        "held": None,
    }


def new_frame(
    definition: Definition, content_hash: str, intent: str, attempt_id: str | None, words: str = ""
) -> Frame:
    """A journey at its first step. `words`: what the customer said when they asked for it."""
    return {
        "journey": definition.journey,
        "hash": content_hash,
        "intent": intent,
        "attempt_id": attempt_id,
        "step": definition.steps[0].step,
        "entered": False,
        "facts": {},
        "tries": {},
        "asks": {},
        "failures": {},
        "declines": {},
        "confirmed": {},
        "doubt": {},
        "done": [],
        "changed": [],
        "order": [],
        "words": words[:LONGEST_WORDS],
    }


def digest(value: Json) -> str:
    """A short stable hash of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def operation_key(conversation_id: str, sequence: int, journey: str, step: str) -> str:
    """The idempotency key of one confirmed act: once per confirmation, however often it is sent."""
    return hashlib.sha256(f"{conversation_id}|{sequence}|{journey}|{step}".encode()).hexdigest()


class Turn:
    """A state being changed, on a copy of its own. Knows nothing of conversation; only keeps the books."""

    def __init__(self, state: State | None, definitions: Definitions, rules: EscalationRules) -> None:
        given = copy.deepcopy(state) if state else {}
        self.state: State = {**new_state(), **given} if given.get("version") == VERSION else new_state()
        self.definitions = definitions
        self.rules = rules

    # --- where we are --------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """The language of the message being answered."""
        return str(self.state["turn"].get("language") or "en")

    @property
    def top(self) -> Frame | None:
        """The journey under way."""
        return self.state["stack"][-1] if self.state["stack"] else None

    @property
    def awaiting(self) -> dict[str, Json] | None:
        """What the customer's next message answers."""
        return self.state["awaiting"]  # type: ignore[no-any-return]

    @property
    def busy(self) -> bool:
        """Whether something is to be waited for: an action's result or the customer's answer."""
        return self.awaiting is not None or any("run" in each for each in self.state["agenda"])

    def definition(self, frame: Frame) -> Definition:
        """The definition this frame began with, or the present one. Raises KeyError when both are gone."""
        found = self.definitions.by_hash(frame["hash"]) or self.definitions.named(frame["journey"])
        if found is None:
            raise KeyError(frame["journey"])
        return found

    def step(self, frame: Frame) -> Step | None:
        """The step the frame stands at; None past the end. A step that is gone starts the journey over."""
        if frame["step"] is None:
            return None
        definition = self.definition(frame)
        found = definition.find(frame["step"])
        if found is None:
            found = definition.steps[0]
            frame["step"], frame["entered"] = found.step, False
        return found

    # --- events and ids ------------------------------------------------------------------------

    def log(self, event: Event) -> None:
        """Puts an event on this turn's record."""
        self.state["log"].append({"event": event.name, **event.to_wire()})

    def new_id(self, prefix: str) -> str:
        """An id that comes out the same when the turn is done again after a crash."""
        turn = self.state["turn"]
        turn["ids"] = int(turn.get("ids", 0)) + 1
        text = f"{turn.get('conversation_id')}|{turn.get('sequence')}|{turn['ids']}"
        return f"{prefix}_{hashlib.sha256(text.encode()).hexdigest()[:20]}"

    # --- facts ---------------------------------------------------------------------------------

    def facts(self, frame: Frame | None = None) -> dict[str, Json]:
        """Values by name: the customer's, overlaid by those of the journey."""
        found = {name: fact["value"] for name, fact in self.state["known"].items()}
        frame = frame or self.top
        if frame is not None:
            found.update({name: fact["value"] for name, fact in frame["facts"].items()})
        return found

    def learn(
        self,
        frame: Frame | None,
        name: str,
        value: Json,
        source: str,
        *,
        step: str | None = None,
        quiet: bool = False,
    ) -> None:
        """Keeps a fact where it belongs and records it, unless it is hidden, unchanged or `quiet`."""
        if value is None:
            return
        about_customer = self.definitions.is_about_customer(name)
        if frame is None and not about_customer:
            return
        room = self.state["known"] if about_customer or frame is None else frame["facts"]
        known = room.get(name)
        verified = source == "system" and self.verified
        room[name] = {"value": value, "source": source, "verified": verified}
        if frame is not None and step is not None:
            frame["order"] = [each for each in frame["order"] if each[1] != name] + [[step, name]]
        if quiet or self.definitions.is_hidden(name) or (known and known["value"] == value):
            return
        attempt_id = frame["attempt_id"] if frame else None
        label = self.definitions.label_of(name, self.language)
        self.log(
            FactLearned(
                fact=name, label=label, value=value, source=source, verified=verified, attempt_id=attempt_id
            )
        )

    def forget(self, frame: Frame, name: str) -> None:
        """Takes a fact back, and with it the confirmations that rested on it."""
        room = frame["facts"] if name in frame["facts"] else self.state["known"]
        if room.pop(name, None) is None:
            return
        frame["order"] = [each for each in frame["order"] if each[1] != name]
        if not self.definitions.is_hidden(name):
            self.log(FactWithdrawn(fact=name, attempt_id=frame["attempt_id"]))

    @property
    def verified(self) -> bool:
        """Whether the company's own sign-in or a one-time code has proved who the customer is."""
        return bool(self.state.get("verified"))

    # --- what is to be said and run ------------------------------------------------------------

    def say(self, response: str, **extra: Json) -> None:
        """Puts an utterance on the agenda, with the facts known at this moment as its arguments."""
        args: dict[str, Json] = {}
        for name, value in self.facts().items():
            fact = self.definitions.facts.get(name)
            if fact is not None and not fact.secret and not (fact.type == "list" and fact.hidden):
                args[name] = value
        self.state["agenda"].append({"say": {"response": response, "args": {**args, **extra}}})

    def run(self, running: dict[str, Json]) -> None:
        """Puts an action on the agenda."""
        self.state["agenda"].append({"run": running})

    def wait_for(
        self,
        kind: str,
        response: str,
        choices: list[dict[str, Json]] | None = None,
        *,
        args: dict[str, Json] | None = None,
        **rest: Json,
    ) -> None:
        """Asks: says the response and awaits the answer."""
        self.say(response, **(args or {}))
        self.state["awaiting"] = {
            "kind": kind,
            "fact": None,
            "response": response,
            "choices": choices or [],
            "secret": False,
            **({"args": args} if args else {}),
            **rest,
        }

    def choice(self, name: str, value: Json) -> dict[str, Json]:
        """One of the engine's own choices (yes, no, talk to a person), with an id of its own."""
        return {"id": self.new_id("o"), "title": self.definitions.word(name, self.language), "value": value}
