"""What is known without asking: what the customer said when they began, and the page they are on.

Both only choose among what the company's systems list; a value that is not in the list is not believed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from assistant.journeys.choices import Option
from assistant.journeys.definitions import PAGE_VALUE, Step
from assistant.journeys.pointing import by_parts, with_window
from assistant.journeys.state import Frame, Heard, Turn

Json = Any
DESCRIBES = ("date", "amount", "time_window")  # kinds of fact that tell one entry of a list from another
_LAST = ("latest",)  # “my last bill”: of all the words of comparison the one that means little else


def keep_early_words(turn: Turn, frame: Frame, heard: Heard) -> None:
    """Keeps what may tell one entry of a later list from another, where no step asks for it itself."""
    steps = turn.definition(frame).steps
    brought = {name for step in steps for name in (*step.also, *step.gives)}
    needed = {written.rstrip("?") for step in steps for written in step.inputs.values()} - brought
    asked = {name for step in steps for name in (step.collect, step.entity, *step.narrow_by)} | needed
    found = with_window(heard.entities)
    early = {name: found[name] for name in DESCRIBES if name in found and name not in asked}
    if early:
        frame["early"] = early


def named_early(turn: Turn, frame: Frame, options: list[Option]) -> Option | None:
    """The one entry that the customer described when they asked for this: “pay my October bill”."""
    words = turn.definitions.words
    heard = Heard(
        text=frame.get("words") or "",
        sequence=0,
        at="",
        entities=frame.get("early") or {},
        language=turn.language,
    )
    if not heard.text:
        return None
    last = {name: words.extremes[name] for name in _LAST if name in words.extremes}
    if any(step.narrow_by for step in turn.definition(frame).steps):
        last = {}  # “the latest” may be the time they want, not what they have
    return by_parts(heard, options, last, words.negations.get(heard.language, []))


def on_page(turn: Turn, step: Step, options: list[Option]) -> Option | None:
    """The entry that the page the customer is on is about, as `page:` of its fact says."""
    url = str(turn.state["turn"].get("page") or "")
    fact = turn.definitions.facts.get(step.collect or "")
    for pattern in fact.page if fact and url else ():
        found = _pattern(pattern).search(url)
        chosen = next((each for each in options if found and str(each["value"]) == found[1]), None)
        if chosen is not None:
            return chosen
    return None


@cache
def _pattern(written: str) -> re.Pattern[str]:
    before, after = written.split(PAGE_VALUE)
    return re.compile(rf"{re.escape(before)}([\w.~-]{{1,100}}){re.escape(after)}(?![\w.~-])")


def page_of(context: Mapping[str, Json]) -> str | None:
    """The address of the page the customer is on."""
    page = context.get("page")
    url = page.get("url") if isinstance(page, Mapping) else None
    return str(url)[:500] if url else None
