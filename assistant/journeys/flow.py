"""Where a definition can go: which steps can follow which, with and without waiting for the customer."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.journeys.definitions import Definition, Step, Then

OVER = ""  # the end of the journey, as a place to go to
WAITS = frozenset({"collect", "confirm", "ask", "handoff"})


def _after(definition: Definition, step: Step) -> str:
    following = definition.after(step.step)
    return following.step if following else OVER


def _leads(then: Then | None, following: str) -> str:
    """Where a `Then` leads: its `go`, out of the journey, or just on."""
    if then is None:
        return following
    if then.handoff or then.offer or then.end:
        return OVER
    return then.go or following


def ways_on(definition: Definition, step: Step) -> set[str]:
    """All steps that can come right after this one; OVER for the end."""
    following = _after(definition, step)
    ways = {_leads(then, following) for key, then in step.thens() if key not in {"when_yes", "when_no"}}
    if step.kind == "ask":
        ways |= {_leads(step.when_yes, following), _leads(step.when_no, following)}
    else:
        ways.add(following)
        if step.when_no:
            ways.add(_leads(step.when_no, following))
    if step.when or step.not_after:
        ways.add(following)
    return ways


def ways_without_waiting(definition: Definition, step: Step) -> set[str]:
    """The same, but only those that can be gone again and again with nobody saying anything.

    Failures are left out: they are counted, and a person is offered. A question stops the walk, save
    where there is nothing to choose from.
    """
    following = _after(definition, step)
    ways = {_leads(step.when_none, following)} if step.when_none else set()
    if step.kind not in WAITS:
        ways |= {_leads(branch, following) for branch in step.branches} | {following}
    elif step.when or step.not_after:
        ways.add(following)
    return ways


def unreachable(definition: Definition) -> list[Step]:
    """Steps that no way leads to."""
    seen: set[str] = set()
    ahead = [definition.steps[0].step]
    while ahead:
        name = ahead.pop()
        step = definition.find(name)
        if step is None or name in seen:
            continue
        seen.add(name)
        ahead.extend(ways_on(definition, step))
    return [step for step in definition.steps if step.step not in seen]


def endless(definition: Definition) -> list[list[str]]:
    """Rounds of steps that can go on for ever without the customer saying a word, each as its names."""
    rounds: list[list[str]] = []
    for step in definition.steps:
        path = _round_from(definition, step)
        if path and not any(set(path) == set(known) for known in rounds):
            rounds.append(path)
    return rounds


def _round_from(definition: Definition, start: Step) -> list[str] | None:
    stack: list[tuple[str, list[str]]] = [(start.step, [start.step])]
    seen: set[str] = set()
    while stack:
        name, path = stack.pop()
        step = definition.find(name)
        if step is None:
            continue
        for way in sorted(ways_without_waiting(definition, step)):
            if way == start.step:
                return path
            if way not in seen:
                seen.add(way)
                stack.append((way, [*path, way]))
    return None


def known_before(definition: Definition, step: Step) -> set[str]:
    """Facts that steps before this one in the file find out."""
    known: set[str] = set()
    for each in definition.steps:
        if each is step:
            break
        known |= set(found_by(each))
    return known


def found_by(step: Step) -> Iterator[str]:
    """The facts a step finds out."""
    for name in (step.collect, step.fact, step.entity):
        if name:
            yield name
    yield from step.gives
    yield from step.also
    yield from step.narrow_by
    for _, then in step.thens():
        yield from then.learn
