"""Promises, which confirmation is asked again, early yes and no, facts that come under another name."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.journeys.definitions import DefinitionError, Definitions
from tests.journeys.dialogue import DEFINITIONS, ROOT, Dialogue, declined, ok

HEAD = """journey: pay_bill
title: {en: Pay my bill}
intents: [pay_bill]
handoff: {skill: billing}
steps:
"""


def talking(steps: str) -> Dialogue:
    bodies = {"pay_bill.yml": HEAD + steps, **_others()}
    return Dialogue(definitions=Definitions.from_bodies(bodies))


def _others() -> dict[str, str]:
    folder = ROOT / "data" / "journeys"
    return {name: (folder / name).read_text("utf-8") for name in ("_facts.yml", "_words.yml")}


# --- promises ----------------------------------------------------------------------------------


def promises(talk: Dialogue) -> list[dict[str, Any]]:
    return [each for each in talk.all_log if each.get("request") == "promise"]


def test_that_what_is_told_as_a_promise_goes_on_record_with_its_last_moment() -> None:
    talk = talking(
        """  - act: list_bills
    gives: [answer_by]
  - tell: utter_you_hear_from_us
    promise: {due: answer_by}
  - tell: utter_and_that_is_that
"""
    )
    talk.answers["action_list_bills"] = ok({"answer_by": "2026-12-07"})
    talk.say("pay", "pay_bill")
    attempt = talk.events("attempt.opened")[0]["attempt_id"]
    assert promises(talk) == [
        {
            "request": "promise",
            "response": "utter_you_hear_from_us",
            "due": "2026-12-07T22:59:59+00:00",
            "attempt_id": attempt,
        }
    ]


def test_that_a_promise_without_a_day_is_one_all_the_same() -> None:
    talk = talking("  - tell: utter_you_hear_from_us\n    promise: {}\n").say("pay", "pay_bill")
    assert [each["due"] for each in promises(talk)] == [None]


def test_that_only_what_is_told_can_be_a_promise() -> None:
    with pytest.raises(DefinitionError, match="promise"):
        talking("  - confirm: utter_pay\n    promise: {}\n  - act: pay_bill\n    changes: true\n")


def test_that_a_complaint_that_is_registered_is_a_promise_of_an_answer() -> None:
    definition = DEFINITIONS.named("make_complaint")
    told = definition.find("complaint_registered") if definition else None
    promise = told.promise if told else None
    assert promise is not None
    assert promise.due == "answer_by"


# --- which confirmation ------------------------------------------------------------------------


def test_that_the_confirmation_asked_again_is_the_one_that_fits() -> None:
    talk = talking(
        """  - act: list_bills
    gives: [model]
  - confirm: utter_confirm_small
    when: model = small
  - confirm: utter_confirm_big
    when: model = big
  - act: pay_bill
    inputs: [model]
    changes: true
    on_failure:
      gone: {learn: {model: big}, go: pay_bill}
"""
    )
    talk.answers["action_list_bills"] = ok({"model": "big"})
    talk.answers["action_pay_bill"] = [declined("gone"), ok()]
    talk.say("pay", "pay_bill")
    assert talk.said == ["utter_confirm_big"]
    talk.say("yes")
    assert talk.said == ["utter_confirm_big"]


# --- early yes and no --------------------------------------------------------------------------

ASKING = """  - act: list_bills
    gives: [wants_visit]
  - ask: utter_want_it
    fact: wants_visit
    when_yes: {tell: utter_then_yes, go: last}
    when_no: {tell: utter_then_no, end: not_achieved, reason: not_wanted}
  - tell: utter_between
  - tell: utter_last
    step: last
"""


@pytest.mark.parametrize(
    ("known", "said"), [(True, ["utter_then_yes", "utter_last"]), (False, ["utter_then_no"])]
)
def test_that_an_answer_known_already_leads_where_it_would_have_led(known: bool, said: list[str]) -> None:
    talk = talking(ASKING)
    talk.answers["action_list_bills"] = ok({"wants_visit": known})
    talk.say("pay", "pay_bill")
    assert talk.said == said


def test_that_an_answer_known_already_never_leads_round_in_circles() -> None:
    talk = talking(ASKING.replace("go: last", "go: list_bills"))
    talk.answers["action_list_bills"] = ok({"wants_visit": True})
    talk.say("pay", "pay_bill")
    assert talk.said == ["utter_between", "utter_last"]


# --- a fact under another name -----------------------------------------------------------------


def test_that_a_fact_collected_under_another_entitys_name_can_be_corrected() -> None:
    talk = talking(
        """  - collect: text
    entity: postcode
    ask: utter_where
  - confirm: utter_sure
  - act: pay_bill
    inputs: [text]
    changes: true
"""
    )
    talk.say("pay", "pay_bill").say("1234 AB", postcode="1234 AB")
    assert talk.said == ["utter_sure"]
    talk.say("no, 9999 ZZ", postcode="9999 ZZ")
    assert talk.said == ["utter_sure"]
    talk.say("yes")
    assert talk.runs[-1]["inputs"] == {"text": "9999 ZZ"}
