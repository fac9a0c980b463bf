"""Moving house: whether the services come along to an address, at what speed, with or without an engineer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, insert, select, update

from company.addresses import Address, find_address
from company.catalogue.field import open_day, slots_of
from company.catalogue.seed import SEED
from company.catalogue.source import read_catalogue
from company.clock import window
from company.contracts import contract_of, monthly_price
from company.customers import find_customer
from company.database import reading
from company.errors import BadRequest, Conflict, Declined, Missing
from company.operations import Change
from company.packages import find_package
from company.service import Body, change, northlight, parse
from company.tables import customers, house_moves, slots, visits
from company.visits import take_slot

blueprint = Blueprint("moves")

LATEST = timedelta(days=180)
BEFORE, AFTER = timedelta(days=1), timedelta(days=6)  # around the day of the move, for the engineer
KIND = "installation"


class MoveRequest(Body):
    """Take the services along; with a slot where an engineer has to come."""

    address_id: str = Field(min_length=1, max_length=20)
    day: date
    slot_id: str | None = Field(default=None, max_length=40)


def package_at(name: str, address: Address) -> str | None:
    """What somebody with that package can have there: the same, the nearest below that, or None."""
    now = find_package(name)
    if address.speed is None:
        return None
    if "speed" not in now or now["speed"] <= address.speed:
        return name
    others = [
        each
        for each in read_catalogue()["packages"]
        if ("tv" in each) == ("tv" in now) and "speed" in each and each["speed"] <= address.speed
    ]
    return str(max(others, key=monthly_price)["name"]) if others else None


def block_of(day: date, today: date) -> str | None:
    """Why a day cannot be the day of the move: past (today too), too_far; None when it can."""
    return "past" if day <= today else "too_far" if day > today + LATEST else None


def _days(day: date) -> list[date]:
    return [day + timedelta(days=offset) for offset in range(-BEFORE.days, AFTER.days + 1)]


def slots_around(connection: Connection, address: Address, day: date, now: datetime) -> list[dict[str, Any]]:
    """The slots in which an engineer can come to that address around the day, earliest first.

    The engineers' diary is open for three weeks; of a day beyond it, all its slots that will be.
    """
    area, found = address.digits[:2], []
    for each in _days(day):
        drawn = [
            row
            for row in slots_of(each, read_catalogue(), SEED)
            if (row["area"], row["kind"]) == (area, KIND)
        ]
        ids = [row["slot_id"] for row in drawn]
        rows = connection.execute(select(slots).where(slots.c.slot_id.in_(ids))).all()
        seen = [row._asdict() for row in rows] or drawn
        found += [row for row in seen if row["taken_by"] is None and row["start"] > now]
    return [
        {"slot_id": row["slot_id"], "window": window(row["start"], row["end"])}
        for row in sorted(found, key=lambda row: (row["start"], row["slot_id"]))
    ]


def planned_move(connection: Connection, customer_id: str) -> Row[Any] | None:
    """A move that is planned and has not been."""
    return connection.execute(
        select(house_moves).where(house_moves.c.customer_id == customer_id, house_moves.c.status == "planned")
    ).one_or_none()


def show_move(row: Row[Any]) -> dict[str, Any]:
    """As it goes over the wire."""
    address = find_address(row.address_id)
    return {
        "move_id": row.move_id,
        "customer_id": row.customer_id,
        "address": address.wire(),
        "day": row.day.isoformat(),
        "package": row.package,
        "visit_id": row.visit_id,
        "status": row.status,
    }


def options_for(
    connection: Connection, customer: str, address: Address | None, day: date | None, now: datetime
) -> dict[str, Any]:
    """What is possible at an address on a day; without one, what would come along. Raises Missing."""
    owner = find_customer(connection, customer)
    contract, planned = (
        contract_of(connection, owner, now.date()),
        planned_move(connection, owner.customer_id),
    )
    found: dict[str, Any] = {
        "customer_id": owner.customer_id,
        "contract_id": contract["contract_id"] if contract else None,
        "package": contract["package"] if contract else None,
        "planned": show_move(planned) if planned else None,
        "at_address": None,
    }
    if address is None or contract is None:
        return found
    package = package_at(contract["package"], address)
    there = find_package(package) if package else None
    block = block_of(day, now.date()) if day else None
    visit = package is not None and not address.connected
    found["at_address"] = {
        "address": address.wire(),
        "available": package is not None,
        "package": package,
        "monthly": f"{monthly_price(there):.2f}" if there else None,
        "speed": there.get("speed") if there else None,
        "speed_now": find_package(contract["package"]).get("speed"),
        "visit_needed": visit,
        "day_blocked": block,
        "slots": slots_around(connection, address, day, now) if visit and day and not block else [],
    }
    return found


def plan_move(made: Change, customer: str, wish: MoveRequest) -> dict[str, Any]:
    """Plans it. Raises Missing, Declined `no_contract`, `move_planned`, `not_available`, `day_past`,
    `day_too_far`, `visit_needed`, `slot_taken`, `slot_past`."""
    owner, today = find_customer(made.connection, customer), made.business_now.date()
    contract = contract_of(made.connection, owner, today)
    if contract is None:
        raise Declined("no_contract", "There is no contract.")
    if planned_move(made.connection, owner.customer_id) is not None:
        raise Declined("move_planned", "A move is planned already.")
    address = find_address(wish.address_id)
    package = package_at(contract["package"], address)
    if package is None:
        raise Declined("not_available", "Northlight does not come there.")
    block = block_of(wish.day, today)
    if block is not None:
        raise Declined(f"day_{block}", "That day is not possible.")
    visit_id = None
    if not address.connected:
        if wish.slot_id is None:
            raise Declined("visit_needed", "An engineer has to come.")
        visit_id = _book(made, owner.customer_id, address, wish.day, wish.slot_id)
    move_id = made.ids("move")
    made.connection.execute(
        insert(house_moves).values(
            move_id=move_id,
            customer_id=owner.customer_id,
            address_id=address.address_id,
            day=wish.day,
            package=package,
            visit_id=visit_id,
            status="planned",
        )
    )
    shown = show_move(find_move(made.connection, move_id))
    data = {name: value for name, value in shown.items() if name != "customer_id"}
    made.emit("move.planned", customer_id=owner.customer_id, subject=contract["contract_id"], **data)
    return {"move": shown}


def _book(made: Change, customer_id: str, address: Address, day: date, slot_id: str) -> str:
    for each in _days(day):
        open_day(made.connection, each, read_catalogue(), SEED)
    visit_id = made.ids("visit")
    slot = take_slot(made, slot_id, visit_id, area=address.digits[:2], kind=KIND)
    made.connection.execute(
        insert(visits).values(
            visit_id=visit_id,
            customer_id=customer_id,
            kind=KIND,
            status="booked",
            slot_id=slot.slot_id,
            start=slot.start,
            end=slot.end,
            reason=read_catalogue()["move_visit_reason"]["en"],
            equipment_id=None,
        )
    )
    return visit_id


def find_move(connection: Connection, move_id: str) -> Row[Any]:
    """Raises Missing."""
    row = connection.execute(select(house_moves).where(house_moves.c.move_id == move_id)).one_or_none()
    if row is None:
        raise Missing("move_unknown", "There is no such move.")
    return row


def carry_out(made: Change, move_id: str) -> dict[str, Any]:
    """The customer has moved. Raises Missing, Conflict `not_planned`."""
    row = find_move(made.connection, move_id)
    if row.status != "planned":
        raise Conflict("not_planned", "This move has been carried out.")
    address = find_address(row.address_id)
    made.connection.execute(
        update(customers)
        .where(customers.c.customer_id == row.customer_id)
        .values(street=address.street, postcode=address.postcode, city=address.city, package=row.package)
    )
    made.connection.execute(update(house_moves).where(house_moves.c.move_id == move_id).values(status="done"))
    made.emit(
        "move.completed", customer_id=row.customer_id, subject=f"con_{row.customer_id.removeprefix('cus_')}"
    )
    return {"move": show_move(find_move(made.connection, move_id))}


@blueprint.get("/customers/<customer>/move-options")
async def get_options(request: Request, customer: str) -> HTTPResponse:
    """What is possible at an address on a day."""
    service, wished, address_id = northlight(request), request.args.get("day"), request.args.get("address_id")
    try:
        day = date.fromisoformat(wished) if wished else None
    except ValueError:
        raise BadRequest("day_invalid", "day has to be a day, like 2026-12-28.") from None
    address = find_address(address_id) if address_id else None
    with reading(service.engine) as connection:
        now = service.clock.business_now()
        return json_response(options_for(connection, customer, address, day, now))


@blueprint.post("/customers/<customer>/moves")
async def post_move(request: Request, customer: str) -> HTTPResponse:
    """Plan a move."""
    wish = parse(request, MoveRequest)
    return change(request, wish, lambda made: plan_move(made, customer, wish))
