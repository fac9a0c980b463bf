"""Pay later or in parts, change contact details: the actions against the real Northlight."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.actions.running import Run
from tests.northlight import NorthlightUnderTest

ANNA, PIET, KEES = "cus_000001", "cus_000002", "cus_000011"
NEW = {"customer_id": ANNA, "contact_change": "email", "email": "anna@example.org"}


@pytest.fixture
def bill(northlight: NorthlightUnderTest) -> dict[str, Any]:
    """Anna and her open bill."""
    owner = northlight.customer(lambda c: c["customer_id"] == ANNA)
    return {"customer_id": ANNA, "bill_id": owner["open_bills"][0]["bill_id"]}


def agreed(run: Run, bill: dict[str, Any], place: int = 1) -> dict[str, Any]:
    """The inputs of the act, as the journey has them once the customer chose."""
    plan = run("action_list_arrangements", bill)["outputs"]["arrangements"][place]
    return {**bill, "arrangement": plan["arrangement"], "arrangement_parts": plan["parts"]}


def test_that_what_is_possible_is_told_in_the_customers_language(run: Run, bill: dict[str, Any]) -> None:
    result = run("action_list_arrangements", bill, language="nl")
    outputs = result["outputs"]
    assert (result["code"], outputs["arrangement_block"], outputs["wished_in_time"]) == (
        "none",
        "none",
        False,
    )
    assert [each["title"] for each in outputs["arrangements"]][1:3] == ["In 2 delen", "In 3 delen"]
    assert (outputs["arrangements"][-1]["arrangement"], outputs["arrangements"][-1]["title"]) == (
        "person",
        "Iets anders",
    )
    assert len(outputs["arrangement_meanings"]) == len(outputs["arrangements"]) - 1


def test_that_a_wished_day_comes_first_and_one_in_time_is_said_so(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    due = date.fromisoformat(northlight.get(f"/bills/{bill['bill_id']}")["due"])
    later = {"date": (due + timedelta(days=9)).isoformat()}
    outputs = run("action_list_arrangements", {**bill, "date": later})["outputs"]
    assert outputs["arrangements"][0]["start"] == later["date"]
    in_time = run("action_list_arrangements", {**bill, "date": {"date": due.isoformat()}})["outputs"]
    assert in_time["wished_in_time"] is True


def test_that_a_time_that_has_begun_is_no_day_to_pay_on(run: Run, bill: dict[str, Any]) -> None:
    month = {**bill, "date": {"start": "2026-11-01", "end": "2026-11-30"}}
    outputs = run("action_list_arrangements", month, at="2026-11-22T09:00:00+00:00")["outputs"]
    assert (outputs["wish_has_begun"], outputs["wished_in_time"]) == (True, False)
    ahead = run("action_list_arrangements", month, at="2026-10-22T09:00:00+00:00")["outputs"]
    assert ahead["wish_has_begun"] is False


def test_that_a_block_is_told_and_nothing_offered(run: Run, northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: c["customer_id"] == KEES)
    inputs = {"customer_id": KEES, "bill_id": owner["open_bills"][0]["bill_id"]}
    result = run("action_list_arrangements", inputs)
    assert result["outputs"]["arrangement_block"] == "broken"
    assert "arrangements" not in result["outputs"]


def test_that_an_arrangement_is_confirmed_by_the_companys_event(run: Run, bill: dict[str, Any]) -> None:
    inputs = agreed(run, bill)
    result = run("action_arrange_payment", inputs, key="key-1")
    assert [(each["type"], each["subject"]) for each in result["events"]] == [
        ("payment.arranged", bill["bill_id"])
    ]
    assert result["outputs"]["due"] == inputs["arrangement_parts"][0]["due"]
    assert run("action_arrange_payment", inputs, key="key-2")["code"] == "arrangement_running"


def test_that_it_is_arranged_once_whatever_is_lost(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    inputs = agreed(run, bill)
    northlight.fault("applied_then_down", path="/arrangements", count=2)
    # The look-up before the change takes the first one and is tried again.
    assert run("action_arrange_payment", inputs, key="key-1")["result"] == "ok"
    assert run("action_arrange_payment", inputs, key="key-1")["result"] == "ok"
    assert len(northlight.get(f"/customers/{ANNA}/arrangements")["arrangements"]) == 1


def prove(run: Run, northlight: NorthlightUnderTest) -> dict[str, Any]:
    """The inputs of the change, with the proof."""
    sent = run("action_send_contact_code", NEW)
    assert sent["outputs"] == {"code_sent_to": NEW["email"]}
    code = northlight.last_code(northlight.get(f"/customers/{ANNA}")["account"])
    checked = run("action_verify_contact_code", {**NEW, "one_time_code": f"{code[:3]} {code[3:]}"})
    assert "one_time_code" not in checked["inputs"]
    return {**NEW, "contact_proof": checked["outputs"]["contact_proof"]}


def test_that_a_new_address_is_changed_after_its_code(run: Run, northlight: NorthlightUnderTest) -> None:
    result = run("action_change_contact_details", prove(run, northlight), key="key-1")
    assert [(each["type"], each["subject"]) for each in result["events"]] == [
        ("contact_details.changed", "email")
    ]
    assert result["outputs"]["email_on_file"] == NEW["email"]
    assert northlight.get(f"/customers/{ANNA}")["email"] == NEW["email"]


def test_that_a_wrong_code_and_a_missing_proof_change_nothing(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    before = northlight.get(f"/customers/{ANNA}")
    run("action_send_contact_code", NEW)
    wrong = run("action_verify_contact_code", {**NEW, "one_time_code": "abcdef"})
    assert (wrong["result"], wrong["code"], wrong["outputs"]) == ("declined", "code_wrong", {})
    assert run("action_change_contact_details", NEW, key="k1")["code"] == "missing_contact_proof"
    made_up = run("action_change_contact_details", {**NEW, "contact_proof": "prf_x"}, key="k2")
    assert (made_up["result"], made_up["code"]) == ("declined", "not_verified")
    assert northlight.get(f"/customers/{ANNA}") == before


def test_that_the_way_to_be_reached_is_told_in_the_customers_language(run: Run) -> None:
    listed = run("action_look_up_contact_details", {"customer_id": ANNA}, language="it")["outputs"]
    assert "Per lettera" in [each["title"] for each in listed["contact_ways"]]
    wish = {"customer_id": ANNA, "contact_change": "contact_way", "contact_way": "letter"}
    result = run("action_change_contact_details", wish, key="key-1", language="it")
    assert result["outputs"]["contact_way_now"] == "Per lettera"


@pytest.mark.parametrize(
    ("mode", "result", "code"),
    [
        ("fail", "error", "internal"),
        ("nonsense", "error", "bad_answer"),
        ("decline", "declined", "not_today"),
    ],
)
@pytest.mark.parametrize("name", ["action_change_contact_details", "action_send_contact_code"])
def test_that_a_change_under_a_fault_is_no_success(
    run: Run, northlight: NorthlightUnderTest, name: str, mode: str, result: str, code: str
) -> None:
    before = northlight.get(f"/customers/{ANNA}")
    inputs = prove(run, northlight)
    northlight.fault(mode, code="not_today", path="/contact-details")
    found = run(name, inputs, key="key-1")
    assert (found["result"], found["code"], found["events"]) == (result, code, [])
    northlight.control("DELETE", "/faults")
    assert northlight.get(f"/customers/{ANNA}") == before


@pytest.mark.parametrize(("mode", "result"), [("fail", "error"), ("nonsense", "error"), ("down", "error")])
def test_that_an_arrangement_under_a_fault_is_no_success(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest, mode: str, result: str
) -> None:
    inputs = agreed(run, bill)
    northlight.fault(mode, path="/arrangements")
    found = run("action_arrange_payment", inputs, key="key-1")
    assert (found["result"], found["events"]) == (result, [])
    northlight.control("DELETE", "/faults")
    assert northlight.get(f"/customers/{ANNA}/arrangements")["arrangements"] == []


ALL = [
    *("action_list_arrangements", "action_arrange_payment", "action_look_up_contact_details"),
    *("action_send_contact_code", "action_verify_contact_code", "action_change_contact_details"),
]


@pytest.mark.parametrize("name", ALL)
def test_that_nothing_personal_is_done_for_somebody_unknown(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest, name: str
) -> None:
    inputs = {**NEW, **agreed(run, bill), "one_time_code": "123456", "contact_proof": "prf_x"}
    del inputs["customer_id"]
    found = run(name, inputs, key="key-1")
    assert (found["result"], found["code"]) == ("error", "not_verified")
    assert northlight.control("GET", "/events")["events"] == []


@pytest.mark.parametrize("name", ["action_list_arrangements", "action_arrange_payment"])
def test_that_anothers_bill_is_as_unknown_as_none(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest, name: str
) -> None:
    found = run(name, {**agreed(run, bill), "customer_id": PIET}, key="key-1")
    assert (found["result"], found["code"], found["outputs"]) == ("error", "bill_unknown", {})
    assert northlight.control("GET", "/events")["events"] == []


@pytest.mark.parametrize("name", ["action_arrange_payment", "action_change_contact_details"])
def test_that_nothing_is_changed_without_a_confirmation(run: Run, bill: dict[str, Any], name: str) -> None:
    assert run(name, {**NEW, **agreed(run, bill)})["code"] == "not_confirmed"


def test_that_a_bill_tells_what_became_of_its_payment(
    run: Run, bill: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    def outputs() -> dict[str, Any]:
        found: dict[str, Any] = run("action_explain_bill", bill)["outputs"]
        return found

    assert (outputs()["payment_state"], outputs().get("paid_on")) == ("open", None)
    method = run("action_list_payment_methods", bill)["outputs"]["payment_methods"][0]["method_id"]
    pay = {**bill, "amount": outputs()["amount"], "method_id": method}
    assert run("action_pay_bill", pay, key="key-1")["result"] == "ok"
    assert outputs()["payment_state"] == "paid"
    assert outputs()["paid_on"]
    [payment] = northlight.control("GET", "/payments")["payments"]
    northlight.control("POST", f"/payments/{payment['payment_id']}/bounce")
    assert outputs()["payment_state"] == "returned"
    assert run("action_pay_bill", pay, key="key-2")["result"] == "ok"
    assert outputs()["payment_state"] == "paid"
