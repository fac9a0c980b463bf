"""Off the happy path: not understood, corrected, interrupted, stopped, in doubt, a person at any moment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.dialogue import ERROR, NOTHING, TIMEOUT, Dialogue, ok

PAYING: list[Callable[[Dialogue], Dialogue]] = [
    lambda talk: talk.say("pay my bill", "pay_bill"),
    lambda talk: talk.say("1"),
    lambda talk: talk.say("visa"),
]


def at_confirmation(talk: Dialogue | None = None) -> Dialogue:
    talk = talk or Dialogue()
    for say in PAYING:
        say(talk)
    assert talk.said == ["utter_confirm_payment"]
    return talk


# --- a person ----------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", range(4))
def test_that_a_person_is_got_in_the_same_turn_at_every_step(steps: int) -> None:
    talk = Dialogue()
    for say in PAYING[:steps]:
        say(talk)
    talk.say("agent!", "talk_to_person")
    assert talk.said == ["utter_getting_person"]
    request = talk.log[-1]
    assert (request["reason"], request["trigger"]) == ("customer_asked", "customer")
    opened = talk.events("attempt.opened")
    assert len(opened) == 1
    assert request["attempt_id"] == opened[0]["attempt_id"]
    assert opened[0]["intent"] == ("pay_bill" if steps else "talk_to_person")


def test_that_an_uncertain_wish_for_a_person_is_honoured_too() -> None:
    talk = at_confirmation().say("can someone help", "talk_to_person", confidence=0.35)
    assert talk.requests


def test_that_a_customer_who_waits_can_go_on_where_they_were() -> None:
    talk = at_confirmation().say("agent", "talk_to_person")
    talk.say("yes")
    assert talk.ran == ["action_pay_bill"]


def test_that_a_persons_facts_count_and_what_they_closed_is_over() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("agent", "talk_to_person")
    attempt = talk.events("attempt.opened")[0]["attempt_id"]
    returned = {"facts": {"postcode": "1234 AB"}, "note_given": True, "attempts_closed": [attempt]}
    talk.say("thanks", "thank", context={"returned": returned})
    assert (talk.state or {})["stack"] == []
    learned = talk.events("fact.learned", turn=True)[0]
    assert (learned["fact"], learned["source"]) == ("postcode", "agent")
    assert talk.outcomes() == []


def test_that_what_a_person_left_open_goes_on_as_assisted() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("agent", "talk_to_person")
    talk.say("2", context={"returned": {"facts": {}, "note_given": False, "attempts_closed": []}}).say("yes")
    assert talk.said == ["utter_visit_moved"]
    assert talk.events("attempt.closed")[0]["by"] == "assisted"


def test_that_no_message_goes_unanswered_after_a_person_came_in_between() -> None:
    talk = Dialogue().say("why so much", "understand_bill").say("1").say("agent", "talk_to_person")
    talk.say("yes", context={"returned": {"facts": {}, "note_given": False, "attempts_closed": []}})
    assert talk.said == ["utter_how_can_i_help"]


def test_that_no_message_goes_unanswered_when_a_journey_has_nothing_left_to_tell() -> None:
    talk = Dialogue().say("why so much", "understand_bill").say("stop", "stop")
    talk.answers["action_explain_bill"] = ok({})
    talk.say("why so much", "understand_bill").say("1")
    assert talk.said == ["utter_how_can_i_help"]


# --- not understood ----------------------------------------------------------------------------


def test_that_a_move_of_conversation_in_many_words_and_to_no_question_is_kept_as_not_understood() -> None:
    talk = Dialogue().say("no", "deny")
    assert (talk.said, talk.events("attempt.opened")) == (["utter_how_can_i_help"], [])
    talk.say("I do not understand my bill, it is higher", "deny")
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["unknown"]


def test_that_words_not_understood_are_an_attempt_and_a_rephrasing_renames_it() -> None:
    talk = Dialogue().say("blargh")
    assert talk.said == ["utter_not_understood"]
    opened = talk.events("attempt.opened")[0]
    assert (opened["intent"], opened["first_words"]) == ("unknown", "blargh")
    talk.say("pay my bill", "pay_bill")
    renamed = talk.events("attempt.renamed")[0]
    assert (renamed["attempt_id"], renamed["intent"]) == (opened["attempt_id"], "pay_bill")
    assert len(talk.events("attempt.opened")) == 1


def test_that_a_person_is_offered_when_not_understood_twice_in_a_row() -> None:
    talk = Dialogue().say("blargh").say("blorgh")
    assert talk.said == ["utter_not_understood_person"]
    assert len(talk.events("attempt.opened")) == 1
    talk.say("yes")
    assert (talk.requests[0]["reason"], talk.requests[0]["trigger"]) == ("not_understood", "bot")
    assert talk.requests[0]["attempt_id"] == talk.events("attempt.opened")[0]["attempt_id"]


def test_that_a_person_is_offered_when_not_understood_three_times_in_all() -> None:
    talk = Dialogue().say("blargh").say("where", "track_order").say("1").say("yes")
    talk.say("blargh").say("my order", "track_order").say("1").say("blargh")
    assert talk.said == ["utter_not_understood_person"]


def test_that_an_answer_that_does_not_fit_is_asked_for_in_other_words_then_a_person_is_offered() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say("hmm")
    assert talk.said == ["utter_ask_bill_to_pay_again"]
    assert len(talk.titles) == 2
    talk.say("hmm?")
    assert talk.said == ["utter_not_understood_person"]
    talk.say("no", "deny")
    assert talk.said == ["utter_ask_bill_to_pay"]


def test_that_a_step_may_allow_more_tries() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("hmm")
    assert talk.said == ["utter_ask_new_time_again"]
    talk.say("1")
    assert talk.said == ["utter_confirm_move"]


def test_that_an_offer_that_gets_no_clear_answer_twice_brings_the_person() -> None:
    talk = Dialogue().say("blargh").say("blorgh").say("hmm")
    assert talk.said == ["utter_please_choose"]
    talk.say("hmm")
    assert talk.requests[0]["reason"] == "not_understood"


# --- corrections -------------------------------------------------------------------------------


def test_that_the_other_one_of_two_is_taken_without_asking() -> None:
    talk = at_confirmation().say("no, the other one", "correct")
    assert talk.said == ["utter_confirm_payment"]
    assert talk.args["utter_confirm_payment"]["method"].startswith("Direct debit")
    talk.say("yes")
    assert talk.runs[-1]["inputs"]["method_id"] == "m_debit"


def test_that_another_day_at_the_confirmation_is_a_correction() -> None:
    talk = Dialogue().say("move it", "move_visit", date={"date": "2026-11-26"})
    assert talk.said == ["utter_confirm_move"]
    talk.say("no, friday", "deny", date={"date": "2026-11-27"})
    assert (talk.ran, talk.said) == (["action_list_slots"], ["utter_ask_new_time"])
    assert len(talk.titles) == 2
    withdrawn = [each["fact"] for each in talk.events("fact.withdrawn", turn=True)]
    assert "slot" in withdrawn
    assert talk.events("attempt.step_left", turn=True)[0]["result"] == "undone"
    talk.say("the first", ordinal=1).say("yes")
    assert talk.runs[-1]["inputs"]["slot_id"] == "s_2"


def test_that_a_day_without_a_free_time_is_said_and_the_free_ones_shown() -> None:
    talk = Dialogue().say("move it", "move_visit", date={"date": "2026-12-24"})
    assert talk.said == ["utter_none_of_that", "utter_ask_new_time"]
    assert len(talk.titles) == 3


def test_that_a_wrong_account_number_can_be_corrected_before_the_code() -> None:
    talk = Dialogue(signed_in=False).say("pay", "pay_bill", account_number="441100")
    talk.say("sorry, it is 441199", "correct", account_number="441199")
    assert (talk.ran, talk.said) == (["action_send_code"], ["utter_ask_one_time_code"])
    assert talk.runs[-1]["inputs"] == {"account_number": "441199"}


def test_that_what_is_done_is_not_undone_by_a_correction() -> None:
    talk = Dialogue().say("box broken", "fix_tv_box").say("yes")
    talk.say("no the other one", "correct")
    assert "action_restart_box" not in talk.ran
    assert talk.said == ["utter_did_restart_help_again"]


# --- interruptions -----------------------------------------------------------------------------


def test_that_another_wish_is_done_first_and_then_the_old_one_is_offered() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("first: where is my order", "track_order")
    assert talk.said == ["utter_ask_order"]
    talk.say("1").say("yes")
    assert talk.said == ["utter_glad", "utter_offer_resume"]
    assert talk.args["utter_offer_resume"]["journey"] == "Move my engineer visit"
    talk.say("yes")
    assert talk.said == ["utter_ask_new_time"]
    talk.say("1").say("yes")
    assert talk.outcomes() == [
        ("track_order", "achieved", "customer", None),
        ("move_visit", "achieved", "system", None),
    ]


def test_that_a_no_to_coming_back_ends_the_old_wish() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("where is my order", "track_order")
    talk.say("1").say("yes").say("no", "deny")
    assert talk.outcomes()[-1] == ("move_visit", "abandoned", "none", "customer_stopped")


def test_that_an_answer_is_not_taken_for_another_wish_when_nobody_is_sure() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say("router", "track_order", confidence=0.4)
    assert talk.said == ["utter_ask_bill_to_pay_again"]


def test_that_the_same_wish_again_is_the_same_attempt() -> None:
    talk = at_confirmation().say("yes")
    talk.say("pay the october bill", "pay_bill").say("1").say("visa").say("yes")
    assert len(talk.events("attempt.opened")) == 1
    assert len(talk.events("attempt.closed")) == 1


def test_that_stop_ends_the_journey_without_counting_a_success() -> None:
    talk = at_confirmation().say("stop", "stop")
    assert talk.said == ["utter_stopped"]
    assert talk.outcomes() == [("pay_bill", "abandoned", "none", "customer_stopped")]
    assert not talk.keys("action_pay_bill")


def test_that_repeat_says_the_same_question_and_why_gives_the_reason() -> None:
    talk = at_confirmation().say("what did you say?", "repeat")
    assert talk.said == ["utter_confirm_payment"]
    talk.say("why?", "why")
    assert talk.said == ["utter_why_confirm", "utter_confirm_payment_again"]
    assert talk.say("yes").ran == ["action_pay_bill"]


def test_that_later_keeps_the_place() -> None:
    talk = Dialogue().say("move my visit", "move_visit").say("not now", "later")
    assert talk.said == ["utter_later"]
    talk.say("ok I'm back")
    assert talk.said == ["utter_ask_new_time"]


def test_that_a_kind_word_inside_a_journey_is_answered_and_the_question_asked_again() -> None:
    talk = at_confirmation().say("how are you", "small_talk")
    assert talk.said == ["utter_small_talk", "utter_confirm_payment_again"]


def test_that_a_greeting_inside_a_journey_is_no_opening() -> None:
    talk = at_confirmation().say("hello", "greet")
    assert talk.said == ["utter_greet_back", "utter_confirm_payment_again"]


def test_that_small_talk_outside_a_journey_is_left_to_the_rules() -> None:
    assert Dialogue().say("hello", "greet").not_ours
    assert Dialogue().say("what can you do", "what_can_you_do").not_ours


# --- confirmation, keys, doubt -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "confidence"),
    [
        ("pay my bill", "pay_bill", 0.99),
        ("hm well", "affirm", 0.55),
        ("1", None, 0.0),
        ("/affirm", None, 0.0),
    ],
)
def test_that_only_a_clear_yes_confirms(text: str, intent: str | None, confidence: float) -> None:
    talk = at_confirmation().say(text, intent, confidence=confidence)
    assert "action_pay_bill" not in talk.ran


def test_that_the_key_is_that_of_the_confirming_message() -> None:
    first, again = at_confirmation().say("yes"), at_confirmation().say("yes")
    assert first.keys("action_pay_bill") == again.keys("action_pay_bill")
    later = at_confirmation().say("how are you", "small_talk").say("yes")
    assert first.keys("action_pay_bill") != later.keys("action_pay_bill")
    assert all(len(key or "") == 64 for key in first.keys("action_pay_bill"))


@pytest.mark.parametrize("trouble", [TIMEOUT, ERROR, NOTHING])
def test_that_trying_again_uses_the_same_key(trouble: object) -> None:
    talk = at_confirmation()
    talk.answers["action_pay_bill"] = [trouble, ok({"receipt": "p"}, {"id": "e", "type": "payment.captured"})]
    talk.say("yes")
    assert talk.said == ["utter_in_doubt" if trouble is TIMEOUT else "utter_action_failed"]
    talk.say("yes please")
    first, second = talk.keys("action_pay_bill")
    assert first == second
    assert talk.outcomes() == [("pay_bill", "achieved", "system", None)]


def test_that_what_is_in_doubt_is_settled_before_anything_new_on_it() -> None:
    talk = at_confirmation()
    talk.answers["action_pay_bill"] = TIMEOUT
    talk.say("yes").say("stop", "stop")
    assert talk.said == ["utter_stopped_in_doubt"]
    assert talk.outcomes() == []
    talk.say("pay my bill", "pay_bill")
    assert talk.said[0] == "utter_check_first"
    assert talk.ran == ["action_pay_bill"]
    assert talk.runs[-1]["again"] is True
    assert len(set(talk.keys("action_pay_bill"))) == 1


def test_that_a_doubt_twice_offers_a_person() -> None:
    talk = at_confirmation()
    talk.answers["action_pay_bill"] = TIMEOUT
    talk.say("yes").press("Check again")
    assert talk.said == ["utter_failed_person"]
    talk.say("yes")
    assert talk.requests[0]["reason"] == "action_failed"
    assert talk.requests[0]["step"] == "pay_bill"
