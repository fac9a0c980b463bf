"""Plays one scenario and stops at its first wrong turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import requests

from assistant.journal.events import (
    AttemptClosed,
    AttemptOpened,
    AttemptRenamed,
    BusinessConfirmed,
    FactLearned,
    FactWithdrawn,
    HandoffRequested,
    LanguageChanged,
    MessageReceived,
    MessageSent,
    Recorded,
    TurnCommitted,
)
from assistant.scenarios.people import Person, complaints_of
from assistant.scenarios.reading import Beat, Scenario, span
from assistant.scenarios.stage import NoAnswer, Stage
from assistant.web import ApiError

NOTHING = "none"
BLANKS = ("account", "code", "wrong_code", "postcode", "email", "phone", "name", "city", "order")


@dataclass(frozen=True)
class Wrong:
    """The first thing that was not as written."""

    line: int
    what: str
    expected: Any
    actual: Any


@dataclass
class Played:
    """What came of a scenario. `said` is the dialogue so far; `wrong` is None when all was right."""

    scenario: Scenario
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0
    wrong: Wrong | None = None

    @property
    def as_expected(self) -> bool:
        """Right, or wrong by a bug that is known and open. A bug that is gone has to be taken out."""
        return (self.wrong is None) == (self.scenario.bug is None)


class _WrongTurn(Exception):
    def __init__(self, wrong: Wrong) -> None:
        self.wrong = wrong


async def play(scenario: Scenario, stage: Stage, person: Person | None) -> Played:
    """Plays it on the stage."""
    played = Played(scenario)
    show = _Show(scenario, stage, person, played)
    began = time.monotonic()
    try:
        await show.run()
    except _WrongTurn as found:
        played.wrong = found.wrong
    finally:
        await stage.quiet()
        played.seconds = time.monotonic() - began
    return played


class _Show:
    """One scenario while it is played."""

    def __init__(self, scenario: Scenario, stage: Stage, person: Person | None, played: Played) -> None:
        self.scenario = scenario
        self.stage = stage
        self.person = person
        self.played = played
        self.page = scenario.page
        self.signed_in = scenario.signed_in
        self.conversations: list[str] = []
        self.seen = 0  # the last sequence of the conversation that was looked at
        self.facts: dict[str, Any] = {}
        self.choices: list[dict[str, Any]] = []
        self.state: dict[str, Any] = {}
        self.understood: str | None = None
        self.language = scenario.language
        self.company_events: list[str] = []
        self.responses: list[str] = []  # in the whole dialogue

    @property
    def conversation(self) -> str:
        return self.conversations[-1]

    async def run(self) -> None:
        await self.stage.begin()
        await self.begin(self.scenario.language)
        for beat in self.scenario.beats:
            try:
                await self.perform(beat)
            except (NoAnswer, ApiError, requests.RequestException, LookupError) as error:
                raise _WrongTurn(
                    Wrong(beat.line, beat.deed, beat.what, f"{type(error).__name__}: {error}")
                ) from None
            await self.look(beat)
        await self.check_end()

    async def begin(self, language: str) -> None:
        browser = f"b_{abs(hash(self.scenario.name))}"
        customer = self.person.row if self.person and self.signed_in else None
        self.conversations.append(await self.stage.open(language, self.page, customer, browser))
        self.seen, self.choices, self.state, self.language = 0, [], {}, language

    # --- what happens --------------------------------------------------------------------------

    async def perform(self, beat: Beat) -> None:
        what = beat.what
        match beat.deed:
            case "says":
                text = await self.filled(str(what))
                self.played.said.append(f"  customer  {text}")
                await self.stage.send(self.conversation, text)
                return
            case "presses":
                pressed = self.button(beat)
                self.played.said.append(f"  customer  [{pressed['title']}]")
                await self.stage.send(self.conversation, pressed["title"], pressed["id"])
                return
            case "later":
                await self.stage.let_pass(span(what))
            case "comes_back":
                given = what or {}
                self.page = given.get("page", {})
                self.signed_in = bool(given.get("signed_in", self.signed_in))
                await self.begin(given.get("language", self.language))
            case "signs_in":
                self.signed_in = True
                await self.stage.update(self.conversation, {}, self.customer)
            case "opens_page":
                await self.stage.update(self.conversation, what, None)
            case "fault":
                scope = self.person.id if self.person else "all"
                self.stage.company.call("POST", "/faults", {"scope": scope, **what})
            case "faults_end":
                self.stage.company.call("DELETE", "/faults")
            case "company":
                await self.happening(str(what))
        self.played.said.append(
            f"  ({beat.deed.replace('_', ' ')}{'' if what in (None, True) else f': {what}'})"
        )
        await self.stage.hear_company()

    @property
    def customer(self) -> dict[str, Any]:
        if self.person is None:
            raise LookupError("nobody can sign in: the scenario names no customer")
        return self.person.row

    def button(self, beat: Beat) -> dict[str, Any]:
        wanted = str(beat.what).casefold()
        for each in self.choices:
            if str(each["title"]).casefold().startswith(wanted):
                return each
        if wanted.isdigit() and 0 < int(wanted) <= len(self.choices):
            return self.choices[int(wanted) - 1]
        raise _WrongTurn(
            Wrong(beat.lines["presses"], "presses", beat.what, [each["title"] for each in self.choices])
        )

    async def filled(self, text: str) -> str:
        """The words with what only this customer has: {account}, {code}, {wrong_code}, {postcode}, …"""
        if not any(f"{{{name}}}" in text for name in BLANKS):
            return text
        row = self.customer
        values = {key: str(row[key]) for key in ("account", "postcode", "email", "phone", "name", "city")}
        values["order"] = self.person.orders[0][0] if self.person and self.person.orders else ""
        if "code}" in text:
            code = self.stage.company.codes(str(row["account"]))[0]
            values |= {"code": code, "wrong_code": f"{(int(code) + 1) % 1_000_000:06d}"}
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return text

    async def happening(self, what: str) -> None:
        call = self.stage.company.call
        match what:
            case "bounces_payment":
                mine = self.customer["customer_id"]
                paid = [p for p in call("GET", "/payments")["payments"] if p["customer_id"] == mine]
                call("POST", f"/payments/{paid[-1]['payment_id']}/bounce", {})
            case "delivers_order":
                order = self.person.orders[0][0] if self.person else ""
                call("POST", f"/orders/{order}/deliver", {})
            case "ends_outage":
                call("POST", f"/outages/{self.facts['outage_id']}/end", {})
            case "settles_complaint":
                complaint = complaints_of(self.stage.database, self.customer["customer_id"])[-1]
                call("POST", f"/complaints/{complaint}/settle", {})
            case "ends_contract":
                call("POST", f"/contracts/{self.customer['customer_id']}/end", {})

    # --- what is so after it -------------------------------------------------------------------

    async def look(self, beat: Beat) -> None:
        recorded = await self.stage.events(self.conversation, self.seen)
        self.seen = recorded[-1].sequence if recorded else self.seen
        self.note(recorded)
        self.company_events += [
            each.event.type for each in recorded if isinstance(each.event, BusinessConfirmed)
        ]
        for key, expected in beat.expects.items():
            line = beat.lines[key]
            check = getattr(self, f"check_{key}")
            actual = await check(expected, recorded)
            if actual is not None:
                raise _WrongTurn(Wrong(line, key, expected, actual[0]))

    def note(self, recorded: list[Recorded]) -> None:
        for each in recorded:
            match each.event:
                case FactLearned(fact=name, value=value):
                    self.facts[name] = value
                case FactWithdrawn(fact=name):
                    self.facts.pop(name, None)
                case MessageSent(sender=sender, text=text, response=response, choices=choices):
                    self.responses.append(response or "")
                    buttons = "".join(f" [{choice['title']}]" for choice in choices)
                    self.played.said.append(f"  {sender:<8}  {text}{buttons}   ({response})")
                    self.choices = list(choices)
                case MessageReceived():
                    self.choices = []
                case TurnCommitted() as turn:
                    self.understood = turn.intent
                    self.state = dict(turn.slots.get("journey") or {})
                case AttemptClosed() as closed:
                    by = f"{closed.outcome} · {closed.evidence} · {closed.reason or '-'}"
                    self.played.said.append(f"            → {by}")
        frame = (self.state.get("stack") or [{}])[-1]
        rooms = [self.state.get("known") or {}, frame.get("facts") or {}]
        self.facts |= {name: fact["value"] for room in rooms for name, fact in room.items()}
        switched = [each.event.language for each in recorded if isinstance(each.event, LanguageChanged)]
        self.language = switched[-1] if switched else self.language

    # each gives None when it is so, else what is, in a list of one

    async def check_bot(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        said = _said(recorded)
        return None if _names(expected) == said else [said]

    async def check_not(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        said = _said(recorded)
        return [said] if set(_names(expected)) & set(said) else None

    async def check_offers(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        return None if all(self.offered(each) for each in _names(expected)) else [self.titles]

    async def check_not_offers(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        return [self.titles] if any(self.offered(each) for each in _names(expected)) else None

    @property
    def titles(self) -> list[str]:
        return [str(each["title"]) for each in self.choices]

    def offered(self, beginning: str) -> bool:
        return any(title.casefold().startswith(beginning.casefold()) for title in self.titles)

    async def check_intent(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        return None if self.understood == expected else [self.understood]

    async def check_begins(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        begun = [
            each.event.intent for each in recorded if isinstance(each.event, AttemptOpened | AttemptRenamed)
        ]
        return None if begun == _names(expected) else [begun]

    async def check_step(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        stack = self.state.get("stack") or []
        step = stack[-1]["step"] if stack else None
        return None if (step or NOTHING) == expected else [step or NOTHING]

    async def check_facts(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        now = {name: self.facts.get(name) for name in expected}
        return None if all(_is(now[name], wanted) for name, wanted in expected.items()) else [now]

    async def check_events(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        happened = list(_happened(recorded))
        return None if all(each in happened for each in _names(expected)) else [happened]

    async def check_no_events(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        happened = list(_happened(recorded))
        return [happened] if any(each in happened for each in _names(expected)) else None

    async def check_language(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        return None if self.language == expected else [self.language]

    async def check_owner(self, expected: Any, recorded: list[Recorded]) -> list[Any] | None:
        owner = await self.stage.owner(self.conversation)
        return None if owner == expected else [owner]

    # --- at the end ----------------------------------------------------------------------------

    async def check_end(self) -> None:
        end, lines = self.scenario.end, self.scenario.end_lines
        recorded = [each for c in self.conversations for each in await self.stage.events(c)]
        facts: dict[str, tuple[bool, Any]] = {}
        if "attempts" in end:
            found = [each for c in self.conversations for each in await self.stage.attempts(c)]
            # Two wishes of one message are opened at one moment: the journal knows which came first.
            opened = [each.event.attempt_id for each in recorded if isinstance(each.event, AttemptOpened)]
            found.sort(key=lambda attempt: opened.index(attempt.attempt_id))
            shown = [
                {key: getattr(each, key) for key in ("intent", "outcome", "evidence", "by", "reason")}
                for each in found
            ]
            fits = len(shown) == len(end["attempts"]) and all(
                _is(is_so[key], wanted)
                for is_so, wish in zip(shown, end["attempts"], strict=True)
                for key, wanted in wish.items()
            )
            facts["attempts"] = (fits, shown)
        happened = list(_happened(recorded))
        if "events" in end:
            facts["events"] = (all(each in happened for each in _names(end["events"])), happened)
        if "no_events" in end:
            facts["no_events"] = (not set(_names(end["no_events"])) & set(happened), happened)
        if "never" in end:
            heard = set(_names(end["never"])) & set(self.responses)
            facts["never"] = (not heard, sorted(heard))
        if "handoffs" in end:
            asked = [each.event.reason for each in recorded if isinstance(each.event, HandoffRequested)]
            facts["handoffs"] = (asked == _names(end["handoffs"]), asked)
        if "company" in end:
            reported = self.at_company()
            wanted = end["company"]
            fits = wanted.get("payments", reported["payments"]) == reported["payments"]
            fits = fits and _names(wanted.get("events", reported["events"])) == reported["events"]
            facts["company"] = (fits, reported)
        for key, (is_so, actual) in facts.items():
            if not is_so:
                raise _WrongTurn(Wrong(lines[key], f"end: {key}", end[key], actual))

    def at_company(self) -> dict[str, Any]:
        """What the company's systems reported about this customer since the scenario began."""
        mine = [
            str(each["type"])
            for each in self.stage.company.events()[self.stage.began :]
            if self.person and each["customer_id"] == self.person.id
        ]
        return {"payments": mine.count("payment.captured"), "events": mine}


def _said(recorded: list[Recorded]) -> list[str]:
    return [each.event.response or "" for each in recorded if isinstance(each.event, MessageSent)]


def _happened(recorded: list[Recorded]) -> Iterator[str]:
    """The names of events; of the company's own, their types; of an attempt's end, its outcome."""
    for each in recorded:
        if isinstance(each.event, BusinessConfirmed):
            yield each.event.type
        yield each.event.name


def _names(content: Any) -> list[str]:
    if content is None:
        return []
    return [str(each) for each in content] if isinstance(content, list) else [str(content)]


def _is(actual: Any, wanted: Any) -> bool:
    if wanted == "known":
        return actual is not None
    if wanted in ("unknown", NOTHING, None) and actual is None:
        return True
    return bool(actual == wanted) or str(actual) == str(wanted)


__all__ = ["Played", "Wrong", "play"]
