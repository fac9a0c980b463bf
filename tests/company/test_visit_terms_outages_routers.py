"""Cancelling at a known price, messages at the end of an outage, routers seen from afar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
import requests

from company.catalogue.seed import seed
from company.clock import ZONE, Clock
from company.database import open_database, reading, writing
from company.operations import carry_out
from company.outage_notices import NoticeRequest, request_notice, sent_notices, tell_of_ended
from company.visit_terms import cancel_fee, free_until
from tests.company.test_openapi import assert_fits
from tests.northlight import NorthlightUnderTest

ANNA = "cus_000001"
NOTICES = f"/customers/{ANNA}/outage-notices"


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("visit", "until"),
    [
        (date(2026, 11, 26), date(2026, 11, 25)),  # a Thursday
        (date(2026, 11, 28), date(2026, 11, 27)),  # a Saturday
        (date(2026, 11, 30), date(2026, 11, 27)),  # a Monday: the Friday before
    ],
)
def test_that_cancelling_is_free_until_noon_of_the_working_day_before(visit: date, until: date) -> None:
    start = at(visit, 8)
    assert free_until(start) == at(until, 12)
    assert cancel_fee(start, at(until, 11, 59)) == Decimal(0)
    assert cancel_fee(start, at(until, 12)) == Decimal("25.00")


def test_that_a_cancelled_visit_frees_its_slot_and_is_cancelled_once(northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: bool(c["visits"]))
    visit_id = owner["visits"][0]
    [before] = [
        each
        for each in assert_fits(
            northlight.call("GET", f"/customers/{owner['customer_id']}/visits"),
            "/customers/{customer}/visits",
        )["visits"]
        if each["visit_id"] == visit_id
    ]
    path, template, body = (
        f"/visits/{visit_id}/cancel",
        "/visits/{visit_id}/cancel",
        {"fee": before["cancel_fee"]},
    )
    done = assert_fits(northlight.call("POST", path, body, key="k1"), template, "POST")
    assert (done["visit"]["status"], done["visit"]["cancel_fee"], done["fee"]) == (
        "cancelled",
        None,
        before["cancel_fee"],
    )
    [event] = done["events"]
    assert (event["type"], event["subject"], event["key"]) == ("visit.cancelled", visit_id, "k1")
    assert northlight.call("POST", path, body, key="k1").json() == done
    assert northlight.get("/operations/k1")["visit"]["status"] == "cancelled"
    refused = assert_fits(northlight.call("POST", path, body, key="k2"), template, "POST")
    assert refused["code"] == "not_cancellable"
    free = northlight.get(f"/slots?postcode={owner['postcode']}&kind={before['kind']}")["slots"]
    assert before["window"] in [each["window"] for each in free]
    other = northlight.call("POST", path, {"fee": "99.00"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_that_nobody_pays_more_for_cancelling_than_they_were_told(tmp_path: Path) -> None:
    from sqlalchemy import select

    from company.tables import visits
    from company.visits import CancelRequest, cancel_visit

    today = date(2026, 11, 23)
    engine = open_database(f"sqlite:///{tmp_path / 'company.sqlite'}")
    with writing(engine) as connection:
        seed(connection, today)
        visit = connection.execute(select(visits).where(visits.c.status == "booked")).first()
    assert visit is not None
    late = Clock(source=lambda: (visit.start - timedelta(hours=2)).astimezone(UTC))
    for key, fee, status in (("k1", "0.00", 422), ("k2", "25.00", 200)):
        wish = CancelRequest(fee=Decimal(fee))
        answer = carry_out(
            *(engine, late, lambda prefix, key=key: f"{prefix}_{key}"),
            key=key,
            request_hash=key,
            work=lambda made, wish=wish: cancel_visit(made, visit.visit_id, wish, "en"),
        )
        assert answer.status == status
    assert answer.body["events"][0]["data"]["fee"] == "25.00"
    engine.dispose()


@pytest.mark.parametrize("body", [{}, {"fee": "-1.00"}, {"fee": "0.00", "more": 1}, {"fee": "free"}])
def test_that_a_cancellation_that_does_not_fit_leaves_no_trace(
    northlight: NorthlightUnderTest, body: dict[str, str]
) -> None:
    visit_id = northlight.customer(lambda c: bool(c["visits"]))["visits"][0]
    assert northlight.call("POST", f"/visits/{visit_id}/cancel", body, key="k1").status_code == 400
    assert northlight.call("POST", f"/visits/{visit_id}/cancel", {"fee": "0.00"}).status_code == 400  # no key
    assert northlight.call("POST", "/visits/visit_x/cancel", {"fee": "0.00"}, key="k1").status_code == 404
    assert northlight.control("GET", "/events")["events"] == []


@pytest.mark.parametrize(
    ("language", "title"), [("nl", "Iets anders"), ("it", "Altro"), ("sv", "Something else")]
)
def test_that_what_an_engineer_comes_for_is_named_in_the_customers_language(
    northlight: NorthlightUnderTest, language: str, title: str
) -> None:
    found = assert_fits(northlight.call("GET", "/visit-topics", language=language), "/visit-topics")["topics"]
    assert title in [each["title"] for each in found]
    assert all(len(each["title"]) <= 30 for each in found)


def test_that_a_notice_is_noted_once_and_told_when_the_outage_is_over(
    northlight: NorthlightUnderTest,
) -> None:
    body, template = {"outage_id": "outage_1"}, "/customers/{customer}/outage-notices"
    made = assert_fits(northlight.call("POST", NOTICES, body, key="k1", language="nl"), template, "POST")
    assert (made["notice"]["channel"], made["events"][0]["type"]) == ("sms", "outage.notice_requested")
    assert northlight.call("POST", NOTICES, body, key="k1").json() == made
    again = assert_fits(northlight.call("POST", NOTICES, body, key="k2"), template, "POST")
    assert again["code"] == "noted_already"
    assert northlight.control("GET", "/notices")["notices"] == []
    ended = northlight.control("POST", "/outages/outage_1/end")
    assert (ended["told"], ended["events"][0]["type"], ended["events"][0]["key"]) == (1, "outage.ended", "k1")
    [sent] = northlight.control("GET", "/notices")["notices"]
    assert (sent["customer_id"], sent["text"][:22]) == (ANNA, "Northlight: de storing")
    assert northlight.get("/outages?postcode=3012AB")["outages"] == []
    late = northlight.call("POST", NOTICES, body, key="k3")
    assert (late.status_code, late.json()["code"]) == (422, "outage_over")
    assert northlight.call("POST", NOTICES, {"outage_id": "outage_x"}, key="k4").status_code == 404


def test_that_a_notice_whose_answer_was_lost_is_found_by_its_key(northlight: NorthlightUnderTest) -> None:
    northlight.fault("applied_then_down", scope=ANNA, path="/outage-notices", count=1)
    with pytest.raises(requests.ConnectionError):
        northlight.call("POST", NOTICES, {"outage_id": "outage_2"}, key="k1")
    assert northlight.get("/operations/k1")["notice"]["outage_id"] == "outage_2"


def test_that_an_outage_that_ends_by_itself_is_told_once(tmp_path: Path) -> None:
    today, numbers = date(2026, 11, 23), count(1)
    engine = open_database(f"sqlite:///{tmp_path / 'company.sqlite'}")
    with writing(engine) as connection:
        seed(connection, today)

    def ids(prefix: str) -> str:
        return f"{prefix}_{next(numbers)}"

    before = Clock(source=lambda: datetime(2026, 11, 24, 18, tzinfo=UTC))
    after = Clock(source=lambda: datetime(2026, 11, 24, 20, tzinfo=UTC))
    for customer in (ANNA, "cus_000002"):
        wish = NoticeRequest(outage_id="outage_1")
        carry_out(
            *(engine, before, ids),
            key=customer,
            request_hash=customer,
            work=lambda made, customer=customer, wish=wish: request_notice(made, customer, wish, "it"),
        )
    assert tell_of_ended(engine, before, ids) == 0
    assert tell_of_ended(engine, after, ids) == 2
    assert tell_of_ended(engine, after, ids) == 0
    with reading(engine) as connection:
        assert [each["channel"] for each in sent_notices(connection)] == ["sms", "email"]
    engine.dispose()


def test_that_a_router_tells_how_it_does_and_a_tv_box_is_none(northlight: NorthlightUnderTest) -> None:
    seen = set()
    for owner in northlight.control("GET", "/customers?limit=20")["customers"]:
        for each in northlight.get(f"/customers/{owner['customer_id']}/equipment")["equipment"]:
            answer = northlight.call("GET", f"/equipment/{each['equipment_id']}/status")
            found = assert_fits(answer, "/equipment/{equipment_id}/status")
            assert (answer.status_code == 200) == (each["kind"] == "router")
            if answer.status_code == 200:
                assert found["status"]["online"] == (each["status"] == "online")
                seen.add((found["status"]["online"], found["status"]["wifi"]))
    assert seen >= {(True, "ok"), (True, "crowded"), (True, "off"), (False, "ok")}
