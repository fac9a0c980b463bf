"""The stage: the real bot with its model, a journal on SQLite and the demo company over HTTP, set up once.

Only the wires to the visitor and the company's webhooks are left out: what a visitor sends goes to the
channel's service itself, and the company's events are taken in from its outbox after each thing that
happens, in order. The clock is the stage's, so that days can pass.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import requests

from assistant.app import Services, create_services
from assistant.channel.visitors import Page
from assistant.demo import identity_token
from assistant.intake.events import BusinessEvent, take_in
from assistant.journal import attempts, views
from assistant.journal.database import Transaction
from assistant.journal.events import Recorded, TurnCommitted, TurnFailed
from assistant.journeys.attempts import Attempt
from assistant.settings import Settings
from assistant.supervisor import demo_company

ANSWER_SECONDS = 60.0
LOOK_SECONDS = 0.004
TIMERS_AT_ONCE = 50  # rounds; a round closes as many quiet attempts as the timer does at once


class NoAnswer(RuntimeError):
    """The bot did not answer in time."""


@dataclass
class Clock:
    """Real time, with what has been let pass on top."""

    passed: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """Aware UTC."""
        return datetime.now(UTC) + self.passed


class Company:
    """The demo company's control interface."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a call that has to work. Raises requests.RequestException."""
        answer = self._session.request(method, f"{self._url}/control{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def codes(self, account: str) -> list[str]:
        """One-time codes sent to that account, newest first."""
        return [str(each["code"]) for each in self.call("GET", f"/outbox?account={account}")["codes"]]

    def events(self) -> list[dict[str, Any]]:
        """Everything that the company's systems reported, oldest first."""
        return [each["event"] for each in self.call("GET", "/events")["events"]]

    def close(self) -> None:
        """Lets go of the connection."""
        self._session.close()


@dataclass
class Stage:
    """Where scenarios are played, one after the other."""

    services: Services
    company: Company
    clock: Clock
    database: Path  # the company's
    began: int = 0  # how many events the company had reported when the scenario began
    _taken_in: int = 0
    _bearers: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> None:
        """Before a scenario: the clock is set to now, and nothing of the company's is left to be heard."""
        self.clock.passed = timedelta()
        await self.hear_company()
        self.began = self._taken_in

    async def quiet(self) -> None:
        """After a scenario: the company is well again."""
        await asyncio.to_thread(self.company.call, "DELETE", "/faults")

    async def open(
        self, language: str, page: dict[str, str], customer: dict[str, Any] | None, browser: str
    ) -> str:
        """A new conversation's id."""
        started = await self.services.visitors.start(
            bearer=None,
            language=language,
            page=Page(page.get("url"), page.get("title")),
            identity_token=self._token(customer),
            browser_id=browser,
        )
        self._bearers[started.conversation_id] = started.session_token
        return started.conversation_id

    async def update(
        self, conversation_id: str, page: dict[str, str], customer: dict[str, Any] | None
    ) -> None:
        """The visitor signs in on the website, or opens another of its pages."""
        await self.services.visitors.start(
            bearer=self._bearers[conversation_id],
            language=None,
            page=Page(page.get("url"), page.get("title")),
            identity_token=self._token(customer),
        )

    async def send(self, conversation_id: str, text: str, choice: str | None = None) -> None:
        """Sends a message and returns when it was answered. Raises NoAnswer, ApiError."""
        received = await self.services.visitors.send(conversation_id, str(uuid.uuid4()), text, choice)
        loop = asyncio.get_running_loop()
        until = loop.time() + ANSWER_SECONDS
        while not await self._answered(conversation_id, received.sequence):
            if loop.time() > until:
                raise NoAnswer(f"no answer within {ANSWER_SECONDS:.0f} s")
            await asyncio.sleep(LOOK_SECONDS)
        await self.hear_company()

    async def _answered(self, conversation_id: str, sequence: int) -> bool:
        def work(tx: Transaction) -> bool:
            conversation = views.conversation(tx, conversation_id)
            turns = tx.events(conversation_id, after=sequence, names={TurnCommitted.name, TurnFailed.name})
            if any(getattr(each.event, "received", None) == sequence for each in turns):
                return True
            message = tx.events(conversation_id, after=sequence - 1, limit=1)[0].event
            return conversation is not None and not getattr(message, "for_bot", True)

        return await self.services.database.read(work)

    async def hear_company(self) -> list[str]:
        """Takes in what the company's systems have reported since; the types of it."""
        found = (await asyncio.to_thread(self.company.events))[self._taken_in :]
        self._taken_in += len(found)
        for each in found:
            event = BusinessEvent.model_validate(each)
            await self.services.database.write(partial(self._take_in, event=event))
        return [str(each["type"]) for each in found]

    def _take_in(self, tx: Transaction, event: BusinessEvent) -> None:
        take_in(tx, event.id, event, self.services.definitions)

    async def let_pass(self, span: timedelta) -> None:
        """Time goes by, and the timers do what it decides."""
        self.clock.passed += span
        for _ in range(TIMERS_AT_ONCE):
            closed = await self.services.database.write(
                lambda tx: attempts.close_quiet_attempts(tx, self.services.definitions)
            )
            if not closed:
                break

    async def events(self, conversation_id: str, after: int = 0) -> list[Recorded]:
        """What is on record about a conversation after that sequence."""
        return await self.services.database.read(lambda tx: tx.events(conversation_id, after=after))

    async def attempts(self, conversation_id: str) -> list[Attempt]:
        """The conversation's attempts, oldest first."""
        return await self.services.database.read(lambda tx: views.attempts_of(tx, conversation_id))

    async def owner(self, conversation_id: str) -> str:
        """Who answers: bot, queue or agent."""
        found = await self.services.database.read(lambda tx: views.conversation(tx, conversation_id))
        return found.owner if found else "nobody"

    def _token(self, customer: dict[str, Any] | None) -> str | None:
        if customer is None:
            return None
        settings = self.services.settings
        return identity_token(customer, settings.identity_secret, self.clock(), settings.audience)


@asynccontextmanager
async def set_up(settings: Settings, model: Path) -> AsyncIterator[Stage]:
    """A stage with everything as on the first day. Takes some seconds. Raises CompanyDidNotStart."""
    clock = Clock()
    with ExitStack() as running:
        url = running.enter_context(demo_company(settings, None))
        settings = settings.model_copy(update={"company_url": url, "company_control_url": url})
        services = create_services(settings, model, clock)
        await asyncio.to_thread(services.database.migrate)
        await services.bus.start()
        await services.runner.load()
        await services.line.start()
        company = Company(url, settings.company_control_token)
        try:
            yield Stage(services, company, clock, settings.data_dir / "northlight" / "company.sqlite")
        finally:
            company.close()
            await services.line.stop()
            await services.bus.stop()
            services.runner.close()
            await services.limiter.close()
            await asyncio.to_thread(services.database.close)
