"""Close wishes are asked about, several wishes are done one after the other."""

from __future__ import annotations

import pytest
from dialogue import AT, NOVEMBER, RULES, Dialogue

from assistant.journeys.engine import Heard, begin_turn

CLOSE = ("understand_bill", "pay_bill")


def opened(talk: Dialogue) -> list[str]:
    return [each["intent"] for each in talk.events("attempt.opened")]


# --- which one ---------------------------------------------------------------------------------


def test_that_between_two_close_wishes_the_customer_is_asked_in_plain_words() -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", confidence=0.4, between=CLOSE)
    assert talk.said == ["utter_which_one"]
    assert talk.titles == ["Understand my bill", "Pay my bill", "Something else"]
    assert talk.ran == []
    assert opened(talk) == ["unknown"]
    assert talk.events("attempt.opened")[0]["first_words"] == "something with my bill"


@pytest.mark.parametrize("answer", ["the second one", "2", "pay", "pay my bill please"])
def test_that_which_one_is_answered_by_place_or_in_words(answer: str) -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", between=CLOSE)
    entities = {"ordinal": 2} if answer == "the second one" else {}
    talk.say(answer, **entities)
    renamed = talk.events("attempt.renamed")
    assert [each["intent"] for each in renamed] == ["pay_bill"]
    assert opened(talk) == ["unknown"], "the words and the wish are one attempt"
    assert talk.said[-1] == "utter_ask_bill_to_pay"


def test_that_which_one_is_answered_by_a_press() -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", between=CLOSE).press("Pay my bill")
    assert talk.events("attempt.renamed")[0]["intent"] == "pay_bill"


def test_that_facts_said_with_an_unclear_wish_are_not_asked_again() -> None:
    talk = Dialogue().say("bill b_11", "understand_bill", between=CLOSE, bill_id=NOVEMBER["bill_id"])
    talk.press("Pay my bill")
    assert "utter_ask_bill_to_pay" not in talk.said


@pytest.mark.parametrize(("text", "intent"), [("no", "deny"), ("none of these", "deny"), ("stop it", "stop")])
def test_that_none_of_them_leaves_the_attempt_unknown_and_asks_in_other_words(text: str, intent: str) -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", between=CLOSE).say(text, intent)
    assert talk.said == ["utter_say_it_otherwise"]
    assert opened(talk) == ["unknown"]
    assert talk.events("attempt.renamed") == talk.events("attempt.closed") == []


def test_that_a_clear_wish_instead_of_an_answer_is_taken() -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", between=CLOSE)
    talk.say("where is my order", "track_order")
    assert [each["intent"] for each in talk.events("attempt.renamed")] == ["track_order"]
    assert talk.said == ["utter_ask_order"]


def test_that_a_single_likely_wish_is_asked_about_before_it_is_believed() -> None:
    talk = Dialogue().say("hmm the money thing", "pay_bill", between=("pay_bill",))
    assert talk.said == ["utter_did_you_mean"]
    assert talk.args["utter_did_you_mean"]["journey"] == "Pay my bill"
    talk.say("yes", "affirm")
    assert talk.events("attempt.renamed")[0]["intent"] == "pay_bill"


def test_that_nobody_is_asked_when_only_one_of_the_close_ones_is_a_wish() -> None:
    talk = Dialogue().say("pay it, thanks", "pay_bill", between=("pay_bill", "thank"))
    assert talk.said == ["utter_ask_bill_to_pay"]


def test_that_a_message_close_to_the_matter_in_hand_belongs_to_it() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    talk.say("the november one", "understand_bill", between=CLOSE, bill_id="b_11")
    assert "utter_which_one" not in talk.said
    assert opened(talk) == ["pay_bill"]


def test_that_a_question_in_hand_is_taken_up_after_none_of_them() -> None:
    talk = Dialogue().say("move my visit", "move_visit")
    talk.say("hm the bill", "understand_bill", between=CLOSE)
    assert talk.said == ["utter_which_one"]
    talk.say("no", "deny")
    talk.say("1")
    assert talk.said == ["utter_confirm_move"]


def test_that_never_knowing_which_one_ends_with_a_person() -> None:
    talk = Dialogue()
    for _ in range(2):
        talk.say("something with my bill", "understand_bill", between=CLOSE).say("no", "deny")
    talk.say("something with my bill", "understand_bill", between=CLOSE).say("no", "deny")
    assert talk.said == ["utter_not_understood_person"]


# --- several wishes ----------------------------------------------------------------------------


def two_wishes() -> Dialogue:
    friday = {"date": {"date": "2026-11-27"}}
    return Dialogue().say(
        "pay my november bill and move my visit to friday",
        "pay_bill",
        more=(("move_visit", friday),),
    )


def test_that_two_wishes_in_one_message_are_two_attempts_from_the_first_moment() -> None:
    talk = two_wishes()
    assert opened(talk) == ["pay_bill", "move_visit"]
    assert talk.said[0] == "utter_one_after_the_other"
    assert talk.args["utter_one_after_the_other"]["next"] == "Move my engineer visit"


def test_that_the_second_wish_follows_the_first_without_being_asked_for_again() -> None:
    talk = two_wishes()
    talk.say("2").say("1").say("yes", "affirm")
    assert talk.ran[0] == "action_pay_bill"
    assert "utter_now_the_next" in talk.said
    assert "utter_offer_resume" not in talk.said
    assert len(talk.titles) == 2, "friday was said already: only its two times are shown"
    talk.say("1").say("yes", "affirm")
    assert [each[:3] for each in talk.outcomes()] == [
        ("pay_bill", "achieved", "system"),
        ("move_visit", "achieved", "system"),
    ]


def test_that_giving_up_the_first_wish_leads_on_to_the_second() -> None:
    talk = two_wishes().say("stop", "stop")
    assert talk.outcomes() == [("pay_bill", "abandoned", "none", "customer_stopped")]
    assert "utter_now_the_next" in talk.said


def test_that_the_matter_in_hand_waits_below_both_wishes() -> None:
    talk = Dialogue().say("where is my order", "track_order")
    talk.say("pay my bill and move my visit", "pay_bill", more=(("move_visit", {}),))
    talk.say("2").say("1").say("yes", "affirm")
    assert "utter_now_the_next" in talk.said
    talk.say("1").say("yes", "affirm")
    assert talk.said[-1] == "utter_offer_resume"
    assert talk.args["utter_offer_resume"]["journey"] == "Track my order"


def test_that_a_wish_said_twice_in_one_message_is_done_once() -> None:
    talk = Dialogue().say("pay my bill, and yes, pay it", "pay_bill", more=(("pay_bill", {}),))
    assert opened(talk) == ["pay_bill"]
    assert "utter_one_after_the_other" not in talk.said


def test_that_each_wish_of_a_message_keeps_its_own_words_though_its_attempt_was_there_before() -> None:
    talk = Dialogue().say("blargh")  # the unknown attempt becomes the first wish's
    heard = Heard(
        text="pay my bill and tell me how to record",
        sequence=2,
        at=AT,
        intent="pay_bill",
        confidence=0.9,
        words="pay my bill",
        more=(Heard(text="tell me how to record", sequence=2, at=AT, intent="how_to", confidence=0.9),),
    )
    state = begin_turn(talk.state, heard, talk.definitions, {"conversation_id": "c_1"}, RULES)
    words = {each["journey"]: each["words"] for each in state["stack"] if not each.get("within")}
    assert words == {"pay_bill": "pay my bill", "how_to": "tell me how to record"}


def test_that_what_is_clearly_not_our_business_is_said_to_be_so() -> None:
    talk = Dialogue().say("what is the capital of France", outside=True)
    assert talk.said == ["utter_out_of_scope"]
    assert opened(talk) == ["unknown"]
    assert talk.events("attempt.opened")[0]["first_words"] == "what is the capital of France"
