"""Every question of every journey, found by walking the definitions with a company that answers plausibly.

A point is a place where the bot waits for the customer. `points_of` finds them all by trying every answer,
with the company in every mood that a condition of the definition speaks of; no steps are named here.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any

from assistant.journeys.conditions import parse_condition
from assistant.journeys.definitions import Definition, Step
from tests.journeys.dialogue import DEFINITIONS, Dialogue, company, eur, event, window

Json = Any
OWN_WORDS = "It started on Monday and since then nothing that I was promised has happened at all."
SAMPLES: dict[str, Json] = {
    "account_number": "441100",
    "one_time_code": "123456",
    "email": "anna@example.org",
    "phone": "+31612345678",
    "postcode": "3511 AB",
    "date": {"date": "2026-12-10"},
    "time_window": {"start": "08:00", "end": "12:00", "part": "am"},
}
TYPED: dict[str, Json] = {
    "money": eur("12.00"),
    "date": "2026-12-10",
    "window": window("2026-12-10", "08:00", "10:00"),
    "flag": True,
}
MOST_TURNS = 40
MOST_STATES = 60
PERSON = "person"
DONE_BY = {each.journey: each.achieved_when.system if each.achieved_when else [] for each in DEFINITIONS.all}
BEGIN = {each.journey: each.intents[0] for each in DEFINITIONS.all if each.intents}
JOURNEYS = sorted(name for name in BEGIN if name != "talk_to_person")


class Walk(Dialogue):
    """A dialogue whose company answers every action, with `overlay` laid over what that action gives."""

    def __init__(self, *, signed_in: bool = True, overlay: dict[str, Json] | None = None) -> None:
        super().__init__(signed_in=signed_in)
        self.overlay = overlay or {}
        self.language = "en"
        self.all_lists: list[dict[str, Json]] = []
        if self.customer:
            self.customer = {**self.customer, **{k: v for k, v in self.overlay.items() if k == "vulnerable"}}
        known = company()
        for definition in DEFINITIONS.all:
            for step in definition.steps:
                if step.action and step.action not in known:
                    self.answers[step.action] = plausible(definition, step)
                elif step.action and isinstance(known[step.action], dict):
                    lists = {n: sample(definition, n) for n in step.gives if n in lists_of(definition)}
                    answer = self.answers[step.action]
                    self.answers[step.action] = {**answer, "outputs": {**lists, **answer["outputs"]}}

    def fork(self) -> Walk:
        """The same moment once more."""
        other = copy.copy(self)
        for name in ("texts", "said", "ran", "runs", "log", "all_log"):
            setattr(other, name, list(getattr(self, name)))
        other.args, other.answers = dict(self.args), dict(self.answers)
        other.state = copy.deepcopy(self.state)
        return other

    def say(self, text: str, intent: str | None = None, **more: Any) -> Walk:
        more.setdefault("language", self.language)
        super().say(text, intent, **more)
        return self

    def _run(self, action: str, running: dict[str, Json]) -> dict[str, Json] | None:
        result = super()._run(action, running)
        step = (DEFINITIONS.named(running["journey"]) or DEFINITIONS.all[0]).find(running["step"])
        if result is None or step is None or result.get("result") != "ok":
            return result
        given = {name: value for name, value in self.overlay.items() if name in {*step.gives, "code"}}
        outputs = {**result["outputs"], **given}
        self.all_lists = [*self.all_lists, {k: v for k, v in outputs.items() if isinstance(v, list)}]
        return {**result, "outputs": {name: value for name, value in outputs.items() if value is not None}}

    @property
    def point(self) -> tuple[str, str, str] | None:
        """(journey, step, response) of the open question."""
        stack = (self.state or {}).get("stack") or []
        if not self.awaiting:
            return None
        journey = stack[-1]["journey"] if stack else ""
        return journey, str(self.awaiting.get("step")), str(self.awaiting["response"])

    @property
    def over(self) -> bool:
        """Whether nothing more is asked, or a person is on the way."""
        return not self.awaiting or bool((self.state or {}).get("paused"))

    def answers_to(self) -> list[tuple[str, dict[str, Json]]]:
        """What a customer could answer here: pressing each choice, or the fact asked for."""
        choices = [each for each in self.awaiting["choices"] if each.get("more") is None]
        if choices:
            return [(str(e["title"]), {"choice": e["id"]}) for e in choices if e["value"] != PERSON][:6]
        stack = (self.state or {})["stack"]
        step = self.definitions.by_hash(stack[-1]["hash"]).find(stack[-1]["step"])  # type: ignore[union-attr]
        if step is None or step.free:
            return [(OWN_WORDS, {})]
        name = step.entity or step.collect or ""
        return [("it is this", {name: SAMPLES.get(name, f"{name} 1")})]

    def answer(self) -> Walk:
        """The good customer's answer: the first choice, yes, or what was asked for."""
        text, given = self.answers_to()[0]
        return self.say(text, None, **given)

    def finish(self) -> Walk:
        """Goes on as the good customer until nothing more is asked."""
        for _ in range(MOST_TURNS):
            if self.over:
                return self
            self.answer()
        raise AssertionError(f"still asking after {MOST_TURNS} answers: {self.point}")

    def changes(self, journey: str | None = None) -> list[tuple[str, str]]:
        """What was changed at the company, with the inputs; of that journey or of all."""
        names = {step.action for each in DEFINITIONS.all for step in each.steps if step.changes}
        runs = [each for each in self.runs if journey in (None, each["journey"])]
        return [
            (each["action"], str(sorted(each["inputs"].items()))) for each in runs if each["action"] in names
        ]


def begun(journey: str, *, signed_in: bool = True, overlay: dict[str, Json] | None = None) -> Walk:
    """A walk whose customer has just asked for this."""
    return Walk(signed_in=signed_in, overlay=overlay).say(f"I want {journey}", BEGIN[journey])


def plausible(definition: Definition, step: Step) -> dict[str, Json]:
    """An answer in which everything the step gives is there."""
    outputs = {name: sample(definition, name) for name in step.gives}
    proofs = DONE_BY[definition.journey] if step.changes else []
    return {"result": "ok", "outputs": outputs, "events": [event(each, "x") for each in proofs], "code": None}


def sample(definition: Definition, name: str) -> Json:
    fact = DEFINITIONS.facts.get(name)
    kind = fact.type if fact else "text"
    if kind != "list":
        usual = [value for fact, value in conditions_of(definition, usual=True) if fact == name]
        if usual:
            return usual[0]
        return SAMPLES.get(name) or TYPED.get(kind) or f"{name} 1"
    chooser = next((each for each in definition.steps if each.choose_from == name), None)
    if chooser is None:
        return [{"text": f"{name} 1"}]
    spoken_of = conditions_of(definition)
    values = [value for fact, value in spoken_of if fact == chooser.collect and value]
    more = () if len(values) > 1 else (f"{name} 1", f"{name} 2")
    items = [_item(chooser, value) for value in dict.fromkeys([*values, *more])]
    key = chooser.value or chooser.collect or ""
    for fact, part in chooser.also.items():
        of_kind = [value for spoken, value in spoken_of if spoken == fact and isinstance(value, str)]
        items = [{**_item(chooser, f"{key} {value}"), part: value} for value in of_kind] + items
    return items


def lists_of(definition: Definition) -> list[str]:
    """The lists that the customer chooses from."""
    return [step.choose_from for step in definition.steps if step.choose_from]


def two_of(definition: Definition, name: str) -> Json:
    """That list with one more entry than the company gives on a good day."""
    fetch = next((step for step in definition.steps if name in step.gives), None)
    listed = ((company().get(fetch.action or "") or {}).get("outputs") or {}).get(name) if fetch else None
    if not listed:
        return sample(definition, name)
    chooser = next(step for step in definition.steps if step.choose_from == name)
    key = chooser.value or chooser.collect or ""
    return [*listed, {**listed[-1], key: f"{listed[-1].get(key)}_2"}]


def _item(step: Step, value: Json) -> dict[str, Json]:
    kinds = {part: TYPED.get(_type(fact)) for fact, part in step.also.items() if part != "title"}
    made = {part: kind or f"{part} of {value}" for part, kind in kinds.items()}
    made |= {"title": f"The {value}", "label": f"The {value}", step.value or step.collect or "": value}
    shown = next(iter(step.option.values()), "")
    for part in ("window", "issued", "amount", "placed"):
        if part in made or "{" + part + "}" in shown:
            made[part] = {"window": TYPED["window"], "amount": TYPED["money"]}.get(part, TYPED["date"])
    return made


def conditions_of(definition: Definition, *, usual: bool = False) -> list[tuple[str, Json]]:
    """Values of facts that the definition's conditions speak of; None stands for a fact that is not known.

    `usual`: only those that a condition holds to be the rule ("!= none").
    """
    found: list[tuple[str, Json]] = []
    for step in definition.steps:
        lines = [*step.when, *(line for branch in step.branches for line in branch.if_)]
        for each in (part for line in lines for part in parse_condition(line)):
            if usual and each.op != "!=":
                continue
            if each.state == "known":
                found.append((each.fact, TYPED.get(_type(each.fact), f"{each.fact} 1")))
            elif each.state in {"unknown", "empty"}:
                found.append((each.fact, None if each.state == "unknown" else []))
            elif each.op in {"=", "in", "!="}:
                found += [
                    (each.fact, _value(each.fact, text.strip())) for text in (each.value or "").split(",")
                ]
            elif each.op:
                more = {">": 1, ">=": 0, "<": -1, "<=": 0}[each.op]
                found.append((each.fact, _value(each.fact, str(int(each.value or 0) + more))))
    return [pair for i, pair in enumerate(found) if "." not in pair[0] and pair not in found[:i]]


def _type(name: str) -> str:
    fact = DEFINITIONS.facts.get(name)
    return fact.type if fact else "text"


def _value(name: str, written: str) -> Json:
    if _type(name) == "money":
        return eur(f"{written}.00")
    return {"yes": True, "no": False}.get(written, written)


def _may_be_missing(definition: Definition, name: str) -> bool:
    """Whether a condition speaks of that fact as one that may not be known."""
    lines = [line for step in definition.steps for line in step.when]
    lines += [line for step in definition.steps for branch in step.branches for line in branch.if_]
    found = [each for line in lines for each in parse_condition(line) if each.fact == name]
    return any(each.state in {"known", "unknown"} for each in found)


@dataclass(frozen=True)
class Point:
    """A question of a journey, and the walk that stands before it."""

    journey: str
    step: str
    response: str
    walk: Walk

    @property
    def name(self) -> str:
        return f"{self.journey}-{self.step}-{self.response}"


@cache
def points_of(journey: str, *, signed_in: bool = True) -> tuple[Point, ...]:
    """Every question of that journey, in the order found."""
    definition = DEFINITIONS.named(journey)
    assert definition is not None
    spoken_of = conditions_of(definition)
    bare = {name: None for name, value in spoken_of if _may_be_missing(definition, name)}
    overlays: list[dict[str, Json]] = [{}, *({name: value} for name, value in spoken_of)]
    if bare:
        overlays += [bare, *({**bare, name: value} for name, value in spoken_of)]
    overlays += [{step.collect: None} for step in definition.steps if step.collect]
    overlays += [{name: two_of(definition, name)} for name in lists_of(definition)]
    found: dict[tuple[str, str, str], Point] = {}
    seen: set[str] = set()
    for overlay in overlays:
        ahead = [begun(journey, signed_in=signed_in, overlay=overlay)]
        for _ in range(MOST_STATES):
            if not ahead:
                break
            walk = ahead.pop(0)
            point = walk.point
            if point is None or walk.over:
                continue
            found.setdefault(point, Point(journey, point[1], point[2], walk))
            facts = {name for frame in (walk.state or {})["stack"] for name in frame["facts"]}
            state = f"{point} {overlay} {sorted(facts)}"
            if state in seen:
                continue
            seen.add(state)
            for text, given in walk.answers_to():
                ahead.append(walk.fork().say(text, None, **given))
    return tuple(found.values())
