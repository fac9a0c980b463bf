"""Broadband does not work: outage, router, restart, line, Wi-Fi, engineer; nothing twice, each end honest."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import BOX, ERROR, Dialogue, declined, event, ok, window

ROUTER = {"equipment_id": "eq_7", "kind": "router", "model": "RN-6", "status": "online"}
OUTAGE = {
    "outages": [{"id": "o_1"}],
    "outage_id": "o_1",
    "outage_text": [{"text": "A cable is cut."}],
    "outage_since": "2026-11-22T06:00:00+01:00",
    "outage_until": "2026-11-23T20:00:00+01:00",
    "outage_area": "3012",
}
PLANNED = {
    "visits": [{"visit_id": "v_1"}],
    "next_visit": window("2026-11-24", "08:00", "10:00"),
    "next_visit_reason": "Internet drops in the evening",
}
ADVICE = ok({"wifi_advice": [{"text": "Put it in the open."}]})


def company(line: str = "ok", *, status: str = "online", wifi: str = "ok") -> dict[str, Any]:
    return {
        "action_list_equipment": ok({"equipment": [ROUTER]}),
        "action_check_router": ok({"router_status": status, "router_wifi": wifi}),
        "action_test_signal": ok({"code": line, "text": "Tested."}, code=line),
        "action_advise_wifi": ADVICE,
        "action_list_visits": ok({"visits": []}),
        "action_request_notice": ok({}, event("outage.notice_requested", "o_1")),
    }


def fixing(
    line: str = "ok",
    *,
    context: dict[str, Any] | None = None,
    answers: dict[str, Any] | None = None,
    **state: str,
) -> Dialogue:
    talk = Dialogue()
    talk.answers |= {**company(line, **state), **(answers or {})}
    return talk.say("my internet is slow", "fix_broadband", context=context)


def test_that_an_outage_is_looked_for_before_the_customer_has_to_do_anything() -> None:
    talk = fixing(answers={"action_check_outage": ok(OUTAGE, code="outage")})
    assert talk.ran == ["action_check_outage"]
    assert talk.runs[0]["inputs"] == {"customer_id": "cus_anna", "kind": "broadband"}
    assert talk.said == ["utter_outage_is_why", "utter_offer_notice"]
    talk.say("yes")
    assert talk.said == ["utter_notice_set"]
    assert talk.outcomes() == [("fix_broadband", "unknown", "none", "outage")]


def test_that_a_customer_who_wants_no_message_gets_none() -> None:
    talk = fixing(answers={"action_check_outage": ok(OUTAGE, code="outage")}).say("no", "deny")
    assert talk.said == ["utter_outage_ask_again"]
    assert not talk.keys("action_request_notice")
    assert talk.outcomes() == [("fix_broadband", "unknown", "none", "outage")]


def test_that_an_outage_that_is_just_over_does_not_end_the_search() -> None:
    talk = fixing(
        answers={
            "action_check_outage": ok(OUTAGE, code="outage"),
            "action_request_notice": declined("outage_over"),
        }
    )
    talk.say("yes")
    assert talk.said == ["utter_outage_just_over", "utter_confirm_router_restart"]


def test_that_outages_that_cannot_be_looked_up_do_not_stop_the_search() -> None:
    assert fixing(answers={"action_check_outage": ERROR}).said == ["utter_confirm_router_restart"]


def test_that_a_restart_that_helps_is_achieved_by_the_customers_word() -> None:
    talk = fixing()
    assert talk.said == ["utter_confirm_router_restart"]
    talk.say("yes")
    assert (talk.ran, talk.said) == (["action_restart_box"], ["utter_did_router_restart_help"])
    talk.say("yes")
    assert talk.outcomes() == [("fix_broadband", "achieved", "customer", "restart_helped")]


def test_that_a_good_line_leads_to_advice_about_wifi_and_then_to_a_visit() -> None:
    talk = fixing("ok").say("yes").say("no", "deny")
    assert talk.ran == ["action_test_signal", "action_advise_wifi"]
    assert talk.said == ["utter_line_ok", "utter_did_wifi_advice_help"]
    talk.say("no", "deny")
    assert talk.said == ["utter_ask_wants_visit"]
    talk.say("yes").say("2").say("yes")
    assert talk.runs[-1]["inputs"]["equipment_id"] == "eq_7"
    assert talk.outcomes() == [("fix_broadband", "achieved", "system", "visit_booked")]


@pytest.mark.parametrize(("line", "told"), [("weak", "utter_line_weak"), ("none", "utter_line_none")])
def test_that_a_bad_line_leads_straight_to_a_visit(line: str, told: str) -> None:
    talk = fixing(line).say("yes").say("no", "deny")
    assert talk.said == [told, "utter_ask_wants_visit"]
    assert "action_advise_wifi" not in talk.ran


def test_that_wifi_that_is_off_is_said_first() -> None:
    talk = fixing(wifi="off")
    assert talk.said == ["utter_wifi_is_off"]
    talk.say("yes")
    assert talk.outcomes() == [("fix_broadband", "achieved", "customer", "wifi_switched_on")]
    assert fixing(wifi="off").say("no", "deny").said == ["utter_confirm_router_restart"]


def test_that_a_router_out_of_reach_is_not_restarted_but_its_cables_are_looked_at() -> None:
    talk = fixing("none", status="offline")
    assert talk.said == ["utter_check_cables"]
    talk.say("no", "deny")
    assert talk.said == ["utter_line_none", "utter_ask_wants_visit"]
    assert not talk.keys("action_restart_box")


def test_that_what_was_tried_before_is_not_tried_again() -> None:
    before = {"tried": ["restart_router@eq_7", "advise_wifi@eq_7"]}
    talk = fixing("ok", context=before)
    assert talk.said == ["utter_line_ok", "utter_ask_wants_visit"]
    assert "action_restart_box" not in talk.ran
    assert "action_advise_wifi" not in talk.ran
    of_another_box = {"tried": ["restart_box@eq_1"]}
    assert fixing("ok", context=of_another_box).said == ["utter_confirm_router_restart"]


def test_that_the_same_again_in_one_chat_goes_on_where_it_was() -> None:
    talk = fixing("ok").say("yes").say("no", "deny").say("no", "deny").say("no", "deny")
    assert "Talk to a person" in talk.titles
    talk.say("no", "deny").say("internet still broken", "fix_broadband")
    assert "utter_confirm_router_restart" not in talk.said
    assert len(talk.keys("action_restart_box")) == 1


def test_that_a_visit_planned_for_this_is_not_booked_twice() -> None:
    talk = fixing("weak", answers={"action_list_visits": ok(PLANNED)}).say("yes").say("no", "deny")
    assert talk.said == ["utter_line_weak", "utter_same_visit"]
    talk.say("yes")
    assert talk.outcomes() == [("fix_broadband", "unknown", "none", "booked_already")]
    other = fixing("weak", answers={"action_list_visits": ok(PLANNED)}).say("yes").say("no", "deny")
    assert other.say("no", "deny").said == ["utter_ask_wants_visit"]


def test_that_no_to_the_restart_leads_on_without_it() -> None:
    talk = fixing("weak").say("no", "deny")
    assert talk.said == ["utter_line_weak", "utter_ask_wants_visit"]
    assert not talk.keys("action_restart_box")


def test_that_a_refused_restart_and_a_router_that_does_not_answer_lead_on() -> None:
    talk = fixing("none", answers={"action_restart_box": declined("unreachable")}).say("yes")
    assert talk.said == ["utter_router_not_reached", "utter_line_none", "utter_ask_wants_visit"]
    assert fixing("weak", answers={"action_check_router": ERROR}).said == [
        "utter_line_weak",
        "utter_ask_wants_visit",
    ]


def test_that_no_visit_wanted_is_a_failure_and_offers_a_person() -> None:
    talk = fixing("weak").say("yes").say("no", "deny").say("no", "deny")
    assert talk.outcomes() == [("fix_broadband", "not_achieved", "customer", "still_broken")]
    assert "Talk to a person" in talk.titles


def test_that_no_router_goes_to_a_person() -> None:
    talk = fixing(answers={"action_list_equipment": ok({"equipment": []})})
    assert talk.said[0] == "utter_no_router"
    assert "Talk to a person" in talk.titles


def test_that_a_day_said_at_the_start_is_kept_for_the_visit() -> None:
    talk = Dialogue()
    talk.answers |= company("weak")
    talk.say("internet broken, I'm home on friday", "fix_broadband", date={"date": "2026-11-27"})
    talk.say("no", "deny").say("yes")
    assert talk.titles == ["Friday 27 November, 08:00–10:00", "Friday 27 November, 13:00–15:00"]


def test_that_a_tv_box_too_begins_with_outages_of_television_and_ends_with_a_planned_visit() -> None:
    talk = Dialogue()
    talk.answers["action_check_outage"] = ok(OUTAGE, code="outage")
    talk.say("no picture", "fix_tv_box")
    assert talk.runs[0]["inputs"]["kind"] == "tv"
    assert talk.said == ["utter_outage_is_why", "utter_offer_notice"]
    planned = Dialogue()
    planned.answers |= {"action_list_visits": ok(PLANNED), "action_list_equipment": ok({"equipment": [BOX]})}
    planned.say("no picture", "fix_tv_box").say("yes").say("no", "deny")
    assert planned.said == ["utter_signal_weak", "utter_same_visit"]
