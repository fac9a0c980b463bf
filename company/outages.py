"""Outages by postcode."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Row, select

from company.clock import local_text
from company.database import reading
from company.errors import BadRequest
from company.service import northlight
from company.tables import outages
from company.texts import language_of, translated

blueprint = Blueprint("outages")


def show_outage(row: Row[Any], language: str) -> dict[str, Any]:
    """As it goes over the wire."""
    return {
        "id": row.outage_id,
        "kind": row.kind,
        "since": local_text(row.since),
        "until": local_text(row.until),
        "text": translated(row.text, language),
    }


@blueprint.get("/outages")
async def list_outages(request: Request) -> HTTPResponse:
    """Open outages at a postcode: its four digits decide."""
    area = (request.args.get("postcode") or "").strip()[:4]
    if len(area) != 4 or not area.isdigit():
        raise BadRequest("postcode_invalid", "postcode has to be a Dutch postcode like 3511 AB.")
    service = northlight(request)
    now = service.clock.business_now()
    with reading(service.engine) as connection:
        rows = connection.execute(
            select(outages)
            .where(outages.c.area == area, outages.c.since <= now, outages.c.until > now)
            .order_by(outages.c.since)
        ).all()
    return json_response({"outages": [show_outage(row, language_of(request)) for row in rows]})
