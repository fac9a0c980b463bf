"""What is known is not asked: said before, on the page, or in the company's systems."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from assistant.journeys.repairs import start_journey
from assistant.journeys.state import Heard, Turn
from tests.journeys.dialogue import AT, BOX, BOX_TWO, DEFINITIONS, NOVEMBER, OCTOBER, RULES, Dialogue, eur, ok
from tests.journeys.walk import JOURNEYS, SAMPLES, Walk, points_of


def on(url: str) -> dict[str, object]:
    return {"page": {"url": url, "title": "My Northlight"}}


@pytest.mark.parametrize(
    "url",
    [
        "https://northlight.example/account/bills/b_10",
        "https://northlight.example/account?bill=b_10",
        "https://northlight.example/account/bills/b_10/?from=mail#top",
        "https://northlight.example/account#bill=b_10",
    ],
)
def test_that_the_bill_whose_page_the_customer_is_on_is_not_asked_for(url: str) -> None:
    talk = Dialogue().say("pay this", "pay_bill", context=on(url))
    assert talk.said == ["utter_ask_payment_method"]
    learned = {each["fact"]: each for each in talk.events("fact.learned")}
    assert (learned["bill_id"]["value"], learned["bill_id"]["source"]) == ("b_10", "page")
    assert learned["amount"]["value"] == OCTOBER["amount"]


@pytest.mark.parametrize(
    "url",
    [
        "https://northlight.example/account/bills/b_99",
        "https://northlight.example/account/bills/b_1",
        "https://northlight.example/account/bills/b_10x",
        "https://northlight.example/account/bills/",
        "https://northlight.example/account",
        "/bills/{value}",
        "",
    ],
)
def test_that_a_page_is_not_believed_beyond_what_the_company_lists(url: str) -> None:
    talk = Dialogue().say("pay this", "pay_bill", context=on(url))
    assert talk.said == ["utter_ask_bill_to_pay"]


def test_that_the_customers_words_outweigh_the_page() -> None:
    page = on("https://northlight.example/account/bills/b_10")
    talk = Dialogue().say("pay 64.20", "pay_bill", context=page, amount=eur("64.20"))
    assert talk.said == ["utter_ask_payment_method"]
    talk.say("visa")
    assert talk.args["utter_confirm_payment"]["amount"] == NOVEMBER["amount"]


@pytest.mark.parametrize(
    ("text", "facts", "bill"),
    [
        ("why is my October bill so high", {"date": {"start": "2026-10-01", "end": "2026-10-31"}}, OCTOBER),
        ("what are these 52.20 for", {"amount": eur("52.20")}, OCTOBER),
        ("why is my last bill so high", {}, NOVEMBER),
    ],
)
def test_that_a_bill_described_at_the_start_is_not_asked_for(
    text: str, facts: dict[str, Any], bill: dict[str, Any]
) -> None:
    talk = Dialogue().say(text, "understand_bill", **facts)
    assert "utter_ask_bill" not in talk.said
    assert talk.runs[-1]["inputs"]["bill_id"] == bill["bill_id"]


def test_that_what_was_guessed_is_not_guessed_again_after_a_no() -> None:
    page = on("https://northlight.example/account/bills/b_10")
    talk = Dialogue().say("pay this", "pay_bill", context=page)
    talk.say("sorry, the other bill", "correct", context=page)
    assert talk.args["utter_ask_payment_method"]["bill_id"] == "b_11"


def test_that_the_day_an_appointment_is_wanted_is_no_description_of_what_the_customer_has() -> None:
    talk = Dialogue()
    other = {"visit_id": "v_2", "kind": "repair", "window": {"start": "2026-11-27T08:00:00+01:00"}}
    first = {"visit_id": "v_1", "kind": "repair", "window": {"start": "2026-11-24T08:00:00+01:00"}}
    talk.answers["action_list_visits"] = ok({"visits": [first, other]})
    talk.say("move my visit to friday", "move_visit", date={"date": "2026-11-27"})
    assert talk.said == ["utter_ask_visit"]


def test_that_a_value_known_already_brings_along_what_belongs_to_it() -> None:
    talk = Dialogue()
    talk.answers["action_list_equipment"] = ok({"equipment": [BOX, BOX_TWO]})
    talk.say("my box is broken", "fix_tv_box", equipment_id="eq_2")
    assert "utter_ask_box" not in talk.said
    learned = {each["fact"]: each["value"] for each in talk.events("fact.learned")}
    assert learned["model"] == BOX_TWO["model"]


def test_that_a_value_said_that_the_company_does_not_list_is_asked_for() -> None:
    talk = Dialogue()
    talk.answers["action_list_equipment"] = ok({"equipment": [BOX, BOX_TWO]})
    talk.say("my box is broken", "fix_tv_box", equipment_id="eq_77")
    assert talk.said[-1] == "utter_ask_box"


# --- every journey, with every subset of its facts known ---------------------------------------

MOST_TOGETHER = 8  # facts up to which every subset is tried; beyond that singles, pairs and all


def asked_for(journey: str) -> dict[str, Any]:
    """The facts that the journey can ask for, each with a value that is true for the good customer."""
    definition = DEFINITIONS.named(journey)
    assert definition is not None
    found: dict[str, Any] = {}
    for point in points_of(journey):
        step = definition.find(point.step)
        if step is None or step.free or step.kind == "confirm":
            continue
        name = step.collect or step.fact or ""
        if definition.needs != "verified_identity" or not DEFINITIONS.is_secret(name):
            choices = [each["value"] for each in point.walk.awaiting["choices"] if each.get("more") is None]
            found[name] = choices[0] if choices else SAMPLES.get(step.entity or name, f"{name} 1")
    return {name: value for name, value in found.items() if not DEFINITIONS.is_secret(name)}


def subsets(names: list[str]) -> list[tuple[str, ...]]:
    sizes = range(len(names) + 1) if len(names) <= MOST_TOGETHER else (0, 1, 2, len(names))
    return [each for size in sizes for each in combinations(names, size)]


@pytest.mark.parametrize("journey", JOURNEYS)
def test_that_no_question_is_about_a_known_fact_whichever_are_known(journey: str) -> None:
    facts = asked_for(journey)
    moods = {str(point.walk.overlay): point.walk.overlay for point in points_of(journey)}
    for known in subsets(sorted(facts)):
        for overlay in moods.values():
            walk = begun_knowing(journey, {name: facts[name] for name in known}, overlay)
            listed = {name for name in known if believed(walk, journey, name, facts[name])}
            for _ in range(20):
                if walk.over:
                    break
                asked = walk.awaiting.get("fact")
                # A fact is known as long as the customer has not been sent back to that question.
                assert asked not in listed, f"{journey}: {asked} is known ({known}, {overlay})"
                walk.answer()


def begun_knowing(journey: str, facts: dict[str, Any], overlay: dict[str, Any]) -> Walk:
    """A walk whose customer has just asked for this, these facts being known already."""
    walk = Walk(overlay=overlay)
    turn = Turn(None, DEFINITIONS, RULES)
    definition = DEFINITIONS.named(journey)
    assert definition is not None
    turn.state["turn"].update(conversation_id="c_1", sequence=0, language="en")
    heard = Heard(text=journey, sequence=0, at=AT, intent=definition.intents[0], confidence=0.9)
    start_journey(turn, heard, definition)
    for name, value in facts.items():
        turn.learn(turn.top, name, value, "customer")
    walk.state = turn.state
    walk.say("go on", None)
    return walk


def believed(walk: Walk, journey: str, name: str, value: Any) -> bool:
    """Whether the company's list, where there is one, holds that value."""
    definition = DEFINITIONS.named(journey)
    step = next(each for each in definition.steps if name in {each.collect, each.fact})  # type: ignore[union-attr]
    if not step.choose_from:
        return True
    lists = [run for run in walk.all_lists if step.choose_from in run]
    return all(value in [each.get(step.value or name) for each in run[step.choose_from]] for run in lists)
