"""Book a visit: for a reason said or asked, not past an outage or a planned visit, at a time that suits."""

from __future__ import annotations

from typing import Any

from tests.journeys.dialogue import SLOTS, TIMEOUT, Dialogue, declined, event, ok, window

TOPICS = [
    {"visit_topic": "tv", "title": "Television", "kind": "repair", "service": "tv", "price": "0.00"},
    {
        "visit_topic": "new",
        "title": "A new socket",
        "kind": "installation",
        "service": None,
        "price": "49.00",
    },
]
PLANNED = window("2026-11-24", "08:00", "10:00")
OUTAGE = ok({"outages": [{"id": "o_1"}], "outage_id": "o_1", "outage_text": [{"text": "A cable."}]})


def topics(hint: str | None = None) -> dict[str, Any]:
    listed = [{**each, "visit_hint": each["visit_topic"], "currency": "EUR"} for each in TOPICS]
    return ok({"visit_topics": listed, **({"visit_hint": hint} if hint else {})})


def booking(*, hint: str | None = None, answers: dict[str, Any] | None = None, **said: Any) -> Dialogue:
    talk = Dialogue()
    talk.answers |= {
        "action_list_visit_topics": topics(hint),
        "action_list_visits": ok({"visits": []}),
        **(answers or {}),
    }
    return talk.say("send an engineer", "book_visit", **said)


def test_that_a_visit_is_booked_after_the_reason_a_time_and_a_yes() -> None:
    talk = booking()
    assert talk.said == ["utter_ask_visit_topic"]
    assert talk.titles == ["Television", "A new socket"]
    talk.press("Television")
    assert talk.said == ["utter_ask_visit_time"]
    talk.say("2")
    assert talk.said == ["utter_confirm_booking"]
    assert talk.args["utter_confirm_booking"]["visit_about"] == "Television"
    assert "action_book_visit" not in [each["action"] for each in talk.runs]
    talk.say("yes")
    assert talk.said == ["utter_engineer_booked"]
    assert talk.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "slot_id": "s_2",
        "kind": "repair",
        "about": "Television",
        "reason": "send an engineer",
    }
    assert talk.outcomes() == [("book_visit", "achieved", "system", None)]
    assert [each["subject"] for each in talk.events("attempt.subject_found")] == ["tv"]


def test_that_a_reason_and_a_time_said_at_once_are_not_asked_for() -> None:
    talk = booking(hint="tv", date={"date": "2026-11-27"}, time_window={"start": "12:00", "end": "18:00"})
    assert talk.said == ["utter_confirm_booking"]
    assert talk.args["utter_confirm_booking"]["slot"] == SLOTS[2]["window"]


def test_that_the_price_is_said_before_a_time_is_chosen_and_only_where_there_is_one() -> None:
    talk = booking(hint="new")
    assert talk.said == ["utter_visit_costs", "utter_ask_visit_time"]
    assert talk.args["utter_visit_costs"]["visit_price"] == {"amount": "49.00", "currency": "EUR"}
    assert "action_check_outage" not in talk.ran, "nothing is broken"
    [slots] = [each for each in talk.runs if each["action"] == "action_list_slots"]
    assert slots["inputs"]["kind"] == "installation"
    assert "utter_visit_costs" not in booking(hint="tv").said


def test_that_an_outage_is_named_before_a_repair_is_booked() -> None:
    talk = booking(hint="tv", answers={"action_check_outage": OUTAGE})
    assert talk.said == ["utter_book_despite_outage"]
    talk.say("no")
    assert talk.said == ["utter_wait_for_outage"]
    assert talk.outcomes() == [("book_visit", "unknown", "none", "outage")]
    other = booking(hint="tv", answers={"action_check_outage": OUTAGE}).say("yes")
    assert other.said == ["utter_ask_visit_time"]


def test_that_a_visit_planned_already_is_named() -> None:
    listed = ok({"visits": [{"visit_id": "v_1"}], "next_visit": PLANNED, "next_visit_reason": "No picture"})
    talk = booking(hint="tv", answers={"action_list_visits": listed})
    assert talk.said == ["utter_another_visit"]
    talk.say("no")
    assert talk.outcomes() == [("book_visit", "unknown", "none", "booked_already")]
    assert booking(hint="tv", answers={"action_list_visits": listed}).say("yes").said == [
        "utter_ask_visit_time"
    ]


def test_that_another_day_at_the_confirmation_is_a_correction() -> None:
    talk = booking(hint="tv").say("1")
    talk.say(
        "no, rather on friday afternoon",
        "correct",
        date={"date": "2026-11-27"},
        time_window={"start": "12:00"},
    )
    assert talk.said[-1] == "utter_confirm_booking"
    talk.say("yes")
    assert talk.runs[-1]["inputs"]["slot_id"] == "s_3"


def test_that_a_no_at_the_confirmation_asks_for_another_time_and_books_nothing() -> None:
    talk = booking(hint="tv").say("1").say("no", "deny")
    assert talk.said == ["utter_ask_visit_time"]
    assert not talk.keys("action_book_visit")


def test_that_a_time_that_is_gone_is_followed_by_those_still_free() -> None:
    for code in ("slot_taken", "slot_past"):
        talk = booking(hint="tv").say("1")
        talk.answers["action_book_visit"] = [declined(code), ok({}, event("visit.booked", "v_9"))]
        talk.say("yes")
        assert talk.said == ["utter_slot_taken", "utter_ask_visit_time"]
        talk.say("3").say("yes")
        assert talk.outcomes() == [("book_visit", "achieved", "system", None)]


def test_that_one_confirmation_is_one_visit_through_doubt() -> None:
    talk = booking(hint="tv").say("1")
    talk.answers["action_book_visit"] = [TIMEOUT, ok({}, event("visit.booked", "v_9"))]
    talk.say("yes").press("Check again")
    first, second = talk.keys("action_book_visit")
    assert first == second


def test_that_no_free_time_offers_a_person() -> None:
    talk = booking(hint="tv", answers={"action_list_slots": ok({"slots": []})})
    assert talk.said[0] == "utter_no_slots"
    assert "Talk to a person" in talk.titles


def test_that_the_reason_is_explained_when_asked_why() -> None:
    assert booking().say("why?", "why").said == ["utter_why_visit_topic", "utter_ask_visit_topic_again"]
