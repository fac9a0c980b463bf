"""What `assistant check` finds in journey definitions, responses and rules, one clear line each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from assistant.handoff.packet_words import RESPONSES as PACKET_RESPONSES
from assistant.journeys.conditions import parse_condition
from assistant.journeys.definitions import (
    DefinitionError,
    Fact,
    LanguageText,
    Step,
    Written,
    read_definition,
    read_facts,
    read_words,
)
from assistant.journeys.flow import endless, found_by, known_before, unreachable
from assistant.journeys.marked import UnreadableYaml, read_text
from assistant.journeys.project import Place, Project, spoken_in_code
from assistant.journeys.steps import IDENTITY

SLOTS = ("journey", "action_result", "context", "language")
REASONS = frozenset(
    (
        "customer_asked",
        "not_understood",
        "action_failed",
        "declined",
        "policy",
        "came_back",
        "distress",
        "stuck",
        "agent_took_over",
        "transferred",
        "agent_lost",
    )
)
# Filled by the engine or the channel rather than from facts.
OTHER_ARGUMENTS = frozenset({"journey", "next", "customer", "agent", "what", "was", "now"})
_PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_.]*)\}")


@dataclass(frozen=True, order=True)
class Finding:
    """Something to put right. `file` is relative to the project, `line` counts from 1."""

    file: str
    line: int
    level: Literal["error", "warning"]
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.level}: {self.message}"


class JourneyCheck:
    """Looks over a project's journeys, responses and domain; examples are looked over elsewhere."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.languages = project.languages()
        self.responses = project.responses()
        self.actions = project.actions()
        self.skills = project.skills()
        self.facts: dict[str, Fact] = {}
        self.written: list[Written] = []
        self.early: list[Finding] = []
        self._read_definitions()

    def started(self) -> dict[str, Place]:
        """The intents that start a journey, and where that is said."""
        return {
            intent: Place(each.file, each.marks.line("intents"))
            for each in self.written
            for intent in each.definition.intents
        }

    def findings(self) -> Iterator[Finding]:
        """All that is wrong; files that cannot be read at all are in `project.broken`."""
        yield from self.early
        for written in self.written:
            yield from self._journey(written)
        yield from self._same_names()
        yield from self._responses()
        yield from self._rules()
        yield from self._domain()

    def _read_definitions(self) -> None:
        folder = self.project.root / "data" / "journeys"
        for path in sorted(folder.glob("*.yml")):
            name = self.project.name(path)
            try:
                body = read_text(path)
                if path.stem == "_facts":
                    self.facts = read_facts(name, body)
                elif path.stem == "_words":
                    read_words(name, body)
                else:
                    self.written.append(read_definition(name, body))
            except DefinitionError as error:
                self.early += [Finding(file, line, "error", text) for file, line, text in error.findings]
            except UnreadableYaml as error:
                message = f"This cannot be read: {error.message}."
                self.early.append(Finding(name, error.line, "error", message))

    # --- one journey ---------------------------------------------------------------------------

    def _journey(self, written: Written) -> Iterator[Finding]:
        definition = written.definition

        def at(*place: str | int) -> Place:
            return Place(written.file, written.marks.line(*place))

        yield from self._titles(definition.title, at("title"), "The journey's title")
        if definition.handoff.skill not in self.skills:
            yield error_at(at("handoff"), f"The skill {definition.handoff.skill} is not in data/handoff.yml.")
        if definition.ask_customer:
            yield from self._response(definition.ask_customer, at("ask_customer"))
        for key in ("subject", "value"):
            name = getattr(definition, key)
            if name and not any(name in found_by(step) for step in definition.steps):
                yield error_at(at(key), f"No step of {definition.journey} finds out {name}.")
        proofs = [then.end for step in definition.steps for _, then in step.thens()]
        sure = definition.achieved_when or definition.ask_customer or "achieved" in proofs
        done_by_person = any(step.handoff for step in definition.steps) or not any(
            step.act for step in definition.steps
        )
        if definition.intents and not sure and not done_by_person:
            message = "Nothing can show that this was achieved; add achieved_when or ask_customer."
            yield warning_at(at(), message)
        yield from self._flow(written)
        for index, step in enumerate(definition.steps):
            yield from self._step(written, step, index)

    def _flow(self, written: Written) -> Iterator[Finding]:
        definition = written.definition
        index_of = {step.step: index for index, step in enumerate(definition.steps)}
        for step in unreachable(definition):
            place = Place(written.file, written.marks.line("steps", index_of[step.step]))
            yield error_at(place, f"The step {step.step} can never be reached.")
        for names in endless(definition):
            last = max(names, key=lambda name: index_of[name])
            place = Place(written.file, written.marks.line("steps", index_of[last]))
            round_ = " → ".join([*names, names[0]])
            yield error_at(place, f"These steps can go round for ever without asking anything: {round_}.")

    def _step(self, written: Written, step: Step, index: int) -> Iterator[Finding]:
        definition = written.definition

        def at(*place: str | int) -> Place:
            return Place(written.file, written.marks.line("steps", index, *place))

        if step.title:
            yield from self._titles(step.title, at("title"), f"The title of {step.step}")
        if step.option:
            yield from self._titles(step.option, at("option"), f"The options of {step.step}")
        if step.action and step.action not in self.actions:
            yield error_at(at("act"), f"There is no action {step.action} in actions/.")
        for name, key in ((step.tell, "tell"), (step.why, "why"), (step.question, step.kind)):
            if name:
                yield from self._response(name, at(key))
        if step.question_again:
            yield from self._response(step.question_again, at("ask_again"), "the question in other words")
        if step.changes and not any(
            definition.confirmed_act(each) is step for each in definition.steps if each.confirm
        ):
            yield error_at(
                at("changes"), f"{step.act} changes something, but no step asks for a confirmation of it."
            )
        if step.confirm and definition.confirmed_act(step) is None:
            yield error_at(
                at("confirm"), "There is nothing to confirm here; no later step has changes: true."
            )
        for name in (step.look_again, *([step.confirms] if step.confirms else [])):
            if name and definition.find(name) is None:
                yield error_at(at(), f"There is no step {name} in {definition.journey}.")
        for name in step.not_after:
            if not any(name in {each.step, each.act} for each in definition.steps):
                yield error_at(at("not_after"), f"There is no step {name} in {definition.journey}.")
        if step.handoff and step.handoff not in REASONS:
            yield error_at(at("handoff"), f"{step.handoff} is not a reason for a handoff.")
        yield from self._facts_of(written, step, at())
        yield from self._ways(written, step, index)

    def _ways(self, written: Written, step: Step, index: int) -> Iterator[Finding]:
        for key, then in step.thens():
            parts = [int(part) if part.isdigit() else part for part in key.split(".")]
            place = Place(written.file, written.marks.line("steps", index, *parts))
            if then.tell:
                yield from self._response(then.tell, place)
            if then.go and written.definition.find(then.go) is None:
                yield error_at(place, f"There is no step {then.go} in {written.definition.journey} to go to.")
            if then.handoff and then.handoff not in REASONS:
                yield error_at(place, f"{then.handoff} is not a reason for a handoff.")
            if then.end == "achieved" and not (step.kind == "ask" and key in {"when_yes", "when_no"}):
                message = "Only the customer's yes or no can end a journey as achieved; use achieved_when."
                yield error_at(place, message)
            if then.end == "not_achieved" and not then.reason:
                yield error_at(place, "Say why it was not achieved: add “reason:”.")
            for name in (*then.forget, *then.learn):
                if name not in self.facts:
                    yield error_at(place, f"The fact {name} is not in data/journeys/_facts.yml.")

    def _facts_of(self, written: Written, step: Step, place: Place) -> Iterator[Finding]:
        named = {name for name in (step.collect, step.fact, step.choose_from) if name}
        named |= {*step.gives, *step.also, *step.narrow_by}
        if step.promise and step.promise.due:
            named.add(step.promise.due)
        needed = {each.rstrip("?") for each in step.inputs.values() if not each.endswith("?")}
        named |= needed | {each.rstrip("?") for each in step.inputs.values()}
        lines = [*step.when, *(line for branch in step.branches for line in branch.if_)]
        named |= {each.fact.split(".")[0] for line in lines for each in parse_condition(line)}
        for name in sorted(named - set(self.facts)):
            yield error_at(place, f"The fact {name} is not in data/journeys/_facts.yml.")
        known = known_before(written.definition, step) | set(found_by(step)) - set(step.gives)
        if written.definition.needs:
            known |= self._identity_facts()
        for name in sorted((needed | ({step.choose_from} if step.choose_from else set())) & set(self.facts)):
            if name not in known:
                yield error_at(place, f"{step.step} needs {name}, but no step before it finds that out.")

    def _identity_facts(self) -> set[str]:
        identity = next((each for each in self.written if each.definition.journey == IDENTITY), None)
        return {name for step in identity.definition.steps for name in step.gives} if identity else set()

    # --- texts ---------------------------------------------------------------------------------

    def _titles(self, texts: LanguageText, place: Place, what: str) -> Iterator[Finding]:
        for language in self.languages:
            if not texts.get(language, "").strip():
                yield error_at(place, f"{what} is missing in language {language}.")

    def _response(self, name: str, place: Place, what: str = "this response") -> Iterator[Finding]:
        if name not in self.responses:
            yield error_at(place, f"The text {name} ({what}) is nowhere in data/responses.")

    def _responses(self) -> Iterator[Finding]:
        for name, variants in self.responses.items():
            first = next(iter(variants.values()))[0][1]
            for language in self.languages:
                if language not in variants:
                    yield error_at(first, f"{name} has no text in language {language}.")
            for texts in variants.values():
                for text, place in texts:
                    yield from self._text(name, text, place)
        for name, place in spoken_in_code().items():
            if name not in self.responses:
                yield error_at(
                    place, f"The text {name}, which the product says, is nowhere in data/responses."
                )

    def _text(self, name: str, text: str, place: Place) -> Iterator[Finding]:
        if not text.strip():
            yield error_at(place, f"{name} has an empty text.")
        given = {*self.facts, *OTHER_ARGUMENTS, *PACKET_RESPONSES.get(name, ())}
        for placeholder in _PLACEHOLDER.findall(text):
            if placeholder.split(".")[0] not in given:
                yield error_at(place, f"{name} uses {{{placeholder}}}, which is no fact in _facts.yml.")

    # --- intents, slots ------------------------------------------------------------------------

    def _same_names(self) -> Iterator[Finding]:
        seen: dict[str, str] = {}
        for written in self.written:
            names = [("journey", written.definition.journey)]
            names += [("intents", intent) for intent in written.definition.intents]
            for key, name in names:
                former = seen.setdefault(f"{key} {name}", written.file)
                if former != written.file:
                    place = Place(written.file, written.marks.line(key))
                    yield error_at(place, f"{name} is already taken by {former}.")

    def _rules(self) -> Iterator[Finding]:
        for kind, name, place in self.project.rules():
            if kind == "action" and name.startswith("utter_"):
                yield from self._response(name, place)

    def _domain(self) -> Iterator[Finding]:
        slots = self.project.domain().get("slots") or {}
        for name in SLOTS:
            if name not in slots:
                yield Finding("domain.yml", 1, "error", f"The slot {name} is missing; journeys need it.")


def error_at(place: Place, message: str) -> Finding:
    """What must be put right before the model can be trained."""
    return Finding(place.file, place.line, "error", message)


def warning_at(place: Place, message: str) -> Finding:
    """What is worth a look, and stops nothing."""
    return Finding(place.file, place.line, "warning", message)
