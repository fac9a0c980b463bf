"""Northlight's first day: the same for the same day, believable, with somebody for every story."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from company.catalogue.seed import CUSTOMERS, prepare, seed
from company.clock import ZONE
from company.control import list_customers
from company.database import open_database, reading, writing
from company.tables import METADATA, bills, customers, payments, slots, visits

TODAY = date(2026, 11, 23)


def seeded(folder: Path, name: str, today: date) -> Engine:
    engine = open_database(f"sqlite:///{folder / name}")
    with writing(engine) as connection:
        seed(connection, today)
    return engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    made = seeded(tmp_path_factory.mktemp("seed"), "one.sqlite", TODAY)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with reading(engine) as opened:
        yield opened


def all_rows(engine: Engine) -> dict[str, list[Any]]:
    with reading(engine) as opened:
        return {
            table.name: [tuple(row) for row in opened.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def test_that_the_same_day_gives_the_same_data(engine: Engine, tmp_path: Path) -> None:
    twin = seeded(tmp_path, "two.sqlite", TODAY)
    other = seeded(tmp_path, "three.sqlite", TODAY + timedelta(days=40))
    assert all_rows(engine) == all_rows(twin)
    assert all_rows(engine)["bills"] != all_rows(other)["bills"]
    twin.dispose()
    other.dispose()


def test_that_there_are_300_customers_of_their_own(connection: Connection) -> None:
    rows = connection.execute(select(customers)).all()
    assert len(rows) == CUSTOMERS == 300
    assert len({row.account for row in rows}) == len({row.email for row in rows}) == 300
    assert all(len(row.account) == 8 and row.account.isdigit() for row in rows)
    assert {row.language for row in rows} == {"nl", "it", "en"}


def test_that_every_bill_adds_up(connection: Connection) -> None:
    rows = connection.execute(select(bills)).all()
    assert len(rows) == 300 * 12
    for bill in rows:
        assert sum(Decimal(line["amount"]) for line in bill.lines) == bill.amount > 0
        extra = sum((Decimal(reason["amount"]) for reason in bill.reasons), Decimal(0))
        assert bill.amount - bill.usual_amount == extra >= 0


def test_that_paid_bills_and_no_others_have_a_payment(connection: Connection) -> None:
    paid = {row.bill_id for row in connection.execute(select(bills).where(bills.c.status == "paid"))}
    with_payment = {row.bill_id for row in connection.execute(select(payments))}
    assert paid == with_payment


def test_that_what_is_overdue_is_past_its_day(connection: Connection) -> None:
    for bill in connection.execute(select(bills).where(bills.c.status != "paid")):
        assert (bill.status == "overdue") == (bill.due < TODAY)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 3, 2), date(2028, 2, 29), date(2026, 12, 31)])
def test_that_any_day_can_be_today(today: date, tmp_path: Path) -> None:
    other = seeded(tmp_path, "day.sqlite", today)
    with reading(other) as opened:
        assert opened.execute(select(func.max(bills.c.issued))).scalar_one() <= today
        booked = opened.execute(select(visits).where(visits.c.status == "booked")).all()
        assert all(visit.start.astimezone(ZONE).date() > today for visit in booked)
    other.dispose()


def test_that_the_first_twenty_have_somebody_for_every_story(connection: Connection) -> None:
    noon = visits_now()
    cast = list_customers(connection, noon, 20)
    assert len(cast) == 20
    stories = {
        "one open bill": lambda c: len(c["open_bills"]) == 1,
        "two open bills": lambda c: len(c["open_bills"]) == 2,
        "a movable visit": lambda c: bool(c["visits"]),
        "a good signal": lambda c: c["box_signal"] == "ok",
        "a weak signal": lambda c: c["box_signal"] == "weak",
        "no signal": lambda c: c["box_signal"] == "none",
        "an order under way": lambda c: any(o["status"] == "shipped" for o in c["orders"]),
        "somebody vulnerable": lambda c: c["vulnerable"],
        "nothing open": lambda c: not (c["open_bills"] or c["visits"] or c["orders"]),
    }
    assert [story for story, fits in stories.items() if not any(fits(c) for c in cast)] == []


def visits_now() -> datetime:
    return datetime.combine(TODAY, time(12), ZONE)


def test_that_free_slots_reach_three_weeks_and_grow_with_the_days(tmp_path: Path) -> None:
    engine = seeded(tmp_path, "slots.sqlite", TODAY)

    def last_day() -> date:
        with reading(engine) as opened:
            found = opened.execute(
                select(func.max(slots.c.start)).where(slots.c.taken_by.is_(None))
            ).scalar_one()
            day: date = found.astimezone(ZONE).date()
            return day

    assert last_day() == TODAY + timedelta(days=21)
    with writing(engine) as opened:
        before = opened.execute(select(bills)).all()
        prepare(opened, TODAY + timedelta(days=5))
        assert opened.execute(select(bills)).all() == before
    assert last_day() == TODAY + timedelta(days=26)
    engine.dispose()
