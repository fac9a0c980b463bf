"""How do I …?: the passage with its address, the next best one, an honest none, and a person in the end."""

from __future__ import annotations

from typing import Any

from tests.journeys.dialogue import ERROR, Dialogue, ok

PASSAGE = {
    "help_text": "Press the red button.",
    "help_title": "Record a programme",
    "help_url": "https://x.example/help/recordings#record",
    "help_page": "recordings",
}
MORE = {"more_text": "Use the app.", "more_title": "From the app", "more_url": "https://x.example/help/app"}


def talk(answer: Any, *, signed_in: bool = False) -> Dialogue:
    talk = Dialogue(signed_in=signed_in)
    talk.answers["action_find_help"] = answer
    return talk


def test_that_the_passage_is_quoted_without_asking_who_it_is_and_a_yes_is_the_customers_evidence() -> None:
    chat = talk(ok({**PASSAGE, **MORE}, code="found")).say("how do I record a series?", "how_to")
    assert chat.ran == ["action_find_help"]
    assert chat.runs[0]["inputs"] == {"words": "how do I record a series?"}
    assert chat.said == ["utter_help_found", "utter_did_help_help"]
    assert chat.args["utter_help_found"]["help_url"] == PASSAGE["help_url"]
    chat.say("yes")
    assert chat.outcomes() == [("how_to", "achieved", "customer", None)]
    assert [each["subject"] for each in chat.events("attempt.subject_found")] == ["recordings"]


def test_that_a_no_brings_the_next_best_passage_and_another_no_a_person() -> None:
    chat = talk(ok({**PASSAGE, **MORE})).say("how do I record?", "how_to").say("no")
    assert chat.said == ["utter_help_more", "utter_did_more_help"]
    assert chat.outcomes() == []
    chat.say("no")
    assert chat.said[0] == "utter_help_no_more"
    assert chat.outcomes() == [("how_to", "not_achieved", "customer", "did_not_help")]
    assert "Talk to a person" in chat.titles
    chat.press("Talk to a person")
    assert len(chat.requests) == 1


def test_that_a_no_without_another_passage_offers_a_person_at_once() -> None:
    chat = talk(ok(PASSAGE)).say("how do I record?", "how_to").say("no")
    assert chat.said[0] == "utter_help_no_more"
    assert "utter_help_more" not in chat.said
    assert "Talk to a person" in chat.titles


def test_that_no_page_is_said_so_and_nothing_is_made_up() -> None:
    chat = talk(ok({}, code="none")).say("how do I bake bread?", "how_to")
    assert chat.said == ["utter_help_not_found", "utter_offer_person"]
    assert "utter_help_found" not in chat.said
    chat.press("No, thanks")
    [(_, outcome, evidence, _)] = chat.outcomes()
    assert (outcome, evidence) == ("not_achieved", "system")


def test_that_a_company_that_is_away_is_an_error_and_tried_again() -> None:
    chat = talk([ERROR, ok(PASSAGE)]).say("how do I record?", "how_to")
    assert chat.said == ["utter_action_failed"]
    chat.press("Try again")
    assert chat.said[0] == "utter_help_found"


def test_that_the_question_of_another_page_is_an_attempt_of_its_own() -> None:
    chat = talk(ok(PASSAGE)).say("how do I record?", "how_to").say("yes")
    chat.answers["action_find_help"] = ok({**PASSAGE, "help_page": "wifi-password"})
    chat.say("and the wifi password?", "how_to").say("yes")
    assert [each[1] for each in chat.outcomes()] == ["achieved", "achieved"]
    assert chat.runs[1]["inputs"] == {"words": "and the wifi password?"}


def test_that_the_words_are_those_said_before_the_wish_was_picked() -> None:
    chat = talk(ok(PASSAGE)).say("box recordings", "how_to", between=("how_to", "fix_tv_box"))
    assert chat.ran == []
    chat.press("How do I …?")
    assert chat.runs[0]["inputs"] == {"words": "box recordings"}


def test_that_a_wish_done_later_keeps_its_own_words() -> None:
    chat = talk(ok(PASSAGE), signed_in=True)
    chat.say("move my visit and tell me how to record", "move_visit", more=(("how_to", {}),))
    assert chat.ran[0] == "action_list_visits"
    chat.say("stop", "stop")
    while "action_find_help" not in [each["action"] for each in chat.runs] and len(chat.texts) < 4:
        chat.say("yes")
    [asked] = [each for each in chat.runs if each["action"] == "action_find_help"]
    assert asked["inputs"]["words"] == "move my visit and tell me how to record"


def test_that_a_help_question_inside_a_step_is_answered_and_the_steps_question_asked_again() -> None:
    chat = talk(ok(PASSAGE), signed_in=True).say("pay my bill", "pay_bill")
    chat.say("how do I record a film?", "how_to")
    assert chat.runs[-1]["inputs"] == {"words": "how do I record a film?"}
    assert chat.said == ["utter_help_found", "utter_ask_bill_to_pay_again"]
    assert [each["intent"] for each in chat.events("attempt.opened")] == ["pay_bill", "how_to"]
    assert len(chat.events("attempt.told")) == 1
    assert chat.say("1").said == ["utter_ask_payment_method"]


def test_that_a_help_question_inside_a_step_without_a_page_is_not_achieved_and_no_person_is_offered() -> None:
    chat = talk(ok({}, code="none"), signed_in=True).say("pay my bill", "pay_bill")
    chat.say("how do I bake bread?", "how_to")
    assert chat.said == ["utter_help_not_found", "utter_ask_bill_to_pay_again"]
    assert chat.outcomes() == [("how_to", "not_achieved", "system", "no_page")]
    assert chat.say("1").said == ["utter_ask_payment_method"]


def test_that_a_help_question_that_fails_inside_a_step_leads_back_to_the_step() -> None:
    chat = talk(ERROR, signed_in=True).say("pay my bill", "pay_bill").say("how do I record?", "how_to")
    assert chat.said == ["utter_aside_failed", "utter_ask_bill_to_pay_again"]
    assert chat.outcomes() == [("how_to", "abandoned", "none", "action_failed")]


def test_that_silence_after_a_quoted_passage_is_silence_after_all_was_told() -> None:
    chat = talk(ok({**PASSAGE, **MORE})).say("how do I record?", "how_to")
    assert len(chat.events("attempt.told", turn=True)) == 1
    chat.say("no")
    names = [each["event"] for each in chat.log]
    assert names.index("attempt.told") > max(i for i, n in enumerate(names) if n == "attempt.step_entered")


def test_that_thanks_after_a_passage_are_no_success_and_not_asked_about_again() -> None:
    chat = talk(ok(PASSAGE)).say("how do I record?", "how_to").say("thanks", "thank")
    assert chat.said == ["utter_thank"]
    assert chat.outcomes() == []
    assert chat.awaiting == {}


def test_that_a_person_is_called_in_the_very_turn_it_is_asked_for() -> None:
    chat = talk(ok(PASSAGE)).say("how do I record?", "how_to").say("a person please", "talk_to_person")
    assert len(chat.requests) == 1
