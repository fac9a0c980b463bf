"""Which websites may talk to us from a browser: our own, and those that carry the widget."""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import urlsplit

from sanic import Request

# Host headers are the client's to write: only what looks like a host goes into our own headers.
HOST = re.compile(r"^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$")
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443"}


class WebSettings(Protocol):
    """What the web edge reads of the settings."""

    @property
    def allowed_origins(self) -> list[str]: ...
    @property
    def base_url(self) -> str: ...


def normal_origin(text: str) -> str | None:
    """`scheme://host[:port]` in lower case without the scheme's default port; None when it is no origin."""
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path not in ("", "/"):
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if port is None or str(port) == DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


def request_host(request: Request) -> str | None:
    """The Host header, when it looks like one."""
    host = request.headers.get("host", "")
    return host.lower() if HOST.match(host) else None


def own_origin(request: Request, settings: WebSettings) -> bool:
    """Whether the Origin header names this very server (by its public address or the Host asked for)."""
    given = normal_origin(request.headers.get("origin", ""))
    if given is None:
        return False
    if given == normal_origin(settings.base_url):
        return True
    host = request_host(request)
    if host is None:
        return False
    # Behind a proxy that ends TLS we see http where the browser sees https: the host decides.
    return given == normal_origin(f"{urlsplit(given).scheme}://{host}")


def origin_allowed(request: Request, settings: WebSettings, *, own_site_only: bool = False) -> bool:
    """Whether a browser page may call this: no Origin (not a browser), our own, or an allowed site.

    `own_site_only` is for staff: the sites that carry the widget have no business there.
    """
    origin = request.headers.get("origin")
    if origin is None:
        return True
    if own_origin(request, settings):
        return True
    if own_site_only:
        return False
    given = normal_origin(origin)
    return given is not None and given in {normal_origin(site) for site in settings.allowed_origins}
