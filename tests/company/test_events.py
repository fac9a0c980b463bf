"""Business events: signed, sent again until received, in order per subject, and never lost by a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, select
from standardwebhooks import Webhook

from company.clock import Clock
from company.database import open_database, reading, writing
from company.events import LONGEST_WAIT, EventSender, wait_after
from company.operations import store_events
from company.tables import events
from tests.northlight import EVENTS_SECRET, NorthlightUnderTest, free_port, running_northlight, wait_until

START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Time:
    """A moment that moves when told."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


class Intake:
    """What receives events; answers with the status it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.bodies: list[tuple[dict[str, Any], bytes]] = []

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.bodies.append((headers, body))
        if self.status == 0:
            raise requests.ConnectionError("refused")
        return self.status


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(f"sqlite:///{tmp_path / 'company.sqlite'}")
    yield made
    made.dispose()


def put(engine: Engine, number: int, subject: str, at: datetime = START) -> None:
    event = {
        "id": f"evt_{number}",
        "type": "payment.captured",
        "at": at.isoformat(),
        "customer_id": "cus_000001",
        "subject": subject,
        "key": "k",
        "data": {},
    }
    with writing(engine) as connection:
        store_events(connection, [event], at)


def sender(engine: Engine, now: Time, intake: Intake) -> EventSender:
    return EventSender(engine, Clock(source=now), "http://intake", EVENTS_SECRET, post=intake)


def test_that_waits_double_up_to_five_minutes() -> None:
    assert [wait_after(n).total_seconds() for n in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert wait_after(500) == LONGEST_WAIT


def test_that_an_event_is_sent_once_when_it_is_received(engine: Engine) -> None:
    intake, now = Intake(), Time()
    put(engine, 1, "bill_1")
    assert sender(engine, now, intake).send_due() is None
    assert sender(engine, now, intake).send_due() is None
    assert len(intake.bodies) == 1


@pytest.mark.parametrize("status", [0, 302, 401, 404, 500, 503])
def test_that_an_event_that_is_not_received_is_sent_again(engine: Engine, status: int) -> None:
    intake, now = Intake(), Time()
    intake.status = status
    put(engine, 1, "bill_1")
    assert sender(engine, now, intake).send_due() == timedelta(seconds=1)
    assert sender(engine, now, intake).send_due() == timedelta(seconds=1)
    assert len(intake.bodies) == 1
    now.now += timedelta(seconds=1)
    intake.status = 202
    assert sender(engine, now, intake).send_due() is None
    assert len(intake.bodies) == 2
    assert intake.bodies[0][0]["webhook-id"] == intake.bodies[1][0]["webhook-id"] == "evt_1"


def test_that_an_event_waits_for_an_earlier_one_about_the_same_thing(engine: Engine) -> None:
    intake, now = Intake(), Time()
    put(engine, 1, "bill_1")
    intake.status = 500
    sender(engine, now, intake).send_due()
    put(engine, 2, "bill_1")
    put(engine, 3, "bill_2")
    intake.status = 200
    sender(engine, now, intake).send_due()
    now.now += timedelta(seconds=1)
    sender(engine, now, intake).send_due()
    assert [headers["webhook-id"] for headers, _ in intake.bodies] == ["evt_1", "evt_3", "evt_1", "evt_2"]


def test_that_an_event_is_given_up_after_days_and_stays_on_record(engine: Engine) -> None:
    intake, now = Intake(), Time()
    intake.status = 500
    put(engine, 1, "bill_1")
    now.now += timedelta(days=3, seconds=1)
    assert sender(engine, now, intake).send_due() is None
    assert sender(engine, now, intake).send_due() is None
    assert len(intake.bodies) == 1
    with reading(engine) as connection:
        row = connection.execute(select(events)).one()
    assert row.given_up_at is not None
    assert row.last_error == "status 500"


@contextmanager
def real_intake(port: int) -> Iterator[list[dict[str, Any]]]:
    """A server that accepts only what is signed."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received.append(Webhook(EVENTS_SECRET).verify(body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


def restart_a_box(northlight: NorthlightUnderTest, key: str) -> str:
    owner = northlight.customer(lambda c: c["box_signal"] == "ok")
    box = northlight.get(f"/customers/{owner['customer_id']}/equipment")["equipment"][0]["equipment_id"]
    answer = northlight.call("POST", f"/equipment/{box}/restart", {}, key=key)
    assert answer.status_code == 200
    event_id: str = answer.json()["events"][0]["id"]
    return event_id


def test_that_a_restarted_northlight_sends_what_the_former_one_could_not(tmp_path: Path) -> None:
    port = free_port()
    options = ("--events-url", f"http://127.0.0.1:{port}/intake/events")
    with running_northlight(tmp_path / "company.sqlite", *options) as first:
        lost = restart_a_box(first, "r-1")
        wait_until(lambda: first.control("GET", "/events")["events"][0]["attempts"] > 0)
    with real_intake(port) as received, running_northlight(tmp_path / "company.sqlite", *options) as second:
        fresh = restart_a_box(second, "r-2")
        wait_until(lambda: {lost, fresh} <= {event["id"] for event in received})
        event = next(event for event in received if event["id"] == lost)
        assert set(event) == {"id", "type", "at", "customer_id", "subject", "key", "data"}
        assert (event["type"], event["key"]) == ("equipment.restarted", "r-1")
