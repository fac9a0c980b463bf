"""Reads scenarios from YAML; every mistake is found with file and line before anything is played."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from assistant.journeys.marked import Marks, UnreadableYaml, read_marked

DEEDS = ("says", "presses", "later", "comes_back", "signs_in", "opens_page", "fault", "faults_end", "company")
CHECKS = (
    *("bot", "not", "offers", "not_offers", "intent", "begins", "step", "facts", "events", "no_events"),
    *("language", "owner"),
)
HEADER = ("scenario", "bug", "customer", "language", "signed_in", "page", "turns", "end")
END = ("attempts", "events", "no_events", "never", "handoffs", "company")
ATTEMPT = ("intent", "outcome", "evidence", "by", "reason")
COMPANY = ("payments", "events")
FAULT = ("mode", "path", "delay", "code", "body", "count")
HAPPENINGS = ("bounces_payment", "delivers_order", "ends_outage", "settles_complaint", "ends_contract")
LANGUAGES = ("en", "nl", "it")
_SPAN = re.compile(r"(\d+)(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True)
class Beat:
    """One thing that happens in a dialogue (`deed` with `what`), and what is to be so after it."""

    deed: str
    what: Any
    expects: dict[str, Any]
    line: int
    lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """One dialogue. `traits` choose the customer; without any nobody is known."""

    name: str
    file: Path
    line: int
    language: str
    traits: tuple[str, ...]
    signed_in: bool
    page: dict[str, str]
    beats: tuple[Beat, ...]
    end: dict[str, Any]
    end_lines: dict[str, int]
    bug: str | None = None  # an open one that makes it go wrong


class BadScenario(ValueError):
    """What is wrong with a scenario, with file and line."""


def span(text: object) -> timedelta:
    """`30m`, `12h`, `2d`, `1w`. Raises ValueError."""
    found = _SPAN.fullmatch(str(text))
    if found is None:
        raise ValueError(f"“{text}” is not a time such as 30m, 12h, 2d or 1w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def load(folder: Path) -> list[Scenario]:
    """All scenarios of `*.yml` in a folder, in the order of files and lines. Raises BadScenario."""
    found: list[Scenario] = []
    for path in sorted(folder.glob("*.yml")):
        found += read(path)
    seen: dict[str, Scenario] = {}
    for each in found:
        if each.name in seen:
            raise BadScenario(
                f"{each.file}:{each.line}: “{each.name}” is a scenario in {seen[each.name].file}"
            )
        seen[each.name] = each
    return found


def read(path: Path) -> list[Scenario]:
    """The scenarios of one file. Raises BadScenario."""
    try:
        content, marks = read_marked(path)
    except UnreadableYaml as error:
        raise BadScenario(str(error)) from None
    if not isinstance(content, list):
        raise BadScenario(f"{path}:1: a file of scenarios is a list; each begins with “- scenario: …”")
    return [_Reader(path, marks, index).scenario(each) for index, each in enumerate(content)]


@dataclass(frozen=True)
class _Reader:
    path: Path
    marks: Marks
    index: int

    def line(self, *place: str | int) -> int:
        return self.marks.line(self.index, *place)

    def bad(self, message: str, *place: str | int) -> BadScenario:
        return BadScenario(f"{self.path}:{self.line(*place)}: {message}")

    def keys(self, content: Any, allowed: Sequence[str], *place: str | int) -> dict[str, Any]:
        if not isinstance(content, dict):
            raise self.bad("here belong keys with values", *place)
        for key in content:
            if key not in allowed:
                raise self.bad(f"“{key}” is no key here; there are {', '.join(allowed)}", *place, key)
        return content

    def scenario(self, content: Any) -> Scenario:
        given = self.keys(content, HEADER)
        for key in ("scenario", "turns"):
            if not given.get(key):
                raise self.bad(f"“{key}” is missing")
        language = given.get("language", "en")
        if language not in LANGUAGES:
            raise self.bad(f"“{language}” is none of {', '.join(LANGUAGES)}", "language")
        page = self.keys(given.get("page") or {}, ("url", "title"), "page")
        traits = _words(given.get("customer"))
        return Scenario(
            name=str(given["scenario"]),
            file=self.path,
            line=self.line("scenario"),
            language=language,
            traits=traits,
            signed_in=bool(given.get("signed_in", bool(traits))),
            page={key: str(value) for key, value in page.items()},
            beats=tuple(self.beats(given["turns"])),
            end=self.end(given.get("end") or {}),
            bug=str(given["bug"]) if given.get("bug") else None,
            end_lines={key: self.line("end", key) for key in given.get("end") or {}},
        )

    def beats(self, content: Any) -> Iterator[Beat]:
        if not isinstance(content, list):
            raise self.bad("“turns” is a list", "turns")
        for number, each in enumerate(content):
            place = ("turns", number)
            given = self.keys(each, (*DEEDS, *CHECKS), *place)
            deeds = [key for key in given if key in DEEDS]
            if len(deeds) != 1:
                raise self.bad(f"a turn has exactly one of {', '.join(DEEDS)}", *place)
            deed = deeds[0]
            self.check_deed(deed, given[deed], *place, deed)
            yield Beat(
                deed=deed,
                what=given[deed],
                expects={key: value for key, value in given.items() if key in CHECKS},
                line=self.line(*place),
                lines={key: self.line(*place, key) for key in given},
            )

    def check_deed(self, deed: str, what: Any, *place: str | int) -> None:
        check: dict[str, Callable[[], Any]] = {
            "later": lambda: self.checked(span, what, *place),
            "fault": lambda: self.keys(what, FAULT, *place),
            "comes_back": lambda: self.keys(what or {}, ("language", "signed_in", "page"), *place),
            "opens_page": lambda: self.keys(what, ("url", "title"), *place),
        }
        if deed in check:
            check[deed]()
        if deed == "company" and what not in HAPPENINGS:
            raise self.bad(f"“{what}” is none of {', '.join(HAPPENINGS)}", *place)

    def checked(self, make: Callable[[Any], Any], what: Any, *place: str | int) -> Any:
        try:
            return make(what)
        except ValueError as error:
            raise self.bad(str(error), *place) from None

    def end(self, content: Any) -> dict[str, Any]:
        given = self.keys(content, END, "end")
        for number, each in enumerate(given.get("attempts") or ()):
            self.keys(each, ATTEMPT, "end", "attempts", number)
        self.keys(given.get("company") or {}, COMPANY, "end", "company")
        return given


def _words(content: Any) -> tuple[str, ...]:
    if content is None:
        return ()
    if isinstance(content, list):
        return tuple(str(each) for each in content)
    return tuple(part.strip() for part in str(content).split(",") if part.strip())
