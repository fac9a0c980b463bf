"""Pay later or in parts: what is possible in days and money, a yes; whatever lies outside is for a person."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import (
    ANNA,
    ERROR,
    NOVEMBER,
    OCTOBER,
    PLANS,
    TIMEOUT,
    Dialogue,
    declined,
    event,
    ok,
)

PARTS_2 = PLANS[1]


def listed(**more: Any) -> dict[str, Any]:
    return ok(
        {
            "arrangement_block": "none",
            "arrangements": PLANS,
            "arrangement_meanings": [{"text": each["meaning"]} for each in PLANS[:-1]],
            "wished_in_time": False,
            **more,
        }
    )


def arranging(text: str = "I can't pay it all now", **more: Any) -> Dialogue:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [NOVEMBER], "open_bills": [NOVEMBER]})
    return talk.say(text, "arrange_payment", **more)


def test_that_one_bill_takes_one_question_and_a_yes() -> None:
    chat = arranging()
    assert chat.said == ["utter_ask_arrangement"]
    assert chat.args["utter_ask_arrangement"]["arrangement_meanings"][1] == {"text": PARTS_2["meaning"]}
    assert chat.titles == [each["title"] for each in PLANS]
    chat.press("In 2 parts")
    assert chat.said == ["utter_confirm_arrangement"]
    assert chat.args["utter_confirm_arrangement"]["arrangement_plan"] == PARTS_2["meaning"]
    assert "action_arrange_payment" not in chat.ran
    chat.say("yes")
    assert chat.ran == ["action_arrange_payment"]
    assert chat.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "bill_id": "b_11",
        "arrangement": "parts_2",
        "arrangement_parts": PARTS_2["parts"],
    }
    assert chat.runs[-1]["key"]
    assert chat.said == ["utter_payment_arranged"]
    assert chat.outcomes() == [("arrange_payment", "achieved", "system", None)]
    assert [each["value"] for each in chat.events("attempt.closed")] == [64.2]


def test_that_of_several_bills_one_is_chosen_first() -> None:
    chat = Dialogue().say("can I pay later", "arrange_payment")
    assert chat.said == ["utter_ask_bill_to_arrange"]
    chat.press(chat.titles[0])
    assert chat.runs[-1]["inputs"]["bill_id"] == OCTOBER["bill_id"]


@pytest.mark.parametrize(("words", "code"), [("2", "parts_2"), ("3", "parts_3"), ("the last one", None)])
def test_that_a_number_of_parts_means_those_parts(words: str, code: str | None) -> None:
    chat = arranging().say(words, **({"number": int(words)} if words.isdigit() else {}))
    chosen = [each["value"] for each in chat.events("fact.learned") if each["fact"] == "arrangement_plan"]
    wanted = [each["meaning"] for each in PLANS if each["arrangement"] == code]
    assert chosen == wanted


def test_that_a_day_named_early_is_looked_up_and_only_confirmed() -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [NOVEMBER], "open_bills": [NOVEMBER]})
    talk.say("can I pay on 8 December", "arrange_payment", date={"date": "2026-12-08"})
    assert talk.runs[-1]["inputs"]["date"] == {"date": "2026-12-08"}
    assert talk.said == ["utter_confirm_arrangement"]
    talk.say("yes")
    assert talk.runs[-1]["inputs"]["arrangement"] == "later_20261208"


def test_that_a_day_named_as_the_answer_is_looked_up_again() -> None:
    chat = arranging().say("on 24 December", date={"date": "2026-12-24"})
    assert chat.ran == ["action_list_arrangements"]
    assert chat.said == ["utter_confirm_arrangement"]
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["arrangement"] == "later_20261224"


def test_that_a_day_that_is_not_possible_is_said_so_and_asked_anew() -> None:
    chat = arranging().say("in March", date={"start": "2027-03-01", "end": "2027-03-31"})
    assert chat.said == ["utter_none_of_that", "utter_ask_arrangement"]
    assert len(chat.titles) == len(PLANS)


def test_that_a_day_before_the_due_date_needs_no_arrangement() -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [NOVEMBER], "open_bills": [NOVEMBER]})
    talk.answers["action_list_arrangements"] = listed(wished_in_time=True)
    talk.say("I get paid tomorrow", "arrange_payment", date={"date": "2026-11-23"})
    assert talk.said == ["utter_wished_in_time", "utter_ask_arrangement"]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        ("running", "utter_arranged_already"),
        ("broken", "utter_arranged_by_person"),
        ("too_late", "utter_arranged_by_person"),
    ],
)
def test_that_what_lies_outside_the_terms_is_for_a_person(block: str, told: str) -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [NOVEMBER], "open_bills": [NOVEMBER]})
    talk.answers["action_list_arrangements"] = ok({"arrangement_block": block}, code=block)
    talk.say("can I pay in parts", "arrange_payment")
    assert talk.said == [told, "utter_offer_person"]
    assert "action_arrange_payment" not in talk.ran
    talk.press("Talk to a person")
    assert [each["skill"] for each in talk.requests] == ["billing"]


def test_that_something_else_goes_to_a_person_at_once() -> None:
    chat = arranging().press("Something else")
    assert chat.said == ["utter_getting_person"]
    assert len(chat.requests) == 1
    assert chat.outcomes() == []


def test_that_who_needs_extra_care_is_offered_a_person_before_anything_else() -> None:
    talk = Dialogue()
    talk.customer = {**ANNA, "vulnerable": True}
    talk.say("I can't pay", "arrange_payment")
    assert (talk.said, talk.ran) == (["utter_arrange_with_person"], [])
    talk.say("no")
    assert talk.ran[0] == "action_list_bills"
    other = Dialogue()
    other.customer = {**ANNA, "vulnerable": True}
    other.say("I can't pay", "arrange_payment").say("yes")
    assert [each["priority"] for each in other.requests] == ["high"]


def test_that_with_nothing_to_pay_there_is_nothing_to_arrange() -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"bills": [], "open_bills": []})
    talk.say("can I pay later", "arrange_payment")
    assert talk.said == ["utter_nothing_to_arrange"]
    assert talk.outcomes() == [("arrange_payment", "not_achieved", "system", "nothing_to_pay")]


def test_that_a_no_at_the_confirmation_arranges_nothing_and_asks_anew() -> None:
    chat = arranging().press("In 3 parts").say("no")
    assert chat.said == ["utter_nothing_arranged", "utter_ask_arrangement"]
    chat.press("In 2 parts").say("yes")
    assert [each["inputs"]["arrangement"] for each in chat.runs if each["key"]] == ["parts_2"]


def test_that_another_day_at_the_confirmation_is_a_correction() -> None:
    chat = arranging().press("In 3 parts").say("rather on 8 December", "correct", date={"date": "2026-12-08"})
    assert chat.said[-1] == "utter_confirm_arrangement"
    assert "everything at once" in chat.args["utter_confirm_arrangement"]["arrangement_plan"].lower()
    chat.say("yes")
    assert [each["inputs"]["arrangement"] for each in chat.runs if each["key"]] == ["later_20261208"]


def test_that_what_is_no_longer_possible_is_said_and_looked_up_again() -> None:
    chat = arranging().press("In 2 parts")
    arranged = ok({"arrangement_id": "arr_1"}, event("payment.arranged", "b_11"))
    chat.answers["action_arrange_payment"] = [declined("not_possible"), arranged]
    chat.say("yes")
    assert chat.said == ["utter_arrangement_gone", "utter_ask_arrangement"]
    chat.press("By 8 December").say("yes")
    first, second = chat.keys("action_arrange_payment")
    assert first != second
    assert chat.outcomes() == [("arrange_payment", "achieved", "system", None)]


def test_that_one_confirmation_is_one_arrangement_through_doubt() -> None:
    chat = arranging().press("In 2 parts")
    arranged = ok({"arrangement_id": "arr_1"}, event("payment.arranged", "b_11"))
    chat.answers["action_arrange_payment"] = [TIMEOUT, arranged]
    chat.say("yes")
    assert chat.said == ["utter_in_doubt"]
    chat.press("Check again")
    first, second = chat.keys("action_arrange_payment")
    assert first == second
    assert chat.said == ["utter_payment_arranged"]


def test_that_two_failures_bring_a_person_and_no_success() -> None:
    chat = arranging().press("In 2 parts")
    chat.answers["action_arrange_payment"] = ERROR
    chat.say("yes").press("Try again")
    assert "Talk to a person" in chat.titles
    assert chat.outcomes() == []


def test_that_nobody_has_to_explain_why() -> None:
    chat = arranging().say("why do you need to know?", "why")
    assert chat.said[0] == "utter_why_arrangement"
    assert chat.awaiting["fact"] == "arrangement"


def test_that_stop_leaves_everything_as_it_is() -> None:
    chat = arranging().say("never mind", "stop")
    assert chat.outcomes() == [("arrange_payment", "abandoned", "none", "customer_stopped")]
    assert not [each for each in chat.runs if each["key"]]
