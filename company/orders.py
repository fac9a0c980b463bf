"""Orders and their deliveries."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, select, update

from company.clock import window
from company.customers import find_customer
from company.database import reading
from company.errors import Conflict, Missing
from company.operations import Change
from company.service import northlight
from company.tables import customers, delivery_changes, orders
from company.texts import language_of, translated

blueprint = Blueprint("orders")


def show_order(row: Row[Any], language: str = "en") -> dict[str, Any]:
    """As it goes over the wire. `delivery` is null until a carrier has it planned."""
    delivery = None
    if row.delivery_status is not None:
        delivery = {
            "carrier": row.carrier,
            "window": window(row.window_start, row.window_end),
            "status": row.delivery_status,
            "tracking": row.tracking,
        }
    return {
        "order_id": row.order_id,
        "customer_id": row.customer_id,
        "placed": row.placed.isoformat(),
        "items": [{**item, "name": translated(item["name"], language)} for item in row.items],
        "status": row.status,
        "delivery": delivery,
    }


def place_of(connection: Connection, order: Row[Any]) -> str:
    """Where it goes: what was chosen instead of the customer's home, or their home."""
    chosen = select(delivery_changes.c.place).where(delivery_changes.c.order_id == order.order_id)
    home = select(customers.c.street + ", " + customers.c.city).where(
        customers.c.customer_id == order.customer_id
    )
    return str(connection.execute(chosen).scalar() or connection.execute(home).scalar_one())


def find_order(connection: Connection, order_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(orders).where(orders.c.order_id == order_id)).one_or_none()
    if row is None:
        raise Missing("order_unknown", "There is no such order.")
    return row


def deliver(made: Change, order_id: str) -> dict[str, Any]:
    """The carrier has handed it over. Raises Missing, Conflict `not_under_way`."""
    order = find_order(made.connection, order_id)
    if order.status != "shipped":
        raise Conflict("not_under_way", "Only an order that is under way can be delivered.")
    made.connection.execute(
        update(orders)
        .where(orders.c.order_id == order_id)
        .values(status="delivered", delivery_status="delivered")
    )
    made.emit("order.delivered", customer_id=order.customer_id, subject=order_id, carrier=order.carrier)
    return {"order": show_order(find_order(made.connection, order_id))}


@blueprint.get("/customers/<customer>/orders")
async def list_orders(request: Request, customer: str) -> HTTPResponse:
    """A customer's orders, newest first."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(orders)
            .where(orders.c.customer_id == owner.customer_id)
            .order_by(orders.c.placed.desc(), orders.c.order_id)
        ).all()
    language = language_of(request)
    return json_response({"orders": [show_order(row, language) for row in rows]})


@blueprint.get("/orders/<order_id>")
async def get_order(request: Request, order_id: str) -> HTTPResponse:
    """One order."""
    with reading(northlight(request).engine) as connection:
        return json_response(show_order(find_order(connection, order_id), language_of(request)))
