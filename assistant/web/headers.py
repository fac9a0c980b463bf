"""Headers that every answer carries: what a page may load, who may frame it, what may be kept or shared."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.response import BaseHTTPResponse, empty

from assistant.web.origins import WebSettings, origin_allowed, request_host

# What the widget needs on other companies' pages; everything else stays with its own origin.
SHARED_PATHS = ("/widget.js", "/widget/", "/chat/")
UNCACHED_PATHS = ("/api/", "/chat/", "/demo/", "/webhooks/", "/intake/", "/health/")
MAX_PAGE_BYTES = 512 * 1024
# Import maps must be inline. They may only name files that script-src allows, so hashing them opens nothing.
IMPORT_MAP = re.compile(rb"<script\s+type=[\"']?importmap[\"']?\s*>(.*?)</script>", re.S | re.I)

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@lru_cache(maxsize=64)
def import_map_hashes(page: bytes) -> tuple[str, ...]:
    """CSP sources for the inline import maps of an HTML page."""
    return tuple(
        "'sha256-" + base64.b64encode(hashlib.sha256(found).digest()).decode() + "'"
        for found in IMPORT_MAP.findall(page)
    )


def content_security_policy(host: str | None, page: bytes | None = None) -> str:
    """The policy of one answer. `host` adds our own WebSockets, for browsers where 'self' does not."""
    sockets = f" ws://{host} wss://{host}" if host else ""
    scripts = " ".join(("'self'", *(import_map_hashes(page) if page else ())))
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self'{sockets}",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def is_shared(path: str) -> bool:
    """Whether pages of allowed sites may read this path across origins."""
    return any(
        path == shared or (shared.endswith("/") and path.startswith(shared)) for shared in SHARED_PATHS
    )


def cors_headers(request: Request, settings: WebSettings) -> dict[str, str]:
    """What lets an allowed site read this answer; empty for other paths and other sites."""
    if not is_shared(request.path):
        return {}
    headers = {"Vary": "Origin"}
    origin = request.headers.get("origin")
    if origin is not None and origin_allowed(request, settings):
        headers["Access-Control-Allow-Origin"] = origin
        headers["Access-Control-Expose-Headers"] = "Retry-After, X-Trace-Id"
    return headers


def preflight(request: Request, settings: WebSettings) -> HTTPResponse | None:
    """The answer to a browser asking whether a page may call a shared path; None for anything else."""
    if request.method != "OPTIONS" or not is_shared(request.path):
        return None
    headers = cors_headers(request, settings)
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = "GET, POST"
        headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        headers["Access-Control-Max-Age"] = "600"
    return empty(headers=headers)


def install_security_headers(app: Sanic[Any, Any], settings: WebSettings) -> None:
    """Put the headers on every answer of `app`, and answer preflights. A handler's own header wins."""

    async def before(request: Request) -> HTTPResponse | None:
        return preflight(request, settings)

    async def after(request: Request, response: BaseHTTPResponse) -> HTTPResponse | None:
        headers = response.headers
        for name, value in ALWAYS.items():
            headers.setdefault(name, value)
        page = None
        if (response.content_type or "").startswith("text/html"):
            body = response.body
            page = body if isinstance(body, bytes) and len(body) <= MAX_PAGE_BYTES else None
        headers.setdefault("Content-Security-Policy", content_security_policy(request_host(request), page))
        shared_script = request.path == "/widget.js" or request.path.startswith("/widget/")
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if shared_script else "same-origin")
        for name, value in cors_headers(request, settings).items():
            headers.setdefault(name, value)
        if request.path.startswith(UNCACHED_PATHS) or response.status >= 400:
            headers.setdefault("Cache-Control", "no-store")
        return None

    app.register_middleware(before, "request", priority=90)
    app.register_middleware(after, "response")
