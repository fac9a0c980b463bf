"""Paying later or in parts on the terms of the help page; new contact details that prove themselves first."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from company.arrangements import Plan, in_parts, possible_plans
from company.contact_details import checked
from company.errors import Declined
from tests.company.test_openapi import assert_fits
from tests.northlight import NorthlightUnderTest

TODAY, DUE = date(2026, 11, 23), date(2026, 12, 3)
ANNA, KEES, BRAM = "cus_000001", "cus_000011", "cus_000017"
OPTIONS = "/bills/{bill_id}/arrangements"
DETAILS = "/customers/{customer}/contact-details"
CODES = f"{DETAILS}/codes"
NEW = "anna@example.org"


def codes_of(plans: tuple[Plan, ...]) -> list[str]:
    return [plan.code for plan in plans]


@pytest.mark.parametrize(
    ("amount", "due", "pay_on", "codes"),
    [
        ("64.20", DUE, None, ["later_20270102", "parts_2", "parts_3", "later_20261217"]),
        ("50.00", DUE, None, ["later_20270102", "parts_2", "parts_3", "later_20261217"]),
        ("49.99", DUE, None, ["later_20270102", "later_20261217"]),
        ("64.20", DUE, date(2026, 12, 28), ["later_20261228", "parts_2", "parts_3", "later_20270102"]),
        ("64.20", DUE, date(2027, 1, 2), ["later_20270102", "parts_2", "parts_3", "later_20261217"]),
        ("64.20", DUE, date(2027, 1, 3), ["later_20270102", "parts_2", "parts_3", "later_20261217"]),
        ("64.20", DUE, DUE, ["later_20270102", "parts_2", "parts_3", "later_20261217"]),
        ("64.20", date(2026, 11, 2), None, ["later_20261202", "parts_2", "parts_3"]),
        ("64.20", date(2026, 10, 24), None, ["parts_2", "parts_3"]),
        ("20.00", date(2026, 10, 24), None, []),
    ],
)
def test_that_the_terms_are_those_of_the_help_page(
    amount: str, due: date, pay_on: date | None, codes: list[str]
) -> None:
    assert codes_of(possible_plans(Decimal(amount), due, TODAY, pay_on)) == codes


def test_that_plans_in_two_and_three_parts_stand_where_their_number_points() -> None:
    for pay_on in (None, date(2026, 12, 28)):
        plans = possible_plans(Decimal("64.20"), DUE, TODAY, pay_on)
        assert [len(plan.parts) for plan in plans[1:3]] == [2, 3]


def test_that_parts_add_up_and_lie_a_month_apart() -> None:
    for cents in range(5000, 5100):
        amount = Decimal(cents) / 100
        for count in (2, 3):
            parts = in_parts(amount, count, date(2026, 12, 31))
            assert sum(each for _, each in parts) == amount
            assert max(each for _, each in parts) - min(each for _, each in parts) <= Decimal("0.02")
    assert [day for day, _ in in_parts(Decimal(60), 3, date(2026, 12, 31))] == [
        date(2026, 12, 31),
        date(2027, 1, 31),
        date(2027, 2, 28),
    ]


def test_that_an_overdue_bill_begins_its_parts_in_a_week() -> None:
    plans = possible_plans(Decimal("64.20"), date(2026, 11, 2), TODAY)
    assert plans[1].parts[0][0] == TODAY + timedelta(days=7)


@pytest.fixture
def bill(northlight: NorthlightUnderTest) -> str:
    owner = northlight.customer(lambda c: c["customer_id"] == ANNA)
    bill_id: str = owner["open_bills"][0]["bill_id"]
    return bill_id


def wish_for(northlight: NorthlightUnderTest, bill_id: str, place: int = 1) -> dict[str, Any]:
    plan = northlight.get(f"/bills/{bill_id}/arrangements")["possible"][place]
    return {"arrangement": plan["arrangement"], "parts": plan["parts"]}


def test_that_what_is_agreed_is_agreed_once_and_moves_the_bill(
    northlight: NorthlightUnderTest, bill: str
) -> None:
    path, wish = f"/bills/{bill}/arrangements", wish_for(northlight, bill, place=0)
    first = assert_fits(northlight.call("POST", path, wish, key="k1"), OPTIONS, "POST")
    again = assert_fits(northlight.call("POST", path, wish, key="k1"), OPTIONS, "POST")
    assert again == first == northlight.get("/operations/k1")
    [event] = first["events"]
    assert (event["type"], event["subject"], event["key"]) == ("payment.arranged", bill, "k1")
    assert northlight.get(f"/bills/{bill}")["due"] == wish["parts"][0]["due"]
    listed = northlight.call("GET", f"/customers/{ANNA}/arrangements")
    [mine] = assert_fits(listed, "/customers/{customer}/arrangements")["arrangements"]
    assert (mine["status"], mine["parts"]) == ("running", wish["parts"])
    other = northlight.call("POST", path, {**wish, "arrangement": "parts_2"}, key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")
    second = assert_fits(northlight.call("POST", path, wish, key="k2"), OPTIONS, "POST")
    assert second["code"] == "arrangement_running"
    assert assert_fits(northlight.call("GET", path), OPTIONS)["blocked"] == "running"


def test_that_only_what_was_shown_can_be_agreed(northlight: NorthlightUnderTest, bill: str) -> None:
    path, wish = f"/bills/{bill}/arrangements", wish_for(northlight, bill)
    late = (date.fromisoformat(wish["parts"][0]["due"]) + timedelta(days=200)).isoformat()
    for place, wrong in enumerate(
        [
            {**wish, "arrangement": "parts_9"},
            {**wish, "parts": [{**wish["parts"][0], "amount": "1.00"}, wish["parts"][1]]},
            {"arrangement": f"later_{late.replace('-', '')}", "parts": [{**wish["parts"][0], "due": late}]},
        ]
    ):
        answer = northlight.call("POST", path, wrong, key=f"k{place}")
        assert assert_fits(answer, OPTIONS, "POST")["code"] == "not_possible"
    assert northlight.call("POST", path, wish).status_code == 400  # no key
    assert northlight.call("POST", path, {"arrangement": "parts_2", "parts": []}, key="k9").status_code == 400
    assert northlight.get(f"/customers/{ANNA}/arrangements")["arrangements"] == []


def test_that_a_day_the_customer_names_is_offered_first(northlight: NorthlightUnderTest, bill: str) -> None:
    day = (date.fromisoformat(northlight.get(f"/bills/{bill}")["due"]) + timedelta(days=9)).isoformat()
    found = northlight.get(f"/bills/{bill}/arrangements?pay_on={day}")
    assert found["possible"][0]["parts"] == [
        {"amount": northlight.get(f"/bills/{bill}")["amount"], "due": day}
    ]
    assert northlight.call("GET", f"/bills/{bill}/arrangements?pay_on=soon").status_code == 400


@pytest.mark.parametrize(
    ("language", "title", "words"),
    [("en", "In 2 parts", " by "), ("nl", "In 2 delen", " uiterlijk "), ("it", "In 2 rate", " entro il ")],
)
def test_that_arrangements_are_told_in_the_customers_language(
    northlight: NorthlightUnderTest, bill: str, language: str, title: str, words: str
) -> None:
    plan = northlight.get(f"/bills/{bill}/arrangements", language)["possible"][1]
    assert plan["title"] == title
    assert plan["meaning"].count(words) == 2


def test_that_running_and_broken_arrangements_are_for_people(northlight: NorthlightUnderTest) -> None:
    for customer, blocked in ((KEES, "broken"), (BRAM, "running")):
        owner = northlight.customer(lambda c, wanted=customer: c["customer_id"] == wanted)
        for each in owner["open_bills"]:
            answer = northlight.call("GET", f"/bills/{each['bill_id']}/arrangements")
            found = assert_fits(answer, OPTIONS)
            assert (found["blocked"], found["possible"]) == (blocked, [])
            assert (found["running"] is not None) == (blocked == "running")


def test_that_paying_keeps_it_a_payment_taken_back_lets_it_run_and_missing_a_part_breaks_it(
    northlight: NorthlightUnderTest, bill: str
) -> None:
    made = northlight.call(
        "POST", f"/bills/{bill}/arrangements", wish_for(northlight, bill), key="k1"
    ).json()["arrangement"]

    def status() -> str:
        found: str = northlight.get(f"/customers/{ANNA}/arrangements")["arrangements"][0]["status"]
        return found

    method = northlight.get(f"/customers/{ANNA}/payment-methods")["payment_methods"][0]["method_id"]
    pay = {"amount": northlight.get(f"/bills/{bill}")["amount"], "method_id": method}
    paid = northlight.call("POST", f"/bills/{bill}/payments", pay, key="k2").json()
    assert status() == "kept"
    [event] = northlight.control("POST", f"/payments/{paid['payment']['payment_id']}/bounce")["events"]
    assert (event["type"], status()) == ("payment.reversed", "running")
    [broken] = northlight.control("POST", f"/arrangements/{made['arrangement_id']}/break")["events"]
    assert (broken["type"], broken["subject"], status()) == ("arrangement.broken", bill, "broken")
    assert northlight.get(f"/bills/{bill}")["status"] == "overdue"


@pytest.mark.parametrize("path", ["/arrangements", "/contact-details"])
def test_that_a_change_whose_answer_was_lost_is_found_by_its_key(
    northlight: NorthlightUnderTest, bill: str, path: str
) -> None:
    calls = {
        "/arrangements": (f"/bills/{bill}/arrangements", wish_for(northlight, bill)),
        "/contact-details": (f"/customers/{ANNA}/contact-details", {"contact_change": "no_advertising"}),
    }
    northlight.fault("applied_then_down", scope=ANNA, path=path, count=1)
    with pytest.raises(requests.ConnectionError):
        northlight.call("POST", *calls[path], key="k1")
    assert northlight.get("/operations/k1")["operation"]["status"] == "done"


# --- contact details ---------------------------------------------------------------------------


def prove(northlight: NorthlightUnderTest, kind: str, value: str) -> str:
    """The proof that a change needs."""
    asked = {"contact_change": kind, "value": value}
    sent = northlight.call("POST", f"/customers/{ANNA}/contact-details/codes", asked, language="nl")
    assert assert_fits(sent, CODES, "POST") == {"status": "accepted"}
    account = northlight.get(f"/customers/{ANNA}")["account"]
    body = {**asked, "code": northlight.last_code(account)}
    answer = northlight.call("POST", f"/customers/{ANNA}/contact-details/codes/verify", body)
    proof: str = assert_fits(answer, f"{CODES}/verify", "POST")["proof"]
    return proof


def change(northlight: NorthlightUnderTest, key: str, **wish: Any) -> Any:
    answer = northlight.call("POST", f"/customers/{ANNA}/contact-details", wish, key=key)
    return assert_fits(answer, DETAILS, "POST")


@pytest.mark.parametrize(("kind", "value"), [("email", NEW), ("phone", "+31687654321")])
def test_that_a_new_address_or_number_counts_with_its_code_once(
    northlight: NorthlightUnderTest, kind: str, value: str
) -> None:
    proof = prove(northlight, kind, value)
    made = change(northlight, "k1", contact_change=kind, value=value, proof=proof)
    [event] = made["events"]
    assert (event["type"], event["subject"]) == ("contact_details.changed", kind)
    assert made["contact_details"][kind] == northlight.get(f"/customers/{ANNA}")[kind] == value
    assert change(northlight, "k1", contact_change=kind, value=value, proof=proof) == made
    again = change(northlight, "k2", contact_change=kind, value=value, proof=proof)
    assert again["code"] == "not_verified"


def test_that_the_code_goes_to_the_new_address_in_the_customers_language(
    northlight: NorthlightUnderTest,
) -> None:
    prove(northlight, "email", NEW)
    [sent] = northlight.control("GET", "/outbox")["codes"]
    assert sent["sent_to"] == NEW
    assert sent["text"].startswith("Uw code van Northlight is")


def test_that_a_proof_is_good_for_what_it_proves_only(northlight: NorthlightUnderTest) -> None:
    proof = prove(northlight, "email", NEW)
    for place, wish in enumerate(
        [
            {"contact_change": "email", "value": "eve@example.org", "proof": proof},
            {"contact_change": "phone", "value": "+31687654321", "proof": proof},
            {"contact_change": "email", "value": NEW},
        ]
    ):
        assert change(northlight, f"k{place}", **wish)["code"] == "not_verified"
    stranger = northlight.call(
        "POST",
        f"/customers/{KEES}/contact-details",
        {"contact_change": "email", "value": NEW, "proof": proof},
        key="k9",
    )
    assert stranger.json()["code"] == "not_verified"
    assert northlight.control("GET", "/events")["events"] == []


def test_that_codes_are_tried_five_times_and_a_new_one_ends_the_former(
    northlight: NorthlightUnderTest,
) -> None:
    path, asked = f"/customers/{ANNA}/contact-details/codes", {"contact_change": "email", "value": NEW}
    account = northlight.get(f"/customers/{ANNA}")["account"]
    northlight.call("POST", path, asked)
    former = northlight.last_code(account)
    northlight.call("POST", path, asked)
    newest = northlight.last_code(account)
    wrong = former if former != newest else f"{(int(newest) + 1) % 1_000_000:06d}"
    for _ in range(5):
        assert (
            northlight.call("POST", f"{path}/verify", {**asked, "code": wrong}).json()["code"] == "code_wrong"
        )
    right = northlight.call("POST", f"{path}/verify", {**asked, "code": newest})
    assert (right.status_code, right.json()["code"]) == (422, "too_many_tries")


def test_that_the_way_to_be_reached_and_advertising_need_no_code(northlight: NorthlightUnderTest) -> None:
    made = change(northlight, "k1", contact_change="contact_way", value="letter")
    assert made["contact_details"]["contact_way_title"] == "By letter"
    assert_fits(northlight.call("GET", f"/customers/{ANNA}"), "/customers/{customer}")
    assert change(northlight, "k2", contact_change="contact_way", value="letter")["code"] == "same_as_before"
    assert change(northlight, "k3", contact_change="contact_way", value="pigeon")["code"] == "way_unknown"
    assert (
        change(northlight, "k4", contact_change="no_advertising")["contact_details"]["advertising"] is False
    )
    assert change(northlight, "k5", contact_change="no_advertising")["code"] == "same_as_before"


def test_that_every_demo_customers_details_are_as_the_document_says(northlight: NorthlightUnderTest) -> None:
    for owner in northlight.control("GET", "/customers?limit=20")["customers"]:
        answer = northlight.call("GET", f"/customers/{owner['customer_id']}/contact-details")
        assert assert_fits(answer, DETAILS)["email"] == owner["email"]
    dutch = northlight.get(f"/customers/{ANNA}/contact-details", "nl")
    assert "Mijn naam" in [each["title"] for each in dutch["changes"]]
    assert "Per brief" in [each["title"] for each in dutch["ways"]]


@pytest.mark.parametrize(
    ("kind", "written", "kept"),
    [
        ("email", "Anna@Example.org", "anna@example.org"),
        ("phone", "06 87654321", "+31687654321"),
        ("phone", "0031-687654321", "+31687654321"),
        ("phone", "+39 333 1234567", "+393331234567"),
    ],
)
def test_that_addresses_and_numbers_are_kept_in_one_form(kind: str, written: str, kept: str) -> None:
    assert checked(kind, written) == kept


@pytest.mark.parametrize(
    ("kind", "written"),
    [("email", "anna"), ("email", "a@b"), ("email", "a b@c.nl"), ("phone", "123"), ("phone", "my mobile")],
)
def test_that_what_is_no_address_or_number_is_declined(kind: str, written: str) -> None:
    with pytest.raises(Declined) as declined:
        checked(kind, written)
    assert declined.value.code == f"{kind}_invalid"


def test_that_what_we_have_already_gets_no_code(northlight: NorthlightUnderTest) -> None:
    email = northlight.get(f"/customers/{ANNA}")["email"]
    path = f"/customers/{ANNA}/contact-details/codes"
    answer = northlight.call("POST", path, {"contact_change": "email", "value": email})
    assert assert_fits(answer, CODES, "POST")["code"] == "same_as_before"
    assert northlight.control("GET", "/outbox")["codes"] == []
