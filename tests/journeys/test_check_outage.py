"""Is there an outage: a postcode is enough; told when it is over, where the company knows whom to tell."""

from __future__ import annotations

import pytest

from tests.journeys.dialogue import ERROR, Dialogue, declined, event, ok

OUTAGE = {
    "outages": [{"id": "o_1"}],
    "outage_id": "o_1",
    "outage_text": [{"text": "A cable is cut."}],
    "outage_since": "2026-11-22T06:00:00+01:00",
    "outage_until": "2026-11-23T20:00:00+01:00",
    "outage_area": "3012",
}
NONE = ok({"outages": [], "outage_area": "3511"}, code="none")


def asking(*, signed_in: bool = True, outage: bool = True, **said: str) -> Dialogue:
    talk = Dialogue(signed_in=signed_in)
    talk.answers |= {
        "action_find_postcode": ok({"postcode": "3012 AB"}),
        "action_check_outage": ok(OUTAGE, code="outage") if outage else NONE,
        "action_request_notice": ok({}, event("outage.notice_requested", "o_1")),
    }
    return talk.say("is there an outage?", "check_outage", **said)


def test_that_whoever_is_signed_in_is_not_asked_for_a_postcode() -> None:
    talk = asking()
    assert talk.ran == ["action_find_postcode", "action_check_outage"]
    assert talk.said == ["utter_outage", "utter_offer_notice"]


def test_that_nobody_has_to_say_who_they_are() -> None:
    talk = asking(signed_in=False)
    assert (talk.said, talk.ran) == (["utter_ask_postcode"], [])
    talk.say("3012 AB", postcode="3012 AB")
    assert talk.said == ["utter_outage", "utter_outage_ask_again", "utter_did_that_help"]
    assert [each["subject"] for each in talk.events("attempt.subject_found")] == ["3012"]
    talk.say("yes")
    assert talk.outcomes() == [("check_outage", "achieved", "customer", None)]


def test_that_a_postcode_in_the_question_is_the_one_looked_at() -> None:
    talk = asking(postcode="9711 AB")
    assert talk.runs[0]["inputs"] == {"postcode": "9711 AB"}


def test_that_a_wish_to_be_told_is_noted_and_no_success_yet() -> None:
    talk = asking().say("yes")
    assert (talk.ran, talk.said) == (["action_request_notice"], ["utter_notice_set"])
    assert talk.outcomes() == [("check_outage", "unknown", "none", "will_be_told")]
    assert [each["type"] for each in talk.events("business.confirmed")] == ["outage.notice_requested"]


def test_that_no_message_is_wanted_and_none_is_asked_for() -> None:
    talk = asking().say("no", "deny")
    assert talk.said == ["utter_outage_ask_again", "utter_did_that_help"]
    assert not talk.keys("action_request_notice")


@pytest.mark.parametrize("signed_in", [True, False])
def test_that_no_outage_is_said_with_what_can_be_done_next(signed_in: bool) -> None:
    talk = asking(signed_in=signed_in, outage=False, postcode="3511 AB")
    assert talk.said == ["utter_no_outage", "utter_did_that_help"]
    talk.answers["action_list_equipment"] = ok({"equipment": []})
    talk.say("my internet is down", "fix_broadband")
    assert [each["intent"] for each in talk.events("attempt.opened")] == ["check_outage", "fix_broadband"]


def test_that_an_unknown_end_is_said_as_such() -> None:
    talk = Dialogue()
    unsure = {name: value for name, value in OUTAGE.items() if name != "outage_until"}
    talk.answers |= {
        "action_find_postcode": ok({"postcode": "3012 AB"}),
        "action_check_outage": ok(unsure, code="outage"),
    }
    assert talk.say("outage?", "check_outage").said[0] == "utter_outage_no_end"


def test_that_a_postcode_that_is_none_is_asked_for_again() -> None:
    talk = Dialogue(signed_in=False)
    talk.answers["action_check_outage"] = [declined("postcode_invalid"), NONE]
    talk.say("outage?", "check_outage", postcode="00144")
    assert talk.said == ["utter_postcode_invalid", "utter_ask_postcode"]
    assert talk.say("3511 AB", postcode="3511 AB").said[0] == "utter_no_outage"


def test_that_another_postcode_is_looked_at_anew() -> None:
    talk = asking()
    talk.answers["action_check_outage"] = NONE
    talk.say("no I mean 3511 AB", "correct", postcode="3511 AB")
    assert talk.runs[-1]["inputs"] == {"postcode": "3511 AB"}
    assert talk.said == ["utter_no_outage", "utter_did_that_help"]


def test_that_a_postcode_that_cannot_be_looked_up_is_asked_for() -> None:
    talk = Dialogue()
    talk.answers["action_find_postcode"] = ERROR
    assert talk.say("outage?", "check_outage").said == ["utter_ask_postcode"]


def test_that_a_message_noted_before_is_not_noted_twice() -> None:
    talk = asking()
    talk.answers["action_request_notice"] = declined("noted_already")
    talk.say("yes")
    assert talk.said == ["utter_notice_already"]
    assert talk.outcomes() == [("check_outage", "unknown", "none", "will_be_told")]


def test_that_an_outage_just_over_is_looked_at_again() -> None:
    talk = asking()
    talk.answers |= {"action_request_notice": declined("outage_over"), "action_check_outage": NONE}
    talk.say("yes")
    assert talk.said == ["utter_outage_just_over", "utter_no_outage", "utter_did_that_help"]
