"""An answer with more words than it needs, a correction in place of one, and an answer after a pause."""

from __future__ import annotations

import copy

import pytest

from tests.journeys.dialogue import ANNA, BOX_TWO, ERROR, SLOTS, Dialogue, eur, ok

LATER = "utter_later"


def at_cancelling(language: str = "en") -> Dialogue:
    talk = Dialogue().say("cancel the engineer", "cancel_visit", language=language)
    assert talk.said == ["utter_confirm_cancel"]
    return talk


def at_paying() -> Dialogue:
    talk = Dialogue().say("pay my bill", "pay_bill").say("1").say("visa")
    assert talk.said == ["utter_confirm_payment"]
    return talk


# --- yes and no in more words ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "intent"),
    [
        ("en", "yes, cancel it", "cancel_contract"),
        ("en", "ok cancel", "stop"),
        ("en", "yes cancel the visit", "cancel_visit"),
        ("nl", "ja, dat bezoek afzeggen", "cancel_contract"),
        ("it", "sì, annulla pure", "cancel_contract"),
    ],
)
def test_that_a_yes_in_the_words_of_the_act_is_the_yes_to_it(language: str, text: str, intent: str) -> None:
    talk = at_cancelling(language).say(text, intent, language=language)
    assert talk.ran == ["action_cancel_visit"]
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["cancel_visit"]


@pytest.mark.parametrize(
    ("text", "intent"), [("no, don't cancel it", "cancel_contract"), ("no don't cancel", "cancel_visit")]
)
def test_that_a_no_in_the_words_of_the_act_is_the_no_to_it(text: str, intent: str) -> None:
    talk = at_cancelling().say(text, intent)
    assert talk.ran == []
    assert talk.said == ["utter_visit_stays"]


def test_that_a_yes_before_another_wish_is_no_yes_to_this_one() -> None:
    talk = at_cancelling()
    talk.answers["action_look_up_contract"] = ERROR
    talk.say("yes, cancel my contract", "cancel_contract")
    assert "action_cancel_visit" not in talk.ran
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["cancel_visit", "cancel_contract"]


@pytest.mark.parametrize(
    "text",
    [
        "yes, don't pay it",
        "yes but pay it tomorrow",
        "yes, pay the other one",
        "ok so how do i pay it?",
        "ok i am still thinking about the whole thing",
    ],
)
def test_that_money_is_not_taken_on_a_yes_that_is_none(text: str) -> None:
    talk = at_paying().say(text, "pay_bill")
    assert "action_pay_bill" not in talk.ran


@pytest.mark.parametrize("intent", ["affirm", "pay_bill"])
def test_that_a_yes_with_another_sum_is_no_yes(intent: str) -> None:
    talk = at_paying().say("yes pay 20 euro", intent, amount=eur("20.00"))
    assert "action_pay_bill" not in talk.ran


def test_that_a_yes_with_the_very_sum_is_one() -> None:
    talk = at_paying().say("yes please pay those 52.20", "affirm", amount=eur("52.20"))
    assert talk.ran == ["action_pay_bill"]


def test_that_a_plain_question_takes_an_answer_that_explains_itself() -> None:
    talk = Dialogue().say("my box is frozen", "fix_tv_box").say("yes")
    assert talk.said == ["utter_did_restart_help"]
    talk.say("yes the plug was out, all there again", "fix_tv_box", confidence=0.4)
    assert talk.outcomes() == [("fix_tv_box", "achieved", "customer", "restart_helped")]


def test_that_a_yes_that_tells_of_trouble_is_no_success() -> None:
    talk = Dialogue().say("my box is frozen", "fix_tv_box").say("yes")
    talk.say("yes it doesn't show anything", "fix_tv_box", confidence=0.4)
    assert talk.outcomes() == []


@pytest.mark.parametrize(("language", "text"), [("en", "no, go ahead"), ("nl", "nee hoor, ga maar door")])
def test_that_a_no_is_no_yes_whatever_comes_after_it(language: str, text: str) -> None:
    talk = at_paying() if language == "en" else at_cancelling(language)
    talk.say(text, "affirm", language=language)
    assert not {"action_pay_bill", "action_cancel_visit"} & set(talk.ran)
    asked = Dialogue().say("my box is frozen", "fix_tv_box").say("yes")
    asked.say(text, "affirm", language=language)
    assert asked.outcomes() == []
    assert asked.ran[0] == "action_test_signal"


# --- another entry of a list, at the confirmation ----------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("no, take the direct debit instead", "pay_bill"),
        ("not the visa, the direct debit", "correct"),
        ("no i meant direct debit", "deny"),
    ],
)
def test_that_another_way_to_pay_named_at_the_confirmation_is_taken(text: str, intent: str) -> None:
    talk = at_paying().say(text, intent)
    assert talk.said == ["utter_confirm_payment"]
    assert talk.args["utter_confirm_payment"]["method"] == "Direct debit •••• 11"
    talk.say("yes")
    assert [each["inputs"]["method_id"] for each in talk.runs if each["action"] == "action_pay_bill"] == [
        "m_debit"
    ]


def test_that_another_bill_named_at_the_confirmation_is_taken_and_confirmed_anew() -> None:
    talk = at_paying().say(
        "the one of november", "pay_bill", date={"start": "2026-11-01", "end": "2026-11-30"}
    )
    assert "action_pay_bill" not in talk.ran
    assert talk.args[talk.said[-1]]["amount"] == eur("64.20")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "no, i meant the other bill"),
        ("nl", "o nee, die andere rekening bedoelde ik"),
        ("it", "no aspetti, l'altra bolletta"),
    ],
)
def test_that_the_other_one_is_of_what_is_named(language: str, text: str) -> None:
    talk = Dialogue().say("pay my bill", "pay_bill", language=language).say("1", language=language)
    talk.say("visa", language=language)
    chosen = (talk.state or {})["stack"][-1]["facts"]["bill_id"]["value"]
    talk.say(text, "correct", language=language)
    assert (talk.state or {})["stack"][-1]["facts"]["bill_id"]["value"] not in {chosen, None}


def test_that_a_kind_word_at_the_confirmation_changes_no_choice() -> None:
    talk = at_paying().say("thanks, you are the visa and debit queen", "thank")
    assert "utter_confirm_payment_again" in talk.said
    assert (talk.state or {})["stack"][-1]["facts"]["method_id"]["value"] == "m_card"


# --- after a pause -----------------------------------------------------------------------------


def test_that_an_answer_after_a_pause_is_taken() -> None:
    talk = Dialogue().say("pay my bill", "pay_bill").say("1").say("one moment", "later")
    assert talk.said == [LATER]
    talk.say("visa")
    assert talk.said == ["utter_confirm_payment"]


def test_that_a_yes_after_a_pause_is_the_yes_to_what_was_asked() -> None:
    talk = at_paying().say("one moment", "later").say("yes")
    assert talk.ran == ["action_pay_bill"]


def test_that_a_no_after_a_pause_is_the_no_to_what_was_asked() -> None:
    talk = at_paying().say("one moment", "later").say("no")
    assert talk.said == ["utter_nothing_paid"]


def test_that_coming_back_with_other_words_is_no_miss_and_brings_the_question_again() -> None:
    talk = at_paying().say("one moment", "later").say("so, here i am")
    assert talk.said == ["utter_confirm_payment"]
    assert (talk.state or {})["unclear"] == {"in_row": 0, "total": 0}


# --- more choices than are shown ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "intent", "said"), [("stop", "stop", "utter_stopped"), ("purple", None, None)]
)
def test_that_words_do_not_press_show_more(text: str, intent: str | None, said: str | None) -> None:
    talk = Dialogue()
    many = [{**copy.deepcopy(SLOTS[0]), "slot_id": f"s_{n}"} for n in range(8)]
    talk.answers["action_list_slots"] = ok({"slots": many})
    talk.say("move my visit", "move_visit")
    assert "Show more" in talk.titles
    talk.say(text, intent)
    assert talk.said == [said or "utter_ask_new_time_again"]


# --- signing in meanwhile ----------------------------------------------------------------------


@pytest.mark.parametrize("before", [(), ("441100",)])
def test_that_who_signs_in_on_the_website_is_not_asked_who_they_are_again(before: tuple[str, ...]) -> None:
    talk = Dialogue(signed_in=False).say("restart my box", "fix_tv_box")
    for text in before:
        talk.say(text, account_number=text)
    talk.customer = ANNA
    talk.answers["action_list_equipment"] = ok({"equipment": [BOX_TWO]})
    talk.say("i have signed in now", "cancel_contract", confidence=0.8)
    assert talk.said == ["utter_confirm_restart"]
    assert [each["journey"] for each in (talk.state or {})["stack"]] == ["fix_tv_box"]
