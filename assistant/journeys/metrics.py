"""The figures that CX teams read, each with its formula. Pure; the counting is in `insight/scores.py`.

The cohort is the attempts opened in the period, whenever they close, so it never changes afterwards.
Small talk and staff tests are no part of it. A rate with nothing to divide by is None.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Z_95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution

# Kept beside the figures, so that a reader knows what was counted and a later version can re-score.
FORMULAS: dict[str, str] = {
    "eligible": "attempts opened in the period, without small talk and staff tests",
    "closed": "eligible attempts with an outcome; open = eligible without an outcome",
    "success_rate": "achieved / closed",
    "success_low, success_high": "Wilson score interval of success_rate, 95% (Wilson 1927)",
    "self_service_rate": "achieved by self_service / closed",
    "held_rate": "first verdict achieved, never taken back, not come back / first verdict achieved and "
    "came_back_within over",
    "claimed_containment": "closed without a handoff to a person / closed; what other tools report",
    "median_seconds": "median time from opening to closing of achieved attempts",
    "customers": "distinct customers; those not known count by browser, else by conversation",
}


@dataclass(frozen=True)
class MetricDefinition:
    """One way to count. Attempts and their outcomes are the same under each; only the figures differ.

    `sets_elsewhere_aside`: what others brought about is neither achieved nor closed, only `elsewhere`.
    """

    version: int
    summary: str
    formulas: dict[str, str]
    sets_elsewhere_aside: bool = False


DEFINITIONS: dict[int, MetricDefinition] = {
    each.version: each
    for each in (
        MetricDefinition(1, "Whatever the systems confirm counts, whoever brought it about.", FORMULAS),
        MetricDefinition(
            2,
            "What came about elsewhere is set aside: it says nothing of this assistant.",
            FORMULAS
            | {
                "closed": "eligible attempts with an outcome, without those achieved elsewhere",
                "success_rate": "achieved by self_service or assisted / closed",
                "held_rate": "as in version 1, without those achieved elsewhere",
                "median_seconds": "as in version 1, without those achieved elsewhere",
            },
            sets_elsewhere_aside=True,
        ),
    )
}
CURRENT = DEFINITIONS[1]  # until `assistant rebuild --definition` chooses another


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float] | None:
    """The Wilson score interval of a proportion, or None without trials.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
    American Statistical Association 22 (1927), 209-212.
    """
    if trials == 0:
        return None
    share = successes / trials
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    centre = share + z * z / (2 * trials)
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def rate(part: int, whole: int) -> float | None:
    """part / whole, or None when there is nothing to divide by."""
    return part / whole if whole else None


@dataclass
class Tally:
    """Counts over a cohort, whoever counted them; then read `figures`."""

    eligible: int = 0
    open: int = 0
    closed: int = 0
    achieved: int = 0
    achieved_system: int = 0
    achieved_customer: int = 0
    achieved_agent: int = 0
    not_achieved: int = 0
    abandoned: int = 0
    unknown: int = 0
    self_service: int = 0
    assisted: int = 0
    elsewhere: int = 0
    handed_off: int = 0
    came_back: int = 0
    disputed: int = 0
    contained: int = 0
    held: int = 0
    could_hold: int = 0
    customers: int = 0
    median_seconds: float | None = None

    def figures(self) -> dict[str, Any]:
        """The figures of the insight contract, without the intent's name and title."""
        interval = wilson(self.achieved, self.closed)
        return {name: getattr(self, name) for name in COUNTED} | {
            "success_rate": rate(self.achieved, self.closed),
            "success_low": interval[0] if interval else None,
            "success_high": interval[1] if interval else None,
            "self_service_rate": rate(self.self_service, self.closed),
            "held_rate": rate(self.held, self.could_hold),
            "claimed_containment": rate(self.contained, self.closed),
            "median_seconds": self.median_seconds,
        }

    def totals(self) -> dict[str, Any]:
        """`figures`, and beside them what is only said of all intents together.

        elsewhere, disputed, unknown_share, could_hold (held_rate's denominator), and immature (some
        attempts are still open, so the rates will move).
        """
        return self.figures() | {
            "elsewhere": self.elsewhere,
            "disputed": self.disputed,
            "unknown_share": rate(self.unknown, self.closed),
            "could_hold": self.could_hold,
            "immature": self.open > 0,
        }

    @property
    def lost(self) -> int:
        """Closed attempts that did not succeed: what the list of intents is sorted by."""
        return self.closed - self.achieved


COUNTED = (
    *("eligible", "open", "closed", "achieved", "achieved_system", "achieved_customer", "achieved_agent"),
    *("not_achieved", "abandoned", "unknown", "self_service", "assisted", "handed_off", "came_back"),
    "customers",
)


def answer(total: Tally, intents: dict[str, Tally], titles: dict[str, str]) -> dict[str, Any]:
    """`{totals, intents}` of the contract; intents by their effective name, most customers lost first."""
    order = sorted(intents, key=lambda name: (-intents[name].lost, -intents[name].eligible, name))
    listed = [{"intent": name, "title": titles[name]} | intents[name].figures() for name in order]
    return {"totals": total.totals(), "intents": listed}
