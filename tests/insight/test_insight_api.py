"""What CX teams and programs get over HTTP, and who gets nothing."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from assistant.insight import api
from assistant.insight.definitions import choose_definition
from assistant.journal import views
from assistant.journal.attempts import note_subject
from assistant.journal.database import Database
from assistant.journal.events import (
    BOT,
    AttemptClosed,
    AttemptOpened,
    ConversationOpened,
    IdentityVerified,
    StaffActed,
)
from assistant.journeys.outcomes import no_terms
from assistant.staff.access import Access
from assistant.staff.tokens import create_token
from assistant.web import install_web
from tests.web.loopback import browser, new_app, served

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
INTENT_FIELDS = {
    *("intent", "title", "eligible", "open", "closed", "achieved", "achieved_system", "achieved_customer"),
    *("achieved_agent", "not_achieved", "abandoned", "unknown", "self_service", "assisted", "handed_off"),
    *("came_back", "customers", "success_rate", "success_low", "success_high", "self_service_rate"),
    *("held_rate", "claimed_containment", "median_seconds"),
}
ATTEMPT_FIELDS = {
    *("attempt_id", "conversation_id", "intent", "title", "confidence", "language", "channel", "opened_at"),
    *("outcome", "evidence", "by", "history"),
}


@dataclass
class WebSettings:
    base_url: str = "https://help.northlight.example"
    allowed_origins: list[str] = field(default_factory=list)


@dataclass
class Scene:
    """A running API, its database, and a token for each role."""

    address: str
    database: Database
    now: list[datetime]
    tokens: dict[str, str]
    token_ids: dict[str, str]

    async def post(self, path: str, body: dict, role: str = "analyst") -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        async with browser(self.address, **headers) as client:
            return await client.post(path, json=body)

    async def get(self, path: str, role: str = "analyst", **params: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role in self.tokens else {}
        async with browser(self.address, **headers) as client:
            return await client.get(path, params=params)

    def happens(self, conversation_id: str, *events, actor=BOT) -> None:
        self.database.write_now(lambda tx: tx.append(conversation_id, events, actor=actor))

    def attempt(self, number: int, *, intent: str = "pay_bill", closed: str | None = "achieved") -> None:
        opened = AttemptOpened(attempt_id=f"a_{number}", intent=intent, title=intent, confidence=0.9)
        events = [ConversationOpened(channel="web_chat", language="en" if number % 2 else "nl"), opened]
        if closed is not None:
            by = "self_service" if closed == "achieved" else None
            evidence = "none" if closed == "abandoned" else "system"
            events.append(AttemptClosed(attempt_id=f"a_{number}", outcome=closed, evidence=evidence, by=by))
        self.happens(f"c_{number}", *events)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    now = [START]
    numbers = itertools.count(1)
    database = Database(
        f"sqlite:///{tmp_path}/journal.db",
        clock=lambda: now[0],
        ids=lambda prefix: f"{prefix}_{next(numbers)}",
    )
    database.migrate()
    made = {
        role: database.write_now(
            lambda tx, role=role, skills=skills: create_token(tx, role=role, name=role, skills=skills)
        )
        for role, skills in {
            "analyst": (),
            "supervisor": (),
            "agent": ("billing",),
            "admin": (),
            "channel": (),
        }.items()
    }
    app = new_app()
    settings = WebSettings()
    install_web(app, settings)
    app.ctx.services = SimpleNamespace(
        database=database,
        clock=lambda: now[0],
        definitions=SimpleNamespace(terms_of=no_terms),
        staff=SimpleNamespace(access=Access(database, lambda: now[0], settings)),
    )
    app.blueprint(api.blueprint(app.ctx.services))
    tokens = {role: secret for role, (secret, _) in made.items()}
    token_ids = {role: token.token_id for role, (_, token) in made.items()}
    async with served(app) as address:
        yield Scene(address, database, now, tokens, token_ids)
    database.close()


async def test_that_intents_come_in_the_contracts_shape_worst_first(scene: Scene):
    scene.attempt(1)
    scene.attempt(2, closed="abandoned")
    scene.attempt(3, intent="fix_tv_box", closed=None)
    answer = await scene.get("/api/insight/intents", **{"from": "2026-11-22", "to": "2026-11-22"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert set(found) == {"from", "to", "definition_version", "totals", "intents"}
    assert (found["from"], found["to"], found["definition_version"]) == ("2026-11-22", "2026-11-22", 1)
    assert [row["intent"] for row in found["intents"]] == ["pay_bill", "fix_tv_box"]
    assert all(set(row) == INTENT_FIELDS for row in found["intents"])
    assert found["intents"][0]["success_rate"] == 0.5
    assert found["intents"][1]["success_rate"] is None
    assert INTENT_FIELDS - {"intent", "title"} <= set(found["totals"])


async def test_that_the_period_and_the_filters_choose_the_cohort(scene: Scene):
    scene.attempt(1)
    scene.now[0] += timedelta(days=1)
    scene.attempt(2)

    async def eligible(**params: str) -> int:
        return (await scene.get("/api/insight/intents", **params)).json()["totals"]["eligible"]

    assert await eligible(**{"from": "2026-11-22", "to": "2026-11-22"}) == 1
    assert await eligible(**{"from": "2026-11-22", "to": "2026-11-23"}) == 2
    assert await eligible(**{"from": "2026-11-22T00:00:00Z", "to": "2026-11-23T09:00:00Z"}) == 1
    assert await eligible(**{"from": "2026-11-22", "to": "2026-11-23", "language": "nl"}) == 1
    assert await eligible(**{"from": "2026-11-22", "to": "2026-11-23", "channel": "phone"}) == 0
    assert await eligible(**{"from": "2026-11-22", "to": "2026-11-23", "channel": ""}) == 2


@pytest.mark.parametrize(
    "params", [{"from": "yesterday"}, {"from": "2026-11-23", "to": "2026-11-22"}, {"colour": "red"}], ids=str
)
async def test_that_a_period_that_cannot_be_is_refused_in_plain_words(scene: Scene, params):
    answer = await scene.get("/api/insight/intents", **params)
    assert answer.status_code == 400
    assert answer.json()["message"]


async def test_that_attempts_are_paged_oldest_first_and_none_is_lost(scene: Scene):
    for number in range(1, 251):
        scene.attempt(number, closed=None)
        if number % 7 == 0:  # several share a moment, so the cursor must not rely on times
            scene.now[0] += timedelta(seconds=1)
    seen: list[str] = []
    after = ""
    for _ in range(4):
        page = (await scene.get("/api/attempts", after=after)).json()
        seen += [one["attempt_id"] for one in page["attempts"]]
        after = page.get("next")
        if after is None:
            break
    assert sorted(seen, key=lambda name: int(name[2:])) == [f"a_{n}" for n in range(1, 251)]
    assert len(set(seen)) == len(seen)
    opened = [one["opened_at"] for one in page["attempts"]]
    assert opened == sorted(opened)


async def test_that_attempts_come_in_the_contracts_shape(scene: Scene):
    scene.attempt(1)
    scene.attempt(2, closed=None)
    closed = (await scene.get("/api/attempts", outcome="achieved")).json()["attempts"]
    assert [set(one) for one in closed] == [ATTEMPT_FIELDS | {"closed_at"}]
    assert closed[0]["opened_at"] == "2026-11-22T09:00:00Z"
    assert set(closed[0]["history"][0]) == {"at", "outcome", "evidence", "reason", "actor"}
    still_open = (await scene.get("/api/attempts", outcome="open")).json()["attempts"]
    assert [one["attempt_id"] for one in still_open] == ["a_2"]
    assert (await scene.get("/api/attempts", outcome="solved")).status_code == 400
    assert (await scene.get("/api/attempts", after="a_none")).json()["code"] == "bad_cursor"


@pytest.mark.parametrize("path", ["/api/insight/intents", "/api/attempts"])
async def test_that_the_wrong_role_gets_nothing(scene: Scene, path: str):
    scene.attempt(1)
    assert (await scene.get(path, "nobody")).status_code == 401
    for role in ("admin", "channel"):
        assert (await scene.get(path, role)).status_code == 403
    assert (await scene.get(path, "agent")).status_code == 403
    assert (await scene.get(path, "supervisor")).status_code == 200


async def test_that_every_read_is_on_record_and_a_refused_one_is_not(scene: Scene):
    scene.attempt(1)
    await scene.get("/api/attempts", "analyst", conversation_id="c_1")
    await scene.get("/api/attempts", "agent", conversation_id="c_1")

    def acts(role: str) -> list[tuple[str, str | None]]:
        found = scene.database.read_now(lambda tx: tx.events(f"staff:{scene.token_ids[role]}"))
        return [(e.event.what, e.event.target) for e in found if isinstance(e.event, StaffActed)]

    assert acts("analyst") == [("listed attempts", "c_1")]
    assert acts("agent") == []


async def test_that_cx_disputes_an_outcome_with_a_reason_and_takes_it_back(scene: Scene):
    scene.attempt(1)
    answer = await scene.post("/api/attempts/a_1/dispute", {"reason": "wrong_bill", "note": "She said May."})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["outcome"], found["evidence"], found["reason"]) == ("not_achieved", "agent", "wrong_bill")
    assert [each["outcome"] for each in found["history"]] == ["achieved", "not_achieved"]
    figures = (await scene.get("/api/insight/intents", to="2026-11-22")).json()["totals"]
    assert (figures["disputed"], figures["achieved"]) == (1, 0)
    again = await scene.post("/api/attempts/a_1/dispute", {"reason": "wrong_bill"})
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_dispute")
    back = await scene.post("/api/attempts/a_1/dispute/take-back", {}, role="supervisor")
    assert (back.status_code, back.json()["outcome"]) == (200, "achieved")
    none = await scene.post("/api/attempts/a_1/dispute/take-back", {})
    assert (none.status_code, none.json()["code"]) == (409, "not_disputed")
    done = [
        entry.event.what
        for role in ("analyst", "supervisor")
        for entry in scene.database.read_now(
            lambda tx, role=role: tx.events(f"staff:{scene.token_ids[role]}", names=[StaffActed.name])
        )
    ]
    assert [what for what in done if "dispute" in what] == ["disputed an outcome", "took a dispute back"]


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "Because I say so!"}])
async def test_that_a_dispute_needs_a_reason(scene: Scene, body: dict):
    scene.attempt(1)
    assert (await scene.post("/api/attempts/a_1/dispute", body)).status_code == 400
    assert (await scene.get("/api/attempts")).json()["attempts"][0]["outcome"] == "achieved"


@pytest.mark.parametrize("path", ["dispute", "dispute/take-back", "unlink"])
@pytest.mark.parametrize("role", ["agent", "channel", "admin", "nobody"])
async def test_that_only_cx_corrects_the_record(scene: Scene, path: str, role: str):
    scene.attempt(1)
    answer = await scene.post(f"/api/attempts/a_1/{path}", {"reason": "wrong_bill"}, role=role)
    assert answer.status_code in (401, 403)
    assert (await scene.get("/api/attempts")).json()["attempts"][0]["outcome"] == "achieved"


@pytest.mark.parametrize("path", ["dispute", "unlink"])
async def test_that_an_attempt_that_is_not_there_cannot_be_corrected(scene: Scene, path: str):
    answer = await scene.post(f"/api/attempts/a_9/{path}", {"reason": "wrong_bill"})
    assert (answer.status_code, answer.json()["code"]) == (404, "attempt_unknown")


async def test_that_staff_unlink_a_browser_and_it_is_on_their_record(scene: Scene):
    opened = AttemptOpened(attempt_id="a_1", intent="pay_bill", title="Pay")
    scene.happens("c_1", ConversationOpened(channel="web_chat", language="en", browser_id="b_1"), opened)
    signed_in = IdentityVerified(customer_id="cus_1", method="identity_token")
    scene.happens("c_2", ConversationOpened(channel="web_chat", language="en", browser_id="b_1"), signed_in)
    scene.database.write_now(lambda tx: note_subject(tx, "c_1", "a_1"))
    linked = scene.database.read_now(lambda tx: views.attempt(tx, "a_1"))
    assert linked.linked_to == "cus_1"
    answer = await scene.post("/api/attempts/a_1/unlink", {"reason": "shared_computer"})
    assert answer.status_code == 200, answer.text
    assert scene.database.read_now(lambda tx: views.attempt(tx, "a_1")).linked_to is None
    again = await scene.post("/api/attempts/a_1/unlink", {"reason": "shared_computer"})
    assert (again.status_code, again.json()["code"]) == (409, "not_linked")


async def test_that_two_definitions_are_compared_on_the_same_period(scene: Scene):
    scene.attempt(1)
    elsewhere = AttemptClosed(attempt_id="a_2", outcome="achieved", evidence="system", by="elsewhere")
    scene.attempt(2, closed=None)
    scene.happens("c_2", elsewhere)
    scene.attempt(3, closed="abandoned")
    found = (await scene.get("/api/insight/intents", to="2026-11-22", compare="2")).json()
    assert (found["definition_version"], found["compared"]["definition_version"]) == (1, 2)
    assert (found["totals"]["achieved"], found["totals"]["closed"]) == (2, 3)
    assert (found["compared"]["totals"]["achieved"], found["compared"]["totals"]["closed"]) == (1, 2)
    assert set(found["compared"]["intents"][0]) == INTENT_FIELDS
    alone = (await scene.get("/api/insight/intents", to="2026-11-22", definition="2")).json()
    assert alone["totals"] == found["compared"]["totals"]
    assert (await scene.get("/api/insight/intents", definition="99")).status_code == 400


async def test_that_a_chosen_definition_scores_all_history_and_can_be_undone(scene: Scene):
    scene.attempt(1)
    for version in (2, 1):
        scene.database.write_now(lambda tx, version=version: choose_definition(tx, version))
        assert (await scene.get("/api/insight/intents")).json()["definition_version"] == version
        listed = (await scene.get("/api/insight/definitions")).json()
        assert listed["in_use"] == version
    assert [each["version"] for each in listed["definitions"]] == [1, 2]
    assert all("success_rate" in each["formulas"] for each in listed["definitions"])
