"""When the customer goes on in another language: what is open is put into that language too."""

from __future__ import annotations

from typing import Any

from assistant.journeys.choices import Option, options_of
from assistant.journeys.definitions import pick
from assistant.journeys.state import Frame, Turn

Json = Any


def go_on_in_new_language(turn: Turn, before: str) -> None:
    """Puts the open question's choices, and what was chosen by its title, into the turn's language.

    `before` is the language they are in. Choices keep their ids: one that was shown earlier can be pressed.
    """
    for frame in turn.state["stack"]:
        _chosen_titles(turn, frame)
    if turn.awaiting is not None:
        turn.state["awaiting"] = _question(turn, turn.awaiting, before)


def _question(turn: Turn, awaiting: dict[str, Json], before: str) -> dict[str, Json]:
    options = _open_options(turn, awaiting)
    changed = {
        **awaiting,
        "choices": [{**each, "title": _title(turn, each, options, before)} for each in awaiting["choices"]],
    }
    if awaiting.get("args"):
        changed["args"] = {name: _translated(turn, value, before) for name, value in awaiting["args"].items()}
    if awaiting.get("before"):
        changed["before"] = _question(turn, awaiting["before"], before)
    return changed


def _open_options(turn: Turn, awaiting: dict[str, Json]) -> list[Option]:
    frame = turn.top
    step = turn.step(frame) if frame else None
    if step is None or not step.choose_from or awaiting.get("step") != step.step:
        return []
    return options_of(step, turn.facts(frame).get(step.choose_from), turn.language)


def _title(turn: Turn, choice: dict[str, Json], options: list[Option], before: str) -> str:
    if choice.get("more") is None:
        for option in options:
            if option["value"] == choice["value"]:
                return str(option["title"])
    return str(_translated(turn, choice["title"], before))


def _translated(turn: Turn, text: Json, before: str) -> Json:
    """That title of a journey or of one of the engine's own choices, in the turn's language."""
    titles = [*turn.definitions.words.titles.values(), *(each.title for each in turn.definitions.all)]
    return next((pick(each, turn.language) for each in titles if pick(each, before) == text), text)


def _chosen_titles(turn: Turn, frame: Frame) -> None:
    """Facts that are a chosen option's title, as `also: {window: title}` keeps them."""
    for step in turn.definition(frame).steps:
        chosen = frame["facts"].get(step.collect or "")
        for fact in [name for name, part in step.also.items() if part == "title"]:
            if chosen is None or fact not in frame["facts"]:
                continue
            items = turn.facts(frame).get(step.choose_from or "")
            for option in options_of(step, items, turn.language):
                if option["value"] == chosen["value"]:
                    frame["facts"][fact] = {**frame["facts"][fact], "value": option["title"]}
