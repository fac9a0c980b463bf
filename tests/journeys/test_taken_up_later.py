"""A journey left and taken up later: offered once, looked up anew, what changed said first."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.journeys.resuming import left_in
from tests.journeys.dialogue import AT, NOVEMBER, OCTOBER, SLOTS, Dialogue, eur, ok, window
from tests.journeys.walk import JOURNEYS, Walk, points_of


def left(talk: Dialogue, *, at: str = "2026-11-20T10:00:00+00:00", elsewhere: bool = True) -> dict[str, Any]:
    """What the channel finds of the journey that this dialogue was left in."""
    attempt_id = talk.events("attempt.opened")[0]["attempt_id"]
    where = "c_0" if elsewhere else None
    found = left_in(talk.state, talk.definitions, attempt_id, at=at, conversation_id=where)
    assert found is not None
    return {**found, "journey_id": "j_1"}


def moving() -> Dialogue:
    """Left at the confirmation of Friday morning."""
    return Dialogue().say("move my visit", "move_visit").say("2")


def back(talk: Dialogue, text: str = "hello", intent: str | None = "greet", **more: Any) -> Dialogue:
    """The customer in a new contact."""
    again = Dialogue()
    again.answers = dict(more.pop("answers", again.answers))
    return again.say(text, intent, context={"left": left(talk)}, **more)


def test_that_a_returning_customer_is_offered_to_go_on_and_only_greeted_before() -> None:
    talk = back(moving())
    assert talk.said == ["utter_greet_back", "utter_offer_take_up"]
    assert talk.args["utter_offer_take_up"]["journey"] == "Move my engineer visit"
    assert talk.events("attempt.opened") == []
    offered = [each for each in talk.log if each.get("request") == "resume_offered"]
    assert [each["conversation_id"] for each in offered] == ["c_0"]


def test_that_a_yes_looks_everything_up_again_and_asks_for_the_confirmation_anew() -> None:
    talk = back(moving()).say("yes", "affirm")
    assert talk.ran == ["action_list_visits", "action_list_slots"]
    assert talk.said == ["utter_taking_up", "utter_confirm_move"]
    talk.say("yes", "affirm")
    assert talk.runs[-1]["inputs"]["slot_id"] == "s_2"
    assert talk.outcomes() == [("move_visit", "achieved", "system", None)]


def test_that_a_confirmation_given_before_does_not_count() -> None:
    earlier = Dialogue().say("pay", "pay_bill").say("1").say("visa")
    earlier.answers["action_pay_bill"] = {"result": "error", "code": "fault"}
    earlier.say("yes")
    talk = back(earlier).say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_confirm_payment"]
    assert "action_pay_bill" not in talk.ran


def test_that_the_new_attempt_says_what_it_takes_up() -> None:
    earlier = moving()
    talk = back(earlier).say("yes", "affirm")
    [resumed] = talk.events("attempt.resumed")
    assert resumed["attempt_id"] == talk.events("attempt.opened")[0]["attempt_id"]
    assert resumed["resumed_from"] == earlier.events("attempt.opened")[0]["attempt_id"]
    assert (resumed["journey_id"], resumed["resumed_conversation_id"]) == ("j_1", "c_0")


def test_that_a_chosen_time_that_is_gone_is_said_and_asked_anew() -> None:
    answers = {**Dialogue().answers, "action_list_slots": ok({"slots": [SLOTS[0], SLOTS[2]]})}
    talk = back(moving(), answers=answers).say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_no_longer_there", "utter_ask_new_time"]
    talk.say("1")
    assert talk.said == ["utter_confirm_move"]


def test_that_an_amount_that_changed_meanwhile_is_said_first() -> None:
    earlier = Dialogue().say("pay", "pay_bill").say("1")
    dearer = {**OCTOBER, "amount": eur("57.20")}
    talk = back(
        earlier, answers={**earlier.answers, "action_list_bills": ok({"open_bills": [dearer, NOVEMBER]})}
    )
    talk.say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_changed_meanwhile", "utter_ask_payment_method"]
    changed = talk.args["utter_changed_meanwhile"]
    assert (changed["was"], changed["now"]) == (eur("52.20"), eur("57.20"))


def test_that_a_visit_moved_meanwhile_is_said_first() -> None:
    elsewhere = {"visit_id": "v_1", "kind": "repair", "window": window("2026-11-30", "08:00", "12:00")}
    answers = {**Dialogue().answers, "action_list_visits": ok({"visits": [elsewhere]})}
    talk = back(moving(), answers=answers).say("yes", "affirm")
    assert talk.said[:2] == ["utter_taking_up", "utter_changed_meanwhile"]


def test_that_a_bill_paid_meanwhile_is_no_longer_there_to_pay() -> None:
    earlier = Dialogue().say("pay", "pay_bill").say("1")
    talk = back(earlier, answers={**earlier.answers, "action_list_bills": ok({"open_bills": []})})
    talk.say("yes", "affirm")
    assert "utter_nothing_to_pay" in talk.said


def test_that_a_no_is_a_no_and_nothing_is_opened() -> None:
    talk = back(moving()).say("no", "deny")
    assert talk.said == ["utter_how_can_i_help"]
    assert talk.events("attempt.opened") == []
    assert talk.say("hello", "greet").not_ours


def test_that_another_clear_wish_goes_first_and_the_offer_comes_after_it() -> None:
    talk = back(moving(), "where is my order", "track_order")
    assert talk.said == ["utter_ask_order"]
    talk.say("1")
    assert talk.said[-1] == "utter_did_that_help"
    talk.say("yes", "affirm")
    assert talk.said == ["utter_glad", "utter_offer_take_up"]


def test_that_the_same_wish_is_one_attempt_whether_it_goes_on_or_begins_anew() -> None:
    talk = back(moving(), "move my visit", "move_visit")
    assert talk.said == ["utter_offer_take_up"]
    assert len(talk.events("attempt.opened")) == 1
    anew = back(moving(), "move my visit", "move_visit").say("no", "deny")
    assert anew.said == ["utter_ask_new_time"]
    assert len(anew.events("attempt.opened")) == 1
    assert anew.events("attempt.resumed") == []
    talk.say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_confirm_move"]
    assert len(talk.events("attempt.opened")) == 1


def test_that_a_person_asked_for_comes_without_an_offer() -> None:
    talk = back(moving(), "a person", "talk_to_person")
    assert talk.said == ["utter_getting_person"]


def test_that_words_not_understood_lead_to_the_offer_and_are_on_record() -> None:
    talk = back(moving(), "it's me again", None)
    assert talk.said == ["utter_offer_take_up"]
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["unknown"]


def test_that_an_offer_passed_over_is_not_made_again() -> None:
    talk = back(moving()).say("where is my order", "track_order").say("1").say("yes", "affirm")
    assert talk.said == ["utter_glad"]


@pytest.mark.parametrize(
    ("at", "offered"), [("2026-11-09T10:00:00+00:00", True), ("2026-11-01T10:00:00+00:00", False)]
)
def test_that_the_offer_is_made_only_as_long_as_the_journey_may_be_taken_up(at: str, offered: bool) -> None:
    found = left(moving(), at=at)
    talk = Dialogue().say("hello", "greet", context={"left": found})
    assert ("utter_offer_take_up" in talk.said) is offered


def test_that_what_is_in_doubt_is_not_taken_up_elsewhere() -> None:
    talk = Dialogue().say("pay", "pay_bill").say("1").say("visa")
    talk.answers["action_pay_bill"] = {"result": "timeout", "code": "in_doubt"}
    talk.say("yes")
    attempt_id = talk.events("attempt.opened")[0]["attempt_id"]
    assert left_in(talk.state, talk.definitions, attempt_id, at=AT, conversation_id="c_0") is None


# --- in the same conversation ------------------------------------------------------------------


def gone_quiet(talk: Dialogue) -> dict[str, Any]:
    attempts = [each["attempt_id"] for each in talk.events("attempt.opened")]
    return {"gone_quiet": {"attempts": attempts, "at": "2026-11-22T20:00:00+00:00"}}


def test_that_whoever_left_for_long_is_asked_whether_to_go_on_in_the_same_attempt() -> None:
    talk = moving()
    talk.say("yes", "affirm", context=gone_quiet(talk))
    assert talk.said == ["utter_offer_take_up"]
    assert "action_move_visit" not in talk.ran
    talk.say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_confirm_move"]
    talk.say("yes", "affirm")
    assert talk.said == ["utter_visit_moved"]
    assert len(talk.events("attempt.opened")) == 1


def test_that_whoever_proved_themselves_by_a_code_does_so_again() -> None:
    talk = Dialogue(signed_in=False).say("pay", "pay_bill", account_number="441100")
    talk.say("123456", one_time_code="123456")
    assert talk.said[-1] == "utter_ask_bill_to_pay"
    talk.say("hello again", "greet", context=gone_quiet(talk))
    assert talk.said == ["utter_greet_back", "utter_offer_take_up"]
    talk.say("yes", "affirm")
    assert talk.said == ["utter_taking_up", "utter_ask_one_time_code"]
    assert "action_list_bills" not in talk.ran


# --- every journey -----------------------------------------------------------------------------


@pytest.mark.parametrize("journey", JOURNEYS)
def test_that_every_journey_can_be_taken_up_at_every_question_without_asking_what_is_known(
    journey: str,
) -> None:
    for point in points_of(journey):
        earlier = point.walk
        if earlier.awaiting["kind"] not in {"collect", "choose", "confirm"}:
            continue
        attempt_id = earlier.events("attempt.opened")[0]["attempt_id"]
        found = left_in(earlier.state, earlier.definitions, attempt_id, at=AT, conversation_id="c_0")
        if found is None:
            continue
        walk = Walk(overlay=earlier.overlay)
        walk.say("hello", "greet", context={"left": found}).say("yes", "affirm")
        changed = walk.changes()
        assert changed == [], "something was changed that nobody confirmed in this contact"
        known = set(found["answers"])
        assert walk.awaiting.get("fact") not in known, f"{walk.awaiting.get('fact')} is known"
        assert len(walk.events("attempt.opened")) == 1
        walk.finish()
