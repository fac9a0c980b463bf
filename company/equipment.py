"""The boxes and routers at customers' homes: restarting them and testing their signal."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, delete, select, update

from company.catalogue.source import read_catalogue
from company.customers import find_customer
from company.database import reading
from company.errors import Declined, Missing
from company.operations import Change
from company.service import Body, change, northlight, parse
from company.tables import equipment, router_wifi
from company.texts import language_of, pick

blueprint = Blueprint("equipment")


class EquipmentRequest(Body):
    """Nothing is needed: an empty object."""


def show_equipment(row: Row[Any]) -> dict[str, Any]:
    """As it goes over the wire. The signal is known after a test only."""
    return {
        "equipment_id": row.equipment_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "model": row.model,
        "installed": row.installed.isoformat(),
        "status": row.status,
    }


def find_equipment(connection: Connection, equipment_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(equipment).where(equipment.c.equipment_id == equipment_id)).one_or_none()
    if row is None:
        raise Missing("equipment_unknown", "There is no such equipment.")
    return row


def restart(made: Change, equipment_id: str, language: str) -> dict[str, Any]:
    """Restarts it from afar. Raises Missing, Declined `unreachable` when no signal reaches it."""
    found = find_equipment(made.connection, equipment_id)
    if found.signal == "none":
        raise Declined("unreachable", "The box cannot be reached from here.")
    made.connection.execute(
        update(equipment)
        .where(equipment.c.equipment_id == equipment_id)
        .values(restarted_at=made.now, status="online")
    )
    settle_wifi(made.connection, equipment_id)
    made.emit("equipment.restarted", customer_id=found.customer_id, subject=equipment_id, kind=found.kind)
    result = {"ok": True, "code": "restarted", "text": _result_text("restarted", found.kind, language)}
    return {"result": result, "equipment": show_equipment(find_equipment(made.connection, equipment_id))}


def test_signal(made: Change, equipment_id: str, language: str) -> dict[str, Any]:
    """Measures the signal: always the same for the same box. Raises Missing."""
    found = find_equipment(made.connection, equipment_id)
    result = {
        "ok": found.signal == "ok",
        "code": found.signal,
        "text": _result_text(found.signal, found.kind, language),
    }
    return {"result": result, "equipment": show_equipment(found)}


def settle_wifi(connection: Connection, equipment_id: str) -> None:
    """After a restart a router looks for a free channel; Wi-Fi that was switched off stays off."""
    crowded = (router_wifi.c.equipment_id == equipment_id) & (router_wifi.c.state == "crowded")
    connection.execute(delete(router_wifi).where(crowded))


def _result_text(code: str, kind: str, language: str) -> str:
    return pick(read_catalogue()["router_results" if kind == "router" else "results"][code], language)


@blueprint.get("/customers/<customer>/equipment")
async def list_equipment(request: Request, customer: str) -> HTTPResponse:
    """What this customer has at home."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(equipment)
            .where(equipment.c.customer_id == owner.customer_id)
            .order_by(equipment.c.equipment_id)
        ).all()
    return json_response({"equipment": [show_equipment(row) for row in rows]})


@blueprint.post("/equipment/<equipment_id>/restart")
async def post_restart(request: Request, equipment_id: str) -> HTTPResponse:
    """Restart a box or router."""
    language = language_of(request)
    return change(
        request, parse(request, EquipmentRequest), lambda made: restart(made, equipment_id, language)
    )


@blueprint.post("/equipment/<equipment_id>/signal-test")
async def post_signal_test(request: Request, equipment_id: str) -> HTTPResponse:
    """Test the signal of a box or router."""
    language = language_of(request)
    return change(
        request, parse(request, EquipmentRequest), lambda made: test_signal(made, equipment_id, language)
    )
