"""What a visit is for, what it costs, and until when it can be cancelled free of charge."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from company.catalogue.source import read_catalogue
from company.clock import ZONE
from company.texts import language_of

blueprint = Blueprint("visit_terms")

NOON = time(12)
WORKING_DAYS = 5  # Monday to Friday


def free_until(start: datetime) -> datetime:
    """Noon of the working day before the visit (aware): from then on the engineer's route is fixed."""
    day = start.astimezone(ZONE).date() - timedelta(days=1)
    while day.weekday() >= WORKING_DAYS:
        day -= timedelta(days=1)
    return datetime.combine(day, NOON, ZONE)


def cancel_fee(start: datetime, now: datetime) -> Decimal:
    """What cancelling costs at that moment, in euros."""
    late = now >= free_until(start)
    return Decimal(read_catalogue()["late_cancel_fee"]) if late else Decimal("0.00")


def show_topics(language: str) -> list[dict[str, Any]]:
    """What an engineer can come for, as it goes over the wire."""
    return [
        {
            "visit_topic": name,
            "title": topic["title"][language],
            "kind": topic["kind"],
            "service": topic.get("service"),
            "price": topic["price"],
            "currency": "EUR",
        }
        for name, topic in read_catalogue()["visit_topics"].items()
    ]


@blueprint.get("/visit-topics")
async def list_topics(request: Request) -> HTTPResponse:
    """What an engineer can come for."""
    return json_response({"topics": show_topics(language_of(request))})
