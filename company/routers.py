"""How a router is doing, seen from afar, and what its owner can do about the Wi-Fi."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, select

from company.catalogue.source import read_catalogue
from company.database import reading
from company.equipment import find_equipment
from company.errors import Missing
from company.service import northlight
from company.tables import router_wifi
from company.texts import language_of

blueprint = Blueprint("routers")


def wifi_of(connection: Connection, equipment_id: str) -> str:
    """`ok`, `crowded` (the neighbours' networks share its channel) or `off`."""
    found = connection.execute(
        select(router_wifi.c.state).where(router_wifi.c.equipment_id == equipment_id)
    ).scalar_one_or_none()
    return found or "ok"


@blueprint.get("/equipment/<equipment_id>/status")
async def get_status(request: Request, equipment_id: str) -> HTTPResponse:
    """How a router is doing. Raises Missing for what is no router."""
    language = language_of(request)
    with reading(northlight(request).engine) as connection:
        found = find_equipment(connection, equipment_id)
        if found.kind != "router":
            raise Missing("equipment_unknown", "There is no such router.")
        wifi = wifi_of(connection, equipment_id)
    advice: list[dict[str, Any]] = read_catalogue()["wifi_advice"]
    status = {
        "equipment_id": equipment_id,
        "customer_id": found.customer_id,
        "online": found.status == "online",
        "wifi": wifi,
        "advice": [texts[language] for texts in advice],
    }
    return json_response({"status": status})
