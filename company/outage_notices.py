"""Who wants to be told when an outage is over: one message each, once it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sqlalchemy import Connection, Engine, Row, insert, select, update

from company.catalogue.source import read_catalogue
from company.clock import Clock, local_text, utc_text
from company.customers import find_customer
from company.database import reading, writing
from company.errors import Declined, Missing
from company.operations import Change, store_events
from company.service import Body, change, parse
from company.tables import customers, outage_notices, outages
from company.texts import language_of, pick

blueprint = Blueprint("outage_notices")

BY_MAIL = frozenset({"email"})  # whoever likes another way best gets a text message


class NoticeRequest(Body):
    """Tell me when this outage is over."""

    outage_id: str = Field(min_length=1, max_length=20)


def find_outage(connection: Connection, outage_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(outages).where(outages.c.outage_id == outage_id)).one_or_none()
    if row is None:
        raise Missing("outage_unknown", "There is no such outage.")
    return row


def request_notice(made: Change, customer: str, wish: NoticeRequest, language: str) -> dict[str, Any]:
    """Notes it. Raises Missing, Declined `outage_over`, `noted_already`."""
    owner = find_customer(made.connection, customer)
    outage = find_outage(made.connection, wish.outage_id)
    if outage.until <= made.business_now:
        raise Declined("outage_over", "This outage is over.")
    same = (outage_notices.c.customer_id == owner.customer_id) & (
        outage_notices.c.outage_id == outage.outage_id
    )
    if made.connection.execute(select(outage_notices.c.notice_id).where(same)).first() is not None:
        raise Declined("noted_already", "This customer will be told.")
    row = {
        "notice_id": made.ids("notice"),
        "outage_id": outage.outage_id,
        "customer_id": owner.customer_id,
        "channel": "email" if owner.preferred_channel in BY_MAIL else "sms",
        "language": language,
        "key": made.key,
        "sent_at": None,
    }
    made.connection.execute(insert(outage_notices).values(**row))
    made.emit(
        "outage.notice_requested",
        customer_id=owner.customer_id,
        subject=outage.outage_id,
        expected=local_text(outage.until),
    )
    shown = {name: row[name] for name in ("notice_id", "outage_id", "customer_id", "channel")}
    return {"notice": {**shown, "expected": local_text(outage.until)}}


def end_outage(made: Change, outage_id: str) -> dict[str, Any]:
    """What a colleague does when everything works again. Raises Missing, Declined `outage_over`."""
    outage = find_outage(made.connection, outage_id)
    if outage.until <= made.business_now:
        raise Declined("outage_over", "This outage is over.")
    made.connection.execute(
        update(outages).where(outages.c.outage_id == outage_id).values(until=made.business_now)
    )
    return {"told": _tell(made, outages.c.outage_id == outage_id)}


def tell_of_ended(engine: Engine, clock: Clock, ids: Any) -> int:
    """Tells everybody whose outage has ended by itself; gives to how many a message went."""
    with reading(engine) as connection:
        due = connection.execute(_due(clock.business_now()).limit(1)).first()
    if due is None:
        return 0
    with writing(engine) as connection:
        made = Change(connection, "", clock.now(), clock.business_now(), ids)
        told = _tell(made)
        store_events(connection, made.emitted, made.now)
    return told


def _due(now: datetime) -> Any:
    return (
        select(outage_notices, outages.c.until)
        .join(outages, outages.c.outage_id == outage_notices.c.outage_id)
        .where(outage_notices.c.sent_at.is_(None), outages.c.until <= now)
        .order_by(outage_notices.c.notice_id)
    )


def _tell(made: Change, *only: Any) -> int:
    """One message and one event for each notice that is due, the event under the key of its wish."""
    due = made.connection.execute(_due(made.business_now).where(*only)).all()
    for row in due:
        made.connection.execute(
            update(outage_notices).where(outage_notices.c.notice_id == row.notice_id).values(sent_at=made.now)
        )
        its = Change(made.connection, row.key, made.now, made.business_now, made.ids)
        its.emit(
            "outage.ended",
            customer_id=row.customer_id,
            subject=row.outage_id,
            ended=local_text(row.until),
            channel=row.channel,
        )
        made.emitted += its.emitted
    return len(due)


def sent_notices(connection: Connection) -> list[dict[str, Any]]:
    """The messages that went out, oldest first."""
    rows = connection.execute(
        select(outage_notices, customers.c.email, customers.c.phone)
        .join(customers, customers.c.customer_id == outage_notices.c.customer_id)
        .where(outage_notices.c.sent_at.is_not(None))
        .order_by(outage_notices.c.sent_at)
    ).all()
    return [
        {
            "customer_id": row.customer_id,
            "outage_id": row.outage_id,
            "channel": row.channel,
            "sent_to": row.email if row.channel == "email" else row.phone,
            "text": pick(read_catalogue()["outage_over_message"], row.language),
            "sent_at": utc_text(row.sent_at),
        }
        for row in rows
    ]


@blueprint.post("/customers/<customer>/outage-notices")
async def post_notice(request: Request, customer: str) -> HTTPResponse:
    """Ask to be told when an outage is over."""
    wish, language = parse(request, NoticeRequest), language_of(request)
    return change(request, wish, lambda made: request_notice(made, customer, wish, language))
