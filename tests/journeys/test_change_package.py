"""A guided sale: what they have, what they wish, what fits, from when, the price; nothing before the yes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys.dialogue import (
    ERROR,
    OFFERS,
    PACKAGE,
    START_DAYS,
    TIMEOUT,
    Dialogue,
    declined,
    event,
    offer,
    ok,
)

SOLD = ok({"package_change_id": "pkg_1"}, event("package.changed", "con_anna"))

FASTER = offer("off_500", "TV Plus and Broadband 500", "68.20")


def offered(*offers: dict[str, str], price_changed: bool = False) -> dict[str, Any]:
    meanings = [{"text": each["meaning"]} for each in offers]
    return ok({"offers": list(offers), "offer_meanings": meanings, "price_changed": price_changed})


def selling(text: str = "I want another package", hint: str | None = None, **said: Any) -> Dialogue:
    talk = Dialogue()
    if hint:
        talk.answers["action_look_up_package"] = ok({**PACKAGE, "package_hint": hint})
    return talk.say(text, "change_package", **said)


def test_that_a_wish_an_offer_a_day_and_a_yes_change_the_package() -> None:
    chat = selling()
    assert chat.said == ["utter_ask_package_wish"]
    assert chat.args["utter_ask_package_wish"]["package_now"] == PACKAGE["package_now"]
    chat.press("Faster internet")
    assert chat.said == ["utter_ask_offer"]
    assert chat.args["utter_ask_offer"]["offer_meanings"] == OFFERS["offer_meanings"]
    chat.press(chat.titles[0])
    assert chat.said == ["utter_ask_start_day"]
    chat.press("1 December")
    assert chat.said == ["utter_confirm_package"]
    assert chat.args["utter_confirm_package"]["first_bill"] == {"amount": "69.00", "currency": "EUR"}
    assert "action_change_package" not in chat.ran
    chat.say("yes")
    assert chat.runs[-1]["inputs"] == {
        "customer_id": "cus_anna",
        "offer_id": "off_500",
        "start_day": "2026-12-01",
    }
    assert chat.said == ["utter_package_changed"]
    assert chat.outcomes() == [("change_package", "achieved", "system", None)]
    assert [each["value"] for each in chat.events("attempt.closed")] == [68.2]


def test_that_a_wish_in_the_first_words_is_not_asked_for() -> None:
    assert selling("something faster", hint="faster").said == ["utter_ask_offer"]


def test_that_a_package_named_at_once_is_offered_alone() -> None:
    talk = Dialogue()
    talk.answers["action_find_package_offers"] = offered(
        offer("off_500", "TV Plus and Broadband 500", "68.20")
    )
    talk.say("switch me to Broadband 500", "change_package", package="Broadband 500")
    asked = next(each for each in talk.runs if each["action"] == "action_find_package_offers")
    assert asked["inputs"]["package"] == "Broadband 500"
    assert talk.said == ["utter_ask_start_day"]


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_that_another_package_named_at_any_point_is_looked_up(steps: int) -> None:
    chat = selling()
    for title in ("Faster internet", "TV Complete, 86.50", "1 December")[:steps]:
        chat.press(title)
    chat.answers["action_find_package_offers"] = offered(
        offer("off_500", "TV Plus and Broadband 500", "68.20")
    )
    chat.say("rather Broadband 500", "correct" if steps else None, package="Broadband 500")
    assert "action_find_package_offers" in chat.ran
    assert chat.said[-1] == "utter_ask_start_day"
    chat.press("1 December").say("yes")
    assert chat.runs[-1]["inputs"]["offer_id"] == "off_500"


def test_that_a_day_named_early_is_only_confirmed() -> None:
    chat = selling("faster internet from 1 December", hint="faster", date={"date": "2026-12-01"})
    chat.press(chat.titles[0])
    assert chat.runs[-1]["inputs"]["date"] == {"date": "2026-12-01"}
    assert chat.said == ["utter_confirm_package"]


def test_that_one_day_is_not_asked_for_and_an_extra_has_its_own_words() -> None:
    talk = Dialogue()
    talk.answers["action_look_up_package"] = ok({**PACKAGE, "package_hint": "look"})
    talk.answers["action_find_package_offers"] = offered(offer("off_f", "Film Channels", "9.95", "extra"))
    talk.answers["action_list_start_days"] = ok({"start_days": START_DAYS[:1]})
    talk.say("add the film channels", "change_package", package="Film Channels")
    assert talk.said == ["utter_confirm_extra"]
    talk.say("yes")
    assert talk.said == ["utter_extra_bought"]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("same_package", "utter_same_package"),
        ("package_unknown", "utter_package_unknown"),
        ("one_step_only", "utter_one_step_only"),
        ("no_television", "utter_no_television"),
    ],
)
def test_that_what_is_not_possible_is_said_and_asked_anew(code: str, told: str) -> None:
    talk = Dialogue()
    talk.answers["action_find_package_offers"] = [declined(code), ok(OFFERS)]
    talk.say("switch me to TV Start", "change_package", package="TV Start")
    assert talk.said == [told, "utter_ask_package_wish"]
    talk.press("Faster internet")
    assert talk.said == ["utter_ask_offer"]


def test_that_nothing_that_fits_is_said_so() -> None:
    talk = Dialogue()
    talk.answers["action_find_package_offers"] = [offered(), ok(OFFERS)]
    talk.say("I want another package", "change_package").press("A lower price")
    assert talk.said == ["utter_nothing_fits", "utter_ask_package_wish"]


def test_that_an_offer_that_is_over_is_said_and_a_changed_price_first() -> None:
    chat = selling().press("Faster internet")
    chat.press(chat.titles[0]).press("1 December")
    chat.answers["action_change_package"] = [declined("offer_expired"), SOLD]
    now = [offer("off_new", "TV Plus and Broadband 500", "70.00"), offer("off_9", "TV Complete", "86.50")]
    chat.answers["action_find_package_offers"] = offered(*now, price_changed=True)
    chat.say("yes")
    looked = [each for each in chat.runs if each["action"] == "action_find_package_offers"][-1]["inputs"]
    assert (looked["before"], looked["price"]["amount"]) == ("TV Plus and Broadband 500", "68.20")
    assert chat.said == ["utter_offer_expired", "utter_price_changed", "utter_ask_offer"]
    chat.press("TV Plus and Broadband 500, 70.00").press("1 December").say("yes")
    first, second = chat.keys("action_change_package")
    assert first != second
    assert [each["value"] for each in chat.events("attempt.closed")] == [70.0]


@pytest.mark.parametrize(
    ("block", "told"), [("planned", "utter_package_planned"), ("ending", "utter_package_ending")]
)
def test_that_what_a_person_has_to_look_at_is_offered_one(block: str, told: str) -> None:
    talk = Dialogue()
    talk.answers["action_look_up_package"] = ok({**PACKAGE, "package_block": block})
    talk.say("another package", "change_package")
    assert talk.said == [f"utter_package_{block}", "utter_offer_person"]


def test_that_without_a_contract_a_person_is_offered() -> None:
    talk = Dialogue()
    talk.answers["action_look_up_package"] = ok({}, code="none")
    talk.say("another package", "change_package")
    assert talk.said == ["utter_no_package", "utter_offer_person"]


def test_that_something_else_goes_to_a_person_at_once() -> None:
    chat = selling().press("Something else")
    assert chat.said == ["utter_getting_person"]


def test_that_a_no_changes_nothing_and_asks_what_instead() -> None:
    chat = selling().press("Faster internet")
    chat.press(chat.titles[0]).press("1 December").say("no")
    assert chat.said == ["utter_no_package_yet", "utter_ask_package_wish"]
    assert not chat.keys("action_change_package")


def test_that_stop_in_the_middle_is_abandoned_and_changes_nothing() -> None:
    chat = selling().press("Faster internet").say("never mind", "stop")
    assert chat.outcomes() == [("change_package", "abandoned", "none", "customer_stopped")]
    assert not chat.keys("action_change_package")


def test_that_one_confirmation_is_one_change_through_doubt_and_two_failures_bring_a_person() -> None:
    chat = selling().press("Faster internet")
    chat.press(chat.titles[0]).press("1 December")
    chat.answers["action_change_package"] = [TIMEOUT, SOLD]
    chat.say("yes").press("Check again")
    first, second = chat.keys("action_change_package")
    assert first == second
    other = selling().press("Faster internet")
    other.press(other.titles[0]).press("1 December")
    other.answers["action_change_package"] = ERROR
    other.say("yes").press("Try again")
    assert "Talk to a person" in other.titles
    assert other.outcomes() == []
