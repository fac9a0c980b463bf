"""The packet holds everything, with its true result, and nothing that is not so."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from assistant.handoff.packet import SCHEMA_FILE, Packet, schema_text
from assistant.journal.events import (
    ActionPerformed,
    FactLearned,
    FactWithdrawn,
    IdentityClaimed,
    PageViewed,
    PromiseMade,
    StepEntered,
    StepLeft,
    SubjectFound,
    TurnCommitted,
)
from tests.handoff.scenario import Company, FakeClock

SCHEMA = json.loads(SCHEMA_FILE.read_text("utf-8"))


@pytest.fixture
def story(company: Company, clock: FakeClock) -> tuple[str, dict[str, Any]]:
    """Anna could not move her visit; her packet, and the chat it came from."""
    before = company.conversation(customer="cus_1")
    earlier = company.attempt(before)
    company.record(before, SubjectFound(attempt_id=earlier, subject="v_7"))
    other = company.conversation(customer="cus_2")
    company.attempt(other)
    clock.forward(days=1)
    company.agent()
    chat = company.conversation(customer="cus_1")
    company.record(chat, PageViewed(url="https://northlight.example/help", title="Help"))
    first = company.says(chat, "I want to move my engineer visit")
    attempt = company.attempt(
        chat, confidence=0.94, received=first, alternatives=[{"name": "book_visit", "confidence": 0.03}]
    )
    company.record(
        chat,
        SubjectFound(attempt_id=attempt, subject="v_7"),
        StepEntered(attempt_id=attempt, step="find_visits", title="Find the visits", kind="act"),
        ActionPerformed(action="find_visits", title="Find visits", result="ok", inputs={"account": "4411"}),
        StepLeft(attempt_id=attempt, step="find_visits", result="done"),
        StepEntered(attempt_id=attempt, step="new_slot", title="Choose a new time", kind="collect"),
        FactLearned(fact="visit_id", label="Visit", value="v_7", source="system", verified=True),
        FactLearned(fact="new_slot", label="New time", value="Friday"),
        FactLearned(fact="new_slot", label="New time", value="Saturday"),
        FactLearned(fact="phone", label="Phone", value="0612345678"),
        FactWithdrawn(fact="phone"),
        ActionPerformed(action="move_visit", title="Move the visit", result="declined", code="slot_taken"),
        PromiseMade(text="An engineer calls before 17:00", due="2026-11-25T16:00:00Z"),
    )
    company.answers(chat, first, "When suits you?")
    company.says(chat, "pay with 4111 1111 1111 1111, I WANT SOMEONE REAL, this is ridiculous!!")
    handoff = company.asks_for_person(chat, attempt, step="new_slot", skill="field_service")
    return chat, company.packet(handoff.handoff_id)


def test_that_the_committed_schema_is_the_one_of_the_models() -> None:
    assert SCHEMA_FILE.read_text("utf-8") == schema_text()


def test_that_a_packet_fits_its_schema_and_nothing_may_be_added(story: tuple[str, dict[str, Any]]) -> None:
    packet = story[1]
    jsonschema.validate(packet, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**packet, "surprise": 1}, SCHEMA)
    with pytest.raises(ValidationError):
        Packet.model_validate({**packet, "surprise": 1})


def test_that_it_says_who_wants_what_and_why(story: tuple[str, dict[str, Any]]) -> None:
    packet = story[1]
    assert packet["customer"] == {
        "customer_id": "cus_1", "name": "Anna de Vries", "account": "4411", "verification": "verified",
        "method": "identity_token", "verified_at": packet["customer"]["verified_at"], "contact": {},
    }  # fmt: skip
    assert packet["intent"]["name"] == "move_visit"
    assert packet["intent"]["first_words"] == "I want to move my engineer visit"
    assert packet["intent"]["alternatives"] == [{"name": "book_visit", "confidence": 0.03}]
    assert (packet["reason"]["code"], packet["reason"]["step"]) == ("customer_asked", "new_slot")
    assert packet["routing"]["skill"] == "field_service"
    assert packet["pages"][0]["title"] == "Help"


def test_that_every_fact_is_there_as_it_stands_now(story: tuple[str, dict[str, Any]]) -> None:
    facts = {fact["name"]: (fact["value"], fact["source"], fact["verified"]) for fact in story[1]["facts"]}
    assert facts == {"visit_id": ("v_7", "system", True), "new_slot": ("Saturday", "customer", False)}


def test_that_every_action_is_there_with_its_true_result(story: tuple[str, dict[str, Any]]) -> None:
    tried = [(each["action"], each["result"], each.get("code"), each["inputs"]) for each in story[1]["tried"]]
    assert tried == [
        ("find_visits", "ok", None, {"account": "4411"}),
        ("move_visit", "declined", "slot_taken", {}),
    ]
    assert story[1]["promises"][0]["due"] == "2026-11-25T16:00:00Z"


def test_that_the_steps_are_those_of_the_definition_with_where_they_stand(
    story: tuple[str, dict[str, Any]],
) -> None:
    packet = story[1]
    assert [(step["name"], step["status"]) for step in packet["journey"]["steps"]] == [
        ("find_visits", "done"), ("new_slot", "current"), ("move", "to_do"),
    ]  # fmt: skip
    assert packet["journey"]["goal"] == "The customer has a visit at a time that suits them"


def test_that_only_this_customers_earlier_attempts_are_shown(story: tuple[str, dict[str, Any]]) -> None:
    assert [(each["intent"], each["same_matter"]) for each in story[1]["earlier"]] == [("move_visit", True)]


def test_that_what_nobody_answered_and_what_was_taken_out_is_counted(
    story: tuple[str, dict[str, Any]],
) -> None:
    packet = story[1]
    messages = {message["sequence"]: message for message in packet["messages"]}
    assert [messages[number]["text"][:8] for number in packet["unanswered"]] == ["pay with"]
    assert packet["redactions"] == [{"kind": "card_number", "count": 1}]
    assert "4111" not in json.dumps(packet)


def test_that_the_mood_says_from_what(story: tuple[str, dict[str, Any]]) -> None:
    mood = story[1]["mood"]
    assert (mood["label"], mood["signals"]) == ("upset", ["strong_words", "exclamation"])


def test_that_the_summary_is_made_from_responses_and_told_customer_is_what_was_said(
    story: tuple[str, dict[str, Any]],
) -> None:
    packet = story[1]
    for name in (
        "wants",
        "reason_customer_asked",
        "tried_ok",
        "tried_failed",
        "stopped_at",
        "promised",
        "came_back",
    ):
        assert f"utter_packet_{name}" in packet["summary"]["text"]
    assert packet["told_customer"].startswith("utter_handoff_queued")
    assert packet["messages"][-1]["text"] == packet["told_customer"]


def test_that_a_claim_is_shown_as_a_claim_and_opens_no_history(company: Company) -> None:
    company.agent()
    company.attempt(company.conversation(customer="cus_1"))
    chat = company.conversation()
    company.record(chat, IdentityClaimed(kind="account", value="4411"))
    packet = company.packet(company.asks_for_person(chat).handoff_id)
    assert packet["customer"] == {"verification": "claimed", "account": "4411", "contact": {}}
    assert packet["earlier"] == []
    assert packet["intent"]["name"] == "unknown"


def test_that_a_packet_without_anything_is_still_whole(company: Company) -> None:
    packet = company.packet(company.asks_for_person(company.conversation()).handoff_id)
    jsonschema.validate(packet, SCHEMA)
    assert packet["journey"]["steps"] == packet["facts"] == packet["tried"] == []


def test_that_a_withheld_answer_leaves_the_message_unanswered_in_a_new_revision(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    received = company.says(chat, "hello?")
    handoff = company.asks_for_person(chat)
    company.record(
        chat, TurnCommitted(received=received, withheld=True), FactLearned(fact="box", label="Box", value="X")
    )
    assert company.write(lambda tx: company.handoffs.revise(tx, chat)) == 2
    packet = company.packet(handoff.handoff_id)
    assert packet["unanswered"] == [received]
    assert packet["facts"][0]["name"] == "box"
    assert company.write(lambda tx: company.handoffs.revise(tx, chat)) == 2


def test_that_a_very_long_chat_makes_a_packet_of_bounded_length(company: Company) -> None:
    company.agent()
    chat = company.conversation()
    for number in range(250):
        company.says(chat, f"message {number}")
    packet = company.packet(company.asks_for_person(chat).handoff_id)
    assert len(packet["messages"]) == 200
    assert len(packet["unanswered"]) == 250
