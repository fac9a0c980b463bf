"""Change a delivery: what the carrier still allows, one choice, a yes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import (
    DELIVERY,
    ERROR,
    NEW_HOME,
    PARCEL,
    TIMEOUT,
    Dialogue,
    declined,
    event,
    ok,
)


def changing(
    text: str = "change my delivery", delivery: dict[str, Any] | None = None, **said: Any
) -> Dialogue:
    talk = Dialogue()
    talk.answers["action_list_orders"] = ok({"orders": [PARCEL], "open_orders": [PARCEL]})
    talk.answers["action_list_delivery_options"] = ok({**DELIVERY, **(delivery or {})}, code="none")
    return talk.say(text, "change_delivery", **said)


def test_that_one_order_takes_one_choice_a_point_and_a_yes() -> None:
    chat = changing()
    assert (chat.said, len(chat.titles)) == (["utter_ask_delivery_way"], 3)
    chat.press("A pick-up point").press("Linde, Oudegracht 31")
    assert chat.said == ["utter_confirm_delivery_pickup"]
    assert "action_change_delivery" not in chat.ran
    chat.say("yes")
    inputs = chat.runs[-1]["inputs"]
    assert (inputs["order_id"], inputs["delivery_way"], inputs["pickup_point"]) == (
        "ord-77",
        "pickup",
        "pick_1",
    )
    assert chat.said == ["utter_delivery_changed_place"]
    assert chat.outcomes() == [("change_delivery", "achieved", "system", None)]


def test_that_a_day_said_at_once_is_only_confirmed() -> None:
    chat = changing("deliver on the 28th", {"delivery_hint": "day"}, date={"date": "2026-11-28"})
    assert chat.said == ["utter_confirm_delivery_day"]
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["delivery_day"] == "2026-11-28"
    assert chat.said == ["utter_delivery_changed_day"]


def test_that_a_day_on_which_nobody_comes_is_said_so() -> None:
    chat = changing("on the 29th", {"delivery_hint": "day"}, date={"date": "2026-11-29"})
    assert chat.said == ["utter_none_of_that", "utter_ask_delivery_day"]


def test_that_another_address_is_found_by_postcode_and_number() -> None:
    chat = changing().press("Another address")
    assert chat.said == ["utter_ask_delivery_postcode"]
    chat.say("1018 AB", postcode="1018 AB")
    assert chat.said == ["utter_ask_delivery_house_number"]
    chat.say("14", number=14)
    assert chat.said == ["utter_confirm_delivery_address"]
    assert chat.args["utter_confirm_delivery_address"]["new_address"] == NEW_HOME["title"]
    chat.say("yes")
    assert chat.runs[-1]["inputs"]["new_address_id"] == NEW_HOME["new_address_id"]


def test_that_the_address_of_the_parcel_is_not_kept_as_the_customers() -> None:
    chat = (
        changing().press("Another address").say("1018 AB", postcode="1018 AB").say("14", number=14).say("yes")
    )
    assert chat.state is not None
    assert "postcode" not in chat.state["known"]


def test_that_an_address_that_is_not_there_is_asked_anew_and_then_a_person_offered() -> None:
    chat = changing().press("Another address").say("1018 AB", postcode="1018 AB")
    chat.answers["action_find_new_address"] = declined("address_unknown")
    chat.say("999", number=999)
    assert chat.said == ["utter_address_unknown", "utter_ask_delivery_postcode"]
    for _ in range(2):
        chat.say("1018 AB", postcode="1018 AB").say("999", number=999)
    assert "Talk to a person" in chat.titles or "utter_offer_person" in chat.said


def test_that_what_is_in_the_van_is_for_a_person() -> None:
    chat = changing(delivery={"delivery_block": "out_for_delivery", "delivery_ways": []})
    assert chat.said == ["utter_delivery_fixed", "utter_offer_person"]
    assert "action_change_delivery" not in chat.ran


def test_that_with_no_order_under_way_there_is_nothing_to_change() -> None:
    talk = Dialogue()
    talk.answers["action_list_orders"] = ok({"orders": [], "open_orders": []})
    talk.say("change my delivery", "change_delivery")
    assert talk.said == ["utter_no_order_under_way"]
    assert talk.outcomes() == [("change_delivery", "not_achieved", "system", "nothing_to_change")]


def test_that_a_no_changes_nothing_and_asks_what_instead() -> None:
    chat = changing().press("A pick-up point").press("Linde, Oudegracht 31").say("no")
    assert chat.said == ["utter_delivery_as_it_was", "utter_ask_delivery_way"]
    assert not chat.keys("action_change_delivery")


def test_that_what_the_carrier_no_longer_allows_is_looked_up_again() -> None:
    chat = changing().press("A pick-up point").press("Linde, Oudegracht 31")
    done = ok({"delivery_place": "x"}, event("delivery.changed", "ord-77"))
    chat.answers["action_change_delivery"] = [declined("not_possible"), done]
    chat.say("yes")
    assert chat.said == ["utter_delivery_not_possible", "utter_ask_delivery_way"]
    chat.press("Another day").press("Friday").say("yes")
    first, second = chat.keys("action_change_delivery")
    assert first != second
    assert chat.outcomes() == [("change_delivery", "achieved", "system", None)]


def test_that_one_confirmation_is_one_change_through_doubt() -> None:
    chat = changing().press("Another day").press("Friday")
    chat.answers["action_change_delivery"] = [TIMEOUT, ok({}, event("delivery.changed", "ord-77"))]
    chat.say("yes")
    assert chat.said == ["utter_in_doubt"]
    chat.press("Check again")
    first, second = chat.keys("action_change_delivery")
    assert first == second


@pytest.mark.parametrize("action", ["action_list_delivery_options", "action_change_delivery"])
def test_that_two_failures_bring_a_person_and_no_success(action: str) -> None:
    talk = Dialogue()
    talk.answers["action_list_orders"] = ok({"orders": [PARCEL], "open_orders": [PARCEL]})
    talk.answers[action] = ERROR
    talk.say("change my delivery", "change_delivery")
    if action == "action_change_delivery":
        talk.press("Another day").press("Friday").say("yes")
    talk.press("Try again")
    assert "Talk to a person" in talk.titles
    assert talk.outcomes() == []
