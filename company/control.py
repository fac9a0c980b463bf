"""What only the demo and tests may do, behind a token of its own: faults, codes, the data itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, select

from company.arrangements import break_arrangement
from company.bills import bounce_payment, show_payment
from company.complaints import settle_complaint
from company.contact_details import outbox as contact_codes_outbox
from company.contracts import end_contract
from company.database import reading, writing
from company.errors import BadRequest, Missing
from company.events import outbox as events_outbox
from company.faults import Body as NonsenseBody
from company.faults import Fault, Mode
from company.identity import outbox as codes_outbox
from company.moves import carry_out
from company.operations import Change, store_events
from company.orders import deliver
from company.outage_notices import end_outage, sent_notices
from company.package_desk import PriceRequest, set_price
from company.service import Body, northlight, parse
from company.tables import bills, customers, equipment, orders, payments, visits

blueprint = Blueprint("control", url_prefix="/control")


class FaultRequest(Body):
    """Switch a fault on."""

    scope: str = Field(default="all", max_length=20)
    mode: Mode
    path: str | None = Field(default=None, max_length=100)
    delay: float = Field(default=6.0, ge=0, le=60)
    code: str = Field(default="declined_on_purpose", max_length=40)
    body: NonsenseBody = "json"
    count: int | None = Field(default=None, ge=1)


class ResetRequest(Body):
    """Seed anew, for that day where one is given."""

    today: date | None = None


def list_customers(connection: Connection, now_: datetime, limit: int) -> list[dict[str, Any]]:
    """The first customers with what is open for each: what a demo needs to choose one."""
    found = []
    for owner in connection.execute(select(customers).order_by(customers.c.customer_id).limit(limit)):
        id_ = owner.customer_id
        open_bills = select(bills.c.bill_id, bills.c.amount).where(
            bills.c.customer_id == id_, bills.c.status != "paid"
        )
        booked = select(visits.c.visit_id).where(
            visits.c.customer_id == id_, visits.c.status == "booked", visits.c.start > now_
        )
        moving = select(orders.c.order_id, orders.c.status).where(
            orders.c.customer_id == id_, orders.c.status.in_(("placed", "packed", "shipped"))
        )
        boxes = select(equipment.c.signal).where(equipment.c.customer_id == id_, equipment.c.kind == "tv_box")
        found.append(
            {
                "customer_id": id_,
                "account": owner.account,
                "name": owner.name,
                "email": owner.email,
                "language": owner.language,
                "postcode": owner.postcode,
                "package": owner.package,
                "vulnerable": owner.vulnerable,
                "open_bills": [
                    {"bill_id": b.bill_id, "amount": f"{b.amount:.2f}"}
                    for b in connection.execute(open_bills)
                ],
                "visits": list(connection.execute(booked).scalars()),
                "orders": [dict(o._mapping) for o in connection.execute(moving)],
                "box_signal": connection.execute(boxes).scalars().first(),
            }
        )
    return found


def _make_happen(request: Request, work: Callable[[Change], dict[str, Any]]) -> HTTPResponse:
    service = northlight(request)
    with writing(service.engine) as connection:
        made = Change(connection, "", service.clock.now(), service.clock.business_now(), service.ids)
        thing = work(made)
        store_events(connection, made.emitted, made.now)
    service.announce()
    return json_response({"events": made.emitted, **thing})


@blueprint.get("/customers")
async def get_customers(request: Request) -> HTTPResponse:
    """Customers for a demo."""
    limit = request.args.get("limit") or "20"
    if not limit.isdigit() or not 1 <= int(limit) <= 300:
        raise BadRequest("limit_invalid", "limit has to be a number from 1 to 300.")
    service = northlight(request)
    with reading(service.engine) as connection:
        return json_response(
            {"customers": list_customers(connection, service.clock.business_now(), int(limit))}
        )


@blueprint.get("/faults")
async def get_faults(request: Request) -> HTTPResponse:
    """The faults that are on."""
    return json_response({"faults": [asdict(fault) for fault in northlight(request).faults.all()]})


@blueprint.post("/faults")
async def post_fault(request: Request) -> HTTPResponse:
    """Switch a fault on."""
    wish = parse(request, FaultRequest)
    kept = northlight(request).faults.switch_on(Fault(fault_id="", **wish.model_dump()))
    return json_response(asdict(kept), status=201)


@blueprint.delete("/faults")
async def delete_faults(request: Request) -> HTTPResponse:
    """Switch all faults off."""
    return json_response({"removed": northlight(request).faults.switch_off()})


@blueprint.delete("/faults/<fault_id>")
async def delete_fault(request: Request, fault_id: str) -> HTTPResponse:
    """Switch one fault off."""
    if not northlight(request).faults.switch_off(fault_id):
        raise Missing("fault_unknown", "There is no such fault.")
    return json_response({"removed": 1})


@blueprint.get("/outbox")
async def get_outbox(request: Request) -> HTTPResponse:
    """One-time codes that went out, newest first."""
    with reading(northlight(request).engine) as connection:
        account = request.args.get("account")
        to_new = [each for each in contact_codes_outbox(connection) if account in (None, each["account"])]
        sent = sorted(
            [*codes_outbox(connection, account), *to_new], key=lambda each: each["sent_at"], reverse=True
        )
    return json_response({"codes": sent})


@blueprint.get("/events")
async def get_events(request: Request) -> HTTPResponse:
    """Business events and whether they were delivered."""
    return json_response({"events": events_outbox(northlight(request).engine)})


@blueprint.get("/payments")
async def get_payments(request: Request) -> HTTPResponse:
    """Payments made through this interface (not those of the seed), oldest first."""
    with reading(northlight(request).engine) as connection:
        rows = connection.execute(
            select(payments).where(payments.c.key.is_not(None)).order_by(payments.c.at)
        ).all()
    return json_response({"payments": [{**show_payment(row), "key": row.key} for row in rows]})


@blueprint.post("/payments/<payment_id>/bounce")
async def post_bounce(request: Request, payment_id: str) -> HTTPResponse:
    """The bank takes a payment back."""
    return _make_happen(request, lambda made: bounce_payment(made, payment_id))


@blueprint.post("/orders/<order_id>/deliver")
async def post_delivered(request: Request, order_id: str) -> HTTPResponse:
    """The carrier delivers an order."""
    return _make_happen(request, lambda made: deliver(made, order_id))


@blueprint.post("/reset")
async def post_reset(request: Request) -> HTTPResponse:
    """All data as on the first day, all faults off."""
    wish = parse(request, ResetRequest)
    service = northlight(request)
    service.faults.switch_off()
    service.first_day.put_back(service.engine, wish.today or service.clock.today())
    return json_response({"status": "reset"})


@blueprint.post("/contracts/<customer>/end")
async def post_contract_end(request: Request, customer: str) -> HTTPResponse:
    """What a colleague does when a customer leaves."""
    return _make_happen(request, lambda made: end_contract(made, customer))


@blueprint.post("/complaints/<complaint_id>/settle")
async def post_complaint_settled(request: Request, complaint_id: str) -> HTTPResponse:
    """What a colleague does when a complaint is settled with the customer."""
    return _make_happen(request, lambda made: settle_complaint(made, complaint_id))


@blueprint.post("/arrangements/<arrangement_id>/break")
async def post_arrangement_broken(request: Request, arrangement_id: str) -> HTTPResponse:
    """A customer does not pay a part in time."""
    return _make_happen(request, lambda made: break_arrangement(made, arrangement_id))


@blueprint.post("/outages/<outage_id>/end")
async def post_outage_ended(request: Request, outage_id: str) -> HTTPResponse:
    """What a colleague does when everything works again."""
    return _make_happen(request, lambda made: end_outage(made, outage_id))


@blueprint.post("/packages/price")
async def post_price(request: Request) -> HTTPResponse:
    """A price changes in the list."""
    wish = parse(request, PriceRequest)
    with writing(northlight(request).engine) as connection:
        return json_response(set_price(connection, wish))


@blueprint.post("/moves/<move_id>/carry-out")
async def post_moved(request: Request, move_id: str) -> HTTPResponse:
    """The customer has moved house."""
    return _make_happen(request, lambda made: carry_out(made, move_id))


@blueprint.get("/notices")
async def get_notices(request: Request) -> HTTPResponse:
    """Messages that an outage is over, oldest first."""
    with reading(northlight(request).engine) as connection:
        return json_response({"notices": sent_notices(connection)})
