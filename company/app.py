"""Northlight's server: who may come in, what goes wrong on purpose, and how errors look."""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import html, raw
from sanic.response import json as json_response
from sqlalchemy import Connection, Engine, select

from company import (
    addresses,
    arrangements,
    bills,
    complaints,
    contact_details,
    contracts,
    control,
    customers,
    deliveries,
    equipment,
    help_pages,
    identity,
    moves,
    orders,
    outage_notices,
    outages,
    package_desk,
    routers,
    visit_terms,
    visits,
)
from company.catalogue.seed import prepare
from company.clock import Clock
from company.database import open_database, reading, writing
from company.errors import CompanyError, Unauthorised
from company.events import EventSender, SenderThread
from company.faults import Fault, FaultBoard
from company.operations import find_operation
from company.outage_notices import tell_of_ended
from company.packages import begin_due
from company.service import Northlight, new_id, northlight
from company.tables import METADATA

log = logging.getLogger("northlight")

OPENAPI = Path(__file__).with_name("openapi.yaml")
PUBLIC = frozenset({"/openapi.yaml", "/health"})

# The column by which the owner of a thing is found, by the first part of the thing's path.
OWNERS = {
    "customers": ("customers", ("customer_id", "account")),
    "bills": ("bills", ("bill_id",)),
    "visits": ("visits", ("visit_id",)),
    "equipment": ("equipment", ("equipment_id",)),
    "orders": ("orders", ("order_id",)),
}


@dataclass(frozen=True)
class Secrets:
    """Bearer tokens of the assistant and of the control interface; the key that signs events."""

    token: str
    control_token: str
    events_secret: str | None = None


# What each module serves of the interface.
PARTS = (
    customers,
    bills,
    equipment,
    visits,
    orders,
    outages,
    outage_notices,
    routers,
    visit_terms,
    identity,
    help_pages,
    contracts,
    complaints,
    arrangements,
    contact_details,
    addresses,
    deliveries,
    moves,
    package_desk,
    control,
)


def create_app(
    database_url: str,
    secrets_: Secrets,
    *,
    clock: Clock,
    events_url: str | None = None,
    site_url: str = "https://www.northlight.example",
) -> Sanic[Any, Any]:
    """The server with its database seeded; `site_url` is where its website is. Raises ValueError for events
    without a secret to sign them."""
    if events_url and not secrets_.events_secret:
        raise ValueError("an events URL needs the secret COMPANY_EVENTS_SECRET")
    engine = open_database(database_url)
    with writing(engine) as connection:
        prepare(connection, clock.today())
    sender = _sender(engine, clock, events_url, secrets_.events_secret)
    app: Sanic[Any, Any] = Sanic("northlight", configure_logging=False)
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.KEEP_ALIVE_TIMEOUT = 75
    app.ctx.northlight = Northlight(
        engine, clock, FaultBoard(), announce=sender.wake if sender else (lambda: None)
    )
    app.ctx.secrets = secrets_
    app.ctx.site_url = site_url.rstrip("/")
    _add_routes(app)
    if sender is not None:
        app.register_listener(lambda app: sender.start(), "after_server_start")
        app.register_listener(lambda app: sender.stop(), "before_server_stop")
    app.register_listener(lambda app: engine.dispose(), "after_server_stop")
    return app


def _sender(engine: Engine, clock: Clock, url: str | None, secret: str | None) -> SenderThread | None:
    """Sends what is due from time to time; None where nobody listens."""
    if not url or not secret:
        return None
    sending = EventSender(engine, clock, url, secret)

    def send_due() -> timedelta | None:
        tell_of_ended(engine, clock, new_id)
        begin_due(engine, clock)
        return sending.send_due()

    return SenderThread(send_due)


def _add_routes(app: Sanic[Any, Any]) -> None:
    for part in PARTS:
        app.blueprint(part.blueprint)
    app.add_route(get_openapi, "/openapi.yaml", methods=["GET"])
    app.add_route(get_health, "/health", methods=["GET"])
    app.add_route(get_operation, "/operations/<key:path>", methods=["GET"])
    app.register_middleware(check_token, "request")
    app.register_middleware(go_wrong_before, "request")
    app.register_middleware(go_wrong_after, "response")  # type: ignore[arg-type]  # Sanic types this as a request middleware
    app.exception(CompanyError)(answer_company_error)
    app.exception(SanicException)(answer_sanic_error)
    app.exception(Exception)(answer_anything)


async def get_openapi(request: Request) -> HTTPResponse:
    """This interface as a document."""
    return raw(OPENAPI.read_bytes(), content_type="application/yaml")


async def get_health(request: Request) -> HTTPResponse:
    """Whether the server and its database answer."""
    with reading(northlight(request).engine) as connection:
        connection.execute(select(1))
    return json_response({"status": "ok"})


async def get_operation(request: Request, key: str) -> HTTPResponse:
    """What became of a change."""
    return json_response(find_operation(northlight(request).engine, key))


async def check_token(request: Request) -> None:
    """The assistant's token opens the interface, the control token opens /control, nothing opens both."""
    if request.path in PUBLIC:
        return
    wanted = request.app.ctx.secrets
    expected = wanted.control_token if request.path.startswith("/control") else wanted.token
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {expected}".encode()):
        raise Unauthorised("token_wrong", "This call needs the right bearer token.")


async def go_wrong_before(request: Request) -> HTTPResponse | None:
    """Carries out a fault that strikes before the request is handled; remembers one that strikes later."""
    board = northlight(request).faults
    if not board or request.path in PUBLIC or request.path.startswith("/control"):
        return None
    customer_id = _owner(request) if board.needs_customer else None
    fault = board.take(request.path, request.method, customer_id)
    if fault is None:
        return None
    return await _strike(request, fault)


async def _strike(request: Request, fault: Fault) -> HTTPResponse | None:
    match fault.mode:
        case "slow":
            await asyncio.sleep(fault.delay)
        case "decline":
            request.ctx.decline_with = fault.code
        case "applied_then_down":
            request.ctx.break_after = True
        case "fail":
            return json_response({"code": "internal", "message": "Something went wrong."}, status=500)
        case "nonsense":
            if fault.body == "html":
                return html("<!doctype html><title>Maintenance</title><p>We will be back soon.")
            return json_response({"unexpected": True})
        case "down":
            return _break_connection(request)
    return None


async def go_wrong_after(request: Request, response: HTTPResponse) -> HTTPResponse | None:
    """Breaks the connection after the work was done, where a fault asks for that."""
    if getattr(request.ctx, "break_after", False):
        return _break_connection(request)
    return None


def _break_connection(request: Request) -> HTTPResponse:
    # The response is never written: the socket is reset before Sanic gets to it.
    if request.transport is not None:
        cast(asyncio.Transport, request.transport).abort()
    return json_response({}, status=503)


def _owner(request: Request) -> str | None:
    """Whose request this is: by the thing in its path, or the account in its body."""
    parts = request.path.strip("/").split("/")
    with reading(northlight(request).engine) as connection:
        if len(parts) > 1 and parts[0] in OWNERS:
            return _owner_of(connection, *OWNERS[parts[0]], parts[1])
        try:
            account = (request.json or {}).get("account")
        except (SanicException, AttributeError):
            return None
        return _owner_of(connection, "customers", ("account",), account) if isinstance(account, str) else None


def _owner_of(connection: Connection, table: str, columns: tuple[str, ...], value: str) -> str | None:
    found = METADATA.tables[table]
    for column in columns:
        owner = connection.execute(
            select(found.c.customer_id).where(found.c[column] == value)
        ).scalar_one_or_none()
        if owner is not None:
            return str(owner)
    return None


async def answer_company_error(request: Request, error: Exception) -> HTTPResponse:
    """Ours: its own status and body."""
    if not isinstance(error, CompanyError):
        return await answer_anything(request, error)
    return json_response(error.body(), status=error.status)


async def answer_sanic_error(request: Request, error: Exception) -> HTTPResponse:
    """Unknown paths, wrong methods, bodies too large: the framework's errors in our shape."""
    status = error.status_code if isinstance(error, SanicException) else 500
    if status >= 500:
        return await answer_anything(request, error)
    messages = {404: ("not_found", "There is nothing here."), 405: ("method_wrong", "Not with this method.")}
    code, message = messages.get(status, ("request_invalid", "This request cannot be understood."))
    return json_response({"code": code, "message": message}, status=status)


async def answer_anything(request: Request, error: Exception) -> HTTPResponse:
    """A fault of ours: a trace id for the caller, the rest for the log."""
    trace_id = secrets.token_hex(8)
    log.error("trace %s: %s %s failed", trace_id, request.method, request.path, exc_info=error)
    body = {"code": "internal", "message": "Something went wrong.", "details": {"trace_id": trace_id}}
    return json_response(body, status=500)
