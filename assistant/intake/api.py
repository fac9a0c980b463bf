"""`POST /intake/events`: where the company's systems send their signed business events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog
from pydantic import ValidationError
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from assistant.intake.events import BusinessEvent, take_in
from assistant.intake.signatures import BadSignature, verified_id
from assistant.journal.attempts import KnowsTerms
from assistant.journal.database import Database
from assistant.openapi import documented
from assistant.web import ApiError, client_address
from assistant.web.parsing import read_object

log = structlog.get_logger(__name__)


class IntakeSettings(Protocol):
    """What intake reads of the settings."""

    @property
    def company_events_secret(self) -> str: ...


class Services(Protocol):
    """What intake is given."""

    @property
    def settings(self) -> IntakeSettings: ...
    @property
    def database(self) -> Database: ...
    @property
    def definitions(self) -> KnowsTerms: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...


def blueprint(services: Services) -> Blueprint:
    """The intake of signed events."""
    made = Blueprint("intake")

    @documented(
        summary="A business event of the company, signed (Standard Webhooks)",
        body=BusinessEvent,
        answers={
            200: "Taken in as evidence, or here already.",
            202: "Kept on record; nothing was waiting for it.",
            400: "invalid: signed, but not an event.",
            401: "bad_signature: forged, altered or too old.",
        },
    )
    async def events(request: Request) -> HTTPResponse:
        """The body is trusted only once its signature holds."""
        webhook_id = _signed(services, request)
        event = _event(request.body)
        changed = await services.database.write(
            lambda tx: take_in(tx, webhook_id, event, services.definitions)
        )
        if changed is None:
            return json_response({"status": "already_received"})
        if not changed:
            return json_response({"status": "kept"}, status=202)
        return json_response({"status": "applied", "attempts": changed})

    made.add_route(events, "/intake/events", methods=["POST"])
    return made


def _signed(services: Services, request: Request) -> str:
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        return verified_id(services.settings.company_events_secret, headers, request.body, services.clock())
    except BadSignature:
        log.warning("intake.bad_signature", address=client_address(request))
        raise ApiError(401, "bad_signature", "The signature does not hold.") from None


def _event(body: bytes) -> BusinessEvent:
    """Raises ApiError 400 with what is wrong."""
    try:
        return BusinessEvent.model_validate(read_object(body))
    except ValidationError as error:
        fields = [".".join(str(part) for part in each["loc"]) for each in error.errors()]
        raise ApiError(400, "invalid", "This is not a business event.", {"fields": fields}) from None
