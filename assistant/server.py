"""Starts the whole thing: the demo company beside it, one or many workers, and says where it is."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from sanic import Sanic
from sanic.worker.loader import AppLoader

from assistant.settings import Settings
from assistant.supervisor import CompanyDidNotStart, demo_company

READY_SECONDS, LATEST_SECONDS = (
    120.0,
    600.0,
)  # until it is said that it takes long; until nobody waits any more


class CannotStart(RuntimeError):
    """Why it cannot start, and what to do about it."""


def check_settings(settings: Settings) -> None:
    """Raises CannotStart for settings that do not go together."""
    if settings.workers > 1 and settings.database_url.startswith("sqlite"):
        raise CannotStart("--workers needs a PostgreSQL database: give --database postgresql://…")
    if settings.workers > 1 and not settings.redis:
        raise CannotStart(
            "--workers needs Redis, so that workers can wake each other: give --redis redis://…"
        )
    if settings.company_url and not settings.company_url.startswith(("http://", "https://")):
        raise CannotStart("--company-url must begin with http:// or https://")


def check_port(settings: Settings) -> None:
    """Raises CannotStart when something listens there already."""
    with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CannotStart(
                f"Port {settings.port} on {settings.host} cannot be used ({error.strerror}). "
                "Choose another with --port."
            ) from None


def serve(settings: Settings, model: Path, out: Console) -> None:
    """Serves until it is told to stop. Raises CannotStart."""
    _let_workers_take_their_time()
    with ExitStack() as running:
        if settings.company_url is None:
            try:
                url = running.enter_context(demo_company(settings, _own_url(settings)))
            except CompanyDidNotStart as error:
                raise CannotStart(str(error)) from None
            settings = settings.model_copy(update={"company_url": url, "company_control_url": url})
        _prepare(settings)
        threading.Thread(target=_announce, args=(settings, out), daemon=True).start()
        _run(settings, model)


def _own_url(settings: Settings) -> str:
    """Where this machine reaches the assistant, whatever the world calls it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{host}:{settings.port}"


def _prepare(settings: Settings) -> None:
    from assistant.clock import utc_now
    from assistant.ids import random_id
    from assistant.journal.database import Database, JournalUnavailable

    database = Database(settings.database_url, clock=utc_now, ids=random_id)
    try:
        database.migrate()
    except JournalUnavailable as error:
        raise CannotStart(f"The database cannot be reached: {error}") from None
    finally:
        database.close()


def _run(settings: Settings, model: Path) -> None:
    from assistant.app import create_app
    from assistant.metrics import share_between_workers

    if settings.workers == 1:
        app = create_app(settings, model)
        app.run(host=settings.host, port=settings.port, single_process=True, motd=False, access_log=False)
        if app.ctx.model_failed:
            raise CannotStart("The model could not be loaded; why is in the log above.")
        return
    if settings.metrics_port:
        share_between_workers(settings.data_dir.absolute())
    loader = AppLoader(factory=partial(create_app, settings, model))
    app = loader.load()
    app.prepare(
        host=settings.host, port=settings.port, workers=settings.workers, motd=False, access_log=False
    )
    Sanic.serve(primary=app, app_loader=loader)


def _announce(settings: Settings, out: Console) -> None:
    """Prints the addresses when the first answer says ready, and that it takes long when it does."""
    began, told = time.monotonic(), False
    while (waited := time.monotonic() - began) < LATEST_SECONDS:
        try:
            if requests.get(f"{_own_url(settings)}/health/ready", timeout=2).status_code == 200:
                _print_addresses(settings, out)
                return
        except requests.RequestException:
            pass
        if waited > READY_SECONDS and not told:
            out.print(f"Not ready after {READY_SECONDS:.0f} seconds; what it is waiting for is in the log.")
            told = True
        time.sleep(0.1)


def _print_addresses(settings: Settings, out: Console) -> None:
    base = settings.base_url
    lines = [
        "",
        "Wayfinder is ready.",
        f"  Website with the assistant  {base}/",
        f"  Desk, for agents            {base}/desk",
        f"  Insight, for CX teams       {base}/insight",
    ]
    for sign_in in _demo_sign_ins(settings):
        lines.append(f"  Sign in as {sign_in.role:<10} {sign_in.email}  password {sign_in.password}")
    if settings.company_control_url is None:
        lines.append("  Add people with: assistant staff add EMAIL --role admin")
    out.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)


def _demo_sign_ins(settings: Settings) -> list[Any]:
    if settings.company_control_url is None:
        return []
    from assistant.clock import utc_now
    from assistant.ids import random_id
    from assistant.journal.database import Database
    from assistant.staff.commands import ensure_demo_staff

    database = Database(settings.database_url, clock=utc_now, ids=random_id)
    try:
        return list(ensure_demo_staff(database, settings.data_dir, settings.base_url))
    finally:
        database.close()


def _let_workers_take_their_time() -> None:
    """Sanic's worker manager waits at most 30 s for workers; importing Rasa on a busy machine takes long."""
    from sanic.worker.manager import WorkerManager

    WorkerManager.THRESHOLD = 1200  # tenths of a second
