"""Move house: the address first, what is possible there, the day, the engineer where one is needed, a yes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import ERROR, NEW_HOME, SLOTS, TIMEOUT, Dialogue, declined, eur, event, ok

PLANNED = ok({"move_id": "move_1"}, event("move.planned", "con_anna"))
THERE = {"package_there": "TV Plus", "monthly_there": eur("64.20"), "move_needs_visit": False}


def moving(text: str = "I'm moving", *, visit: bool = True, services: str = "same", **said: Any) -> Dialogue:
    talk = Dialogue()
    there = {**THERE, "services_there": services, "move_needs_visit": visit}
    talk.answers["action_check_new_address"] = ok(there, code=services)
    slots = {"slots": SLOTS} if visit else {}
    talk.answers["action_check_move_day"] = ok({"move_day": "2026-12-14", **slots})
    return talk.say(text, "move_house", **said)


def at_the_new_home(**more: Any) -> Dialogue:
    return moving(**more).say("1018 AB", postcode="1018 AB").say("14", number=14)


def test_that_address_day_and_time_of_the_engineer_lead_to_one_yes() -> None:
    chat = moving()
    assert chat.said == ["utter_ask_new_postcode"]
    chat.say("1018 AB", postcode="1018 AB")
    assert chat.said == ["utter_ask_new_house_number"]
    chat.say("14", number=14)
    assert chat.said == ["utter_available_there", "utter_ask_move_day"]
    chat.say("14 December", date={"date": "2026-12-14"})
    assert chat.said == ["utter_ask_move_visit"]
    chat.press(chat.titles[0])
    assert chat.said == ["utter_confirm_moving_with_visit"]
    assert "action_plan_move" not in chat.ran
    chat.say("yes")
    assert chat.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "new_address_id": NEW_HOME["new_address_id"],
        "move_day": "2026-12-14",
        "slot_id": "s_1",
    }
    assert chat.said == ["utter_moving_planned", "utter_take_equipment_along"]
    assert chat.outcomes() == [("move_house", "achieved", "system", None)]


def test_that_without_a_visit_nobody_is_asked_for_a_time() -> None:
    chat = at_the_new_home(visit=False).say("14 December", date={"date": "2026-12-14"})
    assert chat.said == ["utter_confirm_moving"]
    chat.say("yes")
    assert "slot_id" not in chat.runs[-1]["inputs"]


def test_that_all_said_at_once_is_only_confirmed() -> None:
    talk = Dialogue()
    found = {"contract_id": "con_anna", "new_postcode": "1018 AB", "house_number": 14}
    talk.answers["action_look_up_move"] = ok(found)
    talk.answers["action_check_new_address"] = ok({**THERE, "services_there": "same"})
    talk.answers["action_check_move_day"] = ok({"move_day": "2026-12-14"})
    said = {"postcode": "1018 AB", "date": {"date": "2026-12-14"}}
    talk.say("I move to 1018 AB 14 on 14 December", "move_house", **said)
    assert talk.said == ["utter_available_there", "utter_confirm_moving"]
    assert talk.runs[0]["inputs"]["words"] == "I move to 1018 AB 14 on 14 December"


def test_that_the_old_postcode_is_not_taken_for_the_new_one() -> None:
    other = Dialogue()
    other.say("is there an outage", "check_outage").say("I'm moving in 3 weeks", "move_house", number=3)
    assert other.said[-1] == "utter_ask_new_postcode"
    other.say("1018 AB", postcode="1018 AB")
    assert other.said == ["utter_ask_new_house_number"]


def test_that_a_number_with_the_postcode_is_not_asked_for() -> None:
    chat = moving().say("1018 AB 14", postcode="1018 AB", number=14)
    assert chat.said == ["utter_available_there", "utter_ask_move_day"]


def test_that_several_homes_with_one_number_are_told_apart() -> None:
    talk = moving()
    second = {"new_address_id": "1018AB-12A", "title": "Roetersstraat 12A, Amsterdam"}
    talk.answers["action_find_new_address"] = ok({"new_addresses": [NEW_HOME, second]})
    talk.say("1018 AB", postcode="1018 AB").say("12", number=12)
    assert talk.said == ["utter_ask_which_address"]
    talk.press(second["title"])
    assert talk.said == ["utter_available_there", "utter_ask_move_day"]


def test_that_slower_lines_are_said_before_the_day_is_asked() -> None:
    assert at_the_new_home(services="slower").said == ["utter_slower_there", "utter_ask_move_day"]


def test_that_where_we_do_not_come_a_person_is_offered() -> None:
    chat = at_the_new_home(services="none")
    assert chat.said == ["utter_not_available_there", "utter_offer_person"]
    assert "action_plan_move" not in chat.ran


def test_that_an_unknown_address_is_asked_anew() -> None:
    chat = moving()
    chat.answers["action_find_new_address"] = [declined("address_unknown"), ok({"new_addresses": [NEW_HOME]})]
    chat.say("1018 AB", postcode="1018 AB").say("999", number=999)
    assert chat.said == ["utter_address_unknown", "utter_ask_new_postcode"]
    chat.say("1018 AB", postcode="1018 AB").say("14", number=14)
    assert chat.said[-1] == "utter_ask_move_day"


@pytest.mark.parametrize("code", ["day_unclear", "day_past", "day_too_far"])
def test_that_a_day_that_will_not_do_is_said_and_asked_anew(code: str) -> None:
    chat = at_the_new_home(visit=False)
    chat.answers["action_check_move_day"] = [declined(code), ok({"move_day": "2026-12-14"})]
    chat.say("in January", date={"start": "2027-01-01", "end": "2027-01-31"})
    assert chat.said == [f"utter_move_{code}", "utter_ask_move_day"]
    chat.say("14 December", date={"date": "2026-12-14"})
    assert chat.said == ["utter_confirm_moving"]


def test_that_another_day_at_the_confirmation_is_a_correction() -> None:
    chat = at_the_new_home(visit=False).say("14 December", date={"date": "2026-12-14"})
    chat.say("no, the 15th", "correct", date={"date": "2026-12-15"})
    assert chat.runs[-1]["inputs"]["date"] == {"date": "2026-12-15"}
    assert chat.said[-1] == "utter_confirm_moving"


def test_that_a_no_plans_nothing_and_asks_for_another_day() -> None:
    chat = at_the_new_home(visit=False).say("14 December", date={"date": "2026-12-14"}).say("no")
    assert chat.said == ["utter_nothing_planned", "utter_ask_move_day"]
    assert not chat.keys("action_plan_move")


def test_that_a_time_somebody_else_took_is_chosen_anew() -> None:
    chat = at_the_new_home().say("14 December", date={"date": "2026-12-14"})
    chat.press(chat.titles[0])
    chat.answers["action_plan_move"] = [declined("slot_taken"), PLANNED]
    chat.say("yes")
    assert chat.said == ["utter_slot_taken", "utter_ask_move_visit"]
    chat.press(chat.titles[1]).say("yes")
    assert chat.outcomes() == [("move_house", "achieved", "system", None)]


def test_that_a_planned_move_and_no_contract_are_for_a_person() -> None:
    for found, told in (
        (
            {"contract_id": "con_anna", "planned_address": "x", "planned_day": "2026-12-01"},
            "utter_move_planned_already",
        ),
        ({}, "utter_nothing_to_move"),
    ):
        talk = Dialogue()
        talk.answers["action_look_up_move"] = ok(found)
        talk.say("I'm moving", "move_house")
        assert talk.said == [told, "utter_offer_person"]


def test_that_one_confirmation_is_one_move_through_doubt_and_two_failures_bring_a_person() -> None:
    chat = at_the_new_home(visit=False).say("14 December", date={"date": "2026-12-14"})
    chat.answers["action_plan_move"] = [TIMEOUT, PLANNED]
    chat.say("yes").press("Check again")
    first, second = chat.keys("action_plan_move")
    assert first == second
    other = at_the_new_home(visit=False).say("14 December", date={"date": "2026-12-14"})
    other.answers["action_plan_move"] = ERROR
    other.say("yes").press("Try again")
    assert "Talk to a person" in other.titles
    assert other.outcomes() == []
