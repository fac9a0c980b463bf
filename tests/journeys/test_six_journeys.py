"""Every journey from the first word to its outcome, and where each may branch off."""

from __future__ import annotations

import pytest

from tests.journeys.dialogue import (
    BOX,
    BOX_TWO,
    CARD,
    ERROR,
    NOVEMBER,
    Dialogue,
    declined,
    ok,
)


def paying(talk: Dialogue) -> Dialogue:
    return talk.say("pay my bill", "pay_bill").say("the second one", ordinal=2).say("visa")


def test_that_a_bill_is_paid_after_choosing_it_the_way_and_a_yes() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    assert talk.said == ["utter_ask_bill_to_pay"]
    assert talk.titles == ["Saturday 3 October, €52.20", "Tuesday 3 November, €64.20"]
    talk.say("the second one", ordinal=2)
    assert talk.said == ["utter_ask_payment_method"]
    talk.say("visa")
    assert talk.said == ["utter_confirm_payment"]
    assert talk.args["utter_confirm_payment"]["method"] == CARD["label"]
    assert "action_pay_bill" not in talk.ran
    talk.say("yes")
    assert (talk.ran, talk.said) == (["action_pay_bill"], ["utter_bill_paid"])
    assert talk.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "bill_id": "b_11",
        "amount": NOVEMBER["amount"],
        "method_id": "m_card",
    }
    assert talk.outcomes() == [("pay_bill", "achieved", "system", None)]
    closed = talk.events("attempt.closed")[0]
    assert (closed["value"], closed["by"]) == (64.20, "self_service")
    assert closed["business_event"] == "evt_payment.captured_b_11"


def test_that_one_open_bill_and_one_card_are_not_asked_about() -> None:
    talk = Dialogue()
    talk.answers["action_list_bills"] = ok({"open_bills": [NOVEMBER]})
    talk.answers["action_list_payment_methods"] = ok({"payment_methods": [CARD]})
    assert talk.say("pay", "pay_bill").said == ["utter_confirm_payment"]


def test_that_a_declined_card_leads_to_another_way_and_a_second_decline_to_a_person() -> None:
    talk = paying(Dialogue())
    talk.answers["action_pay_bill"] = declined("card_declined")
    talk.say("yes")
    assert talk.said == ["utter_payment_declined", "utter_ask_payment_method"]
    talk.say("direct debit").say("yes")
    assert talk.said == ["utter_declined_person"]
    first, second = talk.keys("action_pay_bill")
    assert first != second, "another confirmation is another operation"
    talk.say("yes")
    assert [each["reason"] for each in talk.requests] == ["declined"]
    assert talk.requests[0]["skill"] == "billing"


def test_that_a_bill_paid_already_is_no_success_of_the_bot() -> None:
    talk = paying(Dialogue())
    talk.answers["action_pay_bill"] = declined("already_paid")
    talk.say("yes")
    assert talk.said == ["utter_already_paid"]
    assert talk.outcomes() == [("pay_bill", "unknown", "none", "already_paid")]


def test_that_no_to_the_payment_pays_nothing() -> None:
    talk = paying(Dialogue()).say("no", "deny")
    assert talk.said == ["utter_nothing_paid"]
    assert talk.outcomes() == [("pay_bill", "abandoned", "none", "customer_stopped")]
    assert not talk.keys("action_pay_bill")


@pytest.mark.parametrize(
    ("difference", "reasons", "told"),
    [
        ("12.00", [{"text": "One film"}], "utter_bill_higher"),
        ("12.00", [], "utter_bill_higher_unexplained"),
        ("-3.00", [], "utter_bill_lower"),
        ("0.00", [], "utter_bill_as_usual"),
    ],
)
def test_that_a_bill_is_explained_as_it_is(difference: str, reasons: list[dict[str, str]], told: str) -> None:
    talk = Dialogue()
    money = {"amount": difference, "currency": "EUR"}
    talk.answers["action_explain_bill"] = ok({**NOVEMBER, "difference": money, "reasons": reasons})
    talk.say("why so much", "understand_bill").say("1")
    assert talk.said == [told, "utter_did_that_help"]
    assert talk.outcomes() == []
    talk.say("yes")
    assert talk.outcomes() == [("understand_bill", "achieved", "customer", None)]


def test_that_an_explanation_that_did_not_help_is_a_failure_and_offers_a_person() -> None:
    talk = Dialogue().say("why so much", "understand_bill").say("1").say("no", "deny")
    assert talk.outcomes() == [("understand_bill", "not_achieved", "customer", "did_not_help")]
    assert talk.said == ["utter_sorry_it_did_not_help", "utter_offer_person"]
    talk.press("Talk to a person")
    assert talk.requests[0]["attempt_id"] == talk.events("attempt.opened")[0]["attempt_id"]


def test_that_thanks_are_no_evidence() -> None:
    talk = Dialogue().say("why so much", "understand_bill").say("1").say("thanks", "thank")
    assert talk.said == ["utter_thank"]
    assert talk.outcomes() == []


def test_that_a_box_fixed_by_a_restart_is_achieved_by_the_customers_word() -> None:
    talk = Dialogue().say("my box is broken", "fix_tv_box")
    assert talk.said == ["utter_confirm_restart"]
    talk.say("yes").say("it works, yes", "affirm")
    assert talk.outcomes() == [("fix_tv_box", "achieved", "customer", "restart_helped")]
    assert "action_test_signal" not in [run["action"] for run in talk.runs]


def test_that_a_box_that_stays_broken_ends_in_a_booked_visit() -> None:
    talk = Dialogue().say("my box is broken", "fix_tv_box").say("yes").say("still broken")
    assert talk.said == ["utter_signal_weak", "utter_ask_wants_visit"]
    talk.say("yes")
    assert len(talk.titles) == 3
    talk.say("2").say("yes")
    assert talk.runs[-1]["inputs"]["slot_id"] == "s_2"
    assert talk.outcomes() == [("fix_tv_box", "achieved", "system", "visit_booked")]


def test_that_what_was_tried_before_is_not_tried_again() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box", context={"tried": ["restart_box"]})
    assert "action_restart_box" not in talk.ran
    assert talk.ran[-2:] == ["action_test_signal", "action_list_visits"]
    assert talk.said == ["utter_signal_weak", "utter_ask_wants_visit"]


def test_that_a_restart_of_one_box_is_no_restart_of_the_other() -> None:
    talk = Dialogue()
    talk.answers["action_list_equipment"] = ok({"equipment": [BOX, BOX_TWO]})
    talk.say("box broken", "fix_tv_box").say("1").say("yes").say("yes")
    talk.say("the other box too", "fix_tv_box").say("2")
    assert talk.said == ["utter_confirm_restart"]
    subjects = [each["subject"] for each in talk.events("attempt.subject_found")]
    assert subjects == ["eq_1", "eq_2"]
    assert len({each["attempt_id"] for each in talk.events("attempt.opened")}) == 2


def test_that_a_visit_is_moved_to_the_time_named_at_the_start() -> None:
    talk = Dialogue().say(
        "move my visit to friday afternoon",
        "move_visit",
        date={"date": "2026-11-27"},
        time_window={"start": "12:00", "end": "18:00"},
    )
    assert talk.said == ["utter_confirm_move"]
    talk.say("yes")
    assert talk.runs[-1]["inputs"] == {"customer_id": "cus_anna", "visit_id": "v_1", "slot_id": "s_3"}
    assert talk.outcomes() == [("move_visit", "achieved", "system", None)]


def test_that_a_slot_taken_meanwhile_is_followed_by_those_still_free() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("1")
    talk.answers["action_move_visit"] = [declined("slot_taken"), ok({})]
    talk.say("yes")
    assert talk.said == ["utter_slot_taken", "utter_ask_new_time"]
    talk.say("3").say("yes")
    assert talk.said == ["utter_visit_moved"]


def test_that_nothing_to_move_is_said_and_recorded() -> None:
    talk = Dialogue()
    talk.answers["action_list_visits"] = ok({"visits": []})
    talk.say("move my visit", "move_visit")
    assert talk.said == ["utter_no_visit"]
    assert talk.outcomes() == [("move_visit", "not_achieved", "system", "nothing_to_move")]


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("under_way", "utter_order_under_way"),
        ("packed", "utter_order_planned"),
        ("delivered", "utter_order_delivered"),
        ("cancelled", "utter_order_cancelled"),
    ],
)
def test_that_an_order_is_told_as_it_stands(status: str, told: str) -> None:
    talk = Dialogue()
    answer = talk.answers["action_track_order"]
    talk.answers["action_track_order"] = {**answer, "outputs": {**answer["outputs"], "status": status}}
    talk.say("where is ORD-77", "track_order", order_number="ORD-77")
    assert talk.said == [told, "utter_did_that_help"]


def test_that_a_delayed_order_without_a_time_says_so() -> None:
    talk = Dialogue()
    talk.answers["action_track_order"] = ok(
        {"status": "delayed", "carrier": "PostNL", "delivery_window": None}
    )
    talk.say("where is my order", "track_order", order_number="ORD-77")
    assert talk.said[0] == "utter_order_delayed_no_time"


def test_that_an_error_is_told_plainly_tried_again_and_then_a_person_is_offered() -> None:
    talk = Dialogue()
    talk.answers["action_list_orders"] = ERROR
    talk.say("where is my order", "track_order")
    assert talk.said == ["utter_action_failed"]
    assert talk.titles == ["Try again", "Talk to a person"]
    talk.press("Try again")
    assert talk.said == ["utter_failed_person"]
    talk.say("no", "deny")
    assert talk.outcomes() == [("track_order", "abandoned", "none", "action_failed")]


def test_that_who_wants_no_person_after_the_system_refused_was_refused_by_the_system() -> None:
    talk = Dialogue()
    talk.answers["action_list_orders"] = declined("not_now")
    talk.say("where is my order", "track_order")
    talk.say("no", "deny")
    [(intent, outcome, evidence, _)] = talk.outcomes()
    assert (intent, outcome, evidence) == ("track_order", "not_achieved", "system")


# --- who it is ---------------------------------------------------------------------------------


def test_that_who_is_not_signed_in_proves_it_first_and_the_code_is_kept_nowhere() -> None:
    talk = Dialogue(signed_in=False).say("pay my bill", "pay_bill")
    assert (talk.said, talk.ran) == (["utter_ask_account_number"], [])
    talk.say("it's 441100", account_number="441100")
    assert talk.said == ["utter_ask_one_time_code"]
    assert talk.awaiting["secret"] is True
    talk.say("908172", one_time_code="908172")
    assert talk.said == ["utter_identity_verified", "utter_ask_bill_to_pay"]
    verified = talk.events("identity.verified")[0]
    assert (verified["customer_id"], verified["method"]) == ("cus_anna", "one_time_code")
    assert "908172" not in str(talk.all_log)
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["pay_bill"]
    assert "908172" not in str(talk.state)


def test_that_an_account_number_said_at_the_start_is_not_asked_for() -> None:
    talk = Dialogue(signed_in=False).say("pay, account 441100", "pay_bill", account_number="441100")
    assert (talk.ran, talk.said) == (["action_send_code"], ["utter_ask_one_time_code"])


def test_that_three_wrong_codes_lead_to_a_person() -> None:
    talk = Dialogue(signed_in=False).say("pay", "pay_bill", account_number="441100")
    talk.answers["action_verify_code"] = declined("code_wrong")
    for _ in range(2):
        talk.say("111111", one_time_code="111111")
        assert talk.said == ["utter_code_wrong", "utter_ask_one_time_code"]
    talk.say("111111", one_time_code="111111")
    assert talk.said == ["utter_declined_person"]
    talk.say("no", "deny")
    assert talk.outcomes() == [("pay_bill", "not_achieved", "system", "declined")]
    assert (talk.state or {})["stack"] == []


def test_that_one_proof_serves_the_next_journey_too() -> None:
    talk = Dialogue(signed_in=False).say("pay", "pay_bill", account_number="441100")
    talk.say("908172", one_time_code="908172").say("stop", "stop")
    assert talk.say("where is my order", "track_order").said == ["utter_ask_order"]


def test_that_a_code_that_could_not_be_checked_is_asked_for_again() -> None:
    talk = Dialogue(signed_in=False).say("pay", "pay_bill", account_number="441100")
    talk.answers["action_verify_code"] = [ERROR, talk.answers["action_verify_code"]]
    talk.say("908172", one_time_code="908172").press("Try again")
    assert talk.said == ["utter_ask_one_time_code"]
    talk.say("908172", one_time_code="908172")
    assert talk.said == ["utter_identity_verified", "utter_ask_bill_to_pay"]
