"""When the bot gives up and a person is offered or called: one table of rules, over plain values. Pure.

The numbers are data (`data/handoff.yml`); a step of a journey may set its own. The journey engine asks
here and nowhere else; what it is told goes on record with the handoff.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """After how much of what a person is offered (counts)."""

    not_understood_in_a_row: int
    not_understood_in_all: int
    action_failures: int
    action_failures_vulnerable: int  # for a customer who needs extra care
    same_step: int  # asked for the same thing so often


@dataclass(frozen=True)
class EscalationRules:
    """All that the engine needs of `data/handoff.yml`.

    `priorities` run from the most to the least urgent; `mood_words` are strong words by language.
    """

    thresholds: Thresholds
    priorities: tuple[str, ...]
    vulnerable_priority: str
    mood_words: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Trouble:
    """What went wrong in a conversation so far (counts; `declined` is the part of `failures` declined).

    `definition_says_so` is the reason code that the journey definition gives; `no_way_on` a step from
    which nothing leads on; `not_helped` the customer's own no to “did that help?”.
    """

    asked_for_person: bool = False
    distressed: bool = False
    definition_says_so: str | None = None
    failures: int = 0
    declined: int = 0
    not_understood_in_a_row: int = 0
    not_understood_in_all: int = 0
    same_step: int = 0
    not_helped: bool = False
    no_way_on: bool = False
    came_back: bool = False
    vulnerable: bool = False

    @property
    def failed_as(self) -> str:
        """The reason code of the failures: all of them declined, or some that did not work at all."""
        return "declined" if self.declined == self.failures else "action_failed"


@dataclass(frozen=True)
class Escalate:
    """A person, for that reason code; `decided_on` are the facts behind it, the limit reached among them."""

    reason: str
    trigger: str  # customer, bot, policy
    decided_on: Mapping[str, int | str | bool]


@dataclass(frozen=True)
class Continue:
    """The bot goes on."""


def decide_escalation(trouble: Trouble, thresholds: Thresholds) -> Escalate | Continue:
    """Whether a person is due, and for which reason: the first line that holds.

    A wish for a person beats everything. The caller honours that one at once and asks the customer
    before acting on any other, but for a definition that says to hand over.
    """
    t, limit = trouble, thresholds
    failures = limit.action_failures
    if t.vulnerable:
        failures = min(failures, limit.action_failures_vulnerable)
    dead_end = t.failed_as if t.failures else "stuck"
    lines: Sequence[tuple[bool, str, str, int | None]] = (
        (t.asked_for_person, "customer_asked", "customer", None),
        (t.distressed, "distress", "policy", None),
        (t.definition_says_so is not None, t.definition_says_so or "policy", "policy", None),
        (t.failures >= failures, t.failed_as, "bot", failures),
        (t.not_understood_in_a_row >= limit.not_understood_in_a_row, "not_understood", "bot",
         limit.not_understood_in_a_row),
        (t.not_understood_in_all >= limit.not_understood_in_all, "not_understood", "bot",
         limit.not_understood_in_all),
        (t.same_step >= limit.same_step, "stuck", "bot", limit.same_step),
        (t.not_helped, "stuck", "bot", None),
        (t.no_way_on, dead_end, "bot", None),
        (t.came_back, "came_back", "policy", None),
    )  # fmt: skip
    for holds, reason, trigger, reached in lines:
        if holds:
            return Escalate(reason, trigger, _facts(t) | ({} if reached is None else {"limit": reached}))
    return Continue()


def _facts(trouble: Trouble) -> dict[str, int | str | bool]:
    """Everything in it that is not as on a good day."""
    return {
        each.name: getattr(trouble, each.name)
        for each in dataclasses.fields(trouble)
        if getattr(trouble, each.name) != each.default
    }


def raised_priority(priority: str, rules: EscalationRules, *, vulnerable: bool) -> str:
    """The priority of a handoff; for a vulnerable customer at least `vulnerable_priority`."""
    if not vulnerable:
        return priority
    rank = {name: place for place, name in enumerate(rules.priorities)}
    return min(priority, rules.vulnerable_priority, key=lambda name: rank.get(name, len(rank)))
