"""Journey definitions: what data/journeys/*.yml may say, and the checked, hashed form of it.

One file is one journey. `_facts.yml` names the facts that journeys speak of, `_words.yml` the few words
that belong to no journey (yes, no, and the titles of the engine's own choices). docs/journeys.md
explains every key to those who write them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from assistant.journeys.conditions import BadCondition, parse_condition
from assistant.journeys.marked import Marks, UnreadableYaml, parse_marked
from assistant.journeys.sayings import Sayings

FACTS, WORDS = "_facts", "_words"
_DURATION = re.compile(r"^(\d+)\s*([mhdw])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
PAGE_VALUE = "{value}"
_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

Kind = Literal["collect", "confirm", "act", "tell", "ask", "handoff"]


def parse_duration(value: Any) -> timedelta:
    """'30m', '12h', '7d' or '2w' as a timedelta. Raises ValueError for anything else."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.match(str(value).strip())
    if match is None:
        raise ValueError(f"“{value}” is not a time span; write 30m, 12h, 7d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _as_list(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _conditions(value: Any) -> Any:
    lines = [str(line) for line in _as_list(value)]
    for line in lines:
        try:
            parse_condition(line)
        except BadCondition as error:
            raise ValueError(str(error)) from error
    return lines


def _name(value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.match(value):
        raise ValueError(f"“{value}” is not a name; use small letters, digits and _")
    return value


Name = Annotated[str, BeforeValidator(_name)]
Names = Annotated[list[Name], BeforeValidator(_as_list)]
Conditions = Annotated[list[str], BeforeValidator(_conditions)]
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
LanguageText = dict[str, str]  # language code -> text


class Node(BaseModel):
    """Base of everything a designer writes: unknown keys are mistakes, not notes."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Then(Node):
    """What happens next, off the straight way. All parts are optional and done in this order."""

    learn: dict[str, Any] = {}
    forget: Names = []
    tell: Name | None = None
    end: Literal["achieved", "not_achieved", "abandoned", "unknown"] | None = None
    reason: Name | None = None
    offer: Literal["person"] | None = None
    handoff: Name | None = None
    go: Name | None = None


class Branch(Then):
    """A `Then` for when a condition holds. The first branch that holds is taken."""

    if_: Conditions = Field(alias="if")


class Promise(Node):
    """What is told is a promise: it goes on record with the day by which it is to be kept, a fact."""

    due: Name | None = None


class Step(Node):
    """One stage. Exactly one of collect, confirm, act, ask, tell, handoff says which kind it is."""

    step: Name
    title: LanguageText = {}
    when: Conditions = []
    not_after: Names = []
    why: Name | None = None
    branches: list[Branch] = []

    collect: Name | None = None
    free: bool = False
    ask: Name | None = None
    ask_again: Name | None = None
    retries: int | None = Field(default=None, ge=0, le=5)
    entity: Name | None = None
    choose_from: Name | None = None
    value: Name | None = None
    option: LanguageText = {}
    also: dict[str, str] = {}
    narrow_by: Names = []
    look_again: Name | None = None
    show: int = Field(default=5, ge=1, le=9)
    when_none: Then | None = None

    confirm: Name | None = None
    confirms: Name | None = None
    when_no: Then | None = None

    act: Name | None = None
    inputs: dict[str, str] = {}
    fixed: dict[str, Any] = {}
    gives: Names = []
    changes: bool = False
    verifies: bool = False
    failures: int | None = Field(default=None, ge=2, le=5)
    on_failure: dict[str, Then] = {}

    fact: Name | None = None
    told: bool = False
    when_yes: Then | None = None

    tell: Name | None = None
    promise: Promise | None = None
    handoff: Name | None = None

    @model_validator(mode="before")
    @classmethod
    def _shorthands(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise ValueError("a step is a list of keys, for example “collect: bill_id”")
        data = dict(data)
        if isinstance(data.get("inputs"), list):
            data["inputs"] = {str(each).rstrip("?"): str(each) for each in data["inputs"]}
        if isinstance(data.get("also"), list):
            data["also"] = {str(each): str(each) for each in data["also"]}
        data.setdefault("step", _default_id(data))
        return data

    @model_validator(mode="after")
    def _one_kind(self) -> Step:
        kinds = [name for name in ("collect", "confirm", "act", "handoff") if getattr(self, name)]
        if not kinds:
            kinds = [name for name in ("ask", "tell") if getattr(self, name)]
        if len(kinds) != 1:
            raise ValueError("a step needs exactly one of collect, confirm, act, ask, tell, handoff")
        if kinds[0] == "ask" and not self.fact:
            raise ValueError("a question with yes or no needs “fact:”, the name of what it finds out")
        if self.told and kinds[0] != "ask":
            raise ValueError("“told:” belongs to a question with yes or no")
        if self.promise and kinds[0] != "tell":
            raise ValueError("“promise:” belongs to a “tell:”; what it says is what is promised")
        if self.free and (kinds[0] != "collect" or self.choose_from):
            raise ValueError("“free:” belongs to a “collect:” without “choose_from:”")
        if kinds[0] == "collect" and not self.ask:
            raise ValueError(f"“collect: {self.collect}” needs “ask:”, the response that asks for it")
        return self

    @cached_property
    def kind(self) -> Kind:
        """Which kind of step this is."""
        for name in ("collect", "confirm", "act", "handoff", "ask", "tell"):
            if getattr(self, name):
                return name
        raise AssertionError("validated")

    @property
    def question(self) -> str | None:
        """The response this step waits on, if it waits for the customer at all."""
        return self.confirm or self.ask

    @property
    def question_again(self) -> str | None:
        """The same question in other words."""
        return self.ask_again or (f"{self.question}_again" if self.question else None)

    @property
    def action(self) -> str | None:
        """Rasa's name of the action."""
        if self.act is None:
            return None
        return self.act if self.act.startswith("action_") else f"action_{self.act}"

    def label(self, language: str) -> str:
        """The title for people, in that language or in English."""
        return pick(self.title, language) or self.step.replace("_", " ")

    def thens(self) -> Iterator[tuple[str, Then]]:
        """Every way off the straight way, with the key it is written under."""
        for key in ("when_none", "when_no", "when_yes"):
            found = getattr(self, key)
            if found is not None:
                yield key, found
        for code, then in self.on_failure.items():
            yield f"on_failure.{code}", then
        for index, branch in enumerate(self.branches):
            yield f"branches.{index}", branch


def _default_id(data: Mapping[str, Any]) -> str:
    for key in ("collect", "act", "fact", "tell", "confirm", "handoff"):
        if isinstance(data.get(key), str):
            text = str(data[key])
            return text.removeprefix("action_").removeprefix("utter_")
    return "step"


class AchievedWhen(Node):
    """The company's own events that prove the goal, or take the proof back, and the reason to note."""

    system: Annotated[list[str], BeforeValidator(_as_list)]
    reason: Name | None = None


class HandoffRoute(Node):
    """Where a person for this journey is found."""

    skill: Name
    priority: Literal["urgent", "high", "normal", "low"] = "normal"


class Definition(Node):
    """One journey, as written."""

    journey: Name
    title: LanguageText
    goal: LanguageText = {}
    intents: Names = []
    needs: Literal["verified_identity"] | None = None
    aside: bool = False
    subject: Name | None = None
    value: Name | None = None
    steps: list[Step] = Field(min_length=1)
    achieved_when: AchievedWhen | None = None
    undone_when: AchievedWhen | None = None
    ask_customer: Name | None = None
    abandoned_after: Duration = timedelta(minutes=30)
    achieved_within: Duration = timedelta(days=1)
    came_back_within: Duration = timedelta(days=7)
    came_back_means: Literal["failure", "repeat"] = "failure"
    resume_within: Duration = timedelta(days=14)
    handoff: HandoffRoute

    @model_validator(mode="after")
    def _steps_have_their_own_names(self) -> Definition:
        seen: set[str] = set()
        for step in self.steps:
            if step.step in seen:
                raise ValueError(f"two steps are called {step.step}; give one of them its own “step:” name")
            seen.add(step.step)
        return self

    @model_validator(mode="after")
    def _an_aside_asks_for_nothing(self) -> Definition:
        if self.aside and (self.needs or any(step.changes for step in self.steps)):
            raise ValueError("an aside needs no identity and changes nothing; take “aside:” away")
        return self

    def find(self, step: str | None) -> Step | None:
        """The step of that name."""
        return next((each for each in self.steps if each.step == step), None)

    def after(self, step: str) -> Step | None:
        """The step that follows in the file; None after the last one, the first for an unknown name."""
        names = [each.step for each in self.steps]
        index = names.index(step) + 1 if step in names else 0
        return self.steps[index] if index < len(self.steps) else None

    def confirmed_act(self, confirm: Step) -> Step | None:
        """The act with consequences that this confirmation is about."""
        if confirm.confirms:
            return self.find(confirm.confirms)
        later = self.steps[self.steps.index(confirm) + 1 :]
        return next((each for each in later if each.changes), None)


class Fact(Node):
    """A fact that journeys know by name. `hidden` ones (lists to choose from) are never shown as facts."""

    type: Literal["text", "money", "date", "window", "flag", "list"] = "text"
    label: LanguageText
    scope: Literal["matter", "customer"] = "matter"
    secret: bool = False
    hidden: bool = False
    page: Annotated[list[str], BeforeValidator(_as_list)] = []  # how a page's address names it

    @model_validator(mode="after")
    def _pages_name_a_value(self) -> Fact:
        if any(each.count(PAGE_VALUE) != 1 or each == PAGE_VALUE for each in self.page):
            raise ValueError(
                f"“page:” is a piece of an address with {PAGE_VALUE} in it, once: /bills/{PAGE_VALUE}"
            )
        return self


class Words(Node):
    """Words that belong to no journey: how yes and no sound, and the titles of the engine's own choices."""

    affirm: dict[str, list[str]]
    deny: dict[str, list[str]]
    either: dict[str, list[str]] = {}
    unsure: dict[str, list[str]] = {}
    but: dict[str, list[str]] = {}
    around: dict[str, list[str]] = {}
    negations: dict[str, list[str]] = {}
    extremes: dict[str, dict[str, list[str]]] = {}  # cheapest, dearest, earliest, latest
    titles: dict[str, LanguageText]

    @cached_property
    def sayings(self) -> Sayings:
        """What short answers mean."""
        return Sayings(
            {
                "affirm": self.affirm,
                "deny": self.deny,
                "either": self.either,
                "unsure": self.unsure,
                "but": self.but,
                "around": self.around,
            }
        )


@dataclass(frozen=True)
class JourneyTerms:
    """The terms on which attempts of a journey close, for the pure outcome rules."""

    journey: str
    achieved_when_system: tuple[str, ...]
    undone_when_system: tuple[str, ...]
    undone_reason: str | None
    abandoned_after: timedelta
    achieved_within: timedelta
    came_back_within: timedelta
    came_back_means: str


class DefinitionError(ValueError):
    """A definition that cannot be used. `findings` are (file, line, message)."""

    def __init__(self, findings: list[tuple[str, int, str]]) -> None:
        super().__init__("\n".join(f"{file}:{line}: {message}" for file, line, message in findings))
        self.findings = findings


def pick(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else in English, else any; empty when there is none."""
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")


@dataclass(frozen=True)
class Written:
    """A definition with where it was written and the hash of what was written."""

    definition: Definition
    hash: str
    file: str
    body: str
    marks: Marks


class Definitions:
    """All journeys of a project, found by name, intent or content hash."""

    def __init__(self, written: list[Written], facts: Mapping[str, Fact], words: Words) -> None:
        self._by_name = {each.definition.journey: each for each in written}
        self._by_hash = {each.hash: each for each in written}
        self._by_intent = {intent: each for each in written for intent in each.definition.intents}
        self.facts = dict(facts)
        self.words = words

    @classmethod
    def load(cls, path: Path) -> Definitions:
        """All definitions of a folder (data/journeys). Raises DefinitionError, FileNotFoundError."""
        if not path.is_dir():
            raise FileNotFoundError(path)
        return cls.from_bodies({str(file): file.read_text("utf-8") for file in sorted(path.glob("*.yml"))})

    @classmethod
    def from_bodies(cls, bodies: Mapping[str, str]) -> Definitions:
        """The same from file names and contents, as a trained model keeps them. Raises DefinitionError."""
        written: list[Written] = []
        facts: dict[str, Fact] = {}
        words = Words(affirm={}, deny={}, titles={})
        problems: list[tuple[str, int, str]] = []
        for file, body in bodies.items():
            try:
                if Path(file).stem == FACTS:
                    facts = read_facts(file, body)
                elif Path(file).stem == WORDS:
                    words = read_words(file, body)
                else:
                    written.append(read_definition(file, body))
            except DefinitionError as error:
                problems.extend(error.findings)
        if problems:
            raise DefinitionError(problems)
        return cls(written, facts, words)

    def bodies(self) -> dict[str, str]:
        """Content by hash: what is stored so that journeys in progress keep their definition."""
        return {each.hash: each.body for each in self._by_hash.values()}

    def keep(self, body: str) -> str:
        """Adds an older definition, to be found by its hash only; gives the hash. Raises DefinitionError."""
        written = read_definition("stored definition", body)
        self._by_hash.setdefault(written.hash, written)
        return written.hash

    @property
    def all(self) -> list[Definition]:
        """The present definitions, by name."""
        return [self._by_name[name].definition for name in sorted(self._by_name)]

    @property
    def written(self) -> list[Written]:
        """The present definitions with their files and lines, by name."""
        return [self._by_name[name] for name in sorted(self._by_name)]

    def named(self, name: str) -> Definition | None:
        """The present definition of that name."""
        return self._by_name[name].definition if name in self._by_name else None

    def for_intent(self, intent: str | None) -> Definition | None:
        """The journey that this intent starts."""
        return self._by_intent[intent].definition if intent in self._by_intent else None

    def by_hash(self, content_hash: str) -> Definition | None:
        """The definition as it was under that hash."""
        return self._by_hash[content_hash].definition if content_hash in self._by_hash else None

    def hash_of(self, name: str) -> str | None:
        """The content hash of the present definition of that name."""
        return self._by_name[name].hash if name in self._by_name else None

    def terms_of(self, intent: str) -> JourneyTerms | None:
        """When attempts of that intent close, and by whose word. None for an intent without a journey."""
        found = self.for_intent(intent)
        if found is None:
            return None
        return JourneyTerms(
            journey=found.journey,
            achieved_when_system=tuple(found.achieved_when.system) if found.achieved_when else (),
            undone_when_system=tuple(found.undone_when.system) if found.undone_when else (),
            undone_reason=found.undone_when.reason if found.undone_when else None,
            abandoned_after=found.abandoned_after,
            achieved_within=found.achieved_within,
            came_back_within=found.came_back_within,
            came_back_means=found.came_back_means,
        )

    def title_of(self, intent: str, language: str = "en") -> str:
        """The journey's title for people; the plain title of `unknown`; else the intent's own words."""
        found = self.for_intent(intent)
        if found is not None:
            return pick(found.title, language)
        return self.word(intent, language) if intent in self.words.titles else intent.replace("_", " ")

    def word(self, name: str, language: str) -> str:
        """A title of `_words.yml`."""
        return pick(self.words.titles.get(name, {}), language)

    def label_of(self, fact: str, language: str) -> str:
        """A fact's label for people."""
        found = self.facts.get(fact)
        return (pick(found.label, language) if found else "") or fact.replace("_", " ")

    def is_hidden(self, fact: str) -> bool:
        """Whether that fact is never shown or told (lists to choose from, secrets, things undeclared)."""
        found = self.facts.get(fact)
        return found is None or found.hidden or found.secret

    def is_secret(self, fact: str) -> bool:
        """Whether that fact must never be kept."""
        found = self.facts.get(fact)
        return found is not None and found.secret

    def is_about_customer(self, fact: str) -> bool:
        """Whether that fact outlives the matter in hand (account, name), unlike a bill or a slot."""
        found = self.facts.get(fact)
        return found is not None and found.scope == "customer"


def read_definition(file: str, body: str) -> Written:
    """One journey file. Raises DefinitionError with a finding for each mistake."""
    data, marks = _parse(file, body)
    try:
        definition = Definition.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(_explain(file, marks, error)) from error
    return Written(definition, hashlib.sha256(body.encode()).hexdigest()[:16], file, body, marks)


def read_facts(file: str, body: str) -> dict[str, Fact]:
    """`_facts.yml`: facts by name. Raises DefinitionError."""

    class File(Node):
        facts: dict[Name, Fact]

    data, marks = _parse(file, body)
    try:
        return dict(File.model_validate(data).facts)
    except ValidationError as error:
        raise DefinitionError(_explain(file, marks, error)) from error


def read_words(file: str, body: str) -> Words:
    """`_words.yml`. Raises DefinitionError."""
    data, marks = _parse(file, body)
    try:
        return Words.model_validate(data)
    except ValidationError as error:
        raise DefinitionError(_explain(file, marks, error)) from error


def _parse(file: str, body: str) -> tuple[Any, Marks]:
    try:
        return parse_marked(body, file)
    except UnreadableYaml as error:
        raise DefinitionError([(file, error.line, error.message)]) from error


def _explain(file: str, marks: Marks, error: ValidationError) -> list[tuple[str, int, str]]:
    findings = []
    for each in error.errors():
        place = tuple(part for part in each["loc"] if part != "function-before")
        key = next((str(part) for part in reversed(place) if isinstance(part, str)), "this")
        message = {
            "extra_forbidden": f"“{key}” is not a key that is known here",
            "missing": f"“{key}” is missing",
        }.get(each["type"], each["msg"].removeprefix("Value error, "))
        findings.append((file, marks.line(*place), message))
    return findings
