"""The main job over the wire: one pays a bill, another is helped by a person, an analyst sees both.

The same story on one worker with SQLite, and on two workers with PostgreSQL and Redis.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk

from tests.northlight import wait_until
from tests.server import Assistant, Staff, Visitor, start

pytestmark = pytest.mark.slow
ONE = "one worker on SQLite"
TWO = "two workers on PostgreSQL and Redis"
TRIES = 40


@pytest.fixture(
    scope="module",
    params=[ONE, pytest.param(TWO, marks=[pytest.mark.postgres, pytest.mark.redis])],
)
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, model: Path
) -> Iterator[Assistant]:
    """A server of each kind."""
    data_dir = tmp_path_factory.mktemp("story")
    if request.param == ONE:
        server = start(data_dir, model)
    else:
        database = request.getfixturevalue("postgres_server").new_database()
        redis = request.getfixturevalue("redis_url")
        server = start(data_dir, model, "--workers", "2", "--redis", redis, database=database)
    yield server
    server.end()


def port_of(one: Visitor | Desk) -> int:
    return int(one.socket.local_address[1])


def apart(server: Assistant, visitor: Visitor, agent: Staff) -> Desk:
    """A desk on another worker than the visitor's, where there are two."""
    held: list[Desk] = []
    try:
        for _ in range(TRIES):
            desk = Desk(agent)
            if len(server.workers()) < 2 or server.worker_of(port_of(desk)) != server.worker_of(
                port_of(visitor)
            ):
                return desk
            held.append(desk)  # kept open, so that the next one goes elsewhere
    finally:
        for each in held:
            each.close()
    pytest.fail("visitor and agent were never on different workers")


def first_with(frames: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    return next(f for f in frames if all(f.get(k) == v for k, v in wanted.items()))


def test_that_a_bill_is_paid_and_another_customer_is_helped_and_both_are_counted_honestly(
    deployment: Assistant,
) -> None:
    agent = deployment.staff("agent")
    payer = deployment.with_one_bill()
    pays = deployment.visitor(payer["customer_id"], page={"url": "/help/paying", "title": "Paying"})
    pay(deployment, pays, payer)

    owner = deployment.with_a_box("ok")
    asks = deployment.visitor(owner["customer_id"], page={"url": "/help/recordings", "title": "Recordings"})
    desk = apart(deployment, asks, agent)
    try:
        helped_by_a_person(deployment, asks, desk, agent, owner)
    finally:
        desk.close()

    analyst_sees(deployment, pays, asks)
    rebuilt = deployment.command("rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "nothing differed" in rebuilt.stdout


def pay(server: Assistant, visitor: Visitor, customer: dict[str, Any]) -> None:
    [bill] = customer["open_bills"]
    asked = visitor.ask("I would like to pay my bill please")
    assert asked[-1]["from"] == "bot"
    assert bill["amount"] in asked[-1]["text"]
    visitor.choose(visitor.choices()[0]["title"])
    done = visitor.choose("Yes")
    [payment] = server.payments(bill["bill_id"])
    assert any(payment[0] in f["text"] and bill["amount"] in f["text"] for f in done)


def helped_by_a_person(
    server: Assistant, visitor: Visitor, desk: Desk, agent: Staff, customer: dict[str, Any]
) -> None:
    visitor.ask("my tv box stopped recording")
    told = visitor.ask("I want to talk to a person")
    assert told[0]["from"] == "bot"
    row = desk.queued(visitor.conversation_id)
    assert visitor.until(lambda f: f["type"] == "owner" and f["owner"] == "queue")
    handoff_id = row["handoff_id"]
    packet = agent.get(f"/api/handoffs/{handoff_id}/packet")
    assert packet["customer"]["name"] == customer["name"]
    assert packet["customer"]["verification"] == "verified"
    assert packet["intent"]["name"] == "fix_tv_box"
    assert packet["intent"]["first_words"] == "my tv box stopped recording"
    assert packet["reason"]["code"] == "customer_asked"
    assert packet["pages"][-1]["title"] == "Recordings"
    assert {"action_list_equipment"} <= {t["action"] for t in packet["tried"]}

    agent.post(f"/api/handoffs/{handoff_id}/accept")
    joined = visitor.until(lambda f: f["type"] == "owner" and f["owner"] == "agent")
    desk.push(type="watch", conversation_id=visitor.conversation_id, after=0)
    agent.say(handoff_id, f"Hello {customer['name']}, I see it does not record.")
    heard = visitor.until(lambda f: f["type"] == "message" and f["from"] == "agent")
    assert heard["name"] == joined["name"]
    visitor.send("yes, since yesterday")
    desk.until(lambda f: f["type"] == "message" and f["text"] == "yes, since yesterday")
    agent.say(handoff_id, "I have switched recording on again. Does it work?")
    visitor.until(lambda f: f["type"] == "message" and f["text"].startswith("I have switched"))
    visitor.send("it does, thank you")
    desk.until(lambda f: f["type"] == "message" and f["text"] == "it does, thank you")
    said = [m["from"] for m in visitor.read(joined_at(visitor))]
    assert "bot" not in said
    agent.post(f"/api/handoffs/{handoff_id}/close", {"outcome": "achieved", "reason": "recording_on"})
    visitor.until(lambda f: f["type"] == "owner" and f["owner"] == "bot")


def joined_at(visitor: Visitor) -> int:
    """Where the agent came in."""
    sequence: int = next(
        m["sequence"] for m in visitor.read() if m["from"] == "system" and "talking to" in m["text"]
    )
    return sequence


def analyst_sees(server: Assistant, pays: Visitor, asks: Visitor) -> None:
    [paid] = server.attempts(pays.conversation_id)
    assert (paid["intent"], paid["outcome"], paid["evidence"], paid["by"]) == (
        "pay_bill", "achieved", "system", "self_service",
    )  # fmt: skip
    [helped] = server.attempts(asks.conversation_id)
    assert (helped["intent"], helped["outcome"], helped["evidence"], helped["by"]) == (
        "fix_tv_box", "achieved", "agent", "assisted",
    )  # fmt: skip
    intents = {r["intent"]: r for r in server.staff("analyst").get("/api/insight/intents")["intents"]}
    assert set(intents) == {"pay_bill", "fix_tv_box"}
    by_itself, with_a_person = intents["pay_bill"], intents["fix_tv_box"]
    assert (by_itself["achieved_system"], by_itself["self_service"], by_itself["handed_off"]) == (1, 1, 0)
    assert (with_a_person["achieved_agent"], with_a_person["assisted"]) == (1, 1)
    assert (with_a_person["handed_off"], with_a_person["self_service"]) == (1, 0)
    assert by_itself["claimed_containment"] == 1
    assert with_a_person["claimed_containment"] == 0


def test_that_messages_sent_through_different_workers_stay_in_line_and_come_once(
    deployment: Assistant,
) -> None:
    visitor = deployment.visitor()
    others = [Visitor.__new__(Visitor) for _ in range(3)]
    for other in others:  # the same conversation in several tabs
        other.__dict__ |= {**visitor.__dict__, "frames": [], "_socket": None}
        other.open()
    tabs = [visitor, *others]
    try:
        sequences = [tabs[n % len(tabs)].send(f"hello number {n}") for n in range(12)]
        assert sequences == sorted(set(sequences))
        wait_until(lambda: answered(deployment, visitor) == sequences)
        last = visitor.read()[-1]["sequence"]
        for tab in tabs:
            tab.until(lambda f: f["type"] == "message" and f["sequence"] == last)
    finally:
        for other in others:
            other.close()
    replies = [
        e.in_reply_to
        for e in deployment.named(visitor.conversation_id, "turn.committed", "message.sent")
        if getattr(e, "in_reply_to", None)
    ]
    assert sorted(set(replies)) == sequences
    for tab in tabs:
        seen = [f["sequence"] for f in tab.frames if f["type"] == "message"]
        assert seen == sorted(set(seen))


def answered(server: Assistant, visitor: Visitor) -> list[int]:
    """The messages that the bot has answered, in the order in which it did."""
    return [e.received for e in server.named(visitor.conversation_id, "turn.committed")]
