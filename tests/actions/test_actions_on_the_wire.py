"""Every action against the real Northlight: what it gives, and what comes of it under each fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

from actions import company
from actions.company import CompanyClient, Timeout
from tests.northlight import NorthlightUnderTest

READS = {
    "action_list_bills": (),
    "action_explain_bill": ("bill_id",),
    "action_list_payment_methods": (),
    "action_list_equipment": (),
    "action_list_slots": ("visit_id",),
    "action_list_visits": (),
    "action_list_orders": (),
    "action_track_order": ("order_id",),
    "action_check_outage": ("postcode",),
}
CHANGES = {
    "action_pay_bill": ("bill_id", "amount", "method_id"),
    "action_restart_box": ("equipment_id",),
    "action_book_visit": ("slot_id", "equipment_id"),
    "action_move_visit": ("visit_id", "slot_id"),
}
EVENTS = {
    "action_pay_bill": "payment.captured",
    "action_restart_box": "equipment.restarted",
    "action_book_visit": "visit.booked",
    "action_move_visit": "visit.moved",
}


@pytest.fixture
def client(northlight: NorthlightUnderTest) -> Iterator[CompanyClient]:
    """The actions' client with short timeouts, forgotten afterwards."""
    made = CompanyClient(northlight.base_url, northlight.token, timeout=Timeout(5.0, 2.0, 1.0))
    company.configure(made)
    yield made
    company.configure(None)
    made.close()


@pytest.fixture(scope="module")
def executor() -> ActionExecutor:
    """All actions as rasa_sdk finds them."""
    made = ActionExecutor()
    made.register_package("actions")
    return made


Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(client: CompanyClient, executor: ActionExecutor) -> Run:
    """Runs an action as the bot does; gives its one `action_result`."""

    def run_action(
        name: str,
        inputs: dict[str, Any],
        *,
        key: str | None = None,
        last: dict[str, Any] | None = None,
        language: str = "en",
    ) -> dict[str, Any]:
        running = {"action": name, "inputs": inputs, "key": key, "attempt_id": "a_1"}
        slots = {"journey": {"running": running}, "action_result": last, "language": language}
        tracker = Tracker("c_1", slots, {}, [], False, None, {}, "action_listen")
        events = executor.actions[name](CollectingDispatcher(), tracker, {})
        assert [(event["event"], event["name"]) for event in events] == [("slot", "action_result")]
        result: dict[str, Any] = events[0]["value"]
        assert result["action"] == name
        return result

    return run_action


@pytest.fixture
def emma(northlight: NorthlightUnderTest) -> dict[str, Any]:
    """A customer for whom everything is open at once, with all inputs that actions on it need."""
    owner = northlight.customer(lambda c: bool(c["open_bills"] and c["visits"] and c["orders"]))
    id_ = owner["customer_id"]
    methods = northlight.get(f"/customers/{id_}/payment-methods")["payment_methods"]
    boxes = northlight.get(f"/customers/{id_}/equipment")["equipment"]
    kind = northlight.get(f"/customers/{id_}/visits")["visits"][0]["kind"]
    slots = northlight.get(f"/visits/{owner['visits'][0]}/slots")["slots"]
    return {
        "customer_id": id_,
        "bill_id": owner["open_bills"][0]["bill_id"],
        "amount": {"amount": owner["open_bills"][0]["amount"], "currency": "EUR"},
        "method_id": methods[0]["method_id"],
        "equipment_id": next(box["equipment_id"] for box in boxes if box["kind"] == "tv_box"),
        "visit_id": owner["visits"][0],
        "slot_id": slots[-1]["slot_id"],
        "kind": kind,
        "order_id": owner["orders"][0]["order_id"],
        "postcode": owner["postcode"],
    }


def inputs_of(name: str, known: dict[str, Any]) -> dict[str, Any]:
    """What the journey would give that action."""
    names = ("customer_id", *{**READS, **CHANGES}[name])
    extra = {"kind": known["kind"]} if name == "action_book_visit" else {}
    return {each: known[each] for each in names} | extra


def test_that_the_executor_finds_all_actions_of_the_contract(executor: ActionExecutor) -> None:
    named = {*READS, *CHANGES, "action_test_signal", "action_send_code", "action_verify_code"}
    assert named <= set(executor.actions)


@pytest.mark.parametrize("name", READS)
def test_that_a_read_gives_its_outputs(name: str, run: Run, emma: dict[str, Any]) -> None:
    result = run(name, inputs_of(name, emma))
    assert (result["result"], result["events"], result["key"]) == ("ok", [], None)
    assert result["outputs"]
    assert result["inputs"] == inputs_of(name, emma)


@pytest.mark.parametrize("name", CHANGES)
def test_that_a_change_is_confirmed_by_the_companys_event(name: str, run: Run, emma: dict[str, Any]) -> None:
    result = run(name, inputs_of(name, emma), key="key-1")
    assert (result["result"], result["key"]) == ("ok", "key-1")
    assert [event["type"] for event in result["events"]] == [EVENTS[name]]
    assert set(result["events"][0]) == {"id", "type", "subject"}


@pytest.mark.parametrize(
    ("mode", "code"), [("fail", "internal"), ("nonsense", "bad_answer"), ("down", "connection_broken")]
)
@pytest.mark.parametrize("name", READS)
def test_that_a_read_under_a_fault_is_an_error(
    name: str, mode: str, code: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault(mode)
    result = run(name, inputs_of(name, emma))
    assert (result["result"], result["code"], result["outputs"]) == ("error", code, {})


def test_that_a_slow_read_is_an_error(
    run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault("slow", delay=5)
    result = run("action_list_bills", inputs_of("action_list_bills", emma))
    assert (result["result"], result["code"]) == ("error", "no_answer")


def test_that_a_page_of_html_is_a_bad_answer(
    run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault("nonsense", body="html")
    result = run("action_list_bills", inputs_of("action_list_bills", emma))
    assert (result["result"], result["code"]) == ("error", "bad_answer")


@pytest.mark.parametrize("name", CHANGES)
def test_that_a_declined_change_says_why(
    name: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault("decline", code="not_today")
    result = run(name, inputs_of(name, emma), key="key-1")
    assert (result["result"], result["code"], result["events"]) == ("declined", "not_today", [])


@pytest.mark.parametrize(("mode", "code"), [("fail", "internal"), ("nonsense", "bad_answer")])
@pytest.mark.parametrize("name", CHANGES)
def test_that_a_failed_change_is_an_error_and_its_key_stays_free(
    name: str, mode: str, code: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault(mode)
    result = run(name, inputs_of(name, emma), key="key-1")
    assert (result["result"], result["code"]) == ("error", code)
    northlight.control("DELETE", "/faults")
    assert run(name, inputs_of(name, emma), key="key-1")["result"] == "ok"


@pytest.mark.parametrize("name", CHANGES)
def test_that_a_change_made_before_the_connection_broke_is_found(
    name: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault("applied_then_down", count=1)
    result = run(name, inputs_of(name, emma), key="key-1")
    assert result["result"] == "ok"
    assert len(northlight.control("GET", "/events")["events"]) == 1


@pytest.mark.parametrize("mode", ["down", "slow"])
@pytest.mark.parametrize("name", CHANGES)
def test_that_a_change_that_never_arrived_is_sent_again_once(
    name: str, mode: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault(mode, path=path_of(name, emma), delay=5, count=1)
    assert run(name, inputs_of(name, emma), key="key-1")["result"] == "ok"
    assert len(northlight.control("GET", "/events")["events"]) == 1


def path_of(name: str, known: dict[str, Any]) -> str:
    """Part of the path at which that change is made, and at which it reads nothing."""
    return {
        "action_pay_bill": "/payments",
        "action_restart_box": "/restart",
        "action_book_visit": "/visits",
        "action_move_visit": "/move",
    }[name]


def test_that_a_change_nobody_can_ask_about_is_in_doubt_and_settled_later(
    run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    northlight.fault("applied_then_down", path="/payments")
    northlight.fault("down", path="/operations")
    first = run("action_pay_bill", inputs_of("action_pay_bill", emma), key="key-1")
    assert (first["result"], first["events"]) == ("timeout", [])

    still = run("action_pay_bill", inputs_of("action_pay_bill", emma), key="key-1", last=first)
    assert still["result"] == "timeout"
    northlight.control("DELETE", "/faults")
    northlight.fault("fail", path="/payments")  # were it sent again, this would show
    settled = run("action_pay_bill", inputs_of("action_pay_bill", emma), key="key-1", last=still)
    assert settled["result"] == "ok"
    [payment] = northlight.control("GET", "/payments")["payments"]
    assert settled["outputs"]["receipt"] == payment["receipt"]


def test_that_a_company_that_is_not_there_is_an_error(run: Run, emma: dict[str, Any]) -> None:
    company.configure(CompanyClient("http://127.0.0.1:1", "token"))
    result = run("action_pay_bill", inputs_of("action_pay_bill", emma), key="key-1")
    assert (result["result"], result["code"]) == ("error", "unreachable")


def test_that_anothers_things_are_as_unknown_as_none(
    run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    stranger = northlight.customer(lambda c: c["customer_id"] != emma["customer_id"])["customer_id"]
    for name in (*READS, *CHANGES):
        if name in ("action_check_outage", "action_book_visit") or not {**READS, **CHANGES}[name]:
            continue
        result = run(name, inputs_of(name, emma) | {"customer_id": stranger}, key="key-1")
        assert result["result"] == "error", name
        assert result["code"].endswith("_unknown"), name
        assert result["outputs"] == {}
    assert northlight.control("GET", "/events")["events"] == []


def test_that_personal_actions_without_a_verified_customer_do_nothing(run: Run, emma: dict[str, Any]) -> None:
    for name in (*READS, *CHANGES):
        if name == "action_check_outage":
            continue
        inputs = {k: v for k, v in inputs_of(name, emma).items() if k != "customer_id"}
        result = run(name, inputs, key="key-1")
        assert (result["result"], result["code"]) == ("error", "not_verified"), name


@pytest.mark.parametrize("name", ["action_pay_bill", "action_book_visit", "action_move_visit"])
def test_that_nothing_with_consequences_happens_without_a_confirmations_key(
    name: str, run: Run, emma: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    assert run(name, inputs_of(name, emma))["code"] == "not_confirmed"
    assert northlight.control("GET", "/events")["events"] == []


def test_that_the_signal_test_tells_the_boxs_signal(run: Run, northlight: NorthlightUnderTest) -> None:
    for signal in ("ok", "weak", "none"):
        owner = northlight.customer(lambda c, signal=signal: c["box_signal"] == signal)
        known = {"customer_id": owner["customer_id"]}
        boxes = run("action_list_equipment", known | {"kind": "tv_box"})["outputs"]["equipment"]
        result = run("action_test_signal", known | {"equipment_id": boxes[0]["equipment_id"]})
        assert (result["result"], result["code"], result["outputs"]["code"]) == ("ok", signal, signal)


def test_that_a_bill_is_explained_by_its_reasons(run: Run, emma: dict[str, Any]) -> None:
    outputs = run("action_explain_bill", inputs_of("action_explain_bill", emma))["outputs"]
    difference = Decimal(outputs["amount"]["amount"]) - Decimal(outputs["usual_amount"]["amount"])
    assert Decimal(outputs["difference"]["amount"]) == difference > 0
    assert sum(Decimal(reason["amount"]["amount"]) for reason in outputs["reasons"]) == difference


def test_that_free_times_are_few_and_on_several_days(run: Run, emma: dict[str, Any]) -> None:
    slots = run("action_list_slots", inputs_of("action_list_slots", emma))["outputs"]["slots"]
    days = {slot["window"]["start"][:10] for slot in slots}
    assert len(slots) == 6
    assert len(days) >= 5


def test_that_a_wished_day_comes_first(run: Run, emma: dict[str, Any]) -> None:
    inputs = inputs_of("action_list_slots", emma)
    slots = run("action_list_slots", inputs)["outputs"]["slots"]
    day = slots[4]["window"]["start"][:10]
    wished = run("action_list_slots", inputs | {"date": {"date": day}})["outputs"]["slots"]
    assert wished[0]["window"]["start"].startswith(day)
    assert len(wished) == 6


def test_that_a_one_time_code_verifies_once_and_is_never_repeated(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    owner = northlight.control("GET", "/customers?limit=1")["customers"][0]
    typed = f"{owner['account'][:4]} {owner['account'][4:]}"
    assert run("action_send_code", {"account_number": typed})["result"] == "ok"
    code = northlight.last_code(owner["account"])
    inputs = {"account_number": typed, "one_time_code": f"{code[:3]} {code[3:]}"}
    verified = run("action_verify_code", inputs)
    assert verified["outputs"]["customer_id"] == owner["customer_id"]
    assert verified["outputs"]["vulnerable"] is False
    assert "one_time_code" not in verified["inputs"]
    again = run("action_verify_code", inputs)
    assert (again["result"], again["code"], again["outputs"]) == ("declined", "code_wrong", {})


def test_that_an_unknown_account_is_answered_like_a_known_one(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    known = northlight.control("GET", "/customers?limit=1")["customers"][0]["account"]
    answers = [run("action_send_code", {"account_number": account}) for account in (known, "00000000")]
    assert [(a["result"], a["code"], a["outputs"]) for a in answers] == [("ok", None, {})] * 2


def test_that_an_account_number_cannot_lead_to_another_path(client: CompanyClient) -> None:
    for trick in ("../control/customers", "cus_000001/bills", "..", ".", "cus_000001?x=1", "%2e%2e"):
        assert client.customer(trick) is None


def test_that_a_customer_is_found_by_id_and_by_account(client: CompanyClient) -> None:
    found = client.customer("cus_000001")
    assert found is not None
    assert client.customer(found.account) == found


def test_that_the_company_is_asked_in_the_customers_language(
    run: Run, client: CompanyClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str | None] = []
    send = client._session.request

    def request(*given: Any, headers: dict[str, str], **more: Any) -> Any:
        asked.append(headers.get("Accept-Language"))
        return send(*given, headers=headers, **more)

    monkeypatch.setattr(client._session, "request", request)
    run("action_check_outage", {"customer_id": "cus_000001", "postcode": "3512AB"}, language="it")
    client.customer("cus_000001")
    assert asked == ["it", None]
