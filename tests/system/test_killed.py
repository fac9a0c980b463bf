"""The server is killed in the middle of a turn and started again on the same data."""

from __future__ import annotations

import signal
import uuid

import pytest

from tests.server import Assistant

pytestmark = pytest.mark.slow


def test_that_an_acknowledged_message_is_answered_once_though_the_server_was_killed(
    assistant: Assistant,
) -> None:
    customer = assistant.with_one_bill()
    bill = customer["open_bills"][0]["bill_id"]
    visitor = assistant.visitor(customer["customer_id"])
    visitor.ask("I want to pay my bill")
    visitor.choose(visitor.choices()[0]["title"])
    yes = next(c for c in visitor.choices() if c["title"] == "Yes")
    # Northlight does not answer in time, so that the turn is under way when the server dies.
    assistant.demo("POST", "/faults", {"mode": "slow", "delay": 20, "path": "/payments"})
    client_id = str(uuid.uuid4())
    press = {"type": "choice", "client_id": client_id, "payload": yes["id"], "title": "Yes"}
    visitor.push(press)
    sequence = visitor.until(lambda f: f["type"] == "ack")["sequence"]
    visitor.until(lambda f: f["type"] == "typing")
    assistant.end(signal.SIGKILL)
    here = visitor.conversation_id
    assert sequence not in [e.received for e in assistant.named(here, "turn.committed")]

    assistant.start()
    visitor.open(after=sequence)
    visitor.push(press)  # not sure that it arrived, the widget sends it again
    seen: dict[str, object] = {}  # the answer may be there before the message is acknowledged again

    def both(frame: dict[str, object]) -> bool:
        if frame.get("client_id") == client_id:
            seen["acknowledged"] = frame["sequence"]
        if frame["type"] == "message" and frame["from"] == "bot":
            seen["answered"] = True
        return len(seen) == 2

    visitor.until(both)
    assert seen["acknowledged"] == sequence
    visitor.close()
    turns = [e.received for e in assistant.named(here, "turn.committed")]
    assert turns.count(sequence) == 1
    replies = [e for e in assistant.named(here, "message.sent") if e.in_reply_to == sequence]
    assert [e.response for e in replies].count("utter_bill_paid") == 1
    assert len(assistant.payments(bill)) == 1
    [attempt] = assistant.attempts(here)
    assert (attempt["outcome"], attempt["by"]) == ("achieved", "self_service")
