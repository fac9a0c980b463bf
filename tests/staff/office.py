"""A staff office for tests: the staff part served over HTTP on a journal of its own, and people in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
from sanic import HTTPResponse, Request
from sanic.response import json as json_response

from assistant import openapi
from assistant.ids import random_id
from assistant.journal.database import Database
from assistant.staff import staff
from assistant.staff.access import require
from assistant.staff.api import blueprint
from assistant.staff.commands import create_token
from assistant.staff.passwords import hash_now
from assistant.staff.sign_in import StaffServices, staff_services
from assistant.web import install_web
from tests.web.loopback import browser, new_app, served

PASSWORD = "sturdy lantern by the canal"
HASH = hash_now(PASSWORD)
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Clock:
    """Stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Settings:
    """What the staff part reads of the settings."""

    data_dir: Path
    base_url: str = "http://127.0.0.1:8080"
    allowed_origins: list[str] = field(default_factory=lambda: ["https://shop.example"])
    redis: str | None = None
    smtp_url: str | None = None
    root: Path = PROJECT


@dataclass
class Post:
    """A mailer that keeps what was sent; `wait` is for mail that is sent beside the answer."""

    sent: list[EmailMessage] = field(default_factory=list)

    async def send(self, message: EmailMessage) -> None:
        self.sent.append(message)


class Definitions:
    """Two journeys' worth of the definitions."""

    all = (SimpleNamespace(intents=["pay_bill"]), SimpleNamespace(intents=["move_visit"]))

    def title_of(self, intent: str, language: str = "en") -> str:
        return {"pay_bill": "Pay my bill", "move_visit": "Move my engineer visit"}[intent]


@dataclass
class Office:
    """The served staff part, and ways to come in."""

    address: str
    database: Database
    clock: Clock
    settings: Settings
    staff: StaffServices
    post: Post
    app: Any
    doors: AsyncExitStack

    async def browser(self, **headers: str) -> httpx.AsyncClient:
        """A browser that nobody has signed in with."""
        return await self.doors.enter_async_context(browser(self.address, **headers))

    async def with_token(self, role: str) -> httpx.AsyncClient:
        """A program with a fresh token of that role."""
        secret = create_token(self.database, role, f"{role} program")
        return await self.browser(Authorization=f"Bearer {secret}")

    def hire(self, role: str, email: str | None = None, *, password: bool = True) -> staff.StaffMember:
        """A member of staff with the password PASSWORD, or with none yet."""

        def work(tx: Any) -> staff.StaffMember:
            member = staff.create(tx, email=email or f"{role}@northlight.example", role=role)
            if password:
                staff.set_password_hash(tx, member.staff_id, HASH)
            return staff.get(tx, member.staff_id)

        return self.database.write_now(work)

    async def signed_in(self, role: str, email: str | None = None) -> httpx.AsyncClient:
        """A browser with somebody of that role signed in; changes carry the CSRF header."""
        member = self.hire(role, email)
        client = await self.browser()
        answer = await sign_in(client, member.email)
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return client


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """One try."""
    return await client.post("/api/staff/sign-in", json={"email": email, "password": password})


async def agents_only(request: Request) -> HTTPResponse:
    principal = await require(request, "agent")
    return json_response({"id": principal.id, "role": principal.role, "actor": str(principal.actor)})


async def any_staff(request: Request) -> HTTPResponse:
    return json_response({"role": (await require(request)).role})


async def channels_only(request: Request) -> HTTPResponse:
    return json_response({"kind": (await require(request, "channel")).kind})


@asynccontextmanager
async def opened_office(url: str, folder: Path) -> AsyncIterator[Office]:
    """An office on the database at `url`, with three doors of its own at /try/…"""
    clock, settings, post = Clock(), Settings(folder), Post()
    database = Database(url, clock=clock, ids=random_id)
    database.migrate()
    services = staff_services(settings, database, clock, mailer=post)
    app = new_app()
    app.ctx.services = SimpleNamespace(
        settings=settings, database=database, clock=clock, staff=services, definitions=Definitions()
    )
    install_web(app, settings)
    app.blueprint(blueprint(app.ctx.services))
    app.blueprint(openapi.blueprint())
    app.add_route(agents_only, "/try/agents", methods=["GET", "POST"])
    app.add_route(any_staff, "/try/staff", methods=["GET", "POST"])
    app.add_route(channels_only, "/try/channels", methods=["GET", "POST"])
    async with served(app) as address, AsyncExitStack() as doors:
        yield Office(address, database, clock, settings, services, post, app, doors)
    services.close()
    database.close()
