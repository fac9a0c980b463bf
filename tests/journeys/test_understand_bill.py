"""Understand a bill: what became of its payment is said where the company knows, and only then."""

from __future__ import annotations

import pytest

from tests.journeys.dialogue import NOVEMBER, Dialogue, eur, ok


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (None, []),
        ("open", ["utter_bill_to_pay"]),
        ("overdue", []),
        ("paid", ["utter_bill_is_paid"]),
        ("returned", ["utter_bill_payment_returned"]),
    ],
)
def test_that_a_payment_made_or_taken_back_is_said_after_the_reasons(
    state: str | None, told: list[str]
) -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [NOVEMBER], "open_bills": []})
    payment = {"payment_state": state, "paid_on": "2026-11-12"} if state else {}
    explained = {**NOVEMBER, "usual_amount": eur("64.20"), "difference": eur("0.00"), "reasons": []}
    talk.answers["action_explain_bill"] = ok({**explained, **payment})
    talk.say("I paid this, did I not?", "understand_bill")
    assert talk.said == ["utter_bill_as_usual", *told, "utter_did_that_help"]
