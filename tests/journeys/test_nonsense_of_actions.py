"""An action that answers with nonsense: recorded as an error, never as success."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import NOTHING, Dialogue

PROOF = [{"id": "e_1", "type": "payment.captured"}]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"result": "wonderful", "events": PROOF},
        {"result": None, "events": PROOF},
        {"result": True, "events": PROOF},
        {"events": PROOF},
        {"action": "action_something_else", "result": "ok", "events": PROOF},
        NOTHING,
    ],
)
def test_that_an_answer_that_makes_no_sense_is_an_error_and_proves_nothing(nonsense: Any) -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say("the second one", ordinal=2).say("visa")
    talk.answers["action_pay_bill"] = nonsense
    talk.say("yes")
    performed = talk.events("action.performed")[-1]
    assert (performed["action"], performed["result"]) == ("action_pay_bill", "error")
    assert talk.said == ["utter_action_failed"]
    assert (talk.outcomes(), talk.events("business.confirmed")) == ([], [])


@pytest.mark.parametrize("events", ["all fine", {"id": "e"}, [3, None, {"type": "payment.captured"}]])
def test_that_proof_that_makes_no_sense_proves_nothing(events: Any) -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say("the second one", ordinal=2).say("visa")
    talk.answers["action_pay_bill"] = {"result": "ok", "outputs": {"receipt": "r"}, "events": events}
    talk.say("yes")
    assert talk.outcomes() == []
