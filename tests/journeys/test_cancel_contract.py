"""End my contract: what it means, one honest alternative where it fits, and a person with all of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import Dialogue, eur, ok

REASONS = [
    {"leaving_reason": name, "title": title}
    for name, title in (
        ("moving", "I am moving"),
        ("price", "Too expensive"),
        ("trouble", "It does not work well"),
        ("other_provider", "Going to another company"),
        ("death", "Somebody has died"),
        ("not_said", "I'd rather not say"),
    )
]


def contract(kind: str = "fixed", **more: Any) -> dict[str, Any]:
    return {
        "contract_id": "con_1",
        "contract_package": "TV Plus",
        "contract_monthly": eur("27.50"),
        "contract_kind": kind,
        "contract_until": "2027-05-01",
        "contract_ends_on": "2026-12-22",
        "ending_fee": eur("68.75"),
        "leaving_reasons": REASONS,
        **more,
    }


CHEAPER = {"cheaper_package": "TV Start", "cheaper_saves": eur("9.00")}


def leaving(found: dict[str, Any], **more: Any) -> Dialogue:
    talk = Dialogue(**more)
    talk.answers["action_look_up_contract"] = ok(found)
    return talk.say("I want to cancel my contract", "cancel_contract")


@pytest.mark.parametrize("kind", ["fixed", "monthly", "cooling_off"])
def test_that_what_ending_means_is_said_before_anything_is_asked(kind: str) -> None:
    chat = leaving(contract(kind))
    assert chat.said == [f"utter_contract_{kind}", "utter_ask_leaving_reason"]
    assert chat.args[f"utter_contract_{kind}"]["contract_ends_on"] == "2026-12-22"
    assert len(chat.titles) == 6


@pytest.mark.parametrize(
    ("title", "more", "asked"),
    [
        ("I am moving", {}, "utter_rather_move"),
        ("Too expensive", CHEAPER, "utter_rather_cheaper"),
        ("Too expensive", {}, "utter_person_ends_contract"),
        ("It does not work well", CHEAPER, "utter_rather_repair"),
        ("Going to another company", CHEAPER, "utter_person_ends_contract"),
        ("I'd rather not say", CHEAPER, "utter_person_ends_contract"),
        ("Somebody has died", CHEAPER, "utter_person_ends_contract"),
    ],
)
def test_that_an_alternative_is_named_only_where_it_fits_the_reason(
    title: str, more: dict[str, Any], asked: str
) -> None:
    chat = leaving(contract(**more)).press(title)
    assert chat.said[-1] == asked


def test_that_a_no_to_the_alternative_leads_straight_to_a_person_with_all_of_it() -> None:
    chat = leaving(contract(**CHEAPER)).press("Too expensive").say("no")
    assert chat.said == ["utter_person_ends_contract"]
    chat.say("yes")
    [request] = chat.requests
    assert request["reason"] == "policy"
    known = {each["fact"]: each["value"] for each in chat.events("fact.learned")}
    assert known["leaving_because"] == "Too expensive"
    assert known["contract_id"] == "con_1"
    assert chat.outcomes() == []  # the person closes it, or the company's system does


def test_that_choosing_the_alternative_is_no_success() -> None:
    chat = leaving(contract()).press("I am moving").say("yes")
    assert chat.said[0] == "utter_say_move_house"
    assert chat.outcomes() == [("cancel_contract", "unknown", "none", "chose_alternative")]


def test_that_nothing_happens_without_a_yes() -> None:
    chat = leaving(contract()).press("I'd rather not say").say("no")
    assert chat.said[0] == "utter_contract_goes_on"
    assert chat.outcomes() == [("cancel_contract", "abandoned", "none", "customer_stopped")]
    assert chat.requests == []


def test_that_a_contract_that_ends_already_is_said_so() -> None:
    chat = leaving(contract("ending"))
    assert chat.said == ["utter_contract_ends_already", "utter_offer_person"]
    assert chat.outcomes() == [("cancel_contract", "not_achieved", "system", "ends_already")]


def test_that_no_contract_offers_a_person() -> None:
    assert leaving({}).said == ["utter_no_contract", "utter_offer_person"]


def test_that_the_way_out_is_never_hidden() -> None:
    chat = (
        leaving(contract(**CHEAPER)).press("Too expensive").say("let me talk to somebody", "talk_to_person")
    )
    assert len(chat.requests) == 1


def test_that_why_is_answered_and_the_question_asked_again() -> None:
    chat = leaving(contract()).say("why do you ask?", "why")
    assert chat.said[0] == "utter_why_leaving_reason"
    assert chat.awaiting["fact"] == "leaving_reason"


def test_that_nothing_is_looked_up_before_the_customer_is_known() -> None:
    chat = leaving(contract(), signed_in=False)
    assert chat.said == ["utter_ask_account_number"]
    assert chat.ran == []
