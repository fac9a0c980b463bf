"""Northlight's data on its first day: the same for the same day, and believable.

The first twenty customers are cast: each has a part in a demo or a test. The rest are drawn.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from company.catalogue.billing import draw_arrangement, draw_bills
from company.catalogue.cast import CAST, Part, draw_part, draw_router
from company.catalogue.field import add_slots, draw_order, draw_outages, draw_visits
from company.catalogue.source import read_catalogue
from company.tables import (
    METADATA,
    arrangements,
    bills,
    customers,
    equipment,
    meta,
    orders,
    outages,
    payment_methods,
    payments,
    router_wifi,
)

SEED = 20181122
CUSTOMERS = 300

Rows = dict[Table, list[dict[str, Any]]]


def prepare(connection: Connection, today: date) -> None:
    """Seeds an empty database; in one that has been seeded, adds the slots of the days since."""
    seeded = connection.execute(select(meta.c.value).where(meta.c.name == "seeded_for")).scalar_one_or_none()
    if seeded is None:
        seed(connection, today)
    else:
        add_slots(connection, today, read_catalogue(), SEED)


def seed(connection: Connection, today: date) -> None:
    """Replaces everything by the data of that day."""
    for table in reversed(METADATA.sorted_tables):
        connection.execute(delete(table))
    add_slots(connection, today, read_catalogue(), SEED)
    rows, wishes = draw(today)
    for table in METADATA.sorted_tables:
        if rows.get(table):
            connection.execute(insert(table), rows[table])
    connection.execute(insert(meta).values(name="seeded_for", value=today.isoformat()))
    draw_visits(connection, today, wishes, SEED)


def draw(today: date) -> tuple[Rows, list[dict[str, Any]]]:
    """All rows but slots and visits; and for whom draw_visits is to find a visit."""
    rng = random.Random(SEED)  # noqa: S311 - made-up data, not secrets
    catalogue = read_catalogue()
    filled = (customers, payment_methods, bills, payments, arrangements, equipment, router_wifi, orders)
    rows: Rows = {table: [] for table in filled}
    wishes: list[dict[str, Any]] = []
    accounts = rng.sample(range(10_000_000, 99_999_999), CUSTOMERS)
    for number in range(1, CUSTOMERS + 1):
        part = CAST[number - 1] if number <= len(CAST) else _drawn(rng, number)
        customer = _customer(rng, number, str(accounts[number - 1]), part, catalogue)
        package = next(p for p in catalogue["packages"] if p["name"] == customer["package"])
        rows[customers].append(customer)
        rows[payment_methods] += _methods(rng, number, customer, part, catalogue)
        made_bills, made_payments = draw_bills(rng, number, customer, package, part, today, catalogue)
        if part.arrangement is not None:
            rows[arrangements].append(draw_arrangement(part.arrangement, made_bills, today))
        rows[bills] += made_bills
        rows[payments] += made_payments
        made = _equipment(rng, number, customer, package, part, today, catalogue)
        rows[equipment] += made
        rows[router_wifi] += _wifi(made, part)
        if part.order is not None:
            rows[orders].append(draw_order(rng, number, customer, part.order, today, catalogue))
        if part.visit is not None:
            wishes.append(
                {"number": number, "customer": customer, "state": part.visit, "catalogue": catalogue}
            )
    rows[outages] = draw_outages(today, catalogue)
    return rows, wishes


def _drawn(rng: random.Random, number: int) -> Part:
    router, wifi = draw_router(number)
    return replace(draw_part(rng), router=router, wifi=wifi)


def _wifi(made: list[dict[str, Any]], part: Part) -> list[dict[str, Any]]:
    """How the Wi-Fi of a router does that can be reached at all; that it is well needs no row."""
    reached = [each for each in made if each["kind"] == "router" and each["signal"] != "none"]
    return [
        {"equipment_id": each["equipment_id"], "state": part.wifi} for each in reached if part.wifi != "ok"
    ]


def _customer(
    rng: random.Random, number: int, account: str, part: Part, catalogue: Mapping[str, Any]
) -> dict[str, Any]:
    language = part.language or rng.choices(("nl", "en", "it"), weights=(7, 2, 1))[0]
    names = catalogue["names"][language]
    first, last = part.name or (rng.choice(names["first"]), rng.choice(names["last"]))
    town = catalogue["towns"][part.town] if part.town is not None else rng.choice(catalogue["towns"])
    mailbox = f"{first}.{last}".lower().replace(" ", "").replace("'", "")
    return {
        "customer_id": f"cus_{number:06d}",
        "account": account,
        "name": f"{first} {last}",
        "email": f"{mailbox}{number}@example.com",
        "phone": f"+3160{rng.randrange(10**7):07d}",
        "street": f"{rng.choice(town['streets'])} {rng.randint(1, 180)}",
        "postcode": f"{town['postcode']} {rng.choice('ABCDEGHKL')}{rng.choice('ABCDEGHKL')}",
        "city": town["city"],
        "language": language,
        "package": part.package or rng.choice(catalogue["packages"])["name"],
        "preferred_channel": part.preferred_channel or rng.choice(("email", "sms", "phone")),
        "vulnerable": part.vulnerable,
    }


def _methods(
    rng: random.Random, number: int, customer: Mapping[str, Any], part: Part, catalogue: Mapping[str, Any]
) -> list[dict[str, Any]]:
    card = f"Visa •••• {rng.randrange(1000, 9999)}"
    bank = f"{catalogue['bank_account']['en']} •••• {rng.randrange(1000, 9999)}"
    found = [{"kind": "card", "label": card, "declines": part.card_declines}]
    if part.methods > 1:
        found.append({"kind": "direct_debit", "label": bank, "declines": None})
    return [
        {"method_id": f"pm_{number:06d}{place}", "customer_id": customer["customer_id"], **method}
        for place, method in enumerate(found, start=1)
    ]


def _equipment(
    rng: random.Random,
    number: int,
    customer: Mapping[str, Any],
    package: Mapping[str, Any],
    part: Part,
    today: date,
    catalogue: Mapping[str, Any],
) -> list[dict[str, Any]]:
    kinds = ["tv_box"] * part.boxes if "tv" in package else []
    kinds += ["router"] if "broadband" in package else []
    made = []
    for place, kind in enumerate(kinds, start=1):
        signal = part.router if kind == "router" else part.signal if place == 1 else "ok"
        made.append(
            {
                "equipment_id": f"eq_{number:06d}{place}",
                "customer_id": customer["customer_id"],
                "kind": kind,
                "model": rng.choice(catalogue["equipment"][kind]),
                "installed": today - timedelta(days=rng.randint(60, 1500)),
                "status": "offline" if signal == "none" else "online",
                "signal": signal,
                "restarted_at": None,
            }
        )
    return made
