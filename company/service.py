"""Northlight as one value: what every handler needs, and the few lines all handlers share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from sanic import HTTPResponse, Request
from sanic.exceptions import SanicException
from sanic.response import json as json_response
from sqlalchemy import Engine

from company.catalogue.first_day import FirstDay
from company.clock import Clock
from company.errors import BadRequest
from company.faults import FaultBoard
from company.operations import Answer, Change, carry_out, checked_key, hash_request


def new_id(prefix: str) -> str:
    """An id that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(10)}"


@dataclass(frozen=True)
class Northlight:
    """The running company. `announce` wakes the sender of events; called after a commit only."""

    engine: Engine
    clock: Clock
    faults: FaultBoard = field(default_factory=FaultBoard)
    first_day: FirstDay = field(default_factory=FirstDay)
    ids: Callable[[str], str] = new_id
    announce: Callable[[], None] = lambda: None


class Body(BaseModel):
    """Base of all request bodies: unknown fields are an error."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


B = TypeVar("B", bound=Body)


def northlight(request: Request) -> Northlight:
    """The company that this request came to."""
    service: Northlight = request.app.ctx.northlight
    return service


def parse(request: Request, model: type[B]) -> B:
    """The request's JSON body as that model. Raises BadRequest with the fields that are wrong."""
    try:
        data = request.json
    except SanicException:
        data = None
    if not isinstance(data, dict):
        raise BadRequest("body_invalid", "The body has to be a JSON object.")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields = [
            {"field": ".".join(str(part) for part in issue["loc"]), "problem": issue["msg"]}
            for issue in error.errors()
        ]
        raise BadRequest("body_invalid", "Some fields are missing or wrong.", {"fields": fields}) from None


def change(request: Request, body: Body, work: Callable[[Change], dict[str, Any]]) -> HTTPResponse:
    """Carries out a change under the request's Idempotency-Key and answers with what became of it."""
    service = northlight(request)
    answer: Answer = carry_out(
        service.engine,
        service.clock,
        service.ids,
        key=checked_key(request.headers.get("idempotency-key")),
        request_hash=hash_request(request.method, request.path, body.model_dump(mode="json")),
        work=work,
        decline_with=getattr(request.ctx, "decline_with", None),
    )
    if not answer.repeated:
        service.announce()
    return json_response(answer.body, status=answer.status)
