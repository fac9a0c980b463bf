"""A trace id per request: in the log's context, in the answer's `X-Trace-Id`, and in the body of a 500."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from sanic import HTTPResponse, Request, Sanic
from sanic.response import BaseHTTPResponse


def trace_id(request: Request) -> str:
    """This request's trace id, 16 hexadecimal digits, made up on first asking.

    Never taken from the request: a visitor must not be able to write into our log's keys.
    """
    found: str | None = getattr(request.ctx, "trace_id", None)
    if found is None:
        found = secrets.token_hex(8)
        request.ctx.trace_id = found
    return found


def install_tracing(app: Sanic[Any, Any]) -> None:
    """Give every request its trace id. One connection's requests share a task, so the context is cleared."""

    async def begin(request: Request) -> None:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(trace_id=trace_id(request))

    async def end(request: Request, response: BaseHTTPResponse) -> HTTPResponse | None:
        response.headers["X-Trace-Id"] = trace_id(request)
        return None

    app.register_middleware(begin, "request", priority=100)
    app.register_middleware(end, "response")
