"""Everything that `assistant check` finds: journeys, texts and training data of one project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.bot.example_findings import check_examples
from assistant.bot.examples import OUT_OF_SCOPE, training_blocks
from assistant.journeys.check import Finding, JourneyCheck, error_at, warning_at
from assistant.journeys.project import Project
from assistant.journeys.repairs import MOVES, SOCIAL


def check(root: Path) -> list[Finding]:
    """Everything that is wrong with the project at `root`, in the order of files and lines."""
    project = Project(root.resolve())
    journeys = JourneyCheck(project)
    started = journeys.started()
    known = {*started, *MOVES, *SOCIAL, *_intents_of(project)}
    found = {*journeys.findings(), *check_examples(project, started, known)}
    broken = {error_at(place, message) for place, message in project.broken}
    return sorted(found | broken)


def suspicious_labels(root: Path, told: Callable[[float], None] = lambda share: None) -> list[Finding]:
    """Examples that the others speak for another intent of, the most suspicious first.

    Takes about as long as training and loads the encoders; `told` hears the share done, 0 to 1.
    """
    from assistant.bot.suspects import suspects

    blocks = training_blocks(Project(root.resolve()))
    spoken = [
        each for block in blocks if block.intent != OUT_OF_SCOPE for each in block.examples if each.text
    ]
    found = suspects([each.text for each in spoken], [each.intent for each in spoken], told=told)
    return [
        warning_at(
            spoken[each.place].place, f"“{each.text}” is under {each.intent} and looks like {each.rather}."
        )
        for each in found
    ]


def _intents_of(project: Project) -> set[str]:
    """The intents that domain.yml names itself."""
    listed = project.domain().get("intents")
    entries = listed if isinstance(listed, list) else []
    return {str(next(iter(each))) if isinstance(each, dict) else str(each) for each in entries}
