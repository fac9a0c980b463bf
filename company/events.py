"""The outbox of business events and its sender thread: signed, at least once, in order per subject."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests
from sqlalchemy import Engine, Row, Select, func, select, update
from standardwebhooks import Webhook

from company.clock import Clock, utc_text
from company.database import reading, writing
from company.tables import events

log = logging.getLogger("northlight.events")

FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=3)
BATCH = 50


class Post(Protocol):
    """Sends one request; gives the status. Raises requests.RequestException."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """Body and headers as they go over the wire."""


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: 1, 2, 4… seconds, five minutes at most."""
    doubled: int = 2 ** min(attempts - 1, 20)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)


def sign(secret: str, event_id: str, at: datetime, body: str) -> dict[str, str]:
    """Standard Webhooks headers. `at` is real time (aware UTC); receivers refuse what is minutes off."""
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, at.astimezone(UTC), body),
    }


def post_over_http() -> Post:
    """The real sender, with a session of its own."""
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine has no business between two of our own services

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        return session.post(
            url, data=body, headers=headers, timeout=(2, 5), allow_redirects=False
        ).status_code

    return post


class EventSender:
    """Sends what is due and marks it. What a stopped process left behind, the next one sends."""

    def __init__(
        self, engine: Engine, clock: Clock, url: str, secret: str, *, post: Post | None = None
    ) -> None:
        Webhook(secret)  # an unusable secret shows at the start, not at the first event
        self._engine = engine
        self._clock = clock
        self._url = url
        self._secret = secret
        self._post = post or post_over_http()

    def send_due(self) -> timedelta | None:
        """Sends all that is due; gives the time until the next is, None when nothing waits.

        Of each subject only the earliest waiting event goes out: a bounce never overtakes its payment.
        """
        now = self._clock.now()
        while heads := self._heads(now):
            for row in heads:
                self._send(row)
        with reading(self._engine) as connection:
            next_at = connection.execute(_waiting(func.min(events.c.next_at))).scalar()
        return None if next_at is None else max(timedelta(), next_at - self._clock.now())

    def _heads(self, now: datetime) -> list[Row[Any]]:
        earliest = _waiting(func.min(events.c.number)).group_by(events.c.subject)
        due = select(events).where(events.c.number.in_(earliest), events.c.next_at <= now)
        with reading(self._engine) as connection:
            return list(connection.execute(due.order_by(events.c.number).limit(BATCH)).all())

    def _send(self, row: Row[Any]) -> None:
        now = self._clock.now()
        body = json.dumps(row.body, separators=(",", ":"))
        try:
            status = self._post(self._url, body.encode(), sign(self._secret, row.event_id, now, body))
            problem = None if 200 <= status < 300 else f"status {status}"
        except requests.RequestException as error:
            problem = type(error).__name__
        attempts = row.attempts + 1
        values: dict[str, Any] = {"attempts": attempts, "last_error": problem}
        if problem is None:
            values["delivered_at"] = now
        elif now - datetime.fromisoformat(row.body["at"]) > GIVE_UP_AFTER:
            values["given_up_at"] = now
            log.error("event %s given up after %d attempts: %s", row.event_id, attempts, problem)
        else:
            values["next_at"] = now + wait_after(attempts)
        with writing(self._engine) as connection:
            connection.execute(update(events).where(events.c.number == row.number).values(**values))


def _waiting(*what: Any) -> Select[Any]:
    return select(*what).where(events.c.delivered_at.is_(None), events.c.given_up_at.is_(None))


class SenderThread:
    """Runs a sender beside the server. `wake` makes it look at once; `stop` waits for the one in hand."""

    def __init__(self, send_due: Callable[[], timedelta | None], *, longest_sleep: float = 30.0) -> None:
        self._send_due = send_due
        self._longest_sleep = longest_sleep
        self._woken = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="northlight-events", daemon=True)

    def start(self) -> None:
        """Begins with what the former process left."""
        self._thread.start()

    def wake(self) -> None:
        """Something may be due."""
        self._woken.set()

    def stop(self) -> None:
        """Ends the thread; gives it a few seconds."""
        self._stopping = True
        self._woken.set()
        self._thread.join(timeout=6)

    def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                wait = self._send_due()
            except Exception:
                log.exception("sending events failed; trying again")
                wait = LONGEST_WAIT
            seconds = self._longest_sleep if wait is None else min(self._longest_sleep, wait.total_seconds())
            self._woken.wait(timeout=seconds)


def outbox(engine: Engine) -> list[dict[str, Any]]:
    """All events, oldest first, with whether they have gone out."""
    with reading(engine) as connection:
        rows = connection.execute(select(events).order_by(events.c.number)).all()
    return [
        {
            "event": row.body,
            "attempts": row.attempts,
            "delivered_at": utc_text(row.delivered_at) if row.delivered_at else None,
            "last_error": row.last_error,
        }
        for row in rows
    ]
