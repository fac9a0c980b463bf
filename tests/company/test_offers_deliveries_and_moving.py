"""Packages, deliveries and moving house at Northlight: the terms, once per key, what really changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import requests

from tests.company.test_openapi import assert_fits
from tests.northlight import NorthlightUnderTest

ANNA, SANNE, EMMA, MARCO = "cus_000001", "cus_000004", "cus_000009", "cus_000006"
OFFERS, PACKAGE = "/customers/{customer}/package-offers", "/customers/{customer}/package"
DELIVERY = "/orders/{order_id}/delivery"
MOVES, MOVE_OPTIONS = "/customers/{customer}/moves", "/customers/{customer}/move-options"


def offers(northlight: NorthlightUnderTest, customer: str = ANNA, **wish: Any) -> Any:
    answer = northlight.call("POST", f"/customers/{customer}/package-offers", wish, language="en")
    found = assert_fits(answer, OFFERS, "POST")
    return found.get("offers", found.get("code"))


def agree(northlight: NorthlightUnderTest, offer: dict[str, Any], place: int = 0) -> dict[str, Any]:
    days = northlight.call("GET", f"/package-offers/{offer['offer_id']}/start-days")
    found = assert_fits(days, "/package-offers/{offer_id}/start-days")
    return {"offer_id": offer["offer_id"], "start_day": found["days"][place]["start_day"]}


def test_that_each_wish_gets_what_fits_it(northlight: NorthlightUnderTest) -> None:
    assert {each["package"] for each in offers(northlight, package_wish="faster")} == {
        "TV Plus and Broadband 500",
        "TV Complete and Broadband 1000",
    }
    assert [each["package"] for each in offers(northlight, package_wish="cheaper")] == [
        "TV Start and Broadband 100"
    ]
    [film] = offers(northlight, packages=["Film Channels"])
    assert (film["kind"], film["monthly"]) == ("extra", "9.95")
    assert [each["package"] for each in offers(northlight, packages=["Broadband 500"])] == [
        "TV Plus and Broadband 500"
    ]
    assert offers(northlight, packages=["TV Plus"]) == "same_package"
    assert offers(northlight, packages=["Broadband 7"]) == "package_unknown"
    assert offers(northlight, MARCO, packages=["Film Channels"]) == "no_television"


def test_that_an_offer_keeps_its_price_while_it_holds(northlight: NorthlightUnderTest) -> None:
    [first] = offers(northlight, packages=["Broadband 500"])
    price = {"package": "TV Plus and Broadband 500", "monthly": "75.00"}
    northlight.control("POST", "/packages/price", price)
    assert offers(northlight, packages=["Broadband 500"]) == [first]
    dearer = offers(northlight, "cus_000010", packages=["Broadband 500"])
    assert dearer[0]["monthly"] == "75.00"


def test_that_a_bigger_package_starts_tomorrow_and_a_smaller_one_next_month_but_one(
    northlight: NorthlightUnderTest,
) -> None:
    today = date.today()
    [bigger] = offers(northlight, packages=["Broadband 500"])
    assert agree(northlight, bigger)["start_day"] in {
        (today + timedelta(days=days)).isoformat() for days in (1, 2)
    }
    [smaller] = offers(northlight, package_wish="cheaper")
    start = date.fromisoformat(agree(northlight, smaller)["start_day"])
    assert (start.day, (start.year * 12 + start.month) - (today.year * 12 + today.month)) == (1, 2)


def test_that_a_package_is_agreed_once_and_planned(northlight: NorthlightUnderTest) -> None:
    [offer] = offers(northlight, packages=["Broadband 500"])
    wish, path = agree(northlight, offer), f"/customers/{ANNA}/package"
    first = assert_fits(northlight.call("POST", path, wish, key="k1"), PACKAGE, "POST")
    assert assert_fits(northlight.call("POST", path, wish, key="k1"), PACKAGE, "POST") == first
    assert northlight.get("/operations/k1") == first
    [event] = first["events"]
    assert (event["type"], event["subject"], event["key"]) == ("package.changed", "con_000001", "k1")
    now = assert_fits(northlight.call("GET", path), PACKAGE)
    assert now["planned"]["package"] == "TV Plus and Broadband 500"
    other = {**wish, "start_day": "2020-01-01"}
    assert northlight.call("POST", path, other, key="k1").json()["code"] == "key_reused"
    assert northlight.call("POST", path, wish, key="k2").json()["code"] == "change_planned"
    stranger = northlight.call("POST", f"/customers/{SANNE}/package", wish, key="k3")
    assert stranger.status_code == 404


def test_that_an_extra_is_there_at_once(northlight: NorthlightUnderTest) -> None:
    [offer] = offers(northlight, packages=["Film Channels"])
    before = northlight.get(f"/customers/{ANNA}/package")["current"]["monthly"]
    northlight.call("POST", f"/customers/{ANNA}/package", agree(northlight, offer), key="k1")
    now = northlight.get(f"/customers/{ANNA}/package", "nl")["current"]
    assert now["extras"] == ["Filmpakket"]
    assert float(now["monthly"]) == pytest.approx(float(before) + 9.95)
    assert offers(northlight, packages=["Film Channels"]) == "same_package"


def test_that_the_carrier_decides_what_can_change(northlight: NorthlightUnderTest) -> None:
    def ways(order: str) -> list[str]:
        answer = northlight.call("GET", f"/orders/{order}/delivery-options")
        found = assert_fits(answer, "/orders/{order_id}/delivery-options")
        return [each["delivery_way"] for each in found["ways"]]

    assert ways("ord_000009") == ["day", "pickup", "address"]  # packed
    assert ways("ord_000006") == ["day", "pickup"]  # on its way
    assert ways("ord_000014") == []  # delivered
    wish = {"delivery_way": "address", "address_id": "1018AB-14"}
    refused = northlight.call("POST", "/orders/ord_000006/delivery", wish, key="k1")
    assert assert_fits(refused, DELIVERY, "POST")["code"] == "not_possible"
    answer = northlight.call("POST", "/orders/ord_000009/delivery", wish, key="k2")
    made = assert_fits(answer, DELIVERY, "POST")
    assert [each["type"] for each in made["events"]] == ["delivery.changed"]
    assert northlight.get("/orders/ord_000009/delivery-options")["place"] == made["place"]


def test_that_another_day_moves_the_window_once(northlight: NorthlightUnderTest) -> None:
    path = "/orders/ord_000006/delivery"
    day = northlight.get(f"{path}-options")["days"][1]["day"]
    northlight.fault("applied_then_down", scope=MARCO, path="/delivery", count=1)
    with pytest.raises(requests.ConnectionError):
        northlight.call("POST", path, {"delivery_way": "day", "day": day}, key="k1")
    assert northlight.get("/operations/k1")["window"]["start"][:10] == day
    assert northlight.get("/orders/ord_000006")["delivery"]["window"]["start"][:10] == day


def options(northlight: NorthlightUnderTest, address: str, day: date | None = None) -> Any:
    query = f"address_id={address}" + (f"&day={day.isoformat()}" if day else "")
    answer = northlight.call("GET", f"/customers/{ANNA}/move-options?{query}")
    return assert_fits(answer, MOVE_OPTIONS)["at_address"]


def test_that_what_is_possible_at_an_address_is_told(northlight: NorthlightUnderTest) -> None:
    assert options(northlight, "1018AB-14")["visit_needed"] is False
    assert options(northlight, "1018AB-15")["visit_needed"] is True
    assert options(northlight, "6211AB-14")["available"] is False
    found = northlight.call("GET", "/addresses?postcode=1018AB&house_number=12")
    titles = [each["title"] for each in assert_fits(found, "/addresses")["addresses"]]
    assert len(titles) == len(set(titles)) == 3


@pytest.mark.parametrize("ahead", [10, 60])
def test_that_a_move_is_planned_once_and_carried_out(northlight: NorthlightUnderTest, ahead: int) -> None:
    day = date.today() + timedelta(days=ahead)
    slot = options(northlight, "1018AB-15", day)["slots"][0]["slot_id"]
    path, wish = f"/customers/{ANNA}/moves", {"address_id": "1018AB-15", "day": day.isoformat()}
    without = northlight.call("POST", path, wish, key="k0")
    assert assert_fits(without, MOVES, "POST")["code"] == "visit_needed"
    wish["slot_id"] = slot
    first = assert_fits(northlight.call("POST", path, wish, key="k1"), MOVES, "POST")
    assert northlight.call("POST", path, wish, key="k1").json() == first == northlight.get("/operations/k1")
    assert northlight.call("POST", path, wish, key="k2").json()["code"] == "move_planned"
    assert slot not in [each["slot_id"] for each in options(northlight, "1018AB-15", day)["slots"]]
    [event] = northlight.control("POST", f"/moves/{first['move']['move_id']}/carry-out")["events"]
    assert (event["type"], event["subject"]) == ("move.completed", "con_000001")
    assert northlight.get(f"/customers/{ANNA}")["postcode"] == "1018 AB"


def test_that_a_move_where_we_do_not_come_is_declined(northlight: NorthlightUnderTest) -> None:
    wish = {"address_id": "6211AB-14", "day": (date.today() + timedelta(days=9)).isoformat()}
    answer = northlight.call("POST", f"/customers/{ANNA}/moves", wish, key="k1")
    assert assert_fits(answer, MOVES, "POST")["code"] == "not_available"
    assert northlight.control("GET", "/events")["events"] == []
