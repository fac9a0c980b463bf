"""Cancel a visit: at the price that was said, after a yes; another time where that is the trouble."""

from __future__ import annotations

from typing import Any

from tests.journeys.dialogue import SLOTS, TIMEOUT, Dialogue, declined, event, ok, window

FIRST = {
    "visit_id": "v_1",
    "window": window("2026-11-26", "08:00", "10:00"),
    "cancel_fee": "0.00",
    "free_until": "2026-11-25T12:00:00+01:00",
    "currency": "EUR",
}
SECOND = {**FIRST, "visit_id": "v_2", "window": window("2026-11-30", "13:00", "15:00")}
LATE = {**FIRST, "cancel_fee": "25.00"}
CANCELLED = ok({"visit_id": "v_1"}, event("visit.cancelled", "v_1"))


def cancelling(
    *visits: dict[str, Any], hint: str | None = None, words: str = "cancel the engineer", **said: Any
) -> Dialogue:
    talk = Dialogue()
    listed = {"visits": list(visits), **({"cancel_hint": hint} if hint else {})}
    talk.answers |= {"action_list_visits_to_cancel": ok(listed), "action_cancel_visit": CANCELLED}
    return talk.say(words, "cancel_visit", **said)


def test_that_one_visit_is_cancelled_after_one_yes() -> None:
    talk = cancelling(FIRST)
    assert talk.runs[0]["inputs"]["words"] == "cancel the engineer"
    assert talk.said == ["utter_confirm_cancel"]
    talk.say("yes")
    assert talk.said == ["utter_visit_cancelled"]
    fee = {"amount": "0.00", "currency": "EUR"}
    assert talk.runs[-1]["inputs"] == {"customer_id": "cus_anna", "visit_id": "v_1", "cancel_fee": fee}
    assert talk.outcomes() == [("cancel_visit", "achieved", "system", None)]


def test_that_of_two_visits_the_customer_says_which_or_by_its_day() -> None:
    talk = cancelling(FIRST, SECOND)
    assert talk.said == ["utter_ask_visit_to_cancel"]
    talk.say("the second one", ordinal=2)
    assert talk.said == ["utter_confirm_cancel"]
    assert talk.args["utter_confirm_cancel"]["old_window"] == SECOND["window"]
    by_day = cancelling(FIRST, SECOND, date={"date": "2026-11-30"})
    assert by_day.args["utter_confirm_cancel"]["old_window"] == SECOND["window"]


def test_that_a_late_cancellation_says_its_price_before_the_yes_and_the_company_is_held_to_it() -> None:
    talk = cancelling(LATE)
    assert talk.said == ["utter_cancel_costs", "utter_confirm_cancel"]
    assert talk.args["utter_cancel_costs"]["cancel_fee"]["amount"] == "25.00"
    talk.say("yes")
    assert talk.runs[-1]["inputs"]["cancel_fee"]["amount"] == "25.00"


def test_that_a_price_that_rose_meanwhile_is_said_and_agreed_to_anew() -> None:
    talk = cancelling(FIRST)
    talk.answers["action_cancel_visit"] = [declined("fee_changed"), CANCELLED]
    talk.answers["action_list_visits_to_cancel"] = ok({"visits": [LATE]})
    talk.say("yes")
    assert talk.said == ["utter_cancel_fee_changed", "utter_cancel_costs", "utter_confirm_cancel"]
    talk.say("yes")
    first, second = talk.keys("action_cancel_visit")
    assert first != second
    assert talk.outcomes() == [("cancel_visit", "achieved", "system", None)]


def test_that_another_time_is_offered_once_and_only_to_whom_the_time_does_not_suit() -> None:
    assert cancelling(FIRST, hint="not_needed").said == ["utter_confirm_cancel"]
    assert cancelling(LATE, hint="cannot_make_it").said == ["utter_cancel_costs", "utter_confirm_cancel"]
    talk = cancelling(FIRST, hint="cannot_make_it", date={"date": "2026-11-26"})
    assert talk.said == ["utter_rather_another_time"]
    talk.say("no")
    assert talk.said == ["utter_confirm_cancel"]
    assert talk.say("yes").outcomes() == [("cancel_visit", "achieved", "system", None)]


def test_that_whoever_rather_has_another_time_gets_it_without_starting_over() -> None:
    talk = cancelling(FIRST, hint="cannot_make_it", date={"date": "2026-11-26"}).say("yes")
    assert talk.said == ["utter_ask_new_time"]
    assert len(talk.titles) == len(SLOTS), "the day that does not suit is no wish"
    talk.say("2").say("yes")
    assert talk.said == ["utter_visit_moved"]
    assert "action_cancel_visit" not in [each["action"] for each in talk.runs]
    assert talk.outcomes() == [("cancel_visit", "achieved", "system", None)]


def test_that_a_no_changes_nothing() -> None:
    talk = cancelling(FIRST).say("no", "deny")
    assert talk.said == ["utter_visit_stays"]
    assert talk.outcomes() == [("cancel_visit", "abandoned", "none", "customer_stopped")]
    assert not talk.keys("action_cancel_visit")


def test_that_the_other_visit_can_be_named_at_the_confirmation() -> None:
    talk = cancelling(FIRST, SECOND).say("1").say("no, the other one", "correct")
    assert talk.said[-1] == "utter_confirm_cancel"
    talk.say("yes")
    assert talk.runs[-1]["inputs"]["visit_id"] == "v_2"


def test_that_nothing_to_cancel_is_said_and_recorded() -> None:
    talk = cancelling()
    assert talk.said == ["utter_no_visit_to_cancel"]
    assert talk.outcomes() == [("cancel_visit", "not_achieved", "system", "nothing_to_cancel")]


def test_that_a_visit_that_has_begun_goes_to_a_person() -> None:
    talk = cancelling(FIRST)
    talk.answers["action_cancel_visit"] = declined("not_cancellable")
    talk.say("yes")
    assert talk.said[0] == "utter_not_cancellable"
    assert "Talk to a person" in talk.titles


def test_that_one_confirmation_is_one_cancellation_through_doubt() -> None:
    talk = cancelling(FIRST)
    talk.answers["action_cancel_visit"] = [TIMEOUT, CANCELLED]
    talk.say("yes").press("Check again")
    first, second = talk.keys("action_cancel_visit")
    assert first == second
    assert talk.outcomes() == [("cancel_visit", "achieved", "system", None)]
