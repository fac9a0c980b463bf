"""The language of a conversation over the real wire: followed in that very turn, on record, and handed on."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.texts import load_responses, variants
from tests.server import ROOT, Assistant, Staff

pytestmark = pytest.mark.slow
RESPONSES = load_responses(ROOT / "data" / "responses")


def speaker(assistant: Assistant, language: str) -> Staff:
    """An agent who is there and speaks one language only."""
    body = {"role": "agent", "name": f"speaks {language}", "languages": [language]}
    made = Staff(assistant.base, assistant.admin.post("/api/staff/tokens", body)["token"])
    made.get("/api/handoffs")
    return made


def switches(assistant: Assistant, conversation_id: str) -> list[str]:
    return [each.language for each in assistant.named(conversation_id, "conversation.language_changed")]


def said_with(assistant: Assistant, conversation_id: str) -> list[tuple[str, str]]:
    """(response, text) of all that was said to the customer."""
    sent = assistant.named(conversation_id, "message.sent")
    return [(each.response, each.text) for each in sent]


def texts_of(response: str, language: str) -> list[str]:
    return [str(each["text"]) for each in variants(RESPONSES, response, language)]


def test_that_who_goes_on_in_dutch_is_answered_in_dutch_in_that_turn(assistant: Assistant) -> None:
    visitor = assistant.visitor(assistant.with_one_bill()["customer_id"])
    visitor.ask("I want to pay my bill")
    english = visitor.choices()
    visitor.ask("wat zei u? ik begrijp het niet goed, kunt u dat nog eens zeggen")
    assert switches(assistant, visitor.conversation_id) == ["nl"]
    response, text = said_with(assistant, visitor.conversation_id)[-1]
    assert any(text.startswith(each.split("{")[0]) for each in texts_of(response, "nl")), text
    assert [each["id"] for each in visitor.choices()] == [each["id"] for each in english]
    visitor.choose(visitor.choices()[0]["title"])
    assert [each["title"] for each in visitor.choices()] == ["Ja", "Nee"]
    visitor.ask("ok")
    assert switches(assistant, visitor.conversation_id) == ["nl"]
    told = assistant.staff("analyst").get(f"/api/conversations/{visitor.conversation_id}")
    assert told["language"] == "nl"


def test_that_the_switch_is_on_record_before_what_rests_on_it(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    visitor.ask("hello")
    visitor.ask("vorrei sapere dove si trova il mio ordine")
    names = [each.event.name for each in assistant.events(visitor.conversation_id)]
    turn = names[names.index("conversation.language_changed") :]
    assert "attempt.opened" in turn
    assert "message.sent" in turn
    [attempt] = assistant.attempts(visitor.conversation_id)
    assert (attempt["intent"], attempt["language"]) == ("track_order", "it")


def test_that_a_first_message_decides_at_once_against_the_page(assistant: Assistant) -> None:
    visitor = assistant.visitor(language="it")
    visitor.ask("hi, my internet does not work at all")
    assert switches(assistant, visitor.conversation_id) == ["en"]
    stays = assistant.visitor(language="nl")
    stays.ask("ok")
    assert switches(assistant, stays.conversation_id) == []


def test_that_a_person_asked_for_in_italian_is_one_who_speaks_italian(assistant: Assistant) -> None:
    italian, dutch = speaker(assistant, "it"), speaker(assistant, "nl")
    visitor = assistant.visitor(assistant.with_one_bill()["customer_id"])
    visitor.ask("I want to pay my bill")
    visitor.ask("voglio parlare con una persona, per favore")
    listed: dict[str, Any] = italian.handoff_of(visitor.conversation_id)
    assert listed["language"] == "it"
    packet = italian.get(f"/api/handoffs/{listed['handoff_id']}/packet")
    assert (packet["language"], packet["routing"]["language"]) == ("it", "it")
    assert packet["summary"]["language"] == "it"
    theirs = [row["conversation_id"] for row in dutch.get("/api/handoffs")["handoffs"]]
    assert visitor.conversation_id not in theirs
    assert dutch.call("GET", f"/api/handoffs/{listed['handoff_id']}/packet").status_code == 404
    refused = dutch.call("POST", f"/api/handoffs/{listed['handoff_id']}/accept", {})
    assert refused.status_code in (403, 404)
    italian.post(f"/api/handoffs/{listed['handoff_id']}/accept")
    visitor.send("bedankt, maar ik wil toch liever in het Nederlands verder")
    italian.post(f"/api/handoffs/{listed['handoff_id']}/return", {})
    assert switches(assistant, visitor.conversation_id) == ["it"], "no turn runs while a person has the chat"


def test_that_who_waits_and_goes_on_with_the_bot_in_dutch_waits_for_somebody_who_speaks_it(
    assistant: Assistant,
) -> None:
    italian, dutch = speaker(assistant, "it"), speaker(assistant, "nl")
    visitor = assistant.visitor(language="it")
    visitor.ask("voglio parlare con un operatore")
    handoff_id = italian.handoff_of(visitor.conversation_id)["handoff_id"]
    assert [each["id"].partition(":")[0] for each in visitor.choices()] == ["go_on", "withdraw"]
    visitor.choose(visitor.choices()[0]["title"])
    visitor.ask("ik wil eigenlijk liever weten waar mijn bestelling blijft")
    assert dutch.handoff_of(visitor.conversation_id)["handoff_id"] == handoff_id
    assert italian.call("GET", f"/api/handoffs/{handoff_id}").status_code == 404


def test_that_a_program_on_rasas_channel_is_followed_too(assistant: Assistant) -> None:
    program = assistant.staff("channel", "languages")
    body = {"sender": "rest-languages", "message": "hello", "metadata": {"language": "en"}}
    program.post("/webhooks/rest/webhook", body)
    again = body | {"message": "ik wil graag weten waar mijn pakketje blijft"}
    program.post("/webhooks/rest/webhook", again)
    assert switches(assistant, "rest-languages") == ["nl"]
