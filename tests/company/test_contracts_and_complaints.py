"""What a contract's end costs, and complaints that are on record once and answered in time."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from company.complaints import working_days_later
from company.contracts import _terms, add_months, cheaper_package, find_package, months_left
from tests.company.test_openapi import assert_fits
from tests.northlight import NorthlightUnderTest

TODAY = date(2026, 11, 23)  # a Monday
ANNA = "cus_000001"
COMPLAINT = {"topic": "visit", "text": "The engineer never showed up."}


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 23), 12, date(2027, 11, 23)),
        (date(2026, 12, 31), 24, date(2028, 12, 31)),
        (date(2026, 10, 31), 1, date(2026, 11, 30)),
    ],
)
def test_that_months_are_counted_as_people_do(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_that_begun_months_count_and_none_is_left_after_the_term() -> None:
    assert months_left(date(2026, 11, 23), date(2027, 2, 24)) == 4
    assert months_left(date(2026, 11, 23), date(2027, 2, 23)) == 3
    assert months_left(date(2026, 11, 23), date(2026, 11, 23)) == 0


@pytest.mark.parametrize(
    ("started", "until", "expected"),
    [
        (TODAY - timedelta(days=14), date(2028, 1, 1), ("cooling_off", TODAY, Decimal(0))),
        (date(2020, 1, 1), date(2022, 1, 1), ("monthly", date(2026, 12, 23), Decimal(0))),
        (date(2025, 1, 1), date(2027, 1, 1), ("fixed", date(2026, 12, 23), Decimal("20.00"))),
        (date(2025, 3, 1), date(2027, 3, 1), ("fixed", date(2026, 12, 23), Decimal("60.00"))),
    ],
)
def test_that_ending_costs_what_the_help_page_says(
    started: date, until: date, expected: tuple[str, date, Decimal]
) -> None:
    assert _terms(started, until, Decimal("40.00"), TODAY) == expected


def test_that_a_cheaper_package_has_the_same_services_and_the_cheapest_has_none() -> None:
    big, small = find_package("TV Complete and Broadband 1000"), find_package("TV Start")
    assert big
    assert small
    assert (cheaper_package(big) or {})["name"] == "TV Plus and Broadband 500"
    assert cheaper_package(small) is None


def test_that_working_days_leave_out_weekends() -> None:
    assert working_days_later(TODAY, 10) == date(2026, 12, 7)
    assert working_days_later(date(2026, 11, 27), 1) == date(2026, 11, 30)


def test_that_every_demo_customer_has_a_contract_as_the_document_says(
    northlight: NorthlightUnderTest,
) -> None:
    kinds = set()
    for owner in northlight.control("GET", "/customers?limit=20")["customers"]:
        answer = northlight.call("GET", f"/customers/{owner['customer_id']}/contract")
        found = assert_fits(answer, "/customers/{customer}/contract")["contract"]
        kinds.add(found["kind"])
        assert (Decimal(found["ending_fee"]) > 0) == (found["kind"] == "fixed")
    assert kinds == {"fixed", "monthly"}


def test_that_a_contract_ends_once_and_says_so(northlight: NorthlightUnderTest) -> None:
    before = northlight.get(f"/customers/{ANNA}/contract")["contract"]
    ended = northlight.control("POST", f"/contracts/{ANNA}/end")
    [event] = ended["events"]
    assert (event["type"], event["subject"]) == ("contract.cancelled", before["contract_id"])
    after = northlight.get(f"/customers/{ANNA}/contract")["contract"]
    assert (after["kind"], after["ends_on"], after["ending_fee"]) == (
        "ending",
        before["ends_on"],
        before["ending_fee"],
    )
    again = northlight.call("POST", f"/control/contracts/{ANNA}/end", {}, token=northlight.control_token)
    assert (again.status_code, again.json()["code"]) == (422, "ends_already")


@pytest.mark.parametrize(
    ("language", "title"), [("nl", "Te duur"), ("it", "Costa troppo"), ("sv", "Too expensive")]
)
def test_that_choices_come_in_the_customers_language(
    northlight: NorthlightUnderTest, language: str, title: str
) -> None:
    headers = {"Authorization": f"Bearer {northlight.token}", "Accept-Language": language}
    url = f"{northlight.base_url}/customers/{ANNA}/contract"
    titles = [
        each["title"] for each in requests.get(url, headers=headers, timeout=10).json()["leaving_reasons"]
    ]
    assert title in titles


def test_that_a_complaint_is_on_record_once_with_a_number_and_a_day(northlight: NorthlightUnderTest) -> None:
    path, template = f"/customers/{ANNA}/complaints", "/customers/{customer}/complaints"
    first = assert_fits(northlight.call("POST", path, COMPLAINT, key="k1"), template, "POST")
    again = assert_fits(northlight.call("POST", path, COMPLAINT, key="k1"), template, "POST")
    assert again == first
    made = first["complaint"]
    [event] = first["events"]
    assert (event["type"], event["subject"]) == ("complaint.registered", made["complaint_id"])
    listed = assert_fits(northlight.call("GET", path), template)
    assert [each["number"] for each in listed["complaints"]] == [made["number"]]
    assert listed["complaints"][0]["text"] == COMPLAINT["text"]
    received, due = date.fromisoformat(made["received"]), date.fromisoformat(made["answer_by"])
    assert working_days_later(received, 10) == due
    assert northlight.get("/operations/k1")["complaint"] == made
    other = northlight.call("POST", path, {**COMPLAINT, "text": "Something else"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"topic": "visit"}, 400),
        ({"topic": "visit", "text": "  "}, 400),
        ({"topic": "weather", "text": "x"}, 404),
    ],
)
def test_that_a_complaint_that_does_not_fit_leaves_no_trace(
    northlight: NorthlightUnderTest, body: dict[str, Any], status: int
) -> None:
    path = f"/customers/{ANNA}/complaints"
    assert northlight.call("POST", path, body, key="k1").status_code == status
    assert northlight.call("POST", path, COMPLAINT).status_code == 400  # no key
    assert northlight.get(path)["complaints"] == []
    assert northlight.call("GET", "/operations/k1").status_code == 404


def test_that_a_complaint_whose_answer_was_lost_is_found_by_its_key(northlight: NorthlightUnderTest) -> None:
    path = f"/customers/{ANNA}/complaints"
    northlight.fault("applied_then_down", scope=ANNA, path="/complaints", count=1)
    with pytest.raises(requests.ConnectionError):
        northlight.call("POST", path, COMPLAINT, key="k1")
    assert northlight.get("/operations/k1")["complaint"]["status"] == "registered"
    assert len(northlight.get(path)["complaints"]) == 1


def test_that_a_settled_complaint_says_so_once(northlight: NorthlightUnderTest) -> None:
    made = northlight.call("POST", f"/customers/{ANNA}/complaints", COMPLAINT, key="k1").json()["complaint"]
    path = f"/complaints/{made['complaint_id']}/settle"
    [event] = northlight.control("POST", path)["events"]
    assert (event["type"], event["subject"]) == ("complaint.settled", made["complaint_id"])
    assert northlight.get(f"/customers/{ANNA}/complaints")["complaints"][0]["status"] == "settled"
    again = northlight.call("POST", f"/control{path}", {}, token=northlight.control_token)
    assert again.status_code == 422
