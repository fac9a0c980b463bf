"""Changing a delivery that is under way: what the carrier still allows, and doing it.

Before the carrier has it, everything can change; on its way it can come on another day or to a pick-up
point; on the day itself it is in the van, and nothing can.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, delete, insert, update

from company.addresses import find_address
from company.catalogue.source import read_catalogue
from company.clock import ZONE, window
from company.customers import find_customer
from company.database import reading
from company.errors import Declined
from company.operations import Change
from company.orders import find_order, place_of, show_order
from company.service import Body, change, northlight, parse
from company.tables import delivery_changes, orders
from company.texts import language_of, long_day

blueprint = Blueprint("deliveries")

Way = Literal["day", "pickup", "address"]
DAYS = 6  # days to choose from
GETTING_READY = timedelta(days=2)
SUNDAY = 6
HOURS = (time(9), time(18))  # of a delivery that no carrier has planned yet


class DeliveryRequest(Body):
    """Deliver it otherwise: what goes with the way has to be there."""

    delivery_way: Way
    day: date | None = None
    pickup_point: str | None = Field(default=None, max_length=60)
    address_id: str | None = Field(default=None, max_length=20)


def block_of(order: Row[Any], today: date) -> str | None:
    """Why nothing can be changed any more: delivered, cancelled, out_for_delivery; None when it can."""
    if order.status in ("delivered", "cancelled"):
        return str(order.status)
    shipped = order.status == "shipped"
    if shipped and order.window_start and order.window_start.astimezone(ZONE).date() <= today:
        return "out_for_delivery"
    return None


def ways_of(order: Row[Any]) -> tuple[Way, ...]:
    """What can still be changed."""
    return ("day", "pickup") if order.status == "shipped" else ("day", "pickup", "address")


def days_of(order: Row[Any], today: date) -> list[date]:
    """The days on which it can come instead, Sundays never."""
    planned = order.window_start.astimezone(ZONE).date() if order.window_start else None
    day = max(today + GETTING_READY, planned or today)
    found: list[date] = []
    while len(found) < DAYS:
        if day.weekday() != SUNDAY and day != planned:
            found.append(day)
        day += timedelta(days=1)
    return found


def pickup_points(postcode: str) -> dict[str, str]:
    """Points near a postcode: title by id."""
    town = next(each for each in read_catalogue()["towns"] if each["postcode"][:2] == postcode[:2])
    shops = read_catalogue()["pickup_shops"]
    digits = town["postcode"]
    return {
        f"pick_{digits}_{place}": f"{shop}, {street} {(place * 17 + int(digits)) % 90 + 3}"
        for place, (shop, street) in enumerate(zip(shops, town["streets"], strict=True), start=1)
    }


def options_for(connection: Connection, order_id: str, today: date, language: str) -> dict[str, Any]:
    """What can be changed about a delivery. Raises Missing."""
    order = find_order(connection, order_id)
    owner = find_customer(connection, order.customer_id)
    block, texts = block_of(order, today), read_catalogue()["delivery_ways"]
    open_ = block is None
    return {
        "order_id": order_id,
        "customer_id": order.customer_id,
        "blocked": block,
        "place": place_of(connection, order),
        "window": window(order.window_start, order.window_end) if order.window_start else None,
        "ways": [
            {"delivery_way": way, "title": texts[way][language]} for way in (ways_of(order) if open_ else ())
        ],
        "days": [
            {"day": each.isoformat(), "title": long_day(each, language)}
            for each in (days_of(order, today) if open_ else [])
        ],
        "pickup_points": [
            {"pickup_point": name, "title": title}
            for name, title in (pickup_points(owner.postcode).items() if open_ else ())
        ],
    }


def change_delivery(made: Change, order_id: str, wish: DeliveryRequest, language: str) -> dict[str, Any]:
    """Delivers it otherwise. Raises Missing, Declined `not_possible` where the carrier does not allow it."""
    order, today = find_order(made.connection, order_id), made.business_now.date()
    if block_of(order, today) is not None or wish.delivery_way not in ways_of(order):
        raise Declined("not_possible", "The carrier does not allow this any more.")
    owner = find_customer(made.connection, order.customer_id)
    place = None
    if wish.delivery_way == "day":
        if wish.day not in days_of(order, today):
            raise Declined("not_possible", "The carrier does not come on that day.")
        _put_off(made.connection, order, wish.day)
    elif wish.delivery_way == "pickup":
        place = pickup_points(owner.postcode).get(wish.pickup_point or "")
        if place is None:
            raise Declined("not_possible", "There is no such pick-up point.")
    else:
        place = find_address(wish.address_id or "").title
    if place is not None:
        made.connection.execute(delete(delivery_changes).where(delivery_changes.c.order_id == order_id))
        made.connection.execute(
            insert(delivery_changes).values(
                order_id=order_id, way=wish.delivery_way, place=place, at=made.now
            )
        )
    changed = find_order(made.connection, order_id)
    shown = show_order(changed, language)
    place = place_of(made.connection, changed)
    when = window(changed.window_start, changed.window_end) if changed.window_start else None
    made.emit(
        "delivery.changed",
        customer_id=order.customer_id,
        subject=order_id,
        way=wish.delivery_way,
        place=place,
        window=when,
    )
    return {"order": shown, "place": place, "window": when}


def _put_off(connection: Connection, order: Row[Any], day: date) -> None:
    """To another day, at the same hours where there are any."""
    first, last = HOURS
    if order.window_start is not None:
        first = order.window_start.astimezone(ZONE).time()
        last = order.window_end.astimezone(ZONE).time()
    values: dict[str, Any] = {
        "window_start": datetime.combine(day, first, ZONE),
        "window_end": datetime.combine(day, last, ZONE),
    }
    values["delivery_status"] = "under_way" if order.status == "shipped" else "planned"
    connection.execute(update(orders).where(orders.c.order_id == order.order_id).values(**values))


@blueprint.get("/orders/<order_id>/delivery-options")
async def get_options(request: Request, order_id: str) -> HTTPResponse:
    """What can be changed about a delivery."""
    service = northlight(request)
    with reading(service.engine) as connection:
        return json_response(options_for(connection, order_id, service.clock.today(), language_of(request)))


@blueprint.post("/orders/<order_id>/delivery")
async def post_delivery(request: Request, order_id: str) -> HTTPResponse:
    """Deliver it otherwise."""
    wish = parse(request, DeliveryRequest)
    return change(request, wish, lambda made: change_delivery(made, order_id, wish, language_of(request)))
