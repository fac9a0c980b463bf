"""The company's signed events over HTTP: true ones count once, all others change nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from assistant.intake.api import blueprint
from assistant.journal.events import AttemptOpened, SubjectFound
from assistant.web import install_error_handlers
from tests.handoff.scenario import Company, FakeClock
from tests.web.loopback import browser, new_app, served

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS10ZXN0cy1vbmx5LTMyLWJ5dGVz"
OTHER = "whsec_" + "YW5vdGhlci1zZWNyZXQtb2YtdGhlLXRlc3RzLTMyYnl0"


@pytest.fixture
async def client(company: Company) -> AsyncIterator[httpx.AsyncClient]:
    services = SimpleNamespace(
        settings=SimpleNamespace(company_events_secret=SECRET), database=company.database,
        definitions=company.definitions, clock=company.clock,
    )  # fmt: skip
    app = new_app()
    install_error_handlers(app)
    app.blueprint(blueprint(services))
    async with served(app) as address, browser(address) as made:
        yield made


def event(**changes: Any) -> dict[str, Any]:
    return {
        "id": "evt_1", "type": "payment.captured", "subject": "bill_7", "at": "2026-11-24T09:00:00Z",
        "customer_id": "cus_1", "key": None, "data": {"amount": "64.20"}, **changes,
    }  # fmt: skip


async def post(
    client: httpx.AsyncClient,
    body: Any,
    *,
    at: datetime,
    webhook_id: str = "w_1",
    secret: str = SECRET,
    **headers: str,
) -> httpx.Response:
    text = body if isinstance(body, str) else json.dumps(body)
    signed = {
        "webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, at, text), "content-type": "application/json",
    }  # fmt: skip
    return await client.post("/intake/events", content=text, headers={**signed, **headers})


def paying(company: Company) -> str:
    chat = company.conversation(customer="cus_1")
    opened = AttemptOpened(attempt_id="a_pay", intent="pay_bill", title="Pay a bill")
    company.record(chat, opened, SubjectFound(attempt_id="a_pay", subject="bill_7"))
    return chat


def kept(company: Company) -> int:
    return len(company.events("customer:cus_1", "business.received"))


async def test_that_a_signed_event_achieves_the_attempt_that_waits_for_it(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    chat = paying(company)
    clock.forward(minutes=1)
    answer = await post(client, event(at="2026-11-24T09:00:30Z"), at=clock.now)
    assert (answer.status_code, answer.json()) == (200, {"status": "applied", "attempts": ["a_pay"]})
    closed = company.events(chat, "attempt.closed")[0].event.to_wire()
    assert (closed["outcome"], closed["evidence"], closed["business_event"]) == (
        "achieved",
        "system",
        "evt_1",
    )
    company.check_rebuild()


async def test_that_a_doubled_event_counts_once(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    chat = paying(company)
    for expected in ("applied", "already_received", "already_received"):
        answer = await post(client, event(), at=clock.now)
        assert (answer.status_code, answer.json()["status"]) == (200, expected)
    assert len(company.events(chat, "attempt.closed")) == 1
    assert kept(company) == 1


async def test_that_an_event_nobody_waits_for_is_kept_on_record(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    answer = await post(client, event(type="visit.moved", later="field"), at=clock.now)
    assert answer.status_code == 202
    assert kept(company) == 1


@pytest.mark.parametrize("forgery", ["secret", "body", "id", "unsigned", "old", "future", "timestamp"])
async def test_that_a_forged_or_replayed_event_is_refused_and_leaves_no_trace(
    client: httpx.AsyncClient, company: Company, clock: FakeClock, forgery: str
) -> None:
    paying(company)
    at, text = clock.now, json.dumps(event())
    match forgery:
        case "secret":
            answer = await post(client, text, at=at, secret=OTHER)
        case "body":
            honest = Webhook(SECRET).sign("w_1", at, json.dumps(event(subject="bill_8")))
            answer = await post(client, text, at=at, **{"webhook-signature": honest})
        case "id":
            answer = await post(client, text, at=at, **{"webhook-id": "w_2"})
        case "unsigned":
            answer = await post(client, text, at=at, **{"webhook-signature": ""})
        case "timestamp":
            answer = await post(client, text, at=at, **{"webhook-timestamp": "soon"})
        case _:
            clock.forward(minutes=6 if forgery == "old" else -6)
            answer = await post(client, text, at=at)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert kept(company) == 0


@pytest.mark.parametrize(
    "nonsense",
    ["[1]", "not json", "{}", json.dumps(event(type="nonsense")), json.dumps(event(at="yesterday")),
     json.dumps(event(customer_id="")), json.dumps(event(data=[1]))],
)  # fmt: skip
async def test_that_signed_nonsense_is_refused_with_what_is_wrong(
    client: httpx.AsyncClient, company: Company, clock: FakeClock, nonsense: str
) -> None:
    answer = await post(client, nonsense, at=clock.now)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad_json", "not_an_object", "invalid")
    assert kept(company) == 0


async def test_that_a_corrected_event_may_come_again_after_nonsense(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    assert (await post(client, "{}", at=clock.now)).status_code == 400
    assert (await post(client, event(), at=clock.now)).status_code == 202


async def test_that_one_of_several_signatures_is_enough(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    text = json.dumps(event())
    both = " ".join(Webhook(secret).sign("w_1", clock.now, text) for secret in (OTHER, SECRET))
    assert (await post(client, text, at=clock.now, **{"webhook-signature": both})).status_code == 202


async def test_that_the_same_event_in_another_webhook_counts_once(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    chat = paying(company)
    for webhook_id, expected in (("w_1", "applied"), ("w_2", "already_received")):
        answer = await post(client, event(), at=clock.now, webhook_id=webhook_id)
        assert (answer.status_code, answer.json()["status"]) == (200, expected)
    assert len(company.events(chat, "attempt.closed")) == 1
    assert kept(company) == 1


async def test_that_a_bounced_payment_takes_the_achievement_back_over_http(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    chat = paying(company)
    await post(client, event(), at=clock.now)
    clock.forward(days=2)
    bounced = event(id="evt_2", type="payment.reversed", at=clock.now.isoformat())
    answer = await post(client, bounced, at=clock.now, webhook_id="w_2")
    assert (answer.status_code, answer.json()) == (200, {"status": "applied", "attempts": ["a_pay"]})
    amended = company.events(chat, "attempt.amended")[0].event.to_wire()
    assert (amended["outcome"], amended["reason"]) == ("not_achieved", "payment_bounced")
    repeated = await post(client, event(), at=clock.now, webhook_id="w_3")
    assert repeated.json()["status"] == "already_received", "an old proof does not undo the bounce"
    company.check_rebuild()


async def test_that_events_in_the_wrong_order_come_to_the_same_end(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    chat = paying(company)
    clock.forward(minutes=10)
    bounced = event(id="evt_2", type="payment.reversed", at="2026-11-24T09:05:00Z")
    assert (await post(client, bounced, at=clock.now, webhook_id="w_2")).status_code == 202
    assert (await post(client, event(), at=clock.now, webhook_id="w_1")).json()["status"] == "applied"
    assert [each.event.outcome for each in company.events(chat, "attempt.closed")] == ["achieved"]
    assert [each.event.outcome for each in company.events(chat, "attempt.amended")] == ["not_achieved"]
    company.check_rebuild()


@pytest.mark.parametrize(
    "about",
    [{"customer_id": "cus_nobody"}, {"subject": "bill_nobody"}, {"type": "parcel.lost"}, {"subject": None}],
)
async def test_that_an_event_about_an_unknown_matter_is_kept_and_changes_nothing(
    client: httpx.AsyncClient, company: Company, clock: FakeClock, about: dict[str, Any]
) -> None:
    chat = paying(company)
    answer = await post(client, event(**about), at=clock.now)
    assert (answer.status_code, answer.json()["status"]) == (202, "kept")
    assert company.events(chat, "attempt.closed") == []
    stream = f"customer:{about.get('customer_id', 'cus_1')}"
    assert len(company.events(stream, "business.received")) == 1


async def test_that_an_event_that_comes_days_late_counts_by_when_it_occurred(
    client: httpx.AsyncClient, company: Company, clock: FakeClock
) -> None:
    paying(company)
    clock.forward(days=6)
    answer = await post(client, event(at="2026-11-24T09:30:00Z"), at=clock.now)
    assert answer.json() == {"status": "applied", "attempts": ["a_pay"]}
    too_late = event(id="evt_9", at="2026-11-30T09:00:00Z", subject="bill_7")
    assert (await post(client, too_late, at=clock.now, webhook_id="w_9")).status_code == 202
