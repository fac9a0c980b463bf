"""Change how I am reached: a new address or number proves itself by a code; nothing changes without a yes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import ANNA, CONTACT, ERROR, TIMEOUT, Dialogue, declined, event, ok

NEW = "anna@example.org"
CHANGED = ok({"email_on_file": NEW}, event("contact_details.changed", "email"))
SIGNED_IN = {**ANNA, "email": "anna@example.com", "phone": "+31612345678"}


def changing(text: str = "I want to change something", **said: Any) -> Dialogue:
    talk = Dialogue()
    talk.customer = SIGNED_IN
    return talk.say(text, "change_contact_details", **said)


def to_the_code() -> Dialogue:
    return changing("new e-mail: " + NEW, email=NEW)


def proved() -> Dialogue:
    return to_the_code().say("482913", one_time_code="482913")


def test_that_an_address_said_at_once_leaves_the_code_and_a_yes() -> None:
    chat = to_the_code()
    assert chat.ran == ["action_look_up_contact_details", "action_send_contact_code"]
    assert chat.runs[-1]["inputs"] == {"customer_id": "cus_anna", "contact_change": "email", "email": NEW}
    assert chat.said == ["utter_ask_contact_code"]
    assert chat.awaiting["secret"] is True
    chat.say("482913", one_time_code="482913")
    assert chat.ran == ["action_verify_contact_code"]
    assert chat.said == ["utter_confirm_email"]
    assert chat.args["utter_confirm_email"]["email"] == NEW
    chat.say("yes")
    assert chat.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "contact_change": "email",
        "email": NEW,
        "contact_proof": "prf_1",
    }
    assert chat.said == ["utter_email_changed"]
    assert chat.outcomes() == [("change_contact_details", "achieved", "system", None)]


def test_that_the_address_of_the_sign_in_is_never_taken_for_the_new_one() -> None:
    chat = changing().press("E-mail address")
    assert chat.said == ["utter_ask_new_email"]
    chat.say(NEW, email=NEW)
    assert chat.runs[-1]["inputs"]["email"] == NEW


def test_that_a_phone_number_goes_the_same_way() -> None:
    chat = changing().press("Phone number")
    chat.answers["action_change_contact_details"] = ok(
        {"phone_on_file": "+31687654321"}, event("contact_details.changed", "phone")
    )
    chat.say("06 87654321", phone="+31687654321").say("482913", one_time_code="482913")
    assert chat.said == ["utter_confirm_phone"]
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["phone"] == "+31687654321"
    assert "email" not in chat.runs[-1]["inputs"]
    assert chat.said == ["utter_phone_changed"]


def test_that_the_way_to_be_reached_needs_no_code() -> None:
    chat = changing().press("How you reach me")
    assert chat.said == ["utter_ask_contact_way"]
    chat.press("By letter")
    assert chat.said == ["utter_confirm_contact_way"]
    assert chat.args["utter_confirm_contact_way"]["contact_way_wanted"] == "By letter"
    chat.say("yes")
    assert chat.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "contact_change": "contact_way",
        "contact_way": "letter",
    }
    assert chat.said == ["utter_contact_way_changed"]


def test_that_advertising_is_stopped_after_a_yes_and_only_once() -> None:
    chat = changing("no more ads").press("No advertising")
    assert chat.said == ["utter_confirm_no_advertising"]
    assert chat.say("yes").said == ["utter_no_advertising_now"]
    talk = Dialogue()
    talk.answers["action_look_up_contact_details"] = ok({**CONTACT, "gets_advertising": False})
    talk.say("no more ads", "change_contact_details").press("No advertising")
    assert talk.said == ["utter_no_advertising_already"]
    assert talk.outcomes() == [("change_contact_details", "not_achieved", "system", "nothing_to_change")]


def test_that_a_name_is_for_a_person() -> None:
    chat = changing("I got married").press("My name")
    assert chat.said == ["utter_name_by_person", "utter_offer_person"]
    chat.press("Talk to a person")
    assert len(chat.requests) == 1
    assert len(changing().press("Something else").requests) == 1


def test_that_a_wrong_code_is_asked_again_and_the_third_brings_a_person() -> None:
    chat = to_the_code()
    chat.answers["action_verify_contact_code"] = declined("code_wrong")
    for _ in range(2):
        chat.say("000000", one_time_code="000000")
        assert chat.said == ["utter_code_wrong", "utter_ask_contact_code"]
    chat.say("000000", one_time_code="000000")
    assert "Talk to a person" in chat.titles
    assert "action_change_contact_details" not in [each["action"] for each in chat.runs]


def test_that_an_old_code_brings_a_new_one() -> None:
    chat = to_the_code()
    chat.answers["action_verify_contact_code"] = [declined("code_expired"), ok({"contact_proof": "prf_2"})]
    chat.say("482913", one_time_code="482913")
    assert chat.said == ["utter_code_expired", "utter_ask_contact_code"]
    assert chat.ran == ["action_verify_contact_code", "action_send_contact_code"]
    assert chat.say("111111", one_time_code="111111").said == ["utter_confirm_email"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("email_invalid", ["utter_email_invalid", "utter_ask_new_email"]),
        ("same_as_before", ["utter_contact_same"]),
    ],
)
def test_that_an_address_that_cannot_be_used_is_said_so(code: str, said: list[str]) -> None:
    talk = Dialogue()
    talk.answers["action_send_contact_code"] = declined(code)
    talk.say("new e-mail", "change_contact_details", email="anna@exampl")
    assert talk.said == said


def test_that_another_address_before_the_code_gets_a_code_of_its_own() -> None:
    chat = to_the_code().say("sorry, it is a.devries@example.org", "correct", email="a.devries@example.org")
    assert chat.ran == ["action_send_contact_code"]
    assert chat.runs[-1]["inputs"]["email"] == "a.devries@example.org"
    assert chat.said == ["utter_ask_contact_code"]


def test_that_another_address_at_the_confirmation_has_to_prove_itself_again() -> None:
    chat = proved().say("no, a.devries@example.org", "correct", email="a.devries@example.org")
    assert chat.ran == ["action_send_contact_code"]
    chat.say("777777", one_time_code="777777").say("yes")
    assert chat.runs[-1]["inputs"]["email"] == "a.devries@example.org"


def test_that_a_no_at_the_confirmation_changes_nothing() -> None:
    chat = proved().say("no")
    assert chat.outcomes() == [("change_contact_details", "abandoned", "none", "customer_stopped")]
    assert "action_change_contact_details" not in [each["action"] for each in chat.runs]


def test_that_the_code_is_never_on_record() -> None:
    chat = proved().say("yes")
    assert "482913" not in str(chat.all_log)
    assert "482913" not in str(chat.state)


def test_that_a_code_that_proved_who_they_are_is_not_taken_for_the_new_address() -> None:
    talk = Dialogue(signed_in=False)
    talk.say("new e-mail " + NEW, "change_contact_details", email=NEW)
    talk.say("441100", account_number="441100").say("123456", one_time_code="123456")
    assert talk.said[-1] == "utter_ask_contact_code"
    assert talk.runs[-1]["inputs"]["email"] == NEW
    assert "action_verify_contact_code" not in [each["action"] for each in talk.runs]


def test_that_one_confirmation_is_one_change_through_doubt() -> None:
    chat = proved()
    chat.answers["action_change_contact_details"] = [TIMEOUT, CHANGED]
    chat.say("yes")
    assert chat.said == ["utter_in_doubt"]
    chat.press("Check again")
    first, second = chat.keys("action_change_contact_details")
    assert first == second
    assert chat.said == ["utter_email_changed"]


def test_that_a_proof_that_is_too_old_is_made_anew() -> None:
    chat = proved()
    chat.answers["action_change_contact_details"] = [declined("not_verified"), CHANGED]
    chat.say("yes")
    assert chat.said == ["utter_contact_code_again", "utter_ask_contact_code"]
    chat.say("482914", one_time_code="482914").say("yes")
    assert chat.outcomes() == [("change_contact_details", "achieved", "system", None)]


def test_that_two_failures_bring_a_person_and_no_success() -> None:
    chat = proved()
    chat.answers["action_change_contact_details"] = ERROR
    chat.say("yes").press("Try again")
    assert "Talk to a person" in chat.titles
    assert chat.outcomes() == []


def test_that_an_answer_that_is_no_address_is_asked_in_other_words() -> None:
    chat = changing().press("E-mail address").say("the one of my work")
    assert chat.said == ["utter_ask_new_email_again"]
