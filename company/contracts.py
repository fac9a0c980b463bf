"""A customer's contract: until when it is fixed, what ending it costs, and why customers leave.

A contract began with the first equipment. Its terms are those of the help page “Ending your contract”:
30 days' notice, half of the monthly price for each month of the fixed term that is left, 14 days to change
one's mind. Ending it is people's work; `end_contract` is what they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, func, insert, select

from company.catalogue.source import read_catalogue
from company.customers import find_customer
from company.database import reading
from company.errors import Declined
from company.operations import Change
from company.service import northlight
from company.tables import contract_endings, equipment
from company.texts import language_of

blueprint = Blueprint("contracts")

NOTICE = timedelta(days=30)
CHANGE_OF_MIND = timedelta(days=14)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


def months_left(day: date, until: date) -> int:
    """Months from that day on that are begun before `until`."""
    count = 0
    while add_months(day, count) < until:
        count += 1
    return count


def monthly_price(package: Mapping[str, Any]) -> Decimal:
    """What a package costs a month without any discount."""
    return Decimal(package.get("tv", 0)) + Decimal(package.get("broadband", 0))


def find_package(name: str) -> Mapping[str, Any] | None:
    """A package by its name."""
    return next((each for each in read_catalogue()["packages"] if each["name"] == name), None)


def cheaper_package(package: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The dearest of the packages with the same services that cost less; None for the cheapest."""
    services = {"tv", "broadband"} & set(package)
    others = [
        each
        for each in read_catalogue()["packages"]
        if {"tv", "broadband"} & set(each) == services and monthly_price(each) < monthly_price(package)
    ]
    return max(others, key=monthly_price, default=None)


def contract_of(connection: Connection, owner: Row[Any], today: date) -> dict[str, Any] | None:
    """As it goes over the wire; None for somebody without any equipment or package of ours."""
    installed = select(func.min(equipment.c.installed)).where(equipment.c.customer_id == owner.customer_id)
    started = connection.execute(installed).scalar_one_or_none()
    package = find_package(owner.package)
    if started is None or package is None:
        return None
    ending = connection.execute(
        select(contract_endings).where(contract_endings.c.customer_id == owner.customer_id)
    ).one_or_none()
    fixed_until = add_months(started, 24 if int(owner.account[-1]) % 2 == 0 else 12)
    price, cheaper = monthly_price(package), cheaper_package(package)
    kind, ends_on, fee = _terms(started, fixed_until, price, today)
    return {
        "contract_id": f"con_{owner.customer_id.removeprefix('cus_')}",
        "customer_id": owner.customer_id,
        "package": owner.package,
        "monthly": f"{price:.2f}",
        "currency": "EUR",
        "started": started.isoformat(),
        "fixed_until": fixed_until.isoformat(),
        "kind": "ending" if ending else kind,
        "ends_on": (ending.ends_on if ending else ends_on).isoformat(),
        "ending_fee": f"{ending.fee if ending else fee:.2f}",
        "cheaper": {
            "package": cheaper["name"],
            "monthly": f"{monthly_price(cheaper):.2f}",
            "saves": f"{price - monthly_price(cheaper):.2f}",
        }
        if cheaper
        else None,
    }


def _terms(started: date, fixed_until: date, price: Decimal, today: date) -> tuple[str, date, Decimal]:
    """Kind of contract, the first day it can end, and what ending it then costs."""
    if today <= started + CHANGE_OF_MIND:
        return "cooling_off", today, Decimal(0)
    ends_on = today + NOTICE
    if ends_on >= fixed_until:
        return "monthly", ends_on, Decimal(0)
    fee = (price / 2 * months_left(ends_on, fixed_until)).quantize(Decimal("0.01"))
    return "fixed", ends_on, fee


def end_contract(made: Change, customer: str) -> dict[str, Any]:
    """Gives notice for the first possible day. Raises Missing, Declined `no_contract`, `ends_already`."""
    owner = find_customer(made.connection, customer)
    found = contract_of(made.connection, owner, made.business_now.date())
    if found is None:
        raise Declined("no_contract", "There is no contract.")
    if found["kind"] == "ending":
        raise Declined("ends_already", "Notice was given before.")
    made.connection.execute(
        insert(contract_endings).values(
            customer_id=owner.customer_id,
            noticed=made.business_now.date(),
            ends_on=date.fromisoformat(found["ends_on"]),
            fee=Decimal(found["ending_fee"]),
        )
    )
    made.emit(
        "contract.cancelled",
        customer_id=owner.customer_id,
        subject=found["contract_id"],
        ends_on=found["ends_on"],
        fee=found["ending_fee"],
    )
    return {"contract": contract_of(made.connection, owner, made.business_now.date())}


@blueprint.get("/customers/<customer>/contract")
async def get_contract(request: Request, customer: str) -> HTTPResponse:
    """The customer's contract, and the reasons for leaving to choose from, in the customer's language."""
    service, language = northlight(request), language_of(request)
    with reading(service.engine) as connection:
        owner = find_customer(connection, customer)
        found = contract_of(connection, owner, service.clock.today())
    reasons = [
        {"leaving_reason": name, "title": texts[language]}
        for name, texts in read_catalogue()["leaving_reasons"].items()
    ]
    return json_response({"contract": found, "leaving_reasons": reasons})
