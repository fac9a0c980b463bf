"""Whatever a visitor throws at it: a clear answer or a clear error, and the conversation goes on."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.server import Assistant, Frame, Visitor

pytestmark = pytest.mark.slow
# What would give away how it is made: tracebacks, class names, files, SQL, the libraries' names.
INSIDES = re.compile(
    r"Traceback|File \"|\.py\b|Exception|[a-z]Error\b|sqlalchemy|sqlite|psycopg|sanic|rasa|pydantic|utter_"
    r"|action_|None\b|undefined|\bNaN\b|<class|\{\{|\bkwargs\b",
    re.IGNORECASE,
)


def clear(text: str) -> bool:
    """Whether it is something to say to a customer."""
    return bool(text.strip()) and not INSIDES.search(text)


def goes_on(visitor: Visitor) -> None:
    """The conversation is as alive as before."""
    said = visitor.ask("hello")
    assert said[-1]["from"] == "bot"
    assert clear(said[-1]["text"])


@pytest.fixture(scope="module")
def visitor(assistant: Assistant) -> Visitor:
    """One visitor for all refused input."""
    return assistant.visitor()


def refused(visitor: Visitor, frame: Any) -> Frame:
    visitor.push(frame)
    answer = visitor.until(lambda f: f["type"] in ("error", "ack"))
    assert answer["type"] == "error", answer
    assert clear(answer["message"]), answer
    assert re.fullmatch(r"[a-z_]+", answer["code"])
    return answer


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("", "empty_message", id="empty"),
        pytest.param(" \t\n  ", "empty_message", id="whitespace"),
        pytest.param("\x00\x07\x1b", "empty_message", id="only control characters"),
        pytest.param("\u200e\u200f\u202e", "empty_message", id="only direction marks"),
        pytest.param("x" * 10_000, "message_too_long", id="10,000 characters"),
        pytest.param(None, "bad_message", id="null"),
        pytest.param(7, "bad_message", id="a number"),
        pytest.param({"text": "hello"}, "bad_message", id="an object"),
    ],
)
def test_that_what_is_no_message_gets_a_clear_error(visitor: Visitor, text: Any, code: str) -> None:
    before = len(visitor.read())
    client_id = str(uuid.uuid4())
    answer = refused(visitor, {"type": "message", "client_id": client_id, "text": text})
    assert answer["code"] == code
    assert answer["client_id"] == client_id
    over_http = visitor.http("POST", "/chat/messages", {"client_id": client_id, "text": text})
    assert over_http.status_code == 400
    assert clear(over_http.json()["message"])
    assert len(visitor.read()) == before
    goes_on(visitor)


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("[1, 2, 3]", id="an array"),
        pytest.param('"hello"', id="a string"),
        pytest.param("null", id="null"),
        pytest.param("17", id="a number"),
        pytest.param("{not json", id="no JSON"),
        pytest.param("", id="nothing"),
        pytest.param('{"type": "explode"}', id="an unknown kind"),
        pytest.param('{"text": "hello"}', id="no kind"),
        pytest.param('{"type": {"a": 1}}', id="a kind that is an object"),
        pytest.param('{"type": "message", "text": "hello"}', id="no client_id"),
        pytest.param(
            '{"type": "message", "client_id": 5, "text": "hello"}', id="a client_id that is a number"
        ),
        pytest.param(
            json.dumps({"type": "message", "client_id": "x" * 5000, "text": "hi"}), id="a long client_id"
        ),
        pytest.param('{"type": "choice", "client_id": "c-none"}', id="a choice of nothing"),
        pytest.param(
            '{"type": "choice", "client_id": "c-obj", "payload": {"a": 1}}', id="a choice that is an object"
        ),
        pytest.param('{"type": "seen", "sequence": "x"}', id="seen without a number"),
        pytest.param("[" * 20_000, id="a deep nest"),
    ],
)
def test_that_a_frame_that_cannot_be_read_gets_a_clear_error(visitor: Visitor, frame: str) -> None:
    refused(visitor, frame)
    goes_on(visitor)


def test_that_a_body_that_is_no_object_gets_a_clear_error(odd: Visitor) -> None:
    headers = {"Authorization": f"Bearer {odd.token}", "Content-Type": "application/json"}
    for body in ("[1]", '"hello"', "null", "{not json", "", "17", "[" * 20_000, "\x00", "x" * 300_000):
        for path in ("/chat/session", "/chat/messages", "/api/staff/sign-in"):
            answer = requests.post(odd.base + path, data=body.encode(), headers=headers, timeout=10)
            if answer.status_code == 200:
                assert (path, body) == ("/chat/session", "")
                continue
            assert answer.status_code in (400, 413), (path, body[:20], answer.text)
            assert clear(answer.json()["message"]), (path, body[:20])


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hello\x00\x08 there\x1b[31m", id="control characters"),
        pytest.param("😀🎉🧑‍🚀", id="emoji only"),
        pytest.param("‏مرحبا‏ \u202eolleh", id="right-to-left marks"),
        pytest.param("<img src=x onerror=alert(1)><script>alert(1)</script>", id="HTML and script"),
        pytest.param("{customer} {name} {0} {}", id="braces"),
        pytest.param("{{7*7}} {% for x in y %}", id="template"),
        pytest.param("${x} $(ls) `id` #{7*7} %s %d", id="interpolation"),
        pytest.param("'; DROP TABLE events; -- \" OR 1=1", id="SQL"),
        pytest.param("../../etc/passwd %2e%2e%2f", id="paths"),
        pytest.param("/restart", id="restart"),
        pytest.param("/session_start", id="session_start"),
        pytest.param('/pay_bill{"amount": 1, "bill_id": "x"}', id="an intent with entities"),
        pytest.param("//talk_to_person", id="two slashes"),
        pytest.param("/", id="a slash"),
        pytest.param("/action_pay_bill", id="an action"),
        pytest.param('EXTERNAL: action_pay_bill{"a":1}', id="an external event"),
        pytest.param("a" * 1_999, id="one long word"),
        pytest.param("\n".join(["line"] * 300), id="many lines"),
        pytest.param("\ud83d broken", id="half a character"),
    ],
)
def test_that_odd_text_is_only_text(assistant: Assistant, odd: Visitor, text: str) -> None:
    said = odd.ask(text)
    for message in said:
        assert clear(message["text"]), message
        assert "49" not in message["text"]
    assert not assistant.named(odd.conversation_id, "turn.failed")
    goes_on(odd)


@pytest.fixture
def odd(assistant: Assistant) -> Visitor:
    """A visitor of this test's own: two things that are not understood would bring a person."""
    return assistant.visitor()


def test_that_text_is_kept_as_it_was_written(assistant: Assistant, odd: Visitor) -> None:
    texts = ["<b>bold</b> & {customer}", "/restart", "${x}"]
    for text in texts:
        odd.ask(text)
    assert [m["text"] for m in odd.read() if m["from"] == "customer"] == texts


def test_that_a_slash_command_touches_nothing_of_a_journey(assistant: Assistant) -> None:
    customer = assistant.with_one_bill()
    visitor = assistant.visitor(customer["customer_id"])
    visitor.ask("I want to pay my bill")
    visitor.choose(visitor.choices()[0]["title"])
    for command in ("/restart", "/session_start", "/back", '/affirm{"confirm": true}', "/pay_bill"):
        visitor.ask(command)
    assert assistant.payments(customer["open_bills"][0]["bill_id"]) == []
    attempts = [a for a in assistant.attempts(visitor.conversation_id) if a["intent"] == "pay_bill"]
    assert len(attempts) == 1


def test_that_another_visitors_conversation_stays_shut(assistant: Assistant, visitor: Visitor) -> None:
    other = assistant.visitor()
    other.ask("hello")
    path = f"/chat/messages?conversation_id={other.conversation_id}&after=0"
    assert visitor.http("GET", path).status_code in (401, 403, 404)
    assert visitor.http("GET", f"/api/conversations/{other.conversation_id}").status_code == 401
    assert visitor.http("GET", "/chat/messages", token="v_" + "a" * 43).status_code == 401
    assert visitor.http("GET", "/chat/messages", token=other.conversation_id).status_code == 401
    visitor.push(
        {"type": "message", "client_id": "theirs", "text": "hi", "conversation_id": other.conversation_id}
    )
    visitor.until(lambda f: f.get("client_id") == "theirs")
    assert [m["text"] for m in other.read() if m["from"] == "customer"] == ["hello"]


def test_that_a_sequence_from_the_future_gives_nothing_and_breaks_nothing(
    assistant: Assistant, odd: Visitor
) -> None:
    odd.ask("hello")
    assert odd.read(after=999_999) == []
    for after in ("-5", "1e9", "abc", "99999999999999999999999", "1;drop"):
        answer = odd.http("GET", f"/chat/messages?after={after}")
        assert answer.status_code in (200, 400), answer.text
        assert clear(answer.json().get("message", "fine"))
    for after in (999_999, 10**23):
        odd.frames.clear()
        odd.open(after=after)
        assert odd.ask("what can you do")[-1]["from"] == "bot"
        assert len([f for f in odd.frames if f["type"] == "message"]) == 1
    odd.push({"type": "seen", "sequence": 10**12})
    goes_on(odd)


def test_that_a_replayed_client_id_with_other_words_changes_nothing(odd: Visitor) -> None:
    client_id = str(uuid.uuid4())
    first = odd.send("hello", client_id)
    assert odd.send("something else", client_id) == first
    assert [m["text"] for m in odd.read() if m["from"] == "customer"] == ["hello"]


@pytest.mark.parametrize(
    "first", ['{"type": "message", "client_id": "a", "text": "hi"}', "[]", "x", '{"type": "hello"}']
)
def test_that_a_first_frame_other_than_hello_is_refused(assistant: Assistant, first: str) -> None:
    with connect(f"{assistant.base.replace('http', 'ws', 1)}/chat/ws", proxy=None) as socket:
        socket.send(first)
        error = json.loads(socket.recv(timeout=10))
        assert error["type"] == "error"
        assert clear(error["message"])
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


def test_that_a_frame_beyond_all_measure_ends_only_its_own_connection(
    assistant: Assistant, odd: Visitor
) -> None:
    odd.push({"type": "message", "client_id": "huge", "text": "x" * 1_000_000})
    with pytest.raises(ConnectionClosed):
        odd.until(lambda frame: False, 10)
    odd.open()
    goes_on(odd)


def test_that_a_burst_of_a_thousand_messages_is_taken_or_refused_and_none_is_lost(
    assistant: Assistant, odd: Visitor
) -> None:
    ids = [f"burst-{n}" for n in range(1000)]
    for n, client_id in enumerate(ids):
        odd.push({"type": "message", "client_id": client_id, "text": f"hello number {n}"})
    told: dict[str, Frame] = {}
    while len(told) < len(ids):
        frame = odd.receive()
        if frame["type"] in ("ack", "error"):
            assert frame["client_id"] not in told
            told[frame["client_id"]] = frame
    acked = {i: f["sequence"] for i, f in told.items() if f["type"] == "ack"}
    assert {f["code"] for f in told.values() if f["type"] == "error"} <= {"too_many_requests"}
    assert len(acked) >= 30
    assert sorted(acked.values()) == list(acked.values())
    last = max(acked.values())
    from tests.northlight import wait_until

    def answered() -> list[int]:
        done = [e.received for e in assistant.named(odd.conversation_id, "turn.committed")]
        return done if last in done else []

    assert wait_until(answered) == sorted(acked.values())
    kept = [e.client_id for e in assistant.named(odd.conversation_id, "message.received")]
    assert kept == list(acked)
    replies = {e.in_reply_to for e in assistant.named(odd.conversation_id, "message.sent")}
    assert replies >= set(acked.values())


def test_that_nothing_broke_inside(assistant: Assistant) -> None:
    """Last in the module, which comes first: all of the above left no failure in the log."""
    log = assistant.log.read_text(errors="replace")
    assert "Traceback" not in log
    assert "turn.failed" not in log
