"""What staff can choose from: the intents of the journeys, the skills, the languages, why handoffs happen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from assistant.handoff.packet import ReasonCode
from assistant.handoff.policy import HandoffPolicy, load_policy
from assistant.staff.models import Catalogue, Named
from assistant.web import ApiError


def handoff_policy(root: Path) -> HandoffPolicy:
    """The project's data/handoff.yml. Raises PolicyError or OSError."""
    return load_policy(root / "data" / "handoff.yml")


def catalogue(
    titles: Iterable[tuple[str, str]], policy: HandoffPolicy, languages: list[str], language: str = "en"
) -> Catalogue:
    """The catalogue, intents and skills by title; `titles` are (intent, title)."""
    return Catalogue(
        intents=sorted((Named(name=name, title=title) for name, title in titles), key=lambda one: one.title),
        skills=[Named(name=skill.name, title=skill.title(language)) for skill in policy.skills.values()],
        languages=languages,
        reasons=list(get_args(ReasonCode)),
    )


def check_skills(skills: Iterable[str], policy: HandoffPolicy) -> None:
    """Raises ApiError 400 `unknown_skill` for a skill that handoff.yml does not name."""
    unknown = sorted(set(skills) - set(policy.skills))
    if unknown:
        raise ApiError(400, "unknown_skill", f"There is no skill {', '.join(unknown)}.", {"unknown": unknown})
