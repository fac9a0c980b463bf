"""The desk served over HTTP and WebSocket on a scenario's journal, with people who have tokens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from assistant.bus import LocalBus
from assistant.desk.api import blueprint
from assistant.staff.access import Access
from assistant.staff.tokens import create_token
from assistant.web import RateLimiter, install_web
from tests.handoff.scenario import Company
from tests.web.loopback import browser, new_app, served


@dataclass
class Desk:
    """A running desk. `person` gives a client of that role; `socket` an open desk socket."""

    company: Company
    address: str
    bus: LocalBus

    def token(self, role: str = "agent", name: str = "Sam Field", **more: Any) -> str:
        return str(self.company.write(lambda tx: create_token(tx, role=role, name=name, **more))[0])

    def person(self, role: str = "agent", **more: Any) -> httpx.AsyncClient:
        return browser(self.address, Authorization=f"Bearer {self.token(role, **more)}")

    @asynccontextmanager
    async def socket(self, token: str | None = None, **headers: str) -> AsyncIterator[ClientConnection]:
        uri = self.address.replace("http://", "ws://") + "/api/desk/ws"
        async with connect(uri, additional_headers=headers) as opened:
            if token is not None:
                await opened.send(json.dumps({"type": "hello", "token": token}))
            yield opened


@asynccontextmanager
async def open_desk(company: Company) -> AsyncIterator[Desk]:
    bus = LocalBus()
    await bus.start()
    company.database._notify = bus.notify
    settings = SimpleNamespace(allowed_origins=[], base_url="http://127.0.0.1:8080")
    access = Access(company.database, company.clock, settings)
    app = new_app()
    app.ctx.services = SimpleNamespace(
        database=company.database, bus=bus, limiter=RateLimiter(), handoffs=company.handoffs,
        staff=SimpleNamespace(access=access), clock=company.clock, settings=settings,
    )  # fmt: skip
    install_web(app, settings)
    app.blueprint(blueprint(app.ctx.services))
    async with served(app) as address:
        yield Desk(company, address, bus)
    await bus.stop()


async def frame(opened: ClientConnection, kind: str, seconds: float = 10) -> dict[str, Any]:
    """The next frame of that kind."""
    async with asyncio.timeout(seconds):
        while True:
            received: dict[str, Any] = json.loads(await opened.recv())
            if received["type"] == kind:
                return received
