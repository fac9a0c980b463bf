"""The desk over HTTP: who may see what, and what an agent can do with a chat."""

from __future__ import annotations

import asyncio
import json

import jsonschema
import pytest

from assistant.handoff.packet import SCHEMA_FILE
from assistant.staff.audit import audit_entries
from tests.desk.desk_scene import Desk
from tests.handoff.scenario import Company, FakeClock


async def test_that_an_agent_finds_accepts_answers_and_closes_a_chat(desk: Desk, company: Company) -> None:
    async with desk.person() as agent:
        assert (await agent.get("/api/handoffs")).json() == {"handoffs": []}
        chat = company.conversation(customer="cus_1")
        attempt = company.attempt(chat)
        company.says(chat, "I want a person")
        handoff = company.asks_for_person(chat, attempt)
        (listed,) = (await agent.get("/api/handoffs")).json()["handoffs"]
        assert listed["handoff_id"] == handoff.handoff_id
        assert listed["customer"]["name"] == "Anna de Vries"
        assert (listed["state"], listed["reason"], listed["requested_at"]) == (
            "queued", "customer_asked", "2026-11-24T09:00:00Z",
        )  # fmt: skip
        at = f"/api/handoffs/{handoff.handoff_id}"
        jsonschema.validate(
            (await agent.get(f"{at}/packet")).json(), json.loads(SCHEMA_FILE.read_text("utf-8"))
        )
        assert (await agent.post(f"{at}/accept")).json()["state"] == "with_agent"
        said = {"client_id": "k1", "text": "Hello Anna"}
        first = (await agent.post(f"{at}/messages", json=said)).json()
        assert (await agent.post(f"{at}/messages", json=said)).json() == first
        conversation = (await agent.get(f"/api/conversations/{chat}")).json()
        assert conversation["owner"] == "agent"
        assert conversation["messages"][-1]["text"] == "Hello Anna"
        assert conversation["messages"][-1]["name"] == "Sam Field"
        assert conversation["attempts"][0]["outcome"] == "open"
        assert len((await agent.get("/api/desk/mine")).json()["handoffs"]) == 1
        closed = await agent.post(f"{at}/close", json={"outcome": "achieved", "note": "Moved by hand"})
        assert closed.json()["state"] == "closed"
        assert (await agent.post(f"{at}/messages", json={**said, "client_id": "k2"})).status_code == 409
    company.check_rebuild()


async def test_that_two_who_accept_in_parallel_get_one_chat_between_them(
    desk: Desk, company: Company
) -> None:
    company.agent()
    handoff = company.asks_for_person(company.conversation())
    async with desk.person(name="One") as one, desk.person(name="Two") as two:
        at = f"/api/handoffs/{handoff.handoff_id}/accept"
        answers = await asyncio.gather(*(who.post(at) for who in (one, two)))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert next(a for a in answers if a.status_code == 409).json()["code"] == "handoff_taken"


@pytest.mark.parametrize(
    ("role", "listing", "packet", "conversation", "accepting"),
    [
        ("agent", 200, 200, 200, 200),
        ("supervisor", 200, 200, 200, 403),
        ("analyst", 403, 403, 200, 403),
        ("admin", 403, 403, 403, 403),
        ("channel", 403, 403, 403, 403),
    ],
)
async def test_that_each_role_opens_its_own_doors(
    desk: Desk, company: Company, role: str, listing: int, packet: int, conversation: int, accepting: int
) -> None:
    company.agent()
    handoff = company.asks_for_person(company.conversation())
    at = f"/api/handoffs/{handoff.handoff_id}"
    async with desk.person(role) as person:
        assert (await person.get("/api/handoffs")).status_code == listing
        assert (await person.get(at)).status_code == listing
        assert (await person.get(f"{at}/packet")).status_code == packet
        assert (await person.get(f"/api/conversations/{handoff.conversation_id}")).status_code == conversation
        assert (await person.post(f"{at}/accept")).status_code == accepting


async def test_that_nobody_without_a_token_gets_in(desk: Desk, company: Company) -> None:
    handoff = company.asks_for_person(company.conversation())
    async with desk.person() as person:
        for token in ("", "Bearer nonsense", "Basic abc"):
            answer = await person.get(
                f"/api/handoffs/{handoff.handoff_id}/packet", headers={"Authorization": token}
            )
            assert answer.status_code == 401


@pytest.mark.parametrize("limits", [{"skills": ["billing"]}, {"languages": ["nl"]}])
async def test_that_an_agent_of_other_work_sees_nothing_of_it(
    desk: Desk, company: Company, limits: dict[str, list[str]]
) -> None:
    company.agent()
    handoff = company.asks_for_person(company.conversation())
    at = f"/api/handoffs/{handoff.handoff_id}"
    async with desk.person(**limits) as agent:
        assert (await agent.get("/api/handoffs")).json()["handoffs"] == []
        for path in (at, f"{at}/packet", f"/api/conversations/{handoff.conversation_id}"):
            assert (await agent.get(path)).status_code == 404
        assert (await agent.post(f"{at}/accept")).status_code == 404


async def test_that_what_a_colleague_holds_is_closed_to_others(desk: Desk, company: Company) -> None:
    holder = company.agent()
    handoff = company.asks_for_person(company.conversation())
    company.accepts(holder, handoff.handoff_id)
    at = f"/api/handoffs/{handoff.handoff_id}"
    async with desk.person() as other:
        assert (await other.get(f"{at}/packet")).status_code == 404
        assert (await other.get(f"/api/conversations/{handoff.conversation_id}")).status_code == 404
        assert (await other.get(at)).json()["agent"]["name"] == "Sam Field"
        said = await other.post(f"{at}/messages", json={"client_id": "k", "text": "hi"})
        assert (said.status_code, said.json()["code"]) == (409, "not_your_chat")
        closing = await other.post(f"{at}/close", json={"outcome": "achieved"})
        assert "details" not in closing.json()


async def test_that_every_read_of_a_packet_or_conversation_is_on_record(desk: Desk, company: Company) -> None:
    company.agent()
    handoff = company.asks_for_person(company.conversation())
    async with desk.person("supervisor") as person:
        await person.get(f"/api/handoffs/{handoff.handoff_id}/packet")
        await person.get(f"/api/conversations/{handoff.conversation_id}")

    on_record = {entry.what for entry in company.read(lambda tx: audit_entries(tx)[0])}
    assert {"read packet", "read conversation"} <= on_record


async def test_that_what_an_agent_writes_is_on_record_once_and_without_the_words(
    desk: Desk, company: Company
) -> None:
    company.agent()
    handoff = company.asks_for_person(company.conversation())
    async with desk.person() as person:
        await person.post(f"/api/handoffs/{handoff.handoff_id}/accept")
        for _ in range(2):
            said = {"client_id": "m_1", "text": "between you and me"}
            answer = await person.post(f"/api/handoffs/{handoff.handoff_id}/messages", json=said)
    written = [
        entry
        for entry in company.read(lambda tx: audit_entries(tx)[0])
        if entry.what == "wrote to the customer"
    ]
    assert [(entry.target, entry.details) for entry in written] == [(handoff.handoff_id, answer.json())]


async def test_that_a_call_of_an_agent_makes_the_skill_staffed(
    desk: Desk, company: Company, clock: FakeClock
) -> None:
    async with desk.person(skills=["billing"]) as agent:
        await agent.get("/api/handoffs")
    assert company.read(company.handoffs.staffed) == {
        "general": False, "billing": True, "technical": False, "field_service": False,
    }  # fmt: skip
    clock.forward(seconds=90)
    assert not any(company.read(company.handoffs.staffed).values())


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("messages", {"client_id": "k", "text": "  "}, "empty_message"),
        ("messages", {"client_id": "", "text": "hi"}, "bad_client_id"),
        ("messages", {"text": "hi"}, "invalid"),
        ("messages", {"client_id": "k", "text": "x" * 10_000}, "message_too_long"),
        ("close", {}, "invalid"),
        ("close", {"outcome": "great"}, "unknown_outcome"),
        ("close", {"outcome": "achieved", "intent": "fly"}, "unknown_intent"),
        ("close", {"outcome": "achieved", "attempts": []}, "invalid"),
        ("transfer", {"skill": "magic"}, "unknown_skill"),
        ("return", {"facts": [{"name": "x"}]}, "invalid"),
    ],
)
async def test_that_what_makes_no_sense_is_refused_in_plain_words(
    desk: Desk, company: Company, path: str, body: dict[str, object], code: str
) -> None:
    async with desk.person() as agent:
        await agent.get("/api/handoffs")
        chat = company.conversation()
        handoff = company.asks_for_person(chat, company.attempt(chat))
        await agent.post(f"/api/handoffs/{handoff.handoff_id}/accept")
        refusal = await agent.post(f"/api/handoffs/{handoff.handoff_id}/{path}", json=body)
        assert (refusal.status_code, refusal.json()["code"]) == (400, code)
        back = await agent.post(
            f"/api/handoffs/{handoff.handoff_id}/return", json={"facts": {"box": "HX-20"}}
        )
        assert back.json()["state"] == "returned"


async def test_that_the_packets_schema_is_published(desk: Desk) -> None:
    async with desk.person() as anybody:
        published = await anybody.get("/schemas/packet-v1.json", headers={"Authorization": ""})
        assert published.json() == json.loads(SCHEMA_FILE.read_text("utf-8"))
        assert (await anybody.get("/desk")).headers["content-type"].startswith("text/html")
