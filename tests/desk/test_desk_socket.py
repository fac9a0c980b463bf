"""The desk's socket: the queue at every change, chats in order from the journal, and no more than allowed."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from assistant.staff.tokens import all_tokens, revoke_token
from tests.desk.desk_scene import Desk, frame
from tests.handoff.scenario import Company


async def send(opened: Any, **content: Any) -> None:
    await opened.send(json.dumps(content))


async def test_that_a_new_handoff_is_on_the_open_desk_at_once(desk: Desk, company: Company) -> None:
    async with desk.socket(desk.token()) as opened:
        assert (await frame(opened, "hello"))["staff"]["name"] == "Sam Field"
        assert (await frame(opened, "queue"))["handoffs"] == []
        handoff = company.asks_for_person(company.conversation())
        assert handoff.state == "queued"  # the open desk is a lease
        while not (queue := await frame(opened, "queue"))["handoffs"]:
            pass
        assert queue["handoffs"][0]["handoff_id"] == handoff.handoff_id


async def test_that_a_watched_chat_comes_in_order_from_the_given_sequence(
    desk: Desk, company: Company
) -> None:
    async with desk.socket(desk.token()) as opened:
        await frame(opened, "queue")
        chat = company.conversation()
        first = company.says(chat, "one")
        second = company.says(chat, "two")
        company.asks_for_person(chat)
        await send(opened, type="watch", conversation_id=chat, after=first)
        assert (await frame(opened, "message"))["sequence"] == second
        assert (await frame(opened, "message"))["from"] == "system"
        assert (await frame(opened, "owner"))["owner"] == "queue"
        assert (await frame(opened, "packet"))["revision"] == 1
        company.says(chat, "three")
        assert (await frame(opened, "message"))["text"] == "three"


async def test_that_typing_goes_both_ways(desk: Desk, company: Company) -> None:
    token = desk.token()
    heard: list[tuple[str, dict[str, str]]] = []
    async with desk.socket(token) as opened, desk.person() as other:
        await frame(opened, "queue")
        handoff = company.asks_for_person(company.conversation())
        other.headers["Authorization"] = f"Bearer {token}"
        await other.post(f"/api/handoffs/{handoff.handoff_id}/accept")
        await send(opened, type="watch", conversation_id=handoff.conversation_id, after=0)
        assert (await frame(opened, "owner"))["owner"] == "agent"
        await desk.bus.publish("typing", conversation_id=handoff.conversation_id, who="customer")
        assert (await frame(opened, "typing"))["from"] == "customer"
        desk.bus.subscribe(lambda topic, payload: heard.append((topic, payload)))
        await send(opened, type="typing", handoff_id=handoff.handoff_id)
        await send(opened, type="nonsense")
        assert (await frame(opened, "error"))["code"] == "unknown_frame"
    assert ("typing", {"conversation_id": handoff.conversation_id, "who": "agent"}) in heard


async def test_that_a_chat_that_is_not_theirs_cannot_be_watched(desk: Desk, company: Company) -> None:
    holder = company.agent()
    handoff = company.asks_for_person(company.conversation())
    company.accepts(holder, handoff.handoff_id)
    async with desk.socket(desk.token()) as opened:
        await send(opened, type="watch", conversation_id=handoff.conversation_id, after=0)
        assert (await frame(opened, "error"))["code"] == "conversation_unknown"


async def test_that_a_chat_that_a_colleague_took_falls_silent(desk: Desk, company: Company) -> None:
    holder = company.agent()
    handoff = company.asks_for_person(company.conversation())
    async with desk.socket(desk.token()) as opened:
        await send(opened, type="watch", conversation_id=handoff.conversation_id, after=0)
        await frame(opened, "owner")
        company.accepts(holder, handoff.handoff_id)
        company.says(handoff.conversation_id, "my secret")
        await send(opened, type="nonsense")
        seen = []
        while (received := json.loads(await opened.recv()))["type"] != "error":
            seen.append(received)
        assert "my secret" not in json.dumps(seen)


async def test_that_a_wrong_first_frame_or_token_or_site_is_refused(desk: Desk) -> None:
    for hello, code in (
        ({"type": "watch"}, "hello_missing"),
        ({"type": "hello", "token": "nonsense"}, "not_signed_in"),
        ({"type": "hello"}, "not_signed_in"),
        ({"type": "hello", "token": desk.token("analyst")}, "not_allowed"),
        ([1], "not_an_object"),
    ):
        async with desk.socket() as opened:
            await opened.send(json.dumps(hello))
            assert (await frame(opened, "error"))["code"] == code


async def test_that_bad_frames_are_told_and_the_desk_stays_open(desk: Desk) -> None:
    async with desk.socket(desk.token()) as opened:
        await frame(opened, "queue")
        for bad in (
            {"type": "watch"},
            {"type": "watch", "conversation_id": "c", "after": -1},
            {"type": "presence", "state": "gone"},
        ):
            await send(opened, **bad)
            assert (await frame(opened, "error"))["code"] == "bad_frame"
        await send(opened, type="presence", state="away")
        await send(opened, type="nonsense")
        assert (await frame(opened, "error"))["code"] == "unknown_frame"


async def test_that_an_agent_who_is_away_is_nobody_for_new_chats(desk: Desk, company: Company) -> None:
    async with desk.socket(desk.token()) as opened:
        await frame(opened, "queue")
        await send(opened, type="presence", state="away")
        await send(opened, type="nonsense")
        await frame(opened, "error")
        assert company.asks_for_person(company.conversation()).state == "callback"


async def test_that_a_desk_with_news_all_the_time_is_shut_too_when_its_token_is_revoked(
    desk: Desk, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.desk.socket.LOOK_SECONDS", 0.3)
    async with asyncio.timeout(10), desk.socket(desk.token()) as opened:
        await frame(opened, "queue")
        company.write(lambda tx: revoke_token(tx, all_tokens(tx)[0].token_id))
        await desk.bus.publish("queue")
        while (received := json.loads(await opened.recv()))["type"] == "queue":
            await desk.bus.publish("queue")
        assert received["code"] == "not_signed_in"
