"""The comparison form of `when:` and `if:`, small enough to be read aloud and impossible to run as code.

open_bills > 1          status = moved          kind in tv_box, router       restart_helped = yes
phone is known          phone is unknown        visits is empty              visits is not empty
two of these joined with " and "; a list of them must hold all together
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

_FORM = re.compile(
    r"^(?P<fact>[a-z_][a-z0-9_.]*)\s+(?:is\s+(?P<state>known|unknown|empty|not empty)"
    r"|(?P<op>=|!=|<=|>=|<|>|in)\s*(?P<value>.+))$"
)


class BadCondition(ValueError):
    """A condition that does not follow the form."""


@dataclass(frozen=True)
class Condition:
    """One comparison: `state` for "is known" and the like, else `op` with `value` as written."""

    fact: str
    state: str | None = None
    op: str | None = None
    value: str | None = None

    def holds(self, facts: Mapping[str, Any]) -> bool:
        """Whether it is so, given the facts by name. A comparison with an unknown fact does not hold."""
        found = look_up(facts, self.fact)
        if self.state is not None:
            empty = found is None or found in ([], {}, "")
            return {
                "known": found is not None,
                "unknown": found is None,
                "empty": empty,
                "not empty": not empty,
            }[self.state]
        if found is None:
            return False
        return _compare(found, self.op or "=", self.value or "")


def look_up(facts: Mapping[str, Any], name: str) -> Any:
    """The fact, or a part of it ("bill.status"); None when it is not known."""
    found: Any = facts
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def parse_condition(text: str) -> list[Condition]:
    """The comparisons of one line, all of which must hold. Raises BadCondition."""
    conditions = []
    for part in text.split(" and "):
        match = _FORM.match(part.strip())
        if match is None:
            raise BadCondition(
                f"“{part.strip()}” is not a condition; write for example “open_bills > 1” or “phone is known”"
            )
        conditions.append(Condition(match["fact"], match["state"], match["op"], match["value"]))
    return conditions


def all_hold(texts: list[str], facts: Mapping[str, Any]) -> bool:
    """Whether every line holds; no line at all always does. Raises BadCondition."""
    return all(condition.holds(facts) for text in texts for condition in parse_condition(text))


def _compare(found: Any, op: str, written: str) -> bool:
    if op == "in":
        return any(_same(found, each.strip()) for each in written.split(","))
    if op == "=":
        return _same(found, written.strip())
    if op == "!=":
        return not _same(found, written.strip())
    left, right = _number(found), _number(written)
    if left is None or right is None:
        return False
    orders: dict[str, Callable[[Decimal, Decimal], bool]] = {
        "<": Decimal.__lt__,
        ">": Decimal.__gt__,
        "<=": Decimal.__le__,
        ">=": Decimal.__ge__,
    }
    return orders[op](left, right)


def _same(found: Any, written: str) -> bool:
    if isinstance(found, bool):
        return found is (written.lower() in {"yes", "true"})
    left, right = _number(found), _number(written)
    if left is not None and right is not None:
        return left == right
    return str(found) == written


def _number(value: Any) -> Decimal | None:
    if isinstance(value, Mapping):
        value = value.get("amount")
    if isinstance(value, list):
        value = len(value)
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
