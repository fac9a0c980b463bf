"""A customer goes on in another language: what is open is put into it, nothing is asked twice or lost."""

from __future__ import annotations

from dialogue import Dialogue

CLOSE = ("understand_bill", "pay_bill")


def test_that_an_open_choice_is_offered_in_the_new_language_under_the_same_ids() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    before = talk.awaiting["choices"]
    talk.say("wat zei je?", "repeat", language="nl")
    assert talk.said == ["utter_ask_bill_to_pay"]
    after = talk.awaiting["choices"]
    assert [each["id"] for each in after] == [each["id"] for each in before]
    assert all("oktober" in each["title"] or "november" in each["title"] for each in after)
    assert [each["value"] for each in after] == [each["value"] for each in before]


def test_that_a_yes_or_no_question_and_the_name_of_its_journey_are_in_the_new_language() -> None:
    talk = Dialogue().say("where is my order", "track_order").say("pay my bill", "pay_bill")
    talk.say("basta", "stop", language="it")
    assert talk.titles == ["Sì, continua", "No, grazie"]
    talk.say("what?", "repeat", language="en")
    assert talk.titles == ["Yes, carry on", "No, thanks"]
    assert talk.args["utter_offer_resume"]["journey"] == "Track my order"


def test_that_which_one_is_asked_again_with_the_wishes_in_the_new_language() -> None:
    talk = Dialogue().say("something with my bill", "understand_bill", between=CLOSE)
    talk.say("wat?", "repeat", language="nl")
    assert talk.titles[1:] == ["Mijn rekening betalen", "Iets anders"]
    talk.say("mijn rekening betalen", language="nl")
    assert talk.events("attempt.renamed")[0]["intent"] == "pay_bill"


def test_that_what_was_chosen_by_its_title_is_told_in_the_new_language() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    talk.press(talk.titles[0])
    talk.say("the first", ordinal=1)
    assert talk.awaiting["kind"] == "confirm"
    talk.say("cosa?", "repeat", language="it")
    assert talk.titles == ["Sì", "No"]
    talk.say("sì", language="it")
    assert "action_pay_bill" in talk.ran


def test_that_an_answer_in_another_language_is_taken_and_the_next_question_follows() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    talk.say("de tweede graag", language="nl", ordinal=2)
    assert talk.said == ["utter_ask_payment_method"]
    assert talk.events("attempt.opened")[0]["language"] == "en"


def test_that_a_yes_is_a_yes_in_any_language() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    talk.say("2", ordinal=2)
    talk.say("1", ordinal=1)
    talk.say("ja", language="en")
    assert "action_pay_bill" in talk.ran


def test_that_a_wish_for_another_language_asks_the_open_question_again_and_is_no_miss() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill")
    talk.say("in italiano per favore", language="it", language_asked=True)
    assert talk.said == ["utter_ask_bill_to_pay"]
    assert "ottobre" in talk.titles[0]
    assert talk.state is not None
    assert talk.state["unclear"] == {"in_row": 0, "total": 0}
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["pay_bill"]


def test_that_a_wish_for_another_language_alone_is_answered_with_how_can_i_help() -> None:
    talk = Dialogue().say("Nederlands graag", "greet", language="nl", language_asked=True)
    assert not talk.not_ours
    assert talk.said == ["utter_how_can_i_help"]
    assert talk.events("attempt.opened") == []
