"""Engineer visits and the slots in which an engineer is free. One slot takes one visit."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, insert, select, update

from company.clock import ZONE, local_text, window
from company.customers import find_customer
from company.database import reading
from company.equipment import find_equipment
from company.errors import BadRequest, Declined, Missing
from company.operations import Change
from company.service import Body, change, northlight, parse
from company.tables import slots, visit_cancellations, visits
from company.texts import language_of, translated
from company.visit_terms import cancel_fee, free_until

blueprint = Blueprint("visits")

Kind = Literal["repair", "installation"]


class MoveRequest(Body):
    """Move a visit to a free slot."""

    slot_id: str = Field(min_length=1, max_length=40)


class BookRequest(Body):
    """Book a visit in a free slot."""

    slot_id: str = Field(min_length=1, max_length=40)
    kind: Kind
    equipment_id: str | None = Field(default=None, max_length=20)
    reason: str = Field(min_length=1, max_length=500)


class CancelRequest(Body):
    """Cancel a visit at the price that the customer was told, in euros."""

    fee: Decimal = Field(ge=0, max_digits=6, decimal_places=2)


def show_visit(row: Row[Any], now: datetime, language: str) -> dict[str, Any]:
    """As it goes over the wire. A booked visit whose time is over has been done."""
    over = row.status == "booked" and row.end <= now
    ahead = row.status == "booked" and row.start > now
    return {
        "visit_id": row.visit_id,
        "customer_id": row.customer_id,
        "kind": row.kind,
        "status": "done" if over else row.status,
        "window": window(row.start, row.end),
        "reason": translated(row.reason, language),
        "equipment_id": row.equipment_id,
        "free_until": local_text(free_until(row.start)) if ahead else None,
        "cancel_fee": f"{cancel_fee(row.start, now):.2f}" if ahead else None,
    }


def show_slot(row: Row[Any]) -> dict[str, Any]:
    """As it goes over the wire."""
    return {"slot_id": row.slot_id, "window": window(row.start, row.end)}


def find_visit(connection: Connection, visit_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(visits).where(visits.c.visit_id == visit_id)).one_or_none()
    if row is None:
        raise Missing("visit_unknown", "There is no such visit.")
    return row


def free_slots(
    connection: Connection, postcode: str, kind: str, after: datetime, before: datetime | None = None
) -> list[Row[Any]]:
    """Free slots near a postcode that start after `after` (aware) and before `before`, earliest first."""
    wanted = select(slots).where(
        slots.c.area == postcode[:2], slots.c.kind == kind, slots.c.taken_by.is_(None), slots.c.start > after
    )
    if before is not None:
        wanted = wanted.where(slots.c.start < before)
    return list(connection.execute(wanted.order_by(slots.c.start, slots.c.slot_id)).all())


def take_slot(made: Change, slot_id: str, visit_id: str, *, area: str, kind: str) -> Row[Any]:
    """Reserves the slot for the visit. Raises Missing for another area or kind, Declined `slot_taken`.

    The update's condition is what decides, so that of two who want one slot exactly one gets it.
    """
    slot = made.connection.execute(
        select(slots).where(slots.c.slot_id == slot_id, slots.c.area == area, slots.c.kind == kind)
    ).one_or_none()
    if slot is None:
        raise Missing("slot_unknown", "There is no such slot for this address.")
    if slot.start <= made.business_now.astimezone(UTC):
        raise Declined("slot_past", "This slot has begun already.")
    taken = made.connection.execute(
        update(slots).where(slots.c.slot_id == slot_id, slots.c.taken_by.is_(None)).values(taken_by=visit_id)
    )
    if taken.rowcount == 0:
        raise Declined("slot_taken", "Somebody else has taken this slot.")
    return slot


def move_visit(made: Change, visit_id: str, wish: MoveRequest, language: str) -> dict[str, Any]:
    """Moves a booked visit. Raises Missing, Declined `not_movable`, `slot_taken`, `slot_past`."""
    visit = find_visit(made.connection, visit_id)
    if visit.status != "booked" or visit.start <= made.business_now:
        raise Declined("not_movable", "This visit cannot be moved any more.")
    owner = find_customer(made.connection, visit.customer_id)
    slot = take_slot(made, wish.slot_id, visit_id, area=owner.postcode[:2], kind=visit.kind)
    if visit.slot_id:
        made.connection.execute(
            update(slots)
            .where(slots.c.slot_id == visit.slot_id, slots.c.taken_by == visit_id)
            .values(taken_by=None)
        )
    made.connection.execute(
        update(visits)
        .where(visits.c.visit_id == visit_id)
        .values(slot_id=slot.slot_id, start=slot.start, end=slot.end)
    )
    moved = show_visit(find_visit(made.connection, visit_id), made.business_now, language)
    made.emit("visit.moved", customer_id=visit.customer_id, subject=visit_id, window=moved["window"])
    return {"visit": moved}


def cancel_visit(made: Change, visit_id: str, wish: CancelRequest, language: str) -> dict[str, Any]:
    """Cancels a booked visit. Raises Missing, Declined `not_cancellable`, `fee_changed`."""
    visit = find_visit(made.connection, visit_id)
    if visit.status != "booked" or visit.start <= made.business_now:
        raise Declined("not_cancellable", "This visit cannot be cancelled any more.")
    fee = cancel_fee(visit.start, made.business_now)
    if fee > wish.fee:  # it became late since the customer was told
        raise Declined("fee_changed", "Cancelling this visit costs more by now.", {"fee": f"{fee:.2f}"})
    made.connection.execute(
        update(slots)
        .where(slots.c.slot_id == visit.slot_id, slots.c.taken_by == visit_id)
        .values(taken_by=None)
    )
    made.connection.execute(
        update(visits).where(visits.c.visit_id == visit_id).values(status="cancelled", slot_id=None)
    )
    made.connection.execute(insert(visit_cancellations).values(visit_id=visit_id, at=made.now, fee=fee))
    shown = show_visit(find_visit(made.connection, visit_id), made.business_now, language)
    made.emit("visit.cancelled", customer_id=visit.customer_id, subject=visit_id, fee=f"{fee:.2f}")
    return {"visit": shown, "fee": f"{fee:.2f}"}


def book_visit(made: Change, customer_id: str, wish: BookRequest, language: str) -> dict[str, Any]:
    """Books a visit. Raises Missing, Declined `slot_taken`, `slot_past`."""
    owner = find_customer(made.connection, customer_id)
    if wish.equipment_id is not None:
        found = find_equipment(made.connection, wish.equipment_id)
        if found.customer_id != owner.customer_id:
            raise Missing("equipment_unknown", "There is no such equipment.")
    visit_id = made.ids("visit")
    slot = take_slot(made, wish.slot_id, visit_id, area=owner.postcode[:2], kind=wish.kind)
    made.connection.execute(
        insert(visits).values(
            visit_id=visit_id,
            customer_id=owner.customer_id,
            kind=wish.kind,
            status="booked",
            slot_id=slot.slot_id,
            start=slot.start,
            end=slot.end,
            reason=wish.reason,
            equipment_id=wish.equipment_id,
        )
    )
    booked = show_visit(find_visit(made.connection, visit_id), made.business_now, language)
    made.emit(
        "visit.booked",
        customer_id=owner.customer_id,
        subject=visit_id,
        window=booked["window"],
        kind=wish.kind,
        equipment_id=wish.equipment_id,
    )
    return {"visit": booked}


def _day(request: Request, name: str) -> date | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadRequest("date_invalid", f"{name} has to be a date like 2026-11-24.") from None


def _slots_between(
    request: Request, connection: Connection, postcode: str, kind: str
) -> list[dict[str, Any]]:
    after, before = northlight(request).clock.business_now(), None
    first, last = _day(request, "from"), _day(request, "to")
    if first is not None:
        after = max(after, datetime.combine(first, time.min, ZONE))
    if last is not None:
        before = datetime.combine(last, time.max, ZONE)
    return [show_slot(row) for row in free_slots(connection, postcode, kind, after, before)]


@blueprint.get("/customers/<customer>/visits")
async def list_visits(request: Request, customer: str) -> HTTPResponse:
    """A customer's visits, the latest first."""
    service = northlight(request)
    now = service.clock.business_now()
    with reading(service.engine) as connection:
        owner = find_customer(connection, customer)
        rows = connection.execute(
            select(visits).where(visits.c.customer_id == owner.customer_id).order_by(visits.c.start.desc())
        ).all()
    language = language_of(request)
    return json_response({"visits": [show_visit(row, now, language) for row in rows]})


@blueprint.get("/visits/<visit_id>/slots")
async def list_slots_of_visit(request: Request, visit_id: str) -> HTTPResponse:
    """Free slots to which this visit can move. `from` and `to` are days, both included."""
    with reading(northlight(request).engine) as connection:
        visit = find_visit(connection, visit_id)
        owner = find_customer(connection, visit.customer_id)
        found = _slots_between(request, connection, owner.postcode, visit.kind)
    return json_response({"slots": found})


@blueprint.get("/slots")
async def list_slots(request: Request) -> HTTPResponse:
    """Free slots near a postcode for one kind of visit."""
    postcode, kind = (request.args.get("postcode") or "").strip(), request.args.get("kind") or "repair"
    if not postcode[:4].isdigit() or len(postcode) < 4:
        raise BadRequest("postcode_invalid", "postcode has to be a Dutch postcode like 3511 AB.")
    if kind not in ("repair", "installation"):
        raise BadRequest("kind_invalid", "kind has to be repair or installation.")
    with reading(northlight(request).engine) as connection:
        found = _slots_between(request, connection, postcode, kind)
    return json_response({"slots": found})


@blueprint.post("/visits/<visit_id>/move")
async def post_move(request: Request, visit_id: str) -> HTTPResponse:
    """Move a visit."""
    wish = parse(request, MoveRequest)
    return change(request, wish, lambda made: move_visit(made, visit_id, wish, language_of(request)))


@blueprint.post("/customers/<customer>/visits")
async def post_visit(request: Request, customer: str) -> HTTPResponse:
    """Book a visit."""
    wish = parse(request, BookRequest)
    return change(request, wish, lambda made: book_visit(made, customer, wish, language_of(request)))


@blueprint.post("/visits/<visit_id>/cancel")
async def post_cancel(request: Request, visit_id: str) -> HTTPResponse:
    """Cancel a visit."""
    wish = parse(request, CancelRequest)
    return change(request, wish, lambda made: cancel_visit(made, visit_id, wish, language_of(request)))
