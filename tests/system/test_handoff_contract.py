"""Handing over, the desk's calls and insight over the real wire, held to their contract."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema
import pytest
import requests

from tests.server import Assistant, Staff, Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def agent(assistant: Assistant) -> Staff:
    """An agent who is there."""
    one = assistant.staff("agent", "Robin Vos")
    one.get("/api/handoffs")
    return one


def waiting(assistant: Assistant, agent: Staff, first: str = "I want to pay my bill") -> tuple[Visitor, str]:
    """A customer in the queue after a word with the bot; the handoff's id."""
    visitor = assistant.visitor(assistant.with_one_bill()["customer_id"])
    visitor.ask(first)
    visitor.ask("I want to talk to a person")
    return visitor, agent.handoff_of(visitor.conversation_id)["handoff_id"]


def test_that_a_handoff_is_accepted_once_by_two_agents_at_the_same_moment(
    assistant: Assistant, agent: Staff
) -> None:
    other = assistant.staff("agent", "Kim Dahl")
    other.get("/api/handoffs")
    visitor, handoff_id = waiting(assistant, agent)
    with ThreadPoolExecutor(2) as both:
        answers = list(
            both.map(lambda who: who.call("POST", f"/api/handoffs/{handoff_id}/accept", {}), (agent, other))
        )
    assert sorted(a.status_code for a in answers) == [200, 409]
    assert next(a for a in answers if a.status_code == 409).json()["code"] in (
        "handoff_taken",
        "handoff_offered",
    )
    assert len(assistant.named(visitor.conversation_id, "handoff.accepted")) == 1


def test_that_a_customer_who_waits_goes_on_with_the_bot_and_then_needs_no_person(
    assistant: Assistant, agent: Staff
) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    assert visitor.until(lambda f: f["type"] == "owner" and f["owner"] == "queue")
    assert [c["id"] for c in visitor.choices()] == [f"go_on:{handoff_id}", f"withdraw:{handoff_id}"]
    assert visitor.choose("Go on")[-1]["from"] == "system"
    assert agent.get(f"/api/handoffs/{handoff_id}")["state"] == "queued"
    assert visitor.ask("hello")[-1]["from"] == "bot"
    pressed = {"type": "choice", "client_id": str(uuid.uuid4()), "payload": f"withdraw:{handoff_id}"}
    assert visitor.http("POST", "/chat/messages", pressed).status_code == 200
    assert len(assistant.named(visitor.conversation_id, "handoff.withdrawn")) == 1


def test_that_a_program_on_rasas_channel_withdraws_with_the_button_it_was_given(
    assistant: Assistant, agent: Staff
) -> None:
    program = assistant.staff("channel", "waits")

    def say(message: str) -> Any:
        return program.post("/webhooks/rest/webhook", {"sender": "rest-waits", "message": message})

    *_, line = say("I want to talk to a person")
    assert line["custom"] == {"from": "system"}
    [said] = say(line["buttons"][-1]["payload"])
    assert said["custom"] == {"from": "system"}
    assert len(assistant.named("rest-waits", "handoff.withdrawn")) == 1
    assert say("hello")[0].get("custom") is None


def test_that_the_packet_fits_its_published_schema(assistant: Assistant, agent: Staff) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    packet = agent.get(f"/api/handoffs/{handoff_id}/packet")
    schema = requests.get(f"{assistant.base}/schemas/packet-v1.json", timeout=10).json()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(packet, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(packet | {"made_up": 1}, schema)
    assert packet["customer"]["verification"] == "verified"
    assert packet["intent"]["name"] == "pay_bill"
    assert next(s["status"] for s in packet["journey"]["steps"]) == "done"
    assert {m["text"] for m in packet["messages"]} >= {"I want to pay my bill"}
    assert packet["told_customer"] == visitor.read()[-1]["text"]


def test_that_agent_and_customer_talk_and_the_bot_is_silent_until_it_gets_the_facts_back(
    assistant: Assistant, agent: Staff
) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    agent.post(f"/api/handoffs/{handoff_id}/accept")
    body = {"client_id": str(uuid.uuid4()), "text": "Hello, this is a person."}
    first = agent.post(f"/api/handoffs/{handoff_id}/messages", body)["sequence"]
    assert agent.post(f"/api/handoffs/{handoff_id}/messages", body)["sequence"] == first
    visitor.until(lambda f: f["type"] == "message" and f["sequence"] == first)
    theirs = visitor.send("a real one?")
    agent.post(
        f"/api/handoffs/{handoff_id}/return",
        {"note": "wants to pay by card", "facts": {"contract_ends": "2027-01-31"}},
    )
    visitor.until(lambda f: f["type"] == "owner" and f["owner"] == "bot")
    answered = [e.in_reply_to for e in assistant.named(visitor.conversation_id, "message.sent")]
    assert theirs not in answered
    assert visitor.ask("hello")[-1]["from"] == "bot"
    [fact] = [
        e for e in assistant.named(visitor.conversation_id, "fact.learned") if e.fact == "contract_ends"
    ]
    assert (fact.value, fact.source) == ("2027-01-31", "agent")
    assert "wants to pay by card" not in " ".join(m["text"] for m in visitor.read())
    assert agent.get(f"/api/handoffs/{handoff_id}")["state"] == "returned"


def test_that_a_chat_is_closed_in_the_short_form(assistant: Assistant, agent: Staff) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    path = f"/api/handoffs/{handoff_id}"
    refused = agent.call("POST", f"{path}/close", {"outcome": "achieved"})
    assert refused.status_code == 409, refused.text
    agent.post(f"{path}/accept")
    wrong = agent.call("POST", f"{path}/close", {"outcome": "perfect"})
    assert wrong.status_code == 400
    agent.post(f"{path}/close", {"outcome": "not_achieved", "reason": "no_money", "note": "calls back"})
    assert agent.get(path)["state"] == "closed"
    [attempt] = assistant.attempts(visitor.conversation_id)
    assert (attempt["outcome"], attempt["evidence"], attempt["reason"]) == (
        "not_achieved",
        "agent",
        "no_money",
    )
    assert agent.call("POST", f"{path}/close", {"outcome": "achieved"}).status_code == 409


def test_that_a_chat_is_closed_with_an_outcome_for_each_attempt(assistant: Assistant, agent: Staff) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    agent.post(f"/api/handoffs/{handoff_id}/accept")
    [mine] = assistant.attempts(visitor.conversation_id)
    missing = {"attempts": [{"intent": "track_order", "outcome": "achieved"}]}
    refused = agent.call("POST", f"/api/handoffs/{handoff_id}/close", missing)
    assert (refused.status_code, refused.json()["code"]) == (400, "disposition_incomplete")
    both = {
        "attempts": [
            {"attempt_id": mine["attempt_id"], "intent": "understand_bill", "outcome": "achieved"},
            {"intent": "track_order", "outcome": "unknown"},
        ]
    }
    agent.post(f"/api/handoffs/{handoff_id}/close", both)
    found = {a["intent"]: a for a in assistant.attempts(visitor.conversation_id)}
    assert set(found) == {"understand_bill", "track_order"}
    assert found["understand_bill"]["first_intent"] == "pay_bill"
    assert (found["understand_bill"]["by"], found["understand_bill"]["evidence"]) == ("assisted", "agent")
    assert (found["track_order"]["outcome"], found["track_order"]["evidence"]) == ("unknown", "none")


def test_that_a_persons_fix_closes_the_attempt_that_the_bot_gave_up(
    assistant: Assistant, agent: Staff
) -> None:
    customer = assistant.with_a_box("ok")
    visitor = assistant.visitor(customer["customer_id"])
    visitor.ask("my tv box does not work")
    visitor.choose("Yes")
    visitor.choose("No")
    visitor.choose("No")
    visitor.choose("Talk to a person", "Yes")
    handoff_id = agent.handoff_of(visitor.conversation_id)["handoff_id"]
    agent.post(f"/api/handoffs/{handoff_id}/accept")
    agent.post(f"/api/handoffs/{handoff_id}/close", {"outcome": "achieved"})
    [attempt] = assistant.attempts(visitor.conversation_id)
    assert (attempt["intent"], attempt["outcome"], attempt["by"]) == ("fix_tv_box", "achieved", "assisted")


def test_that_nobody_reads_what_is_not_theirs(assistant: Assistant, agent: Staff) -> None:
    visitor, handoff_id = waiting(assistant, agent)
    path = f"/api/handoffs/{handoff_id}/packet"
    assert requests.get(assistant.base + path, timeout=10).status_code == 401
    assert visitor.http("GET", path).status_code == 401
    assert assistant.staff("analyst").call("GET", path).status_code == 403
    assert assistant.staff("channel").call("GET", path).status_code == 403
    assert agent.call("GET", "/api/insight/intents").status_code == 403
    assert agent.call("GET", "/api/attempts").status_code == 403
    supervisor = assistant.staff("supervisor")
    assert supervisor.get(path)["handoff_id"] == handoff_id
    entries = supervisor.get("/api/staff/audit", target=handoff_id)["entries"]
    assert "packet" in " ".join(e["what"] for e in entries)


def test_that_a_conversation_that_no_handoff_leads_to_is_closed_to_agents(
    assistant: Assistant, agent: Staff
) -> None:
    visitor = assistant.visitor()
    visitor.ask("hello")
    path = f"/api/conversations/{visitor.conversation_id}"
    assert agent.call("GET", path).status_code == 404
    told = assistant.staff("analyst").get(path)
    assert set(told) >= {"conversation_id", "owner", "language", "messages", "attempts"}
    assert [m["from"] for m in told["messages"]] == ["customer", "bot"]


def test_that_insight_counts_what_happened_here(assistant: Assistant) -> None:
    """Last in the module, so that all of the above is in it."""
    analyst = assistant.staff("analyst")
    told = analyst.get("/api/insight/intents")
    attempts: list[dict[str, Any]] = []
    page: dict[str, Any] = {"next": None}
    while "next" in page:
        page = analyst.get("/api/attempts", **({"after": page["next"]} if page["next"] else {}))
        attempts += page["attempts"]
    for row in told["intents"]:
        mine = [a for a in attempts if a["intent"] == row["intent"]]
        closed = [a for a in mine if a["outcome"] != "open"]
        achieved = [a for a in closed if a["outcome"] == "achieved"]
        assert (row["eligible"], row["closed"], row["achieved"]) == (len(mine), len(closed), len(achieved))
        assert row["assisted"] == len([a for a in achieved if a["by"] == "assisted"])
        assert row["self_service"] == len([a for a in achieved if a["by"] == "self_service"])
        rate = row["success_rate"]
        assert rate == pytest.approx(len(achieved) / len(closed)) if closed else rate is None
        if closed:
            assert row["success_low"] <= rate <= row["success_high"]
    assert told["totals"]["eligible"] == sum(row["eligible"] for row in told["intents"])
    assert analyst.get("/api/insight/intents", channel="phone")["totals"]["eligible"] == 0
    assert analyst.get("/api/insight/intents", channel="phone")["totals"]["success_rate"] is None


def test_that_rebuilding_changes_nothing_and_exports_hold_every_row(assistant: Assistant) -> None:
    rebuilt = assistant.command("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "nothing differed" in rebuilt.stdout
    exported = assistant.command("export", "--table", "handoffs", "--format", "jsonl")
    assert exported.returncode == 0, exported.stderr
    with assistant.journal() as journal:
        import sqlalchemy as sa

        from assistant.journal import tables

        count = sa.select(sa.func.count()).select_from(tables.handoffs)
        assert len(exported.stdout.splitlines()) == journal.read_now(lambda tx: tx.connection.scalar(count))
