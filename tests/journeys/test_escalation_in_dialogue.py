"""A person is offered for every reason there is, once, kindly, and the journey goes on after a no."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import ANNA, DEFINITIONS, ERROR, TIMEOUT, Dialogue, declined, ok

ANGRY = "this is ridiculous, you idiots!!"
FRAIL = {**ANNA, "vulnerable": True}


def at_confirmation(talk: Dialogue) -> Dialogue:
    talk.say("pay my bill", "pay_bill").say("1").say("visa")
    assert talk.said == ["utter_confirm_payment"]
    return talk


def back(talk: Dialogue, **more: Any) -> dict[str, Any]:
    """The context of a turn in which the earlier attempt is known."""
    attempt_id = talk.events("attempt.opened")[0]["attempt_id"]
    came_back = {"attempt_id": attempt_id, "intent": "fix_tv_box", "outcome": "not_achieved", "at": ""}
    return {"came_back": came_back, **more}


def decided(talk: Dialogue) -> tuple[str, str, dict[str, Any]]:
    request = talk.requests[-1]
    return request["reason"], request["trigger"], request["decided_on"]


# --- on record -----------------------------------------------------------------------------------


def test_that_a_wish_for_a_person_says_so_on_record() -> None:
    talk = at_confirmation(Dialogue()).say("agent", "talk_to_person")
    assert decided(talk) == ("customer_asked", "customer", {"asked_for_person": True})


def test_that_not_being_understood_says_how_often() -> None:
    talk = Dialogue().say("blargh").say("blorgh").say("yes")
    facts = {"not_understood_in_a_row": 2, "not_understood_in_all": 2, "limit": 2}
    assert decided(talk) == ("not_understood", "bot", facts)


def test_that_failures_say_how_many_and_how_many_were_declined() -> None:
    talk = at_confirmation(Dialogue())
    talk.answers["action_pay_bill"] = [declined("card_declined"), ERROR]
    talk.say("yes").say("visa").say("yes")
    assert talk.said == ["utter_failed_person"]
    talk.say("yes")
    assert decided(talk) == ("action_failed", "bot", {"failures": 2, "declined": 1, "limit": 2})


def test_that_a_person_chosen_after_one_failure_was_asked_for() -> None:
    talk = Dialogue()
    talk.answers["action_list_orders"] = ERROR
    talk.say("where is my order", "track_order").press("Talk to a person")
    assert decided(talk) == ("customer_asked", "customer", {"asked_for_person": True, "failures": 1})


def test_that_a_definition_that_offers_a_person_is_named_as_the_reason() -> None:
    talk = Dialogue()
    talk.answers["action_list_equipment"] = ok({"equipment": []})
    talk.say("box broken", "fix_tv_box").say("yes")
    assert decided(talk) == ("policy", "policy", {"definition_says_so": "policy"})


# --- anger ---------------------------------------------------------------------------------------


def test_that_an_angry_wish_is_met_with_a_person_first_and_goes_on_after_a_no() -> None:
    talk = Dialogue().say(f"pay my bill, {ANGRY}", "pay_bill")
    assert (talk.said, talk.ran) == (["utter_upset_person"], [])
    talk.say("no thanks", "deny")
    assert talk.said == ["utter_no_person_then", "utter_ask_bill_to_pay"]
    assert talk.requests == []


def test_that_an_angry_customer_who_says_yes_gets_the_person_for_that_reason() -> None:
    talk = Dialogue().say(f"pay my bill, {ANGRY}", "pay_bill").say("yes")
    assert decided(talk) == ("distress", "policy", {"distressed": True})
    assert talk.requests[0]["skill"] == "billing"
    assert talk.outcomes() == []


def test_that_anger_is_answered_once_in_a_conversation() -> None:
    talk = Dialogue().say(ANGRY, "pay_bill").say("no", "deny")
    talk.say(f"1 {ANGRY}")
    assert "utter_upset_person" not in talk.said


def test_that_an_offer_passed_over_is_not_insisted_on() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say(f"hmm, {ANGRY}")
    assert talk.said == ["utter_upset_person"]
    talk.say("1")
    assert talk.said == ["utter_ask_payment_method"]
    assert talk.requests == []


def test_that_a_question_interrupted_by_anger_is_asked_again_after_a_no() -> None:
    talk = at_confirmation(Dialogue()).say(f"why? {ANGRY}", "why")
    assert talk.said == ["utter_why_confirm", "utter_upset_person"]
    talk.press("No, thanks")
    assert talk.said == ["utter_no_person_then", "utter_confirm_payment"]
    talk.say("yes")
    assert talk.ran == ["action_pay_bill"]


def test_that_nothing_comes_between_a_yes_and_what_it_was_for() -> None:
    talk = at_confirmation(Dialogue()).say(f"YES pay it, {ANGRY}", "affirm")
    assert (talk.ran, talk.said) == (["action_pay_bill"], ["utter_bill_paid"])


def test_that_an_insult_is_no_small_talk() -> None:
    talk = Dialogue().say(f"stupid bot, {ANGRY}", "small_talk")
    assert talk.not_ours is False
    assert talk.said == ["utter_upset_person"]
    talk.say("yes")
    assert talk.requests[0]["reason"] == "distress"
    assert talk.events("attempt.opened")[0]["intent"] == "talk_to_person"


def test_that_calm_small_talk_is_still_left_to_rasa() -> None:
    assert Dialogue().say("how are you", "small_talk").not_ours


def test_that_who_asks_for_a_person_in_anger_is_not_offered_one_afterwards() -> None:
    talk = Dialogue().say(f"agent, {ANGRY}", "talk_to_person")
    assert talk.said == ["utter_getting_person"]
    assert decided(talk) == ("customer_asked", "customer", {"asked_for_person": True, "distressed": True})
    talk.say(f"well {ANGRY}", "pay_bill")
    assert "utter_upset_person" not in talk.said


# --- extra care ----------------------------------------------------------------------------------


def test_that_a_vulnerable_customer_is_offered_a_person_at_the_first_failure_and_may_go_on() -> None:
    talk = Dialogue()
    talk.customer = FRAIL
    good = talk.answers["action_list_orders"]
    talk.answers["action_list_orders"] = [ERROR, good]
    talk.say("where is my order", "track_order")
    assert talk.said == ["utter_failed_once_person"]
    talk.press("Try again")
    assert talk.said == ["utter_no_person_then", "utter_ask_order"]


def test_that_a_vulnerable_customers_handoff_is_urgent_enough() -> None:
    talk = Dialogue()
    talk.customer = FRAIL
    talk.answers["action_list_orders"] = ERROR
    talk.say("where is my order", "track_order").say("yes")
    assert talk.requests[0]["priority"] == "high"
    assert decided(talk) == ("action_failed", "bot", {"failures": 1, "vulnerable": True, "limit": 1})
    assert at_confirmation(Dialogue()).say("agent", "talk_to_person").requests[0]["priority"] == "normal"


def test_that_a_first_decline_is_still_explained_to_a_vulnerable_customer() -> None:
    talk = Dialogue()
    talk.customer = FRAIL
    at_confirmation(talk)
    talk.answers["action_pay_bill"] = declined("card_declined")
    talk.say("yes")
    assert talk.said == ["utter_payment_declined", "utter_offer_person"]
    talk.say("no", "deny")
    assert talk.said == ["utter_no_person_then", "utter_ask_payment_method"]
    talk.say("direct debit").say("yes")
    assert talk.said == ["utter_declined_person"]


def test_that_a_doubt_of_a_vulnerable_customer_is_checked_under_the_same_key() -> None:
    talk = Dialogue()
    talk.customer = FRAIL
    at_confirmation(talk)
    talk.answers["action_pay_bill"] = TIMEOUT
    talk.say("yes")
    assert talk.said == ["utter_in_doubt_person"]
    talk.press("Check again")
    first, second = talk.keys("action_pay_bill")
    assert first == second


def test_that_a_change_that_failed_is_not_tried_again_after_a_person_was_called_unless_asked_for() -> None:
    talk = Dialogue()
    talk.customer = FRAIL
    at_confirmation(talk)
    talk.answers["action_pay_bill"] = ERROR
    talk.say("yes").press("Talk to a person").say("ok then")
    assert (talk.ran, talk.said) == ([], ["utter_offer_resume"])
    talk.say("yes")
    assert talk.ran == ["action_pay_bill"]


# --- the same matter again -----------------------------------------------------------------------


def test_that_who_comes_back_after_a_failure_is_offered_a_person_once() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box")
    talk.say("hmm", context=back(talk))
    assert talk.said == ["utter_came_back_person"]
    talk.say("no", "deny", context=back(talk))
    assert talk.said[0] == "utter_no_person_then"
    talk.say("still broken", context=back(talk))
    assert "utter_came_back_person" not in talk.said


def test_that_a_person_taken_for_coming_back_is_on_record_as_that() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box")
    talk.say("is that so?", "repeat", context=back(talk)).say("yes")
    assert decided(talk) == ("came_back", "policy", {"came_back": True})
    assert talk.requests[0]["skill"] == "technical"


def test_that_what_was_tried_in_the_earlier_attempt_is_not_tried_again_after_a_no() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box")
    talk.say("hmm", context=back(talk, tried=["restart_box@eq_1"]))
    assert talk.said == ["utter_came_back_person"]
    talk.say("no", "deny")
    assert "action_restart_box" not in [each["action"] for each in talk.runs]
    assert talk.said == ["utter_no_person_then", "utter_signal_weak", "utter_ask_wants_visit"]


def test_that_a_yes_to_what_was_tried_before_does_not_do_it_again() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box")
    talk.say("yes", context=back(talk, tried=["restart_box@eq_1"]))
    assert talk.said == ["utter_came_back_person"]
    talk.say("go on")
    assert "action_restart_box" not in [each["action"] for each in talk.runs]
    assert talk.said == ["utter_signal_weak", "utter_ask_wants_visit"]


def test_that_an_earlier_failure_at_another_matter_is_not_brought_up() -> None:
    talk = Dialogue().say("where is my order", "track_order").say("1").say("yes")
    known = back(talk)
    talk.say("box broken", "fix_tv_box", context=known)
    assert talk.said == ["utter_confirm_restart"]


# --- stuck ---------------------------------------------------------------------------------------


def test_that_a_question_asked_too_often_without_getting_on_offers_a_person() -> None:
    talk = at_confirmation(Dialogue().say("hello", "greet"))
    for _ in range(3):
        talk.say("no, the other one", "correct")
        assert talk.said == ["utter_confirm_payment"]
    talk.say("no, the other one", "correct")
    assert talk.said == ["utter_offer_person"]
    talk.say("no", "deny")
    assert talk.said == ["utter_confirm_payment"]
    assert talk.say("yes").ran == ["action_pay_bill"]


def test_that_getting_on_is_not_being_stuck() -> None:
    talk = Dialogue()
    for _ in range(6):
        talk.say("pay my bill", "pay_bill").say("1").say("visa").say("no", "deny")
        assert talk.said == ["utter_nothing_paid"]
    assert talk.requests == []


# --- what a step sets itself ---------------------------------------------------------------------


@pytest.mark.parametrize("journey", [each.journey for each in DEFINITIONS.all])
def test_that_no_definition_repeats_the_general_thresholds(journey: str) -> None:
    definition = DEFINITIONS.named(journey)
    assert definition is not None
    for step in definition.steps:
        assert step.retries != 1, "that is what data/handoff.yml says anyway"
        assert step.failures != 2, "that is what data/handoff.yml says anyway"
