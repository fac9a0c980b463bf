"""Who Northlight's customers are."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, or_, select

from company.database import reading
from company.errors import Missing
from company.service import northlight
from company.tables import customers

blueprint = Blueprint("customers")


def find_customer(connection: Connection, id_or_account: str) -> Row[Any]:
    """By customer id or account number. Raises Missing."""
    row = connection.execute(
        select(customers).where(
            or_(customers.c.customer_id == id_or_account, customers.c.account == id_or_account)
        )
    ).one_or_none()
    if row is None:
        raise Missing("customer_unknown", "There is no such customer.")
    return row


def show_customer(row: Row[Any]) -> dict[str, Any]:
    """As it goes over the wire."""
    return dict(row._mapping)


@blueprint.get("/customers/<customer>")
async def get_customer(request: Request, customer: str) -> HTTPResponse:
    """One customer, by id or account number."""
    with reading(northlight(request).engine) as connection:
        return json_response(show_customer(find_customer(connection, customer)))
