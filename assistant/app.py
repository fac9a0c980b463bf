"""The composition root: the only place that knows every part and wires them together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import json as json_response

from assistant.bot.turn import Turn
from assistant.bus import Bus, make_bus
from assistant.channel import api as channel_api
from assistant.channel import rest
from assistant.channel.line import Line
from assistant.channel.sessions import Identity
from assistant.channel.taking_up import TakingUp
from assistant.channel.turns import TurnDesk
from assistant.channel.visitors import Visitors
from assistant.clock import utc_now
from assistant.ids import random_id
from assistant.journal import attempts
from assistant.journal.database import Database, Transaction
from assistant.journal.definitions import keep_definitions
from assistant.journeys.definitions import Definitions
from assistant.logs import configure_logging
from assistant.metrics import serve_metrics
from assistant.settings import Settings
from assistant.staff.sign_in import StaffServices, staff_services
from assistant.texts import Texts, configured_languages, load_responses
from assistant.web import ApiError, RateLimiter, install_web

log = structlog.get_logger(__name__)

TIMERS_SECONDS = 1.0


@dataclass(frozen=True)
class Services:
    """What the parts are given. Made once per process, before anything is opened or loaded."""

    settings: Settings
    database: Database
    bus: Bus
    limiter: RateLimiter
    staff: StaffServices
    texts: Texts
    definitions: Definitions
    handoffs: Any
    visitors: Visitors
    line: Line
    runner: Runner
    clock: Callable[[], datetime]
    ids: Callable[[str], str]


class Runner:
    """Holds the bot; not ready until the model is loaded."""

    def __init__(self, root: Path, definitions: Definitions, model: Path, database: Database) -> None:
        self._root = root
        self._definitions = definitions
        self._model = model
        self._database = database
        self._bot: Any = None
        self._actions: Any = None

    @property
    def ready(self) -> bool:
        return self._bot is not None

    async def load(self) -> None:
        """Loads the model in a thread; the loop goes on answering meanwhile."""
        bot = await asyncio.to_thread(self._load)
        await bot.understand("warm up")  # the encoder's weights are read at its first sentence
        # What is loaded now stays for good: the collector need not look through it again and again.
        gc.collect()
        gc.freeze()
        self._bot = bot

    def _load(self) -> Any:
        from assistant.bot import bridge, standins

        bridge.silence()
        with standins.left_out(self._root / "config.yml"):
            from assistant.bot.actions import InProcessActions
            from assistant.bot.agent import Bot

            bridge.silence_rasa()
            self._actions = InProcessActions()
            bot = Bot(self._model, self._database, self._actions)
        self._actions.register()
        bot.keep_definitions(self._database.write_now(lambda tx: keep_definitions(tx, self._definitions)))
        return bot

    def hear(self, text: str) -> None:
        """A message is coming in; costs nothing before the model is loaded."""
        if self._bot is not None:
            self._bot.hear(text)

    async def take(self, turn: Turn) -> Turn:
        """One turn of the bot. Raises RuntimeError before the model is loaded."""
        if self._bot is None:
            raise RuntimeError("the model is not loaded yet")
        taken: Turn = await self._bot.take(turn)
        return taken

    def close(self) -> None:
        if self._actions is not None:
            self._actions.close()


def create_services(settings: Settings, model: Path, clock: Callable[[], datetime] = utc_now) -> Services:
    """Wires the parts; opens no connection and loads no model."""
    from actions import company as company_client
    from actions import help as help_actions
    from assistant.handoff.service import HandoffService

    worker = f"{os.uname().nodename}:{os.getpid()}:{random_id('w')}"
    bus = make_bus(settings.redis, worker)
    database = Database(settings.database_url, clock=clock, ids=random_id, notify=bus.notify)
    texts = Texts(load_responses(settings.root / "data" / "responses"))
    definitions = Definitions.load(settings.root / "data" / "journeys")
    handoffs = HandoffService.from_files(settings.root / "data", texts=texts, definitions=definitions)
    runner = Runner(settings.root, definitions, model, database)
    desk = TurnDesk(
        worker=worker,
        model=model.name.removesuffix(".tar.gz"),
        handoffs=handoffs,
        note_subject=lambda tx, conversation_id, attempt_id: attempts.note_subject(
            tx, conversation_id, attempt_id, definitions.terms_of
        ),
        earlier_failure=lambda tx, returned: attempts.earlier_failure(tx, returned, definitions.terms_of),
        has_subject=lambda intent: has_subject(definitions, intent),
        trouble_text=lambda language: texts.render("utter_trouble", language),
        look_back=TakingUp(definitions).look_back,
    )
    line = Line(database, bus, desk, runner.take, lambda: runner.ready)
    client = company_client.CompanyClient(settings.company_url or "", settings.company_token)
    company_client.configure(client)
    help_actions.configure(help_actions.make_centre(settings.data_dir / "help"))

    def look_up(customer: str) -> Identity | None:
        found = client.customer(customer)
        if found is None:
            return None
        return Identity(
            found.customer_id,
            found.account,
            found.name,
            found.email,
            found.phone,
            found.preferred_channel,
            found.vulnerable,
        )

    limiter = RateLimiter(settings.redis)
    languages = configured_languages(settings.root / "data")
    visitors = Visitors(settings, database, line, handoffs, look_up, clock, languages, runner.hear)
    return Services(
        settings=settings,
        database=database,
        bus=bus,
        limiter=limiter,
        staff=staff_services(settings, database, clock, limiter=limiter),
        texts=texts,
        definitions=definitions,
        handoffs=handoffs,
        visitors=visitors,
        line=line,
        runner=runner,
        clock=clock,
        ids=random_id,
    )


def has_subject(definitions: Definitions, intent: str) -> bool:
    """Whether attempts of that intent are told apart by what they are about. `unknown` is not."""
    definition = definitions.for_intent(intent)
    return intent == "unknown" or (definition is not None and definition.subject is not None)


def create_app(settings: Settings, model: Path) -> Sanic[Any, Any]:
    """The Sanic application of one worker."""
    configure_logging()
    services = create_services(settings, model)
    app: Sanic[Any, Any] = Sanic("wayfinder", configure_logging=False)
    app.ctx.services = services
    app.ctx.model_failed = False
    app.config.PROXIES_COUNT = settings.proxies
    install_web(app, settings)
    for routes in _blueprints(services):
        app.blueprint(routes)
    app.before_server_start(_opener(services))
    app.after_server_start(_loader(services))
    app.after_server_stop(_closer(services))
    return app


def _blueprints(services: Services) -> list[Blueprint]:
    from assistant import demo, openapi
    from assistant.desk import api as desk
    from assistant.insight import api as insight
    from assistant.intake import api as intake
    from assistant.staff import api as staff

    async def reader(request: Request, conversation_id: str) -> str:
        return await rest.readable(request, services.database, conversation_id)

    routes = [
        _health(services),
        channel_api.blueprint(services.settings, services.visitors, services.bus, services.limiter, reader),
        rest.blueprint(services.visitors, services.bus),
        staff.blueprint(services),
        desk.blueprint(services),
        insight.blueprint(services),
        intake.blueprint(services),
        openapi.blueprint(services),
    ]
    if services.settings.company_control_url:
        routes += [demo.blueprint(services), demo.site()]
    return routes


def _health(services: Services) -> Blueprint:
    routes = Blueprint("health")

    @routes.get("/health/live")
    async def live(request: Request) -> HTTPResponse:
        return json_response({"status": "live"})

    @routes.get("/health/ready")
    async def ready(request: Request) -> HTTPResponse:
        if not services.runner.ready:
            raise ApiError(503, "not_ready", "The model is still being loaded.")
        try:
            await services.database.read(lambda tx: tx.events("health", limit=1))
        except Exception:
            log.exception("health.database")
            raise ApiError(503, "not_ready", "The database does not answer.") from None
        return json_response({"status": "ready"})

    return routes


Listener = Callable[[Sanic[Any, Any]], Coroutine[Any, Any, None]]


def _opener(services: Services) -> Listener:
    async def open_all(app: Sanic[Any, Any]) -> None:
        await asyncio.to_thread(services.database.migrate)
        await services.bus.start()
        if services.settings.metrics_port:
            serve_metrics(services.settings.metrics_port)

    return open_all


def _loader(services: Services) -> Listener:
    async def load(app: Sanic[Any, Any]) -> None:
        async def bring_up() -> None:
            try:
                await services.runner.load()
                await services.line.start()
            except Exception:
                # A server that can never answer ends, so that whoever started it sees it.
                log.exception("model.not_loaded")
                app.ctx.model_failed = True
                app.stop()
                return
            _warm_help(services.settings.root)
            await _timers(services)

        app.ctx.background = asyncio.create_task(bring_up())

    return load


def _warm_help(root: Path) -> None:
    """Indexes the help pages beside the running server; a company that is away costs nothing."""
    from actions.help import help_centre

    languages = configured_languages(root / "data")
    threading.Thread(target=help_centre().warm, args=(languages,), daemon=True).start()


async def _timers(services: Services) -> None:
    """What time decides: quiet attempts, offers, promises, agents that were lost. One never stops another."""

    def close_quiet(tx: Transaction) -> object:
        return attempts.close_quiet_attempts(tx, services.definitions)

    jobs: dict[str, Callable[[Transaction], object]] = {
        "handoffs": services.handoffs.sweep,
        "attempts": close_quiet,
    }
    while True:
        for name, job in jobs.items():
            try:
                await services.database.write(job)
            except Exception:
                log.exception("timer.failed", timer=name)
        await asyncio.sleep(TIMERS_SECONDS)


def _closer(services: Services) -> Listener:
    async def close(app: Sanic[Any, Any]) -> None:
        background = getattr(app.ctx, "background", None)
        if background is not None:
            background.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await background
        await services.line.stop()
        await services.bus.stop()
        services.runner.close()
        await services.limiter.close()
        await asyncio.to_thread(services.database.close)

    return close
