"""From measurements to figures, and from figures to a verdict. Pure, apart from printing."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """A bound that a figure has to keep: `at_least`, `at_most`, or `exactly` a number."""

    kind: str
    bound: float

    def met_by(self, figure: float | None) -> bool:
        """A figure that could not be measured (None) meets nothing. Raises ValueError for an unknown kind."""
        if figure is None or math.isnan(figure):
            return False
        match self.kind:
            case "at_least":
                return figure >= self.bound
            case "at_most":
                return figure <= self.bound
            case "exactly":
                return figure == self.bound
        raise ValueError(f"no such kind of target: {self.kind}")

    def __str__(self) -> str:
        sign = {"at_least": "≥", "at_most": "≤", "exactly": "="}[self.kind]
        return f"{sign} {self.bound:g}"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least that share (0 to 1) of the values do not exceed. Raises ValueError."""
    if not values:
        raise ValueError("no values")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the ratios ours / theirs, round by round. Raises ValueError when rounds are missing."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def unmet(figures: Mapping[str, float | None], targets: Mapping[str, Target]) -> list[str]:
    """The names of the targets that are not met, in their order."""
    return [name for name, target in targets.items() if not target.met_by(figures.get(name))]


def verdict(name: str, figures: Mapping[str, Any], targets: Mapping[str, Target]) -> str:
    """The last line of a benchmark: one JSON object."""
    return json.dumps(
        {
            "name": name,
            "figures": {key: _short(value) for key, value in figures.items()},
            "targets": {key: {target.kind: target.bound} for key, target in targets.items()},
            "met": not unmet(figures, targets),
        }
    )


def _short(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


def machine() -> str:
    """What it ran on, and how busy that was."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = os.getloadavg()[0]
    return f"{cores} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f}"
