"""What pages may load, who may read answers across origins, and what a client can write into our headers."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from sanic import HTTPResponse, Request
from sanic.response import html
from sanic.response import json as json_response

from assistant.web import add_assets, add_page, install_web, origin_allowed
from tests.web.loopback import browser, new_app, raw, served

SHOP = "https://shop.example"
MAP = '{"imports": {"a": "/static/a.js"}}'
PAGE = f'<!doctype html><script type="importmap">{MAP}</script><script>alert(1)</script>'


@dataclass
class Settings:
    base_url: str = "https://help.northlight.example"
    allowed_origins: list[str] = field(default_factory=lambda: [SHOP])


async def chat(request: Request) -> HTTPResponse:
    return json_response({"allowed": origin_allowed(request, Settings())})


async def desk(request: Request) -> HTTPResponse:
    return json_response({"allowed": origin_allowed(request, Settings(), own_site_only=True)})


async def page(request: Request) -> HTTPResponse:
    return html(PAGE)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "a.js").write_text("export const a = 1;\n")
    (tmp_path / "inside" / ".hidden").write_text("no")
    (tmp_path / "inside" / "page.html").write_text("<!doctype html><p>Hello</p>")
    (tmp_path / "secret.txt").write_text("no")
    app = new_app()
    install_web(app, Settings())
    app.add_route(chat, "/chat/session", methods=["POST", "GET"])
    app.add_route(desk, "/api/desk", methods=["GET"])
    app.add_route(page, "/page", methods=["GET"])
    app.add_route(chat, "/widget.js", methods=["GET"], name="widget")
    add_assets(app, "/static", tmp_path / "inside", name="assets")
    add_page(app, "/shell", tmp_path / "inside" / "page.html", name="shell")
    async with served(app) as address, browser(address) as client:
        yield client


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in parts}


async def test_that_pages_run_no_inline_script_but_import_maps(client: httpx.AsyncClient) -> None:
    rules = policy(await client.get("/page"))
    digest = base64.b64encode(hashlib.sha256(MAP.encode()).digest()).decode()
    assert rules["script-src"] == f"'self' 'sha256-{digest}'"
    assert rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert rules["object-src"] == "'none'"
    host = client.base_url.netloc.decode()
    assert rules["connect-src"] == f"'self' ws://{host} wss://{host}"


async def test_that_errors_carry_the_same_protection(client: httpx.AsyncClient) -> None:
    answer = await client.get("/nowhere")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert policy(answer)["default-src"] == "'self'"


async def test_that_an_allowed_site_may_call_the_chat_and_another_may_not(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    allowed = await client.options("/chat/session", headers={"Origin": SHOP, **asked})
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Authorization" in allowed.headers["Access-Control-Allow-Headers"]
    refused = await client.options("/chat/session", headers={"Origin": "https://evil.example", **asked})
    assert "Access-Control-Allow-Origin" not in refused.headers
    answer = await client.post("/chat/session", headers={"Origin": SHOP})
    assert answer.headers["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Credentials" not in answer.headers


async def test_that_staff_calls_are_never_shared_across_origins(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/desk", headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.json() == {"allowed": False}
    preflight = await client.options("/api/desk", headers={"Origin": SHOP})
    assert "Access-Control-Allow-Origin" not in preflight.headers


async def test_that_the_widget_may_be_loaded_by_any_page(client: httpx.AsyncClient) -> None:
    assert (await client.get("/widget.js")).headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert (await client.get("/api/desk")).headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (SHOP, True),
        ("HTTPS://SHOP.example:443", True),
        ("https://help.northlight.example", True),
        ("http://shop.example", False),
        ("https://shop.example.evil.example", False),
        ("https://evilshop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example/x", False),
        ("null", False),
        ("", False),
        ("https://[", False),
        ("javascript:alert(1)", False),
    ],
)
async def test_that_origins_are_compared_whole(client: httpx.AsyncClient, origin: str, allowed: bool) -> None:
    answer = await client.get("/chat/session", headers={"Origin": origin})
    assert answer.json() == {"allowed": allowed}


async def test_that_the_same_host_is_our_own_site_and_a_program_has_no_origin(
    client: httpx.AsyncClient,
) -> None:
    own = f"http://{client.base_url.netloc.decode()}"
    assert (await client.get("/api/desk", headers={"Origin": own})).json() == {"allowed": True}
    assert (await client.get("/api/desk")).json() == {"allowed": True}


@pytest.mark.parametrize("host", ["evil.example; script-src *", "a' 'unsafe-inline", "a b", "*"])
async def test_that_a_host_header_writes_nothing_into_the_policy(
    client: httpx.AsyncClient, host: str
) -> None:
    request = f"GET /api/desk HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    head = (await raw(str(client.base_url).rstrip("/"), request.encode())).decode()
    (line,) = [line for line in head.split("\r\n") if line.lower().startswith("content-security-policy")]
    assert host not in line
    assert "connect-src 'self';" in line


async def test_that_assets_are_revalidated_by_their_hash(client: httpx.AsyncClient) -> None:
    first = await client.get("/static/a.js")
    assert first.text == "export const a = 1;\n"
    assert first.headers["Content-Type"].startswith("text/javascript")
    assert first.headers["Cache-Control"] == "no-cache"
    again = await client.get("/static/a.js", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/static/a.js", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
    assert (await client.get("/shell")).text.endswith("<p>Hello</p>")


@pytest.mark.parametrize(
    "path",
    ["../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", ".hidden", "a.js/x", "", "nope.js", "a%00.js"],
)
async def test_that_nothing_outside_the_folder_is_served(client: httpx.AsyncClient, path: str) -> None:
    request = f"GET /static/{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answered = await raw(str(client.base_url).rstrip("/"), request.encode())
    assert answered.split(b" ")[1] in (b"404", b"400")
    assert not answered.endswith(b"no")
