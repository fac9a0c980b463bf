"""Visits for a reason and cancelled, outages and notices, routers: against the real Northlight."""

from __future__ import annotations

from typing import Any

import pytest

from actions.visit_words import find
from tests.actions.running import Run
from tests.northlight import NorthlightUnderTest

OUT = "3012 AB"  # Rotterdam: a cable is damaged
FREE = {"amount": "0.00", "currency": "EUR"}


@pytest.fixture
def giulia(northlight: NorthlightUnderTest) -> dict[str, Any]:
    """Somebody with a visit planned."""
    return northlight.customer(lambda c: bool(c["visits"]))


def router_of(run: Run, owner: dict[str, Any]) -> dict[str, Any]:
    known = {"customer_id": owner["customer_id"]}
    [router] = run("action_list_equipment", known | {"kind": "router"})["outputs"]["equipment"]
    return known | {"equipment_id": router["equipment_id"]}


# --- visits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words", "hint"),
    [
        ("en", "my telly has no picture, send someone", "tv"),
        ("en", "the box on the wall has come loose", "socket"),
        ("en", "book an engineer please", None),
        ("en", "internet and tv are both gone", None),
        ("nl", "stuur iemand, de wifi doet niks", "broadband"),
        ("nl", "ik wil een nieuwe aansluiting op zolder", "new_connection"),
        ("it", "mandate un tecnico, la televisione non va", "tv"),
        ("it", "vorrei una presa in più in camera", "new_connection"),
        ("it", "mi serve un tecnico", None),
    ],
)
def test_that_what_a_visit_is_for_is_taken_from_clear_words_only(
    run: Run, giulia: dict[str, Any], language: str, words: str, hint: str | None
) -> None:
    known = {"customer_id": giulia["customer_id"], "words": words}
    outputs = run("action_list_visit_topics", known, language=language)["outputs"]
    assert outputs.get("visit_hint") == hint
    assert len(outputs["visit_topics"]) == 6
    assert {each["price"] for each in outputs["visit_topics"] if each["kind"] == "repair"} == {"0.00"}


@pytest.mark.parametrize(
    ("language", "words", "why"),
    [
        ("en", "I can’t make it on thursday, cancel the engineer", "cannot_make_it"),
        ("en", "it works again, no visit please", "not_needed"),
        ("en", "cancel my appointment", None),
        ("nl", "ik ben er niet dinsdag, zeg de monteur af", "cannot_make_it"),
        ("nl", "hij doet het weer, monteur hoeft niet te komen", "not_needed"),
        ("it", "martedì non ci sono, annulli la visita", "cannot_make_it"),
        ("it", "il guasto si è risolto, annullate il tecnico", "not_needed"),
        ("it", "annulli l'appuntamento", None),
        ("it", "x" * 9000, None),
    ],
)
def test_that_why_a_visit_is_not_wanted_is_taken_from_the_words(
    language: str, words: str, why: str | None
) -> None:
    assert find("cancelling", words, language) == why


def test_that_a_visit_is_booked_with_its_reason_in_the_customers_words(
    run: Run, giulia: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    known = {"customer_id": giulia["customer_id"]}
    [slot, *_] = run("action_list_slots", known | {"kind": "installation"})["outputs"]["slots"]
    wish = {
        "slot_id": slot["slot_id"],
        "kind": "installation",
        "about": "A new socket",
        "reason": "in the attic",
    }
    booked = run("action_book_visit", known | wish, key="k1")
    assert [each["type"] for each in booked["events"]] == ["visit.booked"]
    listed = northlight.get(f"/customers/{giulia['customer_id']}/visits")["visits"]
    [made] = [each for each in listed if each["visit_id"] == booked["outputs"]["visit_id"]]
    assert (made["kind"], made["reason"]) == ("installation", "A new socket: in the attic")
    found = run("action_list_visits", known | {"kind": "installation"})["outputs"]
    assert {each["kind"] for each in found["visits"]} == {"installation"}
    assert found["next_visit"]


def test_that_a_visit_is_cancelled_once_whatever_is_lost(
    run: Run, giulia: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    known = {"customer_id": giulia["customer_id"]}
    [visit] = run("action_list_visits_to_cancel", known)["outputs"]["visits"]
    wish = known | {
        "visit_id": visit["visit_id"],
        "cancel_fee": {"amount": visit["cancel_fee"], "currency": "EUR"},
    }
    northlight.fault("applied_then_down", path="/cancel", count=1)
    first = run("action_cancel_visit", wish, key="k1")
    assert (first["result"], [each["type"] for each in first["events"]]) == ("ok", ["visit.cancelled"])
    again = run("action_cancel_visit", wish, key="k1", again=True)
    assert again["outputs"] == first["outputs"]
    sent = [each["event"]["type"] for each in northlight.control("GET", "/events")["events"]]
    assert sent == ["visit.cancelled"]
    assert run("action_list_visits_to_cancel", known)["outputs"]["visits"] == []


@pytest.mark.parametrize(
    ("mode", "result", "code"),
    [
        ("fail", "error", "internal"),
        ("nonsense", "error", "bad_answer"),
        ("decline", "declined", "not_today"),
    ],
)
def test_that_changes_under_a_fault_are_no_success(
    run: Run, giulia: dict[str, Any], northlight: NorthlightUnderTest, mode: str, result: str, code: str
) -> None:
    known = {"customer_id": giulia["customer_id"]}
    for path, name, inputs in (
        ("/cancel", "action_cancel_visit", {"visit_id": giulia["visits"][0], "cancel_fee": FREE}),
        ("/outage-notices", "action_request_notice", {"outage_id": "outage_1"}),
    ):
        northlight.fault(mode, path=path, code="not_today")
        found = run(name, known | inputs, key=f"k-{name}")
        assert (found["result"], found["code"], found["events"]) == (result, code, []), name


def test_that_anothers_visit_and_router_are_as_unknown_as_none(
    run: Run, giulia: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    other = northlight.customer(
        lambda c: c["customer_id"] != giulia["customer_id"] and "Broadband" in c["package"]
    )
    theirs = {"customer_id": other["customer_id"]}
    wish = theirs | {"visit_id": giulia["visits"][0], "cancel_fee": FREE}
    assert run("action_cancel_visit", wish, key="k1")["code"] == "visit_unknown"
    router = router_of(run, giulia)["equipment_id"]
    for name in ("action_check_router", "action_advise_wifi"):
        assert run(name, theirs | {"equipment_id": router})["code"] == "equipment_unknown"
    assert northlight.control("GET", "/events")["events"] == []


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("action_list_visit_topics", {}),
        ("action_list_visits_to_cancel", {}),
        ("action_cancel_visit", {"visit_id": "v", "cancel_fee": FREE}),
        ("action_request_notice", {"outage_id": "outage_1"}),
        ("action_find_postcode", {}),
        ("action_check_outage", {}),
        ("action_check_router", {"equipment_id": "eq"}),
        ("action_advise_wifi", {"equipment_id": "eq"}),
    ],
)
def test_that_nothing_personal_is_done_for_somebody_unknown(
    run: Run, name: str, inputs: dict[str, Any]
) -> None:
    found = run(name, inputs, key="k1")
    assert (found["result"], found["code"]) == ("error", "not_verified")


@pytest.mark.parametrize("name", ["action_cancel_visit", "action_request_notice"])
def test_that_no_change_is_made_without_a_confirmation(run: Run, giulia: dict[str, Any], name: str) -> None:
    inputs = {"customer_id": giulia["customer_id"], "visit_id": giulia["visits"][0], "outage_id": "outage_1"}
    assert run(name, inputs | {"cancel_fee": FREE})["code"] == "not_confirmed"


# --- outages -----------------------------------------------------------------------------------


def test_that_an_outage_is_told_with_its_text_and_end_in_the_customers_language(run: Run) -> None:
    found = run("action_check_outage", {"postcode": OUT}, language="nl")
    outputs = found["outputs"]
    assert (found["code"], outputs["outage_area"], outputs["outage_id"]) == ("outage", "3012", "outage_1")
    assert outputs["outage_text"][0]["text"].startswith("Er is een kabel")
    assert outputs["outage_since"] < outputs["outage_until"]
    quiet = run("action_check_outage", {"postcode": "3511 AB"})
    assert (quiet["code"], quiet["outputs"]) == ("none", {"outages": [], "outage_area": "3511"})
    assert run("action_check_outage", {"postcode": OUT, "kind": "tv"})["code"] == "none"


def test_that_a_customers_own_postcode_is_used_and_found(run: Run, northlight: NorthlightUnderTest) -> None:
    owner = northlight.customer(lambda c: c["postcode"].startswith("3012"))
    known = {"customer_id": owner["customer_id"]}
    assert run("action_find_postcode", known)["outputs"] == {"postcode": owner["postcode"]}
    assert run("action_check_outage", known | {"kind": "broadband"})["code"] == "outage"


def test_that_what_is_no_postcode_can_be_said_better(run: Run) -> None:
    found = run("action_check_outage", {"postcode": "somewhere"})
    assert (found["result"], found["code"]) == ("declined", "postcode_invalid")


def test_that_a_notice_is_noted_once_and_the_end_is_told_under_its_key(
    run: Run, giulia: dict[str, Any], northlight: NorthlightUnderTest
) -> None:
    wish = {"customer_id": giulia["customer_id"], "outage_id": "outage_1"}
    northlight.fault("applied_then_down", path="/outage-notices", count=1)
    assert run("action_request_notice", wish, key="k1", language="it")["result"] == "ok"
    other = run("action_request_notice", wish, key="k2")
    assert (other["result"], other["code"]) == ("declined", "noted_already")
    [ended] = northlight.control("POST", "/outages/outage_1/end")["events"]
    assert (ended["type"], ended["key"], ended["customer_id"]) == ("outage.ended", "k1", wish["customer_id"])
    assert run("action_request_notice", wish, key="k3")["code"] == "outage_over"


# --- routers -----------------------------------------------------------------------------------


def test_that_a_restart_finds_a_free_channel_and_leaves_switched_off_wifi_off(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    for name, before, after in (("Hannah Reid", "crowded", "ok"), ("Alice Cooper-Hall", "off", "off")):
        router = router_of(run, northlight.customer(lambda c, name=name: c["name"] == name))
        status = run("action_check_router", router)["outputs"]
        assert status == {"router_status": "online", "router_wifi": before}
        assert run("action_restart_box", router, key=f"k-{name}")["code"] == "restarted"
        assert run("action_check_router", router)["outputs"]["router_wifi"] == after


def test_that_a_router_without_a_line_is_offline_and_cannot_be_restarted(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    router = router_of(run, northlight.customer(lambda c: c["name"] == "Daan Visser"))
    assert run("action_check_router", router)["outputs"]["router_status"] == "offline"
    assert run("action_restart_box", router, key="k1")["code"] == "unreachable"
    tested = run("action_test_signal", router, language="nl")
    assert (tested["code"], tested["detail"]) == ("none", "De router is over de lijn niet te bereiken.")


def test_that_wifi_advice_is_the_companys_own_in_the_customers_language(
    run: Run, northlight: NorthlightUnderTest
) -> None:
    router = router_of(run, northlight.customer(lambda c: c["name"] == "Oliver Green"))
    advice = run("action_advise_wifi", router, language="it")["outputs"]["wifi_advice"]
    assert len(advice) == 3
    assert all("Wi-Fi" in each["text"] or "router" in each["text"] for each in advice)
