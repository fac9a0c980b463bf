"""The company's systems slow, down, declining or talking nonsense: said in plain words, on record, and
after the second failure a person is offered. Nothing is done twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.northlight import wait_until
from tests.server import Assistant, Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def well_again(assistant: Assistant) -> Iterator[None]:
    """Leaves when the assistant has found that the company answers again: it is left alone for a while."""
    yield
    customer_id = assistant.customers[-1]["customer_id"]

    def answers() -> bool:
        visitor = assistant.visitor(customer_id)
        visitor.ask("why is my bill so high")
        return bool(results(assistant, visitor, "action_list_bills")[-1].result == "ok")

    wait_until(answers, 20)


def results(assistant: Assistant, visitor: Visitor, action: str) -> list[Any]:
    performed = assistant.named(visitor.conversation_id, "action.performed")
    return [e for e in performed if e.action == action]


def responses(assistant: Assistant, visitor: Visitor) -> list[str]:
    return [e.response for e in assistant.named(visitor.conversation_id, "message.sent") if e.response]


def test_that_a_company_that_is_well_again_is_tried_again(assistant: Assistant) -> None:
    customer = assistant.customer(lambda c: not c["vulnerable"])
    visitor = assistant.visitor(customer["customer_id"])
    with assistant.fault("fail", scope=customer["customer_id"]):
        visitor.ask("why is my bill so high")
    visitor.ask("yes")
    assert [e.result for e in results(assistant, visitor, "action_list_bills")][-1] == "ok"


def test_that_a_slow_company_is_waited_for_but_not_for_ever(assistant: Assistant) -> None:
    customer = assistant.customer(lambda c: not c["vulnerable"])
    visitor = assistant.visitor(customer["customer_id"])
    with assistant.fault("slow", scope=customer["customer_id"], delay=30):
        visitor.ask("why is my bill so high")
    [tried] = results(assistant, visitor, "action_list_bills")
    assert tried.result in ("timeout", "error")
    assert tried.milliseconds < 15_000
    with assistant.fault("slow", scope=customer["customer_id"], delay=0.5):
        visitor.ask("yes")
    assert results(assistant, visitor, "action_list_bills")[-1].result == "ok"


def confirming(assistant: Assistant) -> tuple[Visitor, dict[str, Any], str]:
    """A customer at the question whether to pay."""
    customer = assistant.with_one_bill()
    visitor = assistant.visitor(customer["customer_id"])
    visitor.ask("I want to pay my bill")
    visitor.choose(visitor.choices()[0]["title"])
    return visitor, customer, customer["open_bills"][0]["bill_id"]


def test_that_a_declined_payment_is_said_recorded_and_brings_a_person_the_second_time(
    assistant: Assistant,
) -> None:
    visitor, customer, bill = confirming(assistant)
    with assistant.fault("decline", scope=customer["customer_id"], code="card_declined"):
        visitor.choose("Yes")
        assert "utter_payment_declined" in responses(assistant, visitor)
        if "Yes" not in {c["title"] for c in visitor.choices()}:
            visitor.choose(visitor.choices()[0]["title"])
        visitor.choose("Yes")
    tried = results(assistant, visitor, "action_pay_bill")
    assert [(e.result, e.code) for e in tried] == [("declined", "card_declined")] * 2
    assert "utter_declined_person" in responses(assistant, visitor)
    visitor.choose("Yes", "Talk to a person")
    [wanted] = assistant.named(visitor.conversation_id, "handoff.requested")
    assert wanted.reason == "declined"
    assert assistant.payments(bill) == []


def test_that_a_payment_whose_answer_was_lost_happens_exactly_once(assistant: Assistant) -> None:
    visitor, customer, bill = confirming(assistant)
    with assistant.fault("applied_then_down", scope=customer["customer_id"], path="/payments"):
        visitor.choose("Yes")
    for _ in range(3):
        if "utter_bill_paid" in responses(assistant, visitor):
            break
        visitor.ask("yes")
    assert "utter_bill_paid" in responses(assistant, visitor)
    assert len(assistant.payments(bill)) == 1
    [attempt] = assistant.attempts(visitor.conversation_id)
    assert (attempt["outcome"], attempt["evidence"], attempt["by"]) == ("achieved", "system", "self_service")
    keys = {e.key for e in results(assistant, visitor, "action_pay_bill") if e.key}
    assert len(keys) == 1


def test_that_a_second_press_of_yes_pays_nothing_more(assistant: Assistant) -> None:
    visitor, _, bill = confirming(assistant)
    yes = next(c for c in visitor.choices() if c["title"] == "Yes")
    for number in range(3):
        press = {"type": "choice", "client_id": f"press-{number}", "payload": yes["id"], "title": "Yes"}
        visitor.push(press)
    visitor.until(lambda f: f["type"] == "ack" and f["client_id"] == "press-2")
    received = len(assistant.named(visitor.conversation_id, "message.received"))
    wait_until(lambda: len(assistant.named(visitor.conversation_id, "turn.committed")) == received)
    assert len(assistant.payments(bill)) == 1


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        pytest.param("fail", {}, id="errors"),
        pytest.param("down", {}, id="out of reach"),
        pytest.param("nonsense", {"body": "html"}, id="nonsense in HTML"),
        pytest.param("nonsense", {"body": "json"}, id="nonsense in JSON"),
    ],
)
def test_that_trouble_is_said_and_after_the_second_time_a_person_is_offered(
    assistant: Assistant, mode: str, more: dict[str, Any]
) -> None:
    customer = assistant.customer(lambda c: not c["vulnerable"])
    visitor = assistant.visitor(customer["customer_id"])
    with assistant.fault(mode, scope=customer["customer_id"], **more):
        first = visitor.ask("why is my bill so high")
        second = visitor.ask("yes")
    tried = results(assistant, visitor, "action_list_bills")
    assert [e.result in ("error", "timeout") for e in tried] == [True, True], [*first, *second]
    said = " ".join(m["text"] for m in [*first, *second])
    for inside in ("500", "503", "HTTP", "Error", "timeout", "JSON", "html", "Traceback", "action_"):
        assert inside not in said
    assert responses(assistant, visitor)[-1] == "utter_failed_person"
    [attempt] = assistant.attempts(visitor.conversation_id)
    assert attempt["outcome"] == "open"
    visitor.choose("Yes", "Talk to a person")
    [wanted] = assistant.named(visitor.conversation_id, "handoff.requested")
    assert wanted.reason == "action_failed"
    assert wanted.attempt_id == attempt["attempt_id"]
