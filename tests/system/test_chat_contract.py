"""The website channel over the real wire, held to its contract."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import pytest
import requests
from websockets.exceptions import ConnectionClosed

from tests.server import Assistant, Visitor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning"),
]


def test_that_it_is_live_and_ready(assistant: Assistant) -> None:
    for path in ("/health/live", "/health/ready"):
        assert requests.get(assistant.base + path, timeout=10).status_code == 200


def test_that_every_message_is_acknowledged_and_answered_in_order(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    first = visitor.send("hello")
    second = visitor.send("what can you do")
    assert second > first
    visitor.until(lambda f: f["type"] == "message" and f["from"] == "bot" and f["sequence"] > second)
    seen = [f["sequence"] for f in visitor.frames if f["type"] == "message"]
    assert seen == sorted(set(seen))
    assert visitor.frames[0]["type"] in ("owner", "message", "ack")
    assert {"type": "owner", "owner": "bot"} in visitor.frames


def test_that_the_same_client_id_gives_the_same_ack_and_one_answer(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    client_id = str(uuid.uuid4())
    first = visitor.send("hello", client_id)
    visitor.until(lambda f: f["type"] == "message" and f["from"] == "bot")
    visitor.frames.clear()
    assert visitor.send("hello", client_id) == first
    again = visitor.http("POST", "/chat/messages", {"client_id": client_id, "text": "hello"})
    assert again.json()["sequence"] == first
    visitor.ask("what can you do")
    said = visitor.read()
    assert [m["text"] for m in said if m["from"] == "customer"] == ["hello", "what can you do"]
    assert len(assistant.named(visitor.conversation_id, "turn.committed")) == 2


def test_that_a_reconnect_gives_exactly_what_was_missed(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    visitor.ask("hello")
    seen = max(f["sequence"] for f in visitor.frames if f["type"] == "message")
    visitor.close()
    body = {"client_id": str(uuid.uuid4()), "text": "what can you do"}
    sent = visitor.http("POST", "/chat/messages", body).json()["sequence"]
    visitor.frames.clear()
    visitor.open(after=seen)
    visitor.until(lambda f: f["type"] == "message" and f["sequence"] > sent)
    missed = [f for f in visitor.frames if f["type"] == "message"]
    assert [(f["from"], f["sequence"] > seen) for f in missed[:2]] == [("customer", True), ("bot", True)]
    assert missed == [m for m in visitor.read(seen) if m["sequence"] <= missed[-1]["sequence"]]


def test_that_a_chat_without_websocket_gets_the_same(assistant: Assistant) -> None:
    customer = assistant.with_one_bill()
    visitor = Visitor(assistant.base, identity_token=assistant.identity_token(customer["customer_id"]))
    body = {"client_id": str(uuid.uuid4()), "text": "I want to pay my bill"}
    sequence = visitor.http("POST", "/chat/messages", body).json()["sequence"]
    answer = poll(visitor, sequence)
    choice = answer[-1]["choices"][0]
    assert set(choice) == {"id", "title"}
    press = {
        "type": "choice",
        "client_id": str(uuid.uuid4()),
        "payload": choice["id"],
        "title": choice["title"],
    }
    sequence = visitor.http("POST", "/chat/messages", press).json()["sequence"]
    assert "Yes" in [c["title"] for c in poll(visitor, sequence)[-1]["choices"]]


def poll(visitor: Visitor, after: int) -> list[dict[str, Any]]:
    from tests.northlight import wait_until

    found: list[dict[str, Any]] = wait_until(lambda: visitor.read(after))
    return found


def test_that_a_pressed_choice_counts_once_and_an_unknown_one_is_text(assistant: Assistant) -> None:
    customer = assistant.with_one_bill()
    visitor = assistant.visitor(customer["customer_id"])
    visitor.ask("pay my bill")
    stale = visitor.choices()[0]
    visitor.choose(stale["title"])
    visitor.push({"type": "choice", "client_id": "made-up", "payload": "o_of_nobody", "title": "Yes"})
    assert visitor.until(lambda f: f.get("client_id") == "made-up")["type"] == "ack"
    [received] = [
        e for e in assistant.named(visitor.conversation_id, "message.received") if e.client_id == "made-up"
    ]
    assert received.choice is None


# --- who somebody is


def claims(**changed: Any) -> dict[str, Any]:
    return {"sub": "cus_000001", "name": "Somebody", "exp": int(time.time()) + 600, **changed}


def refused_session(assistant: Assistant, token: str) -> dict[str, Any]:
    answer = requests.post(f"{assistant.base}/chat/session", json={"identity_token": token}, timeout=10)
    assert answer.status_code == 401, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture(scope="module")
def secret(assistant: Assistant) -> str:
    import json

    kept: str = json.loads((assistant.data_dir / "secrets.json").read_text())["identity_secret"]
    return kept


@pytest.mark.parametrize(
    "made",
    [
        pytest.param(lambda s: jwt.encode(claims(), None, algorithm="none"), id="alg none"),
        pytest.param(lambda s: jwt.encode(claims(), _private_key(), algorithm="RS256"), id="RS256"),
        pytest.param(lambda s: jwt.encode(claims(), s, algorithm="HS384"), id="HS384"),
        pytest.param(lambda s: jwt.encode(claims(), "x" * 40, algorithm="HS256"), id="wrong secret"),
        pytest.param(lambda s: jwt.encode(claims(exp=int(time.time()) - 5), s), id="expired"),
        pytest.param(lambda s: jwt.encode(claims(exp=int(time.time()) + 7200), s), id="exp too far"),
        pytest.param(lambda s: jwt.encode({"sub": "cus_000001"}, s), id="no exp"),
        pytest.param(lambda s: jwt.encode({k: v for k, v in claims().items() if k != "sub"}, s), id="no sub"),
        pytest.param(lambda s: jwt.encode(claims(sub=""), s), id="empty sub"),
        pytest.param(lambda s: "not.a.token", id="no token at all"),
    ],
)
def test_that_a_bad_identity_token_opens_nothing(assistant: Assistant, secret: str, made: Any) -> None:
    body = refused_session(assistant, made(secret))
    assert body["code"] == "identity_token_refused"
    assert "jwt" not in body["message"].lower()


def _private_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_that_another_customer_gets_a_conversation_of_their_own(assistant: Assistant) -> None:
    one, other = (assistant.customers[i]["customer_id"] for i in (0, 1))
    visitor = assistant.visitor(one)

    def sign_in(customer_id: str) -> dict[str, str]:
        body = {"identity_token": assistant.identity_token(customer_id)}
        found: dict[str, str] = visitor.http("POST", "/chat/session", body).json()
        return found

    assert sign_in(one)["conversation_id"] == visitor.conversation_id
    moved = sign_in(other)
    assert moved["conversation_id"] != visitor.conversation_id
    assert moved["session_token"] != visitor.token


def test_that_identity_tokens_are_never_stored(assistant: Assistant) -> None:
    customer = assistant.customers[2]["customer_id"]
    token = assistant.identity_token(customer)
    visitor = Visitor(assistant.base, identity_token=token)
    kept = b"".join(f.read_bytes() for f in assistant.data_dir.glob("journal.sqlite*"))
    assert token.encode() not in kept
    assert visitor.token.encode() not in kept


def test_that_an_unsigned_visitor_sees_nothing_personal_before_the_code_and_the_code_is_kept_nowhere(
    assistant: Assistant,
) -> None:
    customer = assistant.with_one_bill()
    amount = customer["open_bills"][0]["amount"]
    visitor = assistant.visitor()
    visitor.ask("I want to pay my bill")
    visitor.ask(customer["account"])
    before = " ".join(m["text"] for m in visitor.read() if m["from"] == "bot")
    assert amount not in before
    assert customer["name"].split()[0] not in before
    code = next(
        c["code"] for c in assistant.demo("GET", "/outbox")["codes"] if c["account"] == customer["account"]
    )
    wrong = "111111" if code != "111111" else "222222"
    visitor.ask(wrong)
    visitor.ask(f"it is {code[:3]} {code[3:]}")
    after = " ".join(m["text"] for m in visitor.read() if m["from"] == "bot")
    assert customer["name"].split()[0] in after
    assert amount in after
    [verified] = assistant.named(visitor.conversation_id, "identity.verified")
    assert (verified.customer_id, verified.method) == (customer["customer_id"], "one_time_code")
    everything = " ".join(str(r.event.to_wire()) for r in assistant.events())
    for secret in (code, f"{code[:3]} {code[3:]}", wrong):
        assert secret not in everything
    assert code.encode() not in b"".join(f.read_bytes() for f in assistant.data_dir.glob("journal.sqlite*"))


def test_that_a_card_number_is_never_stored(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    visitor.ask("my card is 4111 1111 1111 1111, take it from there")
    assert "4111 1111 1111 1111" not in " ".join(str(r.event.to_wire()) for r in assistant.events())
    assert "1111" in visitor.read()[0]["text"]


# --- Rasa's REST channel


class Program:
    """A program that speaks Rasa's REST channel."""

    def __init__(self, assistant: Assistant, name: str) -> None:
        self.staff = assistant.staff("channel", name)

    def say(self, sender: str, message: str, **metadata: Any) -> requests.Response:
        body = {"sender": sender, "message": message, "metadata": metadata}
        return self.staff.call("POST", "/webhooks/rest/webhook", body)


def test_that_rasas_rest_channel_answers_once_per_message_id(assistant: Assistant) -> None:
    program = Program(assistant, "one")
    first = program.say("rest-1", "hello", message_id="m1")
    assert first.status_code == 200
    [answer, *_] = first.json()
    assert answer["recipient_id"] == "rest-1"
    assert answer["text"]
    assert program.say("rest-1", "hello", message_id="m1").json() == first.json()
    assert len(assistant.named("rest-1", "message.received")) == 1


def test_that_a_token_touches_only_conversations_it_opened(assistant: Assistant) -> None:
    one, other = Program(assistant, "one"), Program(assistant, "two")
    one.say("rest-2", "hello")
    assert other.say("rest-2", "hello").status_code == 404
    path = "/chat/messages"
    assert other.staff.call("GET", path, conversation_id="rest-2", after=0).status_code == 404
    assert one.staff.get(path, conversation_id="rest-2", after=0)["messages"]
    visitor = assistant.visitor()
    assert one.say(visitor.conversation_id, "hello").status_code == 404
    assert requests.post(f"{assistant.base}/webhooks/rest/webhook", json={}, timeout=10).status_code == 401
    assert assistant.staff("agent").call("POST", "/webhooks/rest/webhook", {}).status_code == 403


def test_that_the_rest_channel_is_silent_while_a_person_owns_and_reads_what_they_say(
    assistant: Assistant,
) -> None:
    program, agent = Program(assistant, "one"), assistant.staff("agent")
    agent.get("/api/handoffs")  # an agent who looks is there
    customer = assistant.with_one_bill()
    token = assistant.identity_token(customer["customer_id"])
    program.say("rest-3", "I want to pay my bill", identity_token=token)
    program.say("rest-3", "I want to talk to a person")
    handoff_id = agent.handoff_of("rest-3")["handoff_id"]
    assert program.say("rest-3", "are you there?").json() == []
    agent.post(f"/api/handoffs/{handoff_id}/accept")
    assert program.say("rest-3", "hello?").json() == []
    agent.say(handoff_id, "Yes, I am here.")
    said = program.staff.get("/chat/messages", conversation_id="rest-3", after=0)["messages"]
    assert said[-1]["text"] == "Yes, I am here."
    assert said[-1]["from"] == "agent"


def test_that_the_socket_wants_hello_first_and_a_session_that_exists(assistant: Assistant) -> None:
    visitor = assistant.visitor()
    visitor.open(token="v_of_nobody")
    assert visitor.refused()["code"] == "session_unknown"
    visitor._socket = None
    from websockets.sync.client import connect

    with connect(f"{assistant.base.replace('http', 'ws', 1)}/chat/ws", proxy=None) as socket:
        socket.send('{"type": "message", "client_id": "x", "text": "hello"}')
        assert "hello_missing" in socket.recv(timeout=10)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


def test_that_another_sites_page_is_refused(assistant: Assistant) -> None:
    answer = requests.post(
        f"{assistant.base}/chat/session", json={}, headers={"Origin": "https://elsewhere.example"}, timeout=10
    )
    assert answer.status_code == 403
