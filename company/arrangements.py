"""Paying a bill later or in parts: what is possible, and agreeing on it.

The terms are those of the help page “Paying later or in parts”: a later day up to 30 days after the due date,
two or three equal parts a month apart from € 50 on, one arrangement at a time. Whatever lies outside them is
people's work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from babel.lists import format_list
from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, insert, select, update

from company.bills import find_bill
from company.catalogue.source import read_catalogue
from company.contracts import add_months
from company.customers import find_customer
from company.database import reading
from company.errors import BadRequest, Declined, Missing
from company.operations import Change
from company.service import Body, change, northlight, parse
from company.tables import arrangements, bills
from company.texts import LOCALES, day, language_of, money, pick

blueprint = Blueprint("arrangements")

LATER = timedelta(days=30)  # at most, after the due date
SOONER = timedelta(days=14)  # also offered
FIRST_PART = timedelta(days=7)  # from today, for a bill that is overdue
PARTS_FROM = Decimal("50.00")
REMEMBERED = timedelta(days=365)  # how long a broken arrangement counts


@dataclass(frozen=True)
class Plan:
    """One way to pay a bill: `code` names it, `parts` are (day, amount), the first one first."""

    code: str
    kind: str
    parts: tuple[tuple[date, Decimal], ...]

    def wire(self) -> list[dict[str, str]]:
        """The parts as they go over the wire."""
        return [{"amount": f"{amount:.2f}", "due": due.isoformat()} for due, amount in self.parts]


class Part(Body):
    """One part of a plan."""

    amount: Decimal = Field(gt=0, max_digits=9, decimal_places=2)
    due: date


class ArrangementRequest(Body):
    """Agree on a plan: its name, and the days and amounts that the customer was shown."""

    arrangement: str = Field(min_length=1, max_length=40)
    parts: list[Part] = Field(min_length=1, max_length=3)


def possible_plans(amount: Decimal, due: date, today: date, pay_on: date | None = None) -> tuple[Plan, ...]:
    """The plans for a bill, what most customers want first. `pay_on` adds that day where it is possible.

    Plans in two and in three parts stand at the second and third place, so that who types the number gets it.
    """
    last = due + LATER
    days = [pay_on] if pay_on is not None and max(due, today) < pay_on <= last else []
    days += [each for each in (last, due + SOONER) if each > today and each not in days]
    later = [Plan(f"later_{each:%Y%m%d}", "later", ((each, amount),)) for each in days[:2]]
    if amount < PARTS_FROM:
        return tuple(later)
    first = due if due >= today else today + FIRST_PART
    parts = [Plan(f"parts_{count}", "parts", in_parts(amount, count, first)) for count in (2, 3)]
    return (*later[:1], *parts, *later[1:])


def in_parts(amount: Decimal, count: int, first: date) -> tuple[tuple[date, Decimal], ...]:
    """So many equal parts, a month apart; the cents that do not divide are in the first one."""
    equal = (amount / count).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    amounts = [amount - equal * (count - 1), *[equal] * (count - 1)]
    return tuple((add_months(first, place), each) for place, each in enumerate(amounts))


def find_block(connection: Connection, customer_id: str, today: date) -> tuple[str, Row[Any]] | None:
    """Why only a person can arrange something, `running` or `broken`, and the arrangement that says so."""
    rows = connection.execute(
        select(arrangements)
        .where(arrangements.c.customer_id == customer_id)
        .order_by(arrangements.c.agreed.desc(), arrangements.c.arrangement_id)
    ).all()
    for row in rows:
        if row.status == "running":
            return "running", row
    for row in rows:
        if row.status == "broken" and row.agreed >= today - REMEMBERED:
            return "broken", row
    return None


def show_plan(plan: Plan, language: str) -> dict[str, Any]:
    """As it goes over the wire, with a title for a button and a sentence that says all of it."""
    texts = read_catalogue()["arrangements"]
    title, meaning = (
        pick(texts[plan.kind][part], language, count=len(plan.parts), **_words(plan.wire(), language))
        for part in ("title", "meaning")
    )
    return {
        "arrangement": plan.code,
        "kind": plan.kind,
        "title": title,
        "meaning": meaning,
        "parts": plan.wire(),
    }


def _words(parts: Sequence[dict[str, str]], language: str) -> dict[str, str]:
    part = read_catalogue()["arrangements"]["part"]
    each = [
        pick(part, language, amount=money(one["amount"], language), day=day(one["due"], language))
        for one in parts
    ]
    listed = format_list(each, locale=LOCALES.get(language, language))
    return {"parts": listed, "day": day(parts[-1]["due"], language)}


def show_arrangement(row: Row[Any]) -> dict[str, Any]:
    """One that was agreed on, as it goes over the wire."""
    return {
        "arrangement_id": row.arrangement_id,
        "bill_id": row.bill_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "parts": row.parts,
        "agreed": row.agreed.isoformat(),
        "status": row.status,
    }


def options_for(
    connection: Connection, bill_id: str, today: date, pay_on: date | None, language: str
) -> dict[str, Any]:
    """What can be arranged for a bill, or `blocked` by what. Raises Missing."""
    bill = find_bill(connection, bill_id)
    block = find_block(connection, bill.customer_id, today)
    plans = () if block or bill.status == "paid" else possible_plans(bill.amount, bill.due, today, pay_on)
    code = block[0] if block else "paid" if bill.status == "paid" else None if plans else "too_late"
    return {
        "bill_id": bill_id,
        "customer_id": bill.customer_id,
        "due": bill.due.isoformat(),
        "blocked": code,
        "running": show_arrangement(block[1]) if block and code == "running" else None,
        "possible": [show_plan(plan, language) for plan in plans],
        "something_else": pick(read_catalogue()["arrangements"]["something_else"], language),
    }


def arrange(made: Change, bill_id: str, wish: ArrangementRequest) -> dict[str, Any]:
    """Agrees on a plan: the bill's due date moves to its first part.

    Raises Missing, Declined `already_paid`, `arrangement_running`, `arrangement_broken`, `not_possible`.
    """
    bill, today = find_bill(made.connection, bill_id), made.business_now.date()
    if bill.status == "paid":
        raise Declined("already_paid", "This bill has been paid already.")
    block = find_block(made.connection, bill.customer_id, today)
    if block:
        raise Declined(f"arrangement_{block[0]}", "A colleague arranges this.")
    wished = tuple((part.due, part.amount) for part in wish.parts)
    plans = possible_plans(bill.amount, bill.due, today, wish.parts[0].due)
    plan = next((each for each in plans if (each.code, each.parts) == (wish.arrangement, wished)), None)
    if plan is None:
        raise Declined("not_possible", "This cannot be arranged, or not any more.")
    arrangement_id = made.ids("arr")
    made.connection.execute(
        insert(arrangements).values(
            arrangement_id=arrangement_id,
            bill_id=bill_id,
            customer_id=bill.customer_id,
            kind=plan.kind,
            parts=plan.wire(),
            agreed=today,
            status="running",
        )
    )
    made.connection.execute(
        update(bills).where(bills.c.bill_id == bill_id).values(due=plan.parts[0][0], status="open")
    )
    shown = show_arrangement(find_arrangement(made.connection, arrangement_id))
    made.emit(
        "payment.arranged",
        customer_id=bill.customer_id,
        subject=bill_id,
        arrangement_id=arrangement_id,
        kind=plan.kind,
        parts=plan.wire(),
    )
    return {"arrangement": shown}


def find_arrangement(connection: Connection, arrangement_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(
        select(arrangements).where(arrangements.c.arrangement_id == arrangement_id)
    ).one_or_none()
    if row is None:
        raise Missing("arrangement_unknown", "There is no such arrangement.")
    return row


def break_arrangement(made: Change, arrangement_id: str) -> dict[str, Any]:
    """A part was not paid in time: the bill is overdue. Raises Missing, Declined `not_running`."""
    row = find_arrangement(made.connection, arrangement_id)
    if row.status != "running":
        raise Declined("not_running", "This arrangement is over.")
    made.connection.execute(
        update(arrangements).where(arrangements.c.arrangement_id == arrangement_id).values(status="broken")
    )
    made.connection.execute(update(bills).where(bills.c.bill_id == row.bill_id).values(status="overdue"))
    made.emit(
        "arrangement.broken",
        customer_id=row.customer_id,
        subject=row.bill_id,
        arrangement_id=arrangement_id,
    )
    return {"arrangement": show_arrangement(find_arrangement(made.connection, arrangement_id))}


@blueprint.get("/bills/<bill_id>/arrangements")
async def get_options(request: Request, bill_id: str) -> HTTPResponse:
    """What can be arranged for a bill."""
    service, wished = northlight(request), request.args.get("pay_on")
    try:
        pay_on = date.fromisoformat(wished) if wished else None
    except ValueError:
        raise BadRequest("pay_on_invalid", "pay_on has to be a day, like 2026-12-28.") from None
    with reading(service.engine) as connection:
        found = options_for(connection, bill_id, service.clock.today(), pay_on, language_of(request))
    return json_response(found)


@blueprint.post("/bills/<bill_id>/arrangements")
async def post_arrangement(request: Request, bill_id: str) -> HTTPResponse:
    """Agree on paying a bill later or in parts."""
    wish = parse(request, ArrangementRequest)
    return change(request, wish, lambda made: arrange(made, bill_id, wish))


@blueprint.get("/customers/<customer>/arrangements")
async def list_arrangements(request: Request, customer: str) -> HTTPResponse:
    """A customer's arrangements, newest first."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(arrangements)
            .where(arrangements.c.customer_id == owner.customer_id)
            .order_by(arrangements.c.agreed.desc(), arrangements.c.arrangement_id)
        ).all()
    return json_response({"arrangements": [show_arrangement(row) for row in rows]})
