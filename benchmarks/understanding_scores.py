"""From answers to scores. Pure.

Shares and accuracies are 0 to 1. A score of belonging is higher for messages that belong to a trained intent.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

BINS = 15
COST = 0.02  # in-scope accuracy that may be given up to catch out-of-scope messages


def share(values: Sequence[bool]) -> float:
    """The share that is true. Raises ValueError for nothing."""
    if not values:
        raise ValueError("no values")
    return sum(values) / len(values)


def auroc(inside: Sequence[float], outside: Sequence[float]) -> float:
    """How often a message that belongs scores higher than one that does not; ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata([*inside, *outside])
    count = len(inside)
    return float((ranks[:count].sum() - count * (count + 1) / 2) / (count * len(outside)))


def strictest(scores: Sequence[float], right: Sequence[bool], cost: float = COST) -> float:
    """The highest threshold that rejects at most that share of all messages although they were right.

    Scores below the threshold are rejected. Wants in-scope messages only, of a validation set.
    """
    kept = sorted(score for score, good in zip(scores, right, strict=True) if good)
    allowed = math.floor(cost * len(scores) + 1e-9)
    return kept[allowed] if allowed < len(kept) else math.inf


def rejected(scores: Sequence[float], threshold: float) -> float:
    """The share of messages below the threshold."""
    return share([score < threshold for score in scores])


def lost(scores: Sequence[float], right: Sequence[bool], threshold: float) -> float:
    """The share of all messages that were right and fall below the threshold."""
    return share([good and score < threshold for score, good in zip(scores, right, strict=True)])


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error over bins of equal width (Guo et al. 2017)."""
    certain, good = np.asarray(confidences, dtype=float), np.asarray(right, dtype=float)
    into = np.clip(np.ceil(certain * bins).astype(int) - 1, 0, bins - 1)
    error = 0.0
    for each in range(bins):
        here = into == each
        if here.any():
            error += here.mean() * abs(good[here].mean() - certain[here].mean())
    return float(error)


def found_early(order: Sequence[int], wanted: set[int], count: int, part: float = 0.2) -> float:
    """The share of the wanted places that the order names first: among as many as that part of all `count`.

    The order may end early, and then names fewer.
    """
    first = set(order[: math.ceil(part * count)])
    return len(wanted & first) / len(wanted)


Fact = tuple[str, Any]


def facts_right(expected: Sequence[Fact], found: Sequence[Fact]) -> bool:
    """Whether exactly the expected facts were found, in any order.

    Two things say nothing new and are ignored: a `date` that is the very day of a `time_window` beside it,
    and a `number` that was not asked for.
    """
    wanted = _counted(_without_implied_dates(expected))
    got = _counted(_without_implied_dates(found))
    extra = {key: times for key, times in (got - wanted).items() if not key.startswith('["number"')}
    return not extra and not wanted - got


def _without_implied_dates(facts: Sequence[Fact]) -> list[Fact]:
    days = {
        end[:10]
        for name, value in facts
        if name == "time_window"
        for end in (value.get("start"), value.get("end"))
        if end
    }
    return [fact for fact in facts if not (fact[0] == "date" and fact[1].get("date") in days)]


def _counted(facts: Sequence[Fact]) -> Counter[str]:
    return Counter(json.dumps([name, value], sort_keys=True) for name, value in facts)
