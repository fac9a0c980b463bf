"""Complaints: on record at once with a number, answered by a person within ten working days."""

from __future__ import annotations

import zlib
from datetime import date, timedelta
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, insert, select, update

from company.catalogue.source import read_catalogue
from company.customers import find_customer
from company.database import reading
from company.errors import Declined, Missing
from company.operations import Change
from company.service import Body, change, northlight, parse
from company.tables import complaints
from company.texts import language_of

blueprint = Blueprint("complaints")

ANSWER_WITHIN = 10  # working days


class ComplaintRequest(Body):
    """Put a complaint on record, in the customer's own words."""

    topic: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=2000)


def working_days_later(day: date, count: int) -> date:
    """The day so many working days on; Saturdays and Sundays do not count."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def reference(complaint_id: str) -> str:
    """The number that a customer can read out, such as K-482-1937."""
    digits = f"{zlib.crc32(complaint_id.encode()) % 10_000_000:07d}"
    return f"K-{digits[:3]}-{digits[3:]}"


def show_complaint(row: Row[Any], language: str) -> dict[str, Any]:
    """As it goes over the wire."""
    topics = read_catalogue()["complaint_topics"]
    return {
        "complaint_id": row.complaint_id,
        "customer_id": row.customer_id,
        "number": reference(row.complaint_id),
        "topic": row.topic,
        "topic_title": topics[row.topic][language] if row.topic in topics else row.topic,
        "text": row.text,
        "received": row.received.isoformat(),
        "answer_by": row.answer_by.isoformat(),
        "status": row.status,
    }


def find_complaint(connection: Connection, complaint_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(
        select(complaints).where(complaints.c.complaint_id == complaint_id)
    ).one_or_none()
    if row is None:
        raise Missing("complaint_unknown", "There is no such complaint.")
    return row


def register_complaint(made: Change, customer: str, wish: ComplaintRequest, language: str) -> dict[str, Any]:
    """Puts it on record. Raises Missing, also for a topic that is none."""
    owner = find_customer(made.connection, customer)
    if wish.topic not in read_catalogue()["complaint_topics"]:
        raise Missing("topic_unknown", "There is no such topic.")
    complaint_id, today = made.ids("cmp"), made.business_now.date()
    made.connection.execute(
        insert(complaints).values(
            complaint_id=complaint_id,
            customer_id=owner.customer_id,
            topic=wish.topic,
            text=wish.text,
            received=today,
            answer_by=working_days_later(today, ANSWER_WITHIN),
            status="registered",
        )
    )
    shown = show_complaint(find_complaint(made.connection, complaint_id), language)
    made.emit(
        "complaint.registered",
        customer_id=owner.customer_id,
        subject=complaint_id,
        number=shown["number"],
        topic=wish.topic,
        answer_by=shown["answer_by"],
    )
    return {"complaint": shown}


def settle_complaint(made: Change, complaint_id: str) -> dict[str, Any]:
    """What a colleague does once the customer accepts the answer. Raises Missing, Declined."""
    row = find_complaint(made.connection, complaint_id)
    if row.status == "settled":
        raise Declined("settled_already", "This complaint is settled.")
    made.connection.execute(
        update(complaints).where(complaints.c.complaint_id == complaint_id).values(status="settled")
    )
    made.emit("complaint.settled", customer_id=row.customer_id, subject=complaint_id)
    return {"complaint": show_complaint(find_complaint(made.connection, complaint_id), "en")}


@blueprint.get("/customers/<customer>/complaints")
async def list_complaints(request: Request, customer: str) -> HTTPResponse:
    """A customer's complaints, newest first, and what one can complain about."""
    language = language_of(request)
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(complaints)
            .where(complaints.c.customer_id == owner.customer_id)
            .order_by(complaints.c.received.desc(), complaints.c.complaint_id)
        ).all()
    topics = [
        {"complaint_topic": name, "title": texts[language]}
        for name, texts in read_catalogue()["complaint_topics"].items()
    ]
    return json_response({"complaints": [show_complaint(row, language) for row in rows], "topics": topics})


@blueprint.post("/customers/<customer>/complaints")
async def post_complaint(request: Request, customer: str) -> HTTPResponse:
    """Put a complaint on record."""
    wish, language = parse(request, ComplaintRequest), language_of(request)
    return change(request, wish, lambda made: register_complaint(made, customer, wish, language))
