"""The web edge that every part shares: errors, parsing, limits, headers, assets.

A handler does four things: parse, authorise, call, shape the answer. What it needs for the first and the
last is here; who is knocking is `assistant.staff.access`'s business.
"""

from __future__ import annotations

from typing import Any

from sanic import Sanic

from assistant.web.answers import answer
from assistant.web.assets import add_assets, add_page
from assistant.web.errors import ApiError, install_error_handlers
from assistant.web.headers import install_security_headers
from assistant.web.limits import Limiter, RateLimiter, Rule, client_address, configure_limits
from assistant.web.origins import WebSettings, origin_allowed, own_origin
from assistant.web.parsing import Body, parse, parse_query
from assistant.web.tracing import install_tracing, trace_id

__all__ = [
    "ApiError",
    "Body",
    "Limiter",
    "RateLimiter",
    "Rule",
    "WebSettings",
    "add_assets",
    "add_page",
    "answer",
    "client_address",
    "configure_limits",
    "install_error_handlers",
    "install_security_headers",
    "install_tracing",
    "install_web",
    "origin_allowed",
    "own_origin",
    "parse",
    "parse_query",
    "trace_id",
]


def install_web(app: Sanic[Any, Any], settings: WebSettings) -> None:
    """Everything a Wayfinder app needs at its edge, in the right order. Call it before adding blueprints."""
    configure_limits(app)
    install_tracing(app)
    install_error_handlers(app)
    install_security_headers(app, settings)
