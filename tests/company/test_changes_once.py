"""One change per idempotency key, whoever asks and however often."""

from __future__ import annotations

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from company.bills import PaymentRequest, pay_bill, receipt_numbers
from company.catalogue.seed import seed
from company.clock import Clock
from company.database import open_database, reading, writing
from company.errors import CompanyError
from company.operations import Change, carry_out, hash_request
from company.tables import bills, payments, slots, visits
from company.visits import MoveRequest, move_visit
from tests.northlight import NorthlightUnderTest

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def open_bill(northlight: NorthlightUnderTest) -> tuple[str, dict[str, Any]]:
    """A path to pay at, and the body that pays."""
    owner = northlight.customer(lambda c: len(c["open_bills"]) == 1)
    bill = owner["open_bills"][0]
    methods = northlight.get(f"/customers/{owner['customer_id']}/payment-methods")["payment_methods"]
    return f"/bills/{bill['bill_id']}/payments", {
        "amount": bill["amount"],
        "method_id": methods[0]["method_id"],
    }


def test_that_the_same_key_gives_the_first_answer_again(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    first, second = (northlight.call("POST", path, body, key="pay-1") for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert len(northlight.control("GET", "/payments")["payments"]) == 1
    assert len(northlight.control("GET", "/events")["events"]) == 1


def test_that_a_receipt_is_short_enough_to_read_out(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    paid = northlight.call("POST", path, body, key="pay-1").json()
    receipt = paid["payment"]["receipt"]
    assert re.fullmatch(r"R-\d{3}-\d{4}", receipt)
    assert paid["events"][0]["data"]["receipt"] == receipt
    assert receipt == next(receipt_numbers("pay-1"))


def test_that_no_two_payments_share_a_receipt(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'company.sqlite'}")
    first, second = islice(receipt_numbers("pay-1"), 2)
    with writing(engine) as connection:
        seed(connection, TODAY)
        seeded = connection.execute(select(payments.c.receipt)).scalars().all()
        assert len(set(seeded)) == len(seeded)
        some = connection.execute(select(payments.c.payment_id)).scalars().first()
        connection.execute(update(payments).where(payments.c.payment_id == some).values(receipt=first))
        bill = connection.execute(select(bills).where(bills.c.status == "open")).first()
        assert bill
        numbers = count(1)
        change = Change(connection, "pay-1", NOW, NOW, lambda prefix: f"{prefix}_{next(numbers)}")
        method = f"pm_{bill.customer_id.removeprefix('cus_')}1"
        paid = pay_bill(change, bill.bill_id, PaymentRequest(amount=bill.amount, method_id=method), "en")
    assert paid["payment"]["receipt"] == second


def test_that_the_same_key_with_another_body_is_refused(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    northlight.call("POST", path, body, key="pay-1")
    answer = northlight.call("POST", path, {**body, "method_id": "pm_other"}, key="pay-1")
    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")


def test_that_a_change_without_a_key_is_refused(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    answer = northlight.call("POST", path, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "key_missing")
    assert northlight.control("GET", "/payments")["payments"] == []


def test_that_a_declined_answer_is_stored_and_given_again(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    northlight.fault("decline", code="card_declined", count=1)
    first = northlight.call("POST", path, body, key="pay-1")
    second = northlight.call("POST", path, body, key="pay-1")
    assert first.status_code == second.status_code == 422
    assert first.json() == second.json()
    operation = northlight.get("/operations/pay-1")
    assert operation["operation"]["status"] == "declined"
    assert operation["operation"]["code"] == "card_declined"
    assert northlight.call("POST", path, body, key="pay-2").status_code == 200


def test_that_an_operation_tells_what_was_changed(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    answer = northlight.call("POST", path, body, key="pay-1").json()
    assert northlight.get("/operations/pay-1") == answer
    assert northlight.call("GET", "/operations/pay-2").status_code == 404


def test_that_twenty_requests_at_once_with_one_key_pay_once(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: northlight.call("POST", path, body, key="pay-1"), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(northlight.control("GET", "/payments")["payments"]) == 1


def test_that_twenty_keys_at_once_pay_one_bill_once(northlight: NorthlightUnderTest) -> None:
    path, body = open_bill(northlight)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: northlight.call("POST", path, body, key=f"pay-{n}"), range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 422: 19}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 422} == {"already_paid"}


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    """Northlight's rules on a database of their own, for many threads at once, without a server."""
    engine = open_database(f"sqlite:///{tmp_path / 'company.sqlite'}")
    with writing(engine) as connection:
        seed(connection, TODAY)
    numbers = count(1)

    class Shop:
        database = engine

        def change(self, key: str, work: Any, body: Any) -> Any:
            try:
                return carry_out(
                    engine,
                    Clock(TODAY),
                    lambda prefix: f"{prefix}_{next(numbers)}",
                    key=key,
                    request_hash=hash_request("POST", "/", body.model_dump(mode="json")),
                    work=work,
                ).status
            except CompanyError as error:
                return error.status

    yield Shop()
    engine.dispose()


def test_that_threads_with_one_key_on_one_database_change_once(shop: Any) -> None:
    with reading(shop.database) as connection:
        bill = connection.execute(select(bills).where(bills.c.status == "open")).first()
    assert bill is not None
    wish = PaymentRequest(amount=bill.amount, method_id=f"pm_{bill.customer_id[-6:]}1")

    with ThreadPoolExecutor(16) as pool:
        statuses = list(
            pool.map(
                lambda n: shop.change(
                    f"k{n % 2}", lambda made: pay_bill(made, bill.bill_id, wish, "en"), wish
                ),
                range(32),
            )
        )
    assert Counter(statuses) == {200: 16, 422: 16}
    with reading(shop.database) as connection:
        paid = select(func.count()).select_from(payments).where(payments.c.bill_id == bill.bill_id)
        assert connection.execute(paid).scalar() == 1


def test_that_one_slot_takes_one_visit_when_many_want_it(shop: Any) -> None:
    with reading(shop.database) as connection:
        areas = connection.execute(
            select(visits.c.visit_id, slots.c.area, slots.c.kind)
            .join(slots, slots.c.slot_id == visits.c.slot_id)
            .where(visits.c.status == "booked")
        ).all()
        (area, kind), _ = Counter((row.area, row.kind) for row in areas).most_common(1)[0]
        rivals = [row.visit_id for row in areas if (row.area, row.kind) == (area, kind)]
        wanted = connection.execute(
            select(slots.c.slot_id)
            .where(slots.c.area == area, slots.c.kind == kind, slots.c.taken_by.is_(None))
            .order_by(slots.c.start.desc())
        ).scalar()
    assert len(rivals) > 1
    wish = MoveRequest(slot_id=str(wanted))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(
                lambda v: shop.change(f"k-{v}", lambda made: move_visit(made, v, wish, "en"), wish), rivals
            )
        )
    assert Counter(statuses) == {200: 1, 422: len(rivals) - 1}
    with reading(shop.database) as connection:
        there = (
            connection.execute(select(visits.c.visit_id).where(visits.c.slot_id == wanted)).scalars().all()
        )
    assert len(there) == 1


def test_that_a_moved_visit_frees_its_former_slot(northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: bool(c["visits"]))
    visit_id = owner["visits"][0]
    former = northlight.get(f"/customers/{owner['customer_id']}/visits")["visits"][0]["window"]
    slot = northlight.get(f"/visits/{visit_id}/slots")["slots"][-1]
    moved = northlight.call("POST", f"/visits/{visit_id}/move", {"slot_id": slot["slot_id"]}, key="m").json()
    assert moved["visit"]["window"] == slot["window"]
    assert moved["events"][0]["type"] == "visit.moved"
    free = northlight.get(f"/visits/{visit_id}/slots")["slots"]
    assert slot["slot_id"] not in {s["slot_id"] for s in free}
    assert former in [s["window"] for s in free]
