"""Packages over HTTP: what a customer has, offers for a wish, the days they can start, and changing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, delete, insert

from company.catalogue.source import read_catalogue
from company.customers import find_customer
from company.database import reading, writing
from company.errors import BadRequest, Declined, Missing
from company.packages import (
    Situation,
    Wish,
    about,
    begin_due,
    change_package,
    find_offer,
    fitting,
    list_price,
    make_offer,
    named,
    planned_change,
    show_offer,
    show_start,
    situation_of,
    start_days,
    still_holds,
    wishes_for,
)
from company.service import Body, change, northlight, parse
from company.tables import package_prices
from company.texts import language_of, pick

blueprint = Blueprint("packages")


class OffersRequest(Body):
    """What the customer wishes: a kind of change, or packages by name."""

    package_wish: Wish | None = None
    packages: list[str] = Field(default=[], max_length=4)


class PackageRequest(Body):
    """Agree on an offer, from a day on."""

    offer_id: str = Field(min_length=1, max_length=40)
    start_day: date


class PriceRequest(Body):
    """A new price in the list; without one, the catalogue's again."""

    package: str = Field(max_length=120)
    monthly: Decimal | None = Field(default=None, gt=0, max_digits=6, decimal_places=2)


def show_situation(connection: Connection, customer: str, today: date, language: str) -> dict[str, Any]:
    """What a customer has, as it goes over the wire. Raises Missing."""
    owner, found = find_customer(connection, customer), situation_of(connection, customer, today)
    planned = planned_change(connection, owner.customer_id)
    titles = read_catalogue()["package_wishes"]
    current = None
    if found is not None:
        extras = read_catalogue()["extras"]
        current = {
            "contract_id": found.contract["contract_id"],
            "package": found.package["name"],
            "about": about(found.package, language),
            "monthly": f"{found.monthly + sum(found.extras.values(), Decimal(0)):.2f}",
            "currency": "EUR",
            "extras": [pick(extras[name]["title"], language) for name in found.extras],
            "ends_on": found.contract["ends_on"] if found.contract["kind"] == "ending" else None,
        }
    return {
        "customer_id": owner.customer_id,
        "current": current,
        "planned": {"package": planned.package, "starts_on": planned.starts_on.isoformat()}
        if planned
        else None,
        "names": names_known(),
        "wishes": [
            {"package_wish": name, "title": titles[name][language]}
            for name in (wishes_for(found) if found else ())
        ],
    }


def names_known() -> list[str]:
    """Every name by which a customer may ask for a package or an extra."""
    packages = [each["name"] for each in read_catalogue()["packages"]]
    parts = [part for name in packages for part in name.split(" and ")]
    return list(dict.fromkeys([*packages, *parts, *read_catalogue()["extras"]]))


def offers_for(connection: Connection, found: Situation, wish: OffersRequest, ids: Any) -> list[Any]:
    """The offers for a wish.

    Raises Declined `package_unknown`, `same_package`, `one_step_only`, `no_television`.
    """
    extras = read_catalogue()["extras"]
    extra = next((name for name in wish.packages if name in extras), None)
    if extra is not None or (wish.package_wish == "extra" and not wish.packages):
        name = extra or next(iter(extras))
        if "tv" not in found.package:
            raise Declined("no_television", "An extra needs a package with television.")
        if name in found.extras or found.package["name"] in extras[name]["included_in"]:
            raise Declined("same_package", "The customer has this.")
        price = Decimal(extras[name]["monthly"])
        return [make_offer(connection, found, "extra", name, price, ids("off"))]
    if wish.packages:
        packages = [named(found, wish.packages)]
    else:
        packages = fitting(connection, found, wish.package_wish or "look")
    return [
        make_offer(connection, found, "package", each["name"], list_price(connection, each), ids("off"))
        for each in packages
    ]


@blueprint.get("/customers/<customer>/package")
async def get_package(request: Request, customer: str) -> HTTPResponse:
    """What a customer has, and what they may wish."""
    service = northlight(request)
    begin_due(service.engine, service.clock)
    with reading(service.engine) as connection:
        return json_response(
            show_situation(connection, customer, service.clock.today(), language_of(request))
        )


@blueprint.post("/customers/<customer>/package-offers")
async def post_offers(request: Request, customer: str) -> HTTPResponse:
    """Offers for a wish. Needs no key: asked twice, the same offers are given while they hold."""
    service, wish, language = northlight(request), parse(request, OffersRequest), language_of(request)
    if code := getattr(request.ctx, "decline_with", None):
        raise Declined(code, "Northlight declined this.")
    with writing(service.engine) as connection:
        found = situation_of(connection, customer, service.clock.today())
        if found is None:
            raise Declined("no_contract", "There is no contract.")
        rows = offers_for(connection, found, wish, service.ids)
        return json_response({"offers": [show_offer(row, found, language) for row in rows]})


@blueprint.get("/package-offers/<offer_id>/start-days")
async def get_start_days(request: Request, offer_id: str) -> HTTPResponse:
    """The days on which an offer can start, and what the first bill would be. `day` is a wished one."""
    service, language, wished = northlight(request), language_of(request), request.args.get("day")
    try:
        day = date.fromisoformat(wished) if wished else None
    except ValueError:
        raise BadRequest("day_invalid", "day has to be a day, like 2026-12-28.") from None
    today = service.clock.today()
    with reading(service.engine) as connection:
        row = find_offer(connection, offer_id)
        still_holds(row, today)
        found = situation_of(connection, row.customer_id, today)
        if found is None:
            raise Missing("offer_unknown", "There is no such offer.")
        days = [show_start(row, found, each, language) for each in start_days(row, found, day)]
        return json_response({"offer": show_offer(row, found, language), "days": days})


@blueprint.post("/customers/<customer>/package")
async def post_package(request: Request, customer: str) -> HTTPResponse:
    """Agree on an offer."""
    wish = parse(request, PackageRequest)
    answer = change(request, wish, lambda made: change_package(made, customer, wish.offer_id, wish.start_day))
    begin_due(northlight(request).engine, northlight(request).clock)
    return answer


def set_price(connection: Connection, wish: PriceRequest) -> dict[str, Any]:
    """The price list changes. Offers that were made keep their price."""
    connection.execute(delete(package_prices).where(package_prices.c.package == wish.package))
    if wish.monthly is not None:
        connection.execute(insert(package_prices).values(package=wish.package, monthly=wish.monthly))
    return {"package": wish.package}
