"""What every action has in common: it reads what the journey runs and says in one slot what came of it."""

from __future__ import annotations

import hashlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import BusinessEvent, Window
from actions.company import CompanyClient, Declined, Failed, InDoubt, Unsure, current


@dataclass(frozen=True)
class Call:
    """What the journey asks for: the facts it gives, and the idempotency key of a confirmed change.

    `again` is true when the same key came to no known end before. `language` is the customer's; `at` is when
    the message came that this answers, aware UTC.
    """

    inputs: Mapping[str, Any]
    key: str | None = None
    attempt_id: str | None = None
    again: bool = False
    language: str = "en"
    at: datetime | None = None

    def text(self, name: str) -> str:
        """A fact that has to be there. Raises Failed `missing_<name>`."""
        value = self.inputs.get(name)
        if value is None or isinstance(value, dict | list) or not str(value).strip():
            raise Failed(f"missing_{name}")
        return str(value).strip()

    def optional(self, name: str) -> str | None:
        """A fact that may be there."""
        value = self.inputs.get(name)
        return (
            str(value).strip() or None if value is not None and not isinstance(value, dict | list) else None
        )

    @property
    def customer_id(self) -> str:
        """Comes from a verified identity only. Raises Failed `not_verified`."""
        if not self.inputs.get("customer_id"):
            raise Failed("not_verified")
        return self.text("customer_id")

    def needed_key(self) -> str:
        """The key of a change with consequences. Raises Failed when nobody confirmed it."""
        if not self.key:
            raise Failed("not_confirmed")
        return self.key

    def own_key(self, action: str) -> str:
        """The given key, or one that is the same for the same attempt and inputs."""
        if self.key:
            return self.key
        told = json.dumps([self.attempt_id, action, dict(self.inputs)], sort_keys=True, default=str)
        return hashlib.sha256(told.encode()).hexdigest()


@dataclass(frozen=True)
class Done:
    """It worked. `outputs` become facts of the journey; `events` are the company's own confirmation."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    code: str | None = None
    detail: str | None = None
    events: Sequence[BusinessEvent] = ()


class CompanyAction(Action, ABC):
    """An action in the company's systems. Subclasses give `action_name` and `perform`."""

    action_name: ClassVar[str]
    # Inputs that are never repeated in a result, because results are kept.
    secret_inputs: ClassVar[frozenset[str]] = frozenset()

    def name(self) -> str:
        """As the domain calls it."""
        return self.action_name

    @abstractmethod
    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Does it. Raises Declined, Failed, Unsure, InDoubt."""

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        """One SlotSet: `action_result`."""
        call = read_call(tracker)
        started = time.monotonic()
        events: Sequence[BusinessEvent] = ()
        outputs: Mapping[str, Any] = {}
        detail: str | None = None
        try:
            done = self.perform(current().speaking(call.language), call)
            result, code, detail = "ok", done.code, done.detail
            outputs, events = done.outputs, done.events
        except Declined as declined:
            result, code, detail = "declined", declined.code, declined.detail
        except Failed as failed:
            result, code, detail = "error", failed.code, failed.detail
        except (Unsure, InDoubt) as unknown:
            result, code = "timeout", unknown.code
        value = {
            "action": self.action_name,
            "result": result,
            "code": code,
            "detail": detail,
            "inputs": {k: v for k, v in call.inputs.items() if k not in self.secret_inputs},
            "outputs": dict(outputs),
            "events": [{"id": e.id, "type": e.type, "subject": e.subject} for e in events],
            "key": call.key,
            "milliseconds": round((time.monotonic() - started) * 1000),
        }
        return [SlotSet("action_result", value)]


def read_call(tracker: Tracker) -> Call:
    """What the journey runs now, from its slot."""
    journey = tracker.get_slot("journey")
    running = journey.get("running") if isinstance(journey, dict) else None
    if not isinstance(running, dict):
        running = {}
    inputs, key = running.get("inputs"), running.get("key")
    last = tracker.get_slot("action_result")
    in_doubt = (
        isinstance(last, dict)
        and key is not None
        and last.get("key") == key
        and last.get("result") == "timeout"
    )
    return Call(
        inputs=inputs if isinstance(inputs, dict) else {},
        key=key,
        attempt_id=running.get("attempt_id"),
        again=in_doubt or bool(running.get("again")),
        language=str(tracker.get_slot("language") or "en"),
        at=_moment((tracker.get_slot("context") or {}).get("at")),
    )


def _moment(written: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None


def money(amount: Decimal, currency: str = "EUR") -> dict[str, str]:
    """An amount as a fact."""
    return {"amount": f"{amount:.2f}", "currency": currency}


def amount_of(value: Any) -> str:
    """The decimal string of a money fact, whether a plain string or with its currency. Raises Failed."""
    plain = value.get("amount") if isinstance(value, Mapping) else value
    try:
        return f"{Decimal(str(plain)):.2f}"
    except (InvalidOperation, ValueError):
        raise Failed("missing_amount") from None


def shown(window: Window) -> dict[str, str]:
    """A window as a fact."""
    return {"start": window.start.isoformat(), "end": window.end.isoformat()}


def days_of(value: Any) -> tuple[date, date] | None:
    """First and last day of a date fact, None when there is none in it.

    A fact is an ISO day, `{"date"}`, or `{"start", "end"}` with the last day included.
    """
    if isinstance(value, Mapping):
        first = value.get("date") or value.get("start")
        last = value.get("end") or first
    else:
        first = last = value
    try:
        return date.fromisoformat(str(first)[:10]), date.fromisoformat(str(last)[:10])
    except ValueError:
        return None
