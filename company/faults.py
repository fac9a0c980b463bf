"""Faults on purpose: which request is to go wrong, and how. Pure bookkeeping; app.py carries it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal

Mode = Literal["slow", "fail", "decline", "nonsense", "down", "applied_then_down"]
Body = Literal["json", "html"]

# What only makes sense for a request that changes something.
CHANGES_ONLY: frozenset[str] = frozenset({"decline", "applied_then_down"})


@dataclass(frozen=True)
class Fault:
    """One fault that is switched on. `count` is how many requests it still hits, None for all of them."""

    fault_id: str
    scope: str  # "all" or a customer_id
    mode: Mode
    path: str | None = None  # only requests whose path holds this text
    delay: float = 1.0  # seconds, for slow
    code: str = "declined_on_purpose"  # for decline
    body: Body = "json"  # for nonsense
    count: int | None = None

    def hits(self, path: str, method: str, customer_id: str | None) -> bool:
        """Whether this request is one of those that go wrong."""
        if self.scope not in ("all", customer_id):
            return False
        if self.path and self.path not in path:
            return False
        return method == "POST" or self.mode not in CHANGES_ONLY


class FaultBoard:
    """The faults that are on. Kept in memory: a restarted Northlight is a healthy one."""

    def __init__(self) -> None:
        self._faults: dict[str, Fault] = {}
        self._made = 0
        self._lock = Lock()

    def __bool__(self) -> bool:
        return bool(self._faults)

    @property
    def needs_customer(self) -> bool:
        """Whether any fault is about one customer, so that finding out whose request it is pays."""
        return any(fault.scope != "all" for fault in self._faults.values())

    def switch_on(self, fault: Fault) -> Fault:
        """Adds it under an id of its own; gives it back with that id."""
        with self._lock:
            self._made += 1
            kept = replace(fault, fault_id=f"fault_{self._made}")
            self._faults[kept.fault_id] = kept
            return kept

    def all(self) -> list[Fault]:
        """Those that are on, oldest first."""
        return list(self._faults.values())

    def switch_off(self, fault_id: str | None = None) -> int:
        """That one, or all; how many there were."""
        with self._lock:
            if fault_id is not None:
                return 1 if self._faults.pop(fault_id, None) else 0
            count = len(self._faults)
            self._faults.clear()
            return count

    def take(self, path: str, method: str, customer_id: str | None) -> Fault | None:
        """The oldest fault that hits this request, one of its count used up."""
        with self._lock:
            for fault in self._faults.values():
                if fault.hits(path, method, customer_id):
                    self._use(fault)
                    return fault
        return None

    def _use(self, fault: Fault) -> None:
        if fault.count is None:
            return
        if fault.count <= 1:
            del self._faults[fault.fault_id]
        else:
            self._faults[fault.fault_id] = replace(fault, count=fault.count - 1)
