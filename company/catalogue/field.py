"""What happens out in the country: slots and visits of engineers, deliveries, outages."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from company.clock import ZONE
from company.tables import slots, visits

DAYS_AHEAD = 21
KINDS = ("repair", "installation")
HOURS = ((8, 10), (10, 12), (13, 15), (15, 17))
SUNDAY = 6
OUTSIDE_WORK = "other_work"  # takes a slot that no visit of ours takes
SHARE_TAKEN = 0.4

Row = dict[str, Any]


def at(day: date, hour: int) -> datetime:
    """That hour of that day in the Netherlands."""
    return datetime.combine(day, time(hour), ZONE)


def add_slots(connection: Connection, today: date, catalogue: Mapping[str, Any], seed: int) -> None:
    """Slots for each working day of the next three weeks that has none yet."""
    for offset in range(DAYS_AHEAD + 1):
        open_day(connection, today + timedelta(days=offset), catalogue, seed)


def open_day(connection: Connection, day: date, catalogue: Mapping[str, Any], seed: int) -> None:
    """The slots of that day, unless they are there already."""
    rows = slots_of(day, catalogue, seed)
    if (
        rows
        and not connection.execute(
            select(slots.c.slot_id).where(slots.c.slot_id == rows[0]["slot_id"])
        ).first()
    ):
        connection.execute(insert(slots), rows)


def slots_of(day: date, catalogue: Mapping[str, Any], seed: int) -> list[Row]:
    """The slots that a day has; a Sunday has none."""
    if day.weekday() == SUNDAY:
        return []
    rng = random.Random(f"{seed}:{day}")  # noqa: S311 - made-up data, not secrets
    return [
        {
            "slot_id": f"slot_{area}_{kind[:3]}_{day:%Y%m%d}_{first:02d}",
            "area": area,
            "kind": kind,
            "start": at(day, first),
            "end": at(day, last),
            "taken_by": OUTSIDE_WORK if rng.random() < SHARE_TAKEN else None,
        }
        for area in sorted({town["postcode"][:2] for town in catalogue["towns"]})
        for kind in KINDS
        for first, last in HOURS
    ]


def draw_visits(connection: Connection, today: date, wishes: list[Row], seed: int) -> None:
    """Gives each customer who should have a visit one: booked ones take a free slot a few days ahead."""
    rng = random.Random(seed + 1)  # noqa: S311 - made-up data, not secrets
    for wish in wishes:
        customer, number = wish["customer"], wish["number"]
        kind = rng.choices(KINDS, weights=(3, 1))[0]
        row = {
            "visit_id": f"visit_{number:06d}",
            "customer_id": customer["customer_id"],
            "kind": kind,
            "status": wish["state"],
            "slot_id": None,
            "reason": rng.choice(wish["catalogue"]["visit_reasons"][kind])["en"],
            "equipment_id": None,
        }
        if wish["state"] == "done":
            day = today - timedelta(days=rng.randint(4, 200))
            row |= {"start": at(day, 10), "end": at(day, 12)}
        else:
            row |= _book(connection, today, customer, kind, row["visit_id"], rng)
        connection.execute(insert(visits).values(**row))


def _book(
    connection: Connection, today: date, customer: Row, kind: str, visit_id: str, rng: random.Random
) -> Row:
    free = connection.execute(
        select(slots)
        .where(
            slots.c.area == customer["postcode"][:2],
            slots.c.kind == kind,
            slots.c.taken_by.is_(None),
            slots.c.start > at(today + timedelta(days=2), 0),
        )
        .order_by(slots.c.start)
        .limit(8)
    ).all()
    slot = rng.choice(free)
    connection.execute(update(slots).where(slots.c.slot_id == slot.slot_id).values(taken_by=visit_id))
    return {"slot_id": slot.slot_id, "start": slot.start, "end": slot.end}


def draw_order(
    rng: random.Random,
    number: int,
    customer: Mapping[str, Any],
    state: str,
    today: date,
    catalogue: Mapping[str, Any],
) -> Row:
    """One order in that state; `delayed` is a shipped order whose delivery is late."""
    age = {"placed": 1, "packed": 2, "shipped": 3, "delayed": 6, "delivered": 20, "cancelled": 15}[state]
    days_to_go = {"shipped": 1, "delayed": 2, "delivered": -15}.get(state)
    row: Row = {
        "order_id": f"ord_{number:06d}",
        "customer_id": customer["customer_id"],
        "placed": today - timedelta(days=age),
        "items": [
            {"name": name["en"], "quantity": 1}
            for name in rng.sample(catalogue["order_items"], rng.choice((1, 1, 2)))
        ],
        "status": "shipped" if state == "delayed" else state,
        "carrier": None,
        "delivery_status": None,
        "window_start": None,
        "window_end": None,
        "tracking": None,
    }
    carrier, hour = rng.choice(catalogue["carriers"]), rng.choice((9, 12, 15, 18))
    tracking = f"3S{number:04d}{rng.randrange(10**8):08d}"
    if days_to_go is not None:
        day = today + timedelta(days=days_to_go)
        status = {"shipped": "under_way", "delayed": "delayed", "delivered": "delivered"}[state]
        row |= {"carrier": carrier, "tracking": tracking, "delivery_status": status}
        row |= {"window_start": at(day, hour), "window_end": at(day, hour + 3)}
    return row


def draw_outages(today: date, catalogue: Mapping[str, Any]) -> list[Row]:
    """Those of the catalogue, since this morning and until tomorrow evening; and one that is over."""
    made = [
        {
            "outage_id": f"outage_{place}",
            "area": known["postcode"],
            "kind": known["kind"],
            "since": at(today, 0),
            "until": at(today + timedelta(days=1), 20),
            "text": known["text"]["en"],
        }
        for place, known in enumerate(catalogue["outages"], start=1)
    ]
    over = made[0] | {
        "outage_id": "outage_over",
        "area": "3511",
        "since": at(today - timedelta(days=3), 6),
        "until": at(today - timedelta(days=2), 12),
    }
    return [*made, over]
