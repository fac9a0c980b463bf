"""The edges of Northlight's server: tokens, bad input, faults, and what only the control token may do."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from company.__main__ import main
from tests.northlight import NorthlightUnderTest


def test_that_the_assistants_token_does_not_open_control_nor_the_other_way_round(
    northlight: NorthlightUnderTest,
) -> None:
    assert northlight.call("GET", "/control/outbox").status_code == 401
    assert northlight.call("GET", "/customers/cus_000001", token=northlight.control_token).status_code == 401
    assert requests.get(f"{northlight.base_url}/customers/cus_000001", timeout=10).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"slot_id": 5}',
        b'{"slot_id": "x", "more": 1}',
        b"\xff",
        b'{"slot_id": "' + b"9" * 5000 + b'"}',
    ],
)
def test_that_a_body_that_does_not_fit_is_refused_in_plain_words(
    northlight: NorthlightUnderTest, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {northlight.token}", "Idempotency-Key": "k"}
    url = f"{northlight.base_url}/visits/visit_000003/move"
    answer = requests.post(url, data=body, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (400, "body_invalid")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/nothing", "/slots", "/slots?postcode=abc", "/outages", "/customers/'--"])
def test_that_a_path_that_leads_nowhere_is_an_error_of_the_same_shape(
    northlight: NorthlightUnderTest, path: str
) -> None:
    answer = northlight.call("GET", path)
    assert answer.status_code in (400, 404)
    assert set(answer.json()) <= {"code", "message", "details"}


def test_that_a_fault_for_one_customer_spares_the_others(northlight: NorthlightUnderTest) -> None:
    bill = northlight.customer(lambda c: c["customer_id"] == "cus_000001")["open_bills"][0]["bill_id"]
    northlight.fault("fail", scope="cus_000001")
    assert northlight.call("GET", "/customers/cus_000001").status_code == 500
    assert northlight.call("GET", f"/bills/{bill}").status_code == 500
    assert northlight.call("GET", "/customers/cus_000002").status_code == 200


def test_that_a_fault_for_some_paths_spares_the_others_and_ends_after_its_count(
    northlight: NorthlightUnderTest,
) -> None:
    northlight.fault("fail", path="/bills", count=2)
    statuses = [northlight.call("GET", "/customers/cus_000001/bills").status_code for _ in range(3)]
    assert statuses == [500, 500, 200]
    assert northlight.control("GET", "/faults")["faults"] == []


def test_that_a_slow_company_answers_late_and_right(northlight: NorthlightUnderTest) -> None:
    northlight.fault("slow", delay=0.4)
    started = time.monotonic()
    assert northlight.call("GET", "/customers/cus_000001").status_code == 200
    assert time.monotonic() - started >= 0.4


def test_that_a_company_that_is_down_closes_without_an_answer(northlight: NorthlightUnderTest) -> None:
    northlight.fault("down")
    with pytest.raises(requests.ConnectionError):
        northlight.call("GET", "/customers/cus_000001")
    northlight.control("DELETE", "/faults")
    assert northlight.call("GET", "/customers/cus_000001").status_code == 200


def test_that_faults_are_switched_off_one_by_one(northlight: NorthlightUnderTest) -> None:
    first, second = northlight.fault("fail"), northlight.fault("down")
    northlight.control("DELETE", f"/faults/{first['fault_id']}")
    left = northlight.control("GET", "/faults")["faults"]
    assert [fault["fault_id"] for fault in left] == [second["fault_id"]]


def test_that_a_bounced_payment_opens_the_bill_again(northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: len(c["open_bills"]) == 1)
    bill = owner["open_bills"][0]
    methods = northlight.get(f"/customers/{owner['customer_id']}/payment-methods")["payment_methods"]
    body = {"amount": bill["amount"], "method_id": methods[0]["method_id"]}
    paid = northlight.call("POST", f"/bills/{bill['bill_id']}/payments", body, key="k1").json()
    payment_id = paid["payment"]["payment_id"]
    bounced = northlight.control("POST", f"/payments/{payment_id}/bounce")
    assert bounced["events"][0]["type"] == "payment.reversed"
    assert bounced["events"][0]["subject"] == bill["bill_id"]
    assert northlight.get(f"/bills/{bill['bill_id']}")["status"] == "open"
    again = northlight.call("POST", f"/bills/{bill['bill_id']}/payments", body, key="k2")
    assert again.status_code == 200


def test_that_a_card_that_the_bank_refuses_leaves_the_bill_open(northlight: NorthlightUnderTest) -> None:
    for owner in northlight.control("GET", "/customers?limit=20")["customers"]:
        for bill in owner["open_bills"]:
            methods = northlight.get(f"/customers/{owner['customer_id']}/payment-methods")["payment_methods"]
            body = {"amount": bill["amount"], "method_id": methods[0]["method_id"]}
            answer = northlight.call("POST", f"/bills/{bill['bill_id']}/payments", body, key=bill["bill_id"])
            if answer.status_code == 422:
                assert answer.json()["code"] == "card_declined"
                assert northlight.get(f"/bills/{bill['bill_id']}")["status"] != "paid"
                return
    pytest.fail("nobody's card is refused")


def test_that_a_bill_is_paid_in_full_and_with_an_own_method_only(northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: len(c["open_bills"]) == 1)
    bill = owner["open_bills"][0]
    own = northlight.get(f"/customers/{owner['customer_id']}/payment-methods")["payment_methods"][0][
        "method_id"
    ]
    path = f"/bills/{bill['bill_id']}/payments"
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"amount": "0.01", "method_id": own}, 409, "amount_differs"),
        ({"amount": bill["amount"], "method_id": "pm_0000201"}, 404, "method_unknown"),
        ({"amount": "-5.00", "method_id": own}, 400, "body_invalid"),
        ({"amount": "NaN", "method_id": own}, 400, "body_invalid"),
        ({"amount": "64.201", "method_id": own}, 400, "body_invalid"),
    ]
    for number, (body, status, code) in enumerate(wrong):
        answer = northlight.call("POST", path, body, key=f"k{number}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert northlight.control("GET", "/payments")["payments"] == []


def test_that_a_start_without_its_secrets_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COMPANY_TOKEN", raising=False)
    assert main(["--port", "0", "--database", f"sqlite:///{tmp_path / 'x.sqlite'}"]) == 2
    assert "COMPANY_TOKEN" in capsys.readouterr().err
