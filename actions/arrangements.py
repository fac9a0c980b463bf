"""Pay a bill later or in parts: what is possible, and agreeing on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field

from actions.answers import Answer, Changed, Id, Money, Text
from actions.company import CompanyClient, Failed, segment
from actions.contract import Call, CompanyAction, Done, days_of

PERSON = "person"  # the choice of whatever only a person can arrange
NOT_BLOCKED = "none"


class Part(Answer):
    amount: Money
    due: date


class Possible(Answer):
    arrangement: Id
    kind: Literal["later", "parts"]
    title: Text
    meaning: Text
    parts: list[Part] = Field(min_length=1)


class Arrangement(Answer):
    arrangement_id: Id
    bill_id: Id
    customer_id: Id
    kind: Literal["later", "parts"]
    parts: list[Part] = Field(min_length=1)


class Arrangements(Answer):
    bill_id: Id
    customer_id: Id
    due: date
    blocked: Literal["running", "broken", "too_late", "paid"] | None
    possible: list[Possible]
    something_else: Text


class Arranged(Changed):
    arrangement: Arrangement


def shown(plan: Possible) -> dict[str, Any]:
    """A plan as one of a list; `start` is its first day, by which a wished day finds it."""
    return {
        "arrangement": plan.arrangement,
        "title": plan.title,
        "meaning": plan.meaning,
        "start": plan.parts[0].due.isoformat(),
        "parts": [{"amount": f"{part.amount:.2f}", "due": part.due.isoformat()} for part in plan.parts],
    }


def wished_days(call: Call) -> tuple[date, date] | None:
    """The day or days on which the customer can pay.

    A stretch that has begun already (“I can't pay it all this month”) is no wish: it says why.
    """
    found = days_of(call.inputs.get("date"))
    if found is None or call.at is None:
        return found
    return None if found[0] < found[1] and found[0] < call.at.date() else found


def look_up(company: CompanyClient, call: Call, pay_on: date | None = None) -> Arrangements:
    """What is possible for the bill in question, if it is this customer's. Raises Failed."""
    customer_id = call.customer_id
    params = {"pay_on": pay_on.isoformat()} if pay_on else None
    found = company.get(f"/bills/{segment(call.text('bill_id'))}/arrangements", Arrangements, params)
    if found.customer_id != customer_id:
        raise Failed("bill_unknown", status=404)
    return found


class ListArrangements(CompanyAction):
    """How the customer can pay a bill later or in parts, a day they named first."""

    action_name = "action_list_arrangements"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `arrangement_block` (or `none`), `arrangements`, their `arrangement_meanings`, `due`.

        `wished_in_time`: the named day needs no arrangement. `wish_has_begun`: no day to pay on was named.
        """
        wished = wished_days(call)
        found = look_up(company, call, wished[1] if wished else None)
        outputs: dict[str, Any] = {
            "arrangement_block": found.blocked or NOT_BLOCKED,
            "due": found.due.isoformat(),
        }
        if found.possible:
            choices = [shown(plan) for plan in found.possible]
            # On the due date no arrangement is needed, so that no wished day ever means the person.
            somebody = {
                "arrangement": PERSON,
                "title": found.something_else,
                "meaning": found.something_else,
                "start": found.due.isoformat(),
            }
            outputs["arrangements"] = [*choices, somebody]
            outputs["arrangement_meanings"] = [{"text": plan.meaning} for plan in found.possible]
            outputs["wish_has_begun"] = wished is None and call.inputs.get("date") is not None
            outputs["wished_in_time"] = wished is not None and wished[1] <= found.due
        return Done(outputs, code=outputs["arrangement_block"])


class ArrangePayment(CompanyAction):
    """Agrees on one of them, once per confirmation: exactly the days and amounts that were shown."""

    action_name = "action_arrange_payment"

    def perform(self, company: CompanyClient, call: Call) -> Done:
        """Outputs `arrangement_id` and the new `due`."""
        key, parts = call.needed_key(), call.inputs.get("arrangement_parts")
        if not isinstance(parts, list) or not all(isinstance(part, Mapping) for part in parts):
            raise Failed("missing_arrangement_parts")
        bill_id = look_up(company, call).bill_id
        body = {"arrangement": call.text("arrangement"), "parts": [dict(part) for part in parts]}
        path = f"/bills/{segment(bill_id)}/arrangements"
        made = company.change(path, body, Arranged, key, again=call.again)
        if made.arrangement.bill_id != bill_id:
            raise Failed("bad_answer")
        outputs = {
            "arrangement_id": made.arrangement.arrangement_id,
            "due": made.arrangement.parts[0].due.isoformat(),
        }
        return Done(outputs, events=made.events)
