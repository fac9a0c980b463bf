"""Packages, deliveries, moving house: the actions against the real Northlight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from actions.addresses import read_address
from tests.actions.running import Run
from tests.northlight import NorthlightUnderTest

ANNA, EMMA, MARCO = "cus_000001", "cus_000009", "cus_000006"
HER = {"customer_id": ANNA}
PARCEL = {"customer_id": EMMA, "order_id": "ord_000009"}


def chosen(run: Run) -> dict[str, Any]:
    """The inputs of the change, as the journey has them."""
    offers = run("action_find_package_offers", {**HER, "package": "Broadband 500"})["outputs"]["offers"]
    offer = {**HER, "offer_id": offers[0]["offer_id"]}
    days = run("action_list_start_days", offer)["outputs"]["start_days"]
    return {**offer, "start_day": days[0]["start_day"]}


def test_that_what_the_customer_has_and_wishes_is_told_in_their_language(run: Run) -> None:
    outputs = run("action_look_up_package", {**HER, "words": "ik wil sneller internet"}, language="nl")[
        "outputs"
    ]
    assert outputs["package_now"] == "TV Plus and Broadband 200"
    assert outputs["package_about"] == "200 Mbit/s internet en 95 zenders"
    assert outputs["package_hint"] == "faster"
    look = next(each for each in outputs["package_wishes"] if each["package_wish"] == "look")
    assert "Broadband 500" in look.values()


def test_that_both_halves_of_a_name_are_one_package(run: Run) -> None:
    words = "can I have TV Plus and Broadband 500"
    assert run("action_look_up_package", {**HER, "words": words})["outputs"]["package"] == words[11:]


def test_that_a_package_is_changed_once_whatever_is_lost(run: Run, northlight: NorthlightUnderTest) -> None:
    inputs = chosen(run)
    northlight.fault("applied_then_down", path=f"/customers/{ANNA}/package", count=1)
    first = run("action_change_package", inputs, key="key-1")
    again = run("action_change_package", inputs, key="key-1")
    assert (first["result"], first["events"]) == ("ok", again["events"])
    assert [each["type"] for each in first["events"]] == ["package.changed"]
    assert run("action_change_package", inputs, key="key-2")["code"] == "change_planned"
    assert run("action_look_up_package", HER)["code"] == "planned"


def test_that_a_price_that_changed_since_is_said_so(run: Run, northlight: NorthlightUnderTest) -> None:
    before = {**HER, "package": "Broadband 500", "before": "TV Plus and Broadband 500"}
    same = run("action_find_package_offers", {**before, "price": {"amount": "68.20", "currency": "EUR"}})
    other = run("action_find_package_offers", {**before, "price": {"amount": "66.00", "currency": "EUR"}})
    assert (same["outputs"]["price_changed"], other["outputs"]["price_changed"]) == (False, True)


def test_that_a_delivery_is_changed_once_and_only_as_is_possible(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    outputs = run("action_list_delivery_options", {**PARCEL, "words": "to a pick-up point"})["outputs"]
    assert outputs["delivery_hint"] == "pickup"
    point = outputs["pickup_points"][0]
    wish = {**PARCEL, "delivery_way": "pickup", "pickup_point": point["pickup_point"]}
    northlight.fault("applied_then_down", path="/delivery", count=2)
    result = run("action_change_delivery", wish, key="key-1")
    assert [(each["type"], each["subject"]) for each in result["events"]] == [
        ("delivery.changed", "ord_000009")
    ]
    assert result["outputs"]["delivery_place"] == point["title"]
    gone = run("action_change_delivery", {**wish, "pickup_point": "pick_0"}, key="key-2")
    assert (gone["result"], gone["code"]) == ("declined", "not_possible")


def test_that_a_move_is_planned_once_with_its_engineer(run: Run, northlight: NorthlightUnderTest) -> None:
    wish = {**HER, "postcode": "1018 AB", "house_number": 15}
    [address] = run("action_find_new_address", wish)["outputs"]["new_addresses"]
    home = {**HER, "new_address_id": address["new_address_id"]}
    there = run("action_check_new_address", home)["outputs"]
    assert (there["services_there"], there["move_needs_visit"]) == ("same", True)
    day = (date.today() + timedelta(days=40)).isoformat()
    found = run("action_check_move_day", {**home, "date": {"date": day}})["outputs"]
    plan = {**home, "move_day": found["move_day"], "slot_id": found["slots"][0]["slot_id"]}
    northlight.fault("applied_then_down", path="/moves", count=1)
    first = run("action_plan_move", plan, key="key-1")
    assert [(each["type"], each["subject"]) for each in first["events"]] == [("move.planned", "con_000001")]
    assert run("action_plan_move", plan, key="key-2")["code"] == "move_planned"
    visits = northlight.get(f"/customers/{ANNA}/visits")["visits"]
    assert [each["visit_id"] for each in visits].count(first["outputs"]["visit_id"]) == 1
    assert run("action_look_up_move", HER)["code"] == "planned"


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"start": "2027-01-01", "end": "2027-01-31"}, "day_unclear"),
        ({"date": "2020-01-01"}, "day_past"),
        ({"date": "2099-01-01"}, "day_too_far"),
    ],
)
def test_that_a_day_that_will_not_do_is_declined(run: Run, wish: dict[str, str], code: str) -> None:
    result = run("action_check_move_day", {**HER, "new_address_id": "1018AB-14", "date": wish})
    assert (result["result"], result["code"]) == ("declined", code)


@pytest.mark.parametrize(("postcode", "number"), [("1018 AB", 999), ("90210", 1)])
def test_that_an_address_that_is_not_there_is_declined(run: Run, postcode: str, number: int) -> None:
    result = run("action_find_new_address", {**HER, "postcode": postcode, "house_number": number})
    assert (result["result"], result["code"]) == ("declined", "address_unknown")


def test_that_somebody_elses_order_and_offer_are_not_touched(run: Run) -> None:
    theirs = {"customer_id": ANNA, "order_id": "ord_000009"}
    assert run("action_list_delivery_options", theirs)["code"] == "order_unknown"
    wish = {**theirs, "delivery_way": "day", "delivery_day": "2026-12-01"}
    assert run("action_change_delivery", wish, key="k1")["result"] == "error"
    offer = {**chosen(run), "customer_id": MARCO}
    assert run("action_list_start_days", offer)["result"] == "error"
    assert run("action_change_package", offer, key="k2")["result"] == "error"


@pytest.mark.parametrize("name", ["action_change_delivery", "action_change_package", "action_plan_move"])
def test_that_nothing_changes_without_a_confirmation(run: Run, name: str) -> None:
    assert run(name, {**PARCEL, "delivery_way": "day"})["code"] == "not_confirmed"


@pytest.mark.parametrize(
    "name",
    ["action_look_up_package", "action_look_up_move", "action_list_delivery_options"],
)
def test_that_nonsense_is_an_error(run: Run, northlight: NorthlightUnderTest, name: str) -> None:
    northlight.fault("nonsense", scope=EMMA)
    assert run(name, PARCEL)["code"] == "bad_answer"


@pytest.mark.parametrize(
    ("words", "known", "found"),
    [
        ("I move to 1018 AB 14 in May", "1018 AB", {"new_postcode": "1018 AB", "house_number": 14}),
        ("naar 1018ab nr. 14", "1018 AB", {"new_postcode": "1018 AB", "house_number": 14}),
        ("to 1018 AB", "1018 AB", {"new_postcode": "1018 AB"}),
        ("from 3511 AB to 1018 AB", "1018 AB", {}),
        ("I'm moving", "3511 AB", {}),
        (None, None, {}),
    ],
)
def test_that_an_address_is_read_from_the_words_where_it_is_clear(
    words: str | None, known: str | None, found: dict[str, Any]
) -> None:
    assert read_address(words, known) == found


@pytest.mark.parametrize(("days", "late"), [(-30, False), (30, True)])
def test_that_an_order_whose_time_is_over_is_late(
    run: Run, northlight: NorthlightUnderTest, days: int, late: bool
) -> None:
    owner = northlight.customer(lambda c: any(each["status"] == "shipped" for each in c["orders"]))
    order = next(each["order_id"] for each in owner["orders"] if each["status"] == "shipped")
    under_way = {"customer_id": owner["customer_id"], "order_id": order}
    window = run("action_track_order", under_way)["outputs"]["delivery_window"]
    then = datetime.fromisoformat(window["end"].replace("Z", "+00:00")) + timedelta(days=days)
    outputs = run("action_track_order", under_way, at=then.isoformat())["outputs"]
    assert outputs["order_late"] is late


def test_that_the_place_chosen_instead_is_told_with_the_order(run: Run) -> None:
    points = run("action_list_delivery_options", PARCEL)["outputs"]["pickup_points"]
    changed = {**PARCEL, "delivery_way": "pickup", "pickup_point": points[0]["pickup_point"]}
    assert run("action_change_delivery", changed, key="key-place")["result"] == "ok"
    assert run("action_track_order", PARCEL)["outputs"]["delivery_place"] == points[0]["title"]


def test_that_an_order_is_told_when_its_place_cannot_be_looked_up(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    northlight.fault("fail", path="/orders/ord_000009/delivery-options")
    result = run("action_track_order", PARCEL)
    assert (result["result"], result["outputs"]["delivery_place"]) == ("ok", None)
