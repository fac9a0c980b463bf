"""What a visitor of the demo may do beside chatting: be a customer, see an account, read codes, break things.

Only with the built-in demo company, and only from this machine: anybody else finds nothing here.
"""

from __future__ import annotations

import asyncio
import ipaddress
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import jwt
import requests
from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from assistant.settings import Settings
from assistant.supervisor import company_environment, free_port, wait_until_up
from assistant.web.assets import add_assets, content_response
from assistant.web.errors import ApiError
from assistant.web.parsing import Body, parse
from company import website

TOKEN_LIFETIME = timedelta(minutes=50)  # tokens of an hour at most are accepted; clocks differ
SECONDS = (2, 5)  # to connect, to answer
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host")
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
LISTED = 20


class SignIn(Body):
    """Be this customer."""

    customer_id: str = Field(min_length=1, max_length=40)


class FaultWish(Body):
    """What is to go wrong at the company."""

    scope: str = Field(default="all", max_length=20)
    mode: Literal["slow", "fail", "decline", "nonsense", "down", "applied_then_down"]
    path: str | None = Field(default=None, max_length=100)
    delay: float | None = Field(default=None, ge=0, le=60)
    code: str | None = Field(default=None, max_length=40)
    body: Literal["json", "html"] | None = None
    count: int | None = Field(default=None, ge=1)


class Northlight:
    """The demo company over HTTP: its interface with the assistant's token, /control with its own."""

    def __init__(self, url: str, token: str, control_token: str) -> None:
        self._url = url.rstrip("/")
        self._tokens = {False: token, True: control_token}
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, language: str = "en"
    ) -> dict[str, Any]:
        """The JSON of the answer, its texts in that language.

        Raises ApiError 404 when the company knows no such thing, else 503.
        """
        token = self._tokens[path.startswith("/control")]
        try:
            answer = self._session.request(
                method,
                self._url + path,
                json=body,
                headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
                timeout=SECONDS,
                allow_redirects=False,
            )
            data: Any = answer.json()
        except requests.RequestException:
            raise _unreachable() from None
        if answer.status_code == 404:
            raise ApiError(404, "not_found", "Northlight knows no such thing.")
        if answer.status_code == 400:
            raise ApiError(400, "invalid", str(data.get("message", "")) if isinstance(data, dict) else "")
        if not answer.ok or not isinstance(data, dict):
            raise _unreachable()
        return data

    def customer(self, customer_id: str) -> dict[str, Any]:
        """One customer by id. Raises ApiError."""
        return self.call("GET", f"/customers/{quote(customer_id, safe='')}")

    def account(self, customer_id: str, language: str) -> dict[str, Any]:
        """All that the account pages show. Raises ApiError."""
        base = f"/customers/{quote(customer_id, safe='')}"
        found: dict[str, Any] = {"customer": self.customer(customer_id)}
        for what in ("bills", "visits", "orders", "equipment"):
            found[what] = self.call("GET", f"{base}/{what}", language=language).get(what, [])
        return found

    def customers(self) -> list[dict[str, Any]]:
        """Those to try things as, with what is open for each. Raises ApiError."""
        found: list[dict[str, Any]] = self.call("GET", f"/control/customers?limit={LISTED}").get(
            "customers", []
        )
        return found


def _unreachable() -> ApiError:
    return ApiError(503, "company_unreachable", "Northlight cannot be reached right now. Please try again.")


def identity_token(
    customer: Mapping[str, Any], secret: str, now: datetime, audience: str | None = None
) -> str:
    """What a company's website signs for whoever is signed in there: a JWT that lives under an hour."""
    claims: dict[str, Any] = {
        "sub": customer["customer_id"],
        "name": customer["name"],
        "email": customer["email"],
        "account": customer["account"],
        "iat": int(now.timestamp()),
        "exp": int((now + TOKEN_LIFETIME).timestamp()),
    }
    if audience is not None:
        claims["aud"] = audience
    return jwt.encode(claims, secret, algorithm="HS256")


def from_this_machine(address: str, host: str, headers: Mapping[str, str]) -> bool:
    """Whether a request is from loopback, and not passed on by a proxy or sent by another site's page."""
    if any(name in headers for name in FORWARDED):
        return False
    name = urlsplit(f"//{host}").hostname or ""
    try:
        asking = ipaddress.ip_address(address)
    except ValueError:
        return False
    # A listener for both families gives 127.0.0.1 as ::ffff:127.0.0.1.
    asking = getattr(asking, "ipv4_mapped", None) or asking
    return asking.is_loopback and name in LOCAL_NAMES


def blueprint(
    services: Any, company_control_url: str | None = None, control_token: str | None = None
) -> Blueprint:
    """The /demo routes. Address and token of the control interface are the settings' unless given."""
    settings: Settings = services.settings
    control_url = company_control_url or settings.company_control_url or ""
    company = Northlight(control_url, settings.company_token, control_token or settings.company_control_token)
    routes = Blueprint("demo", url_prefix="/demo")

    @routes.on_request
    async def only_from_here(request: Request) -> None:
        if settings.proxies or not from_this_machine(request.ip, request.host, request.headers):
            raise ApiError(404, "not_found", "There is nothing at this address.")

    @routes.get("/customers")
    async def customers(request: Request) -> HTTPResponse:
        return json_response({"customers": await asyncio.to_thread(company.customers)})

    @routes.post("/sign-in")
    async def sign_in(request: Request) -> HTTPResponse:
        wish = parse(request, SignIn)
        customer = await asyncio.to_thread(company.customer, wish.customer_id)
        token = identity_token(customer, settings.identity_secret, services.clock(), settings.audience)
        return json_response({"identity_token": token, "customer": customer})

    @routes.get("/account")
    async def account(request: Request) -> HTTPResponse:
        customer_id = request.args.get("customer_id")
        if not customer_id:
            raise ApiError(400, "invalid", "customer_id is missing.")
        language = request.args.get("language")
        wanted = language if language in website.languages() else website.languages()[0]
        return json_response(await asyncio.to_thread(company.account, customer_id, wanted))

    _add_control(routes, company)
    return routes


def site() -> Blueprint:
    """Northlight's website, on which the widget lives, in every language."""
    routes = Blueprint("site")
    for language in website.languages():
        for name in website.names():
            _add_site_page(routes, name, language)
    add_assets(routes, "/site", website.SITE, name="site_files")
    return routes


def _add_site_page(routes: Blueprint, name: str, language: str) -> None:
    async def page(request: Request) -> HTTPResponse:
        content = website.page(name, language).encode()
        return content_response(request, content, "text/html; charset=utf-8")

    called = name.replace("-", "_").replace("/", "_")
    routes.add_route(
        page, website.address(name, language), methods=["GET", "HEAD"], name=f"page_{language}_{called}"
    )


def _add_control(routes: Blueprint, company: Northlight) -> None:
    @routes.get("/outbox")
    async def outbox(request: Request) -> HTTPResponse:
        return json_response(await asyncio.to_thread(company.call, "GET", "/control/outbox"))

    @routes.get("/faults")
    async def faults(request: Request) -> HTTPResponse:
        return json_response(await asyncio.to_thread(company.call, "GET", "/control/faults"))

    @routes.post("/faults")
    async def switch_on(request: Request) -> HTTPResponse:
        wish = parse(request, FaultWish).model_dump(exclude_none=True)
        made = await asyncio.to_thread(company.call, "POST", "/control/faults", wish)
        return json_response(made, status=201)

    @routes.delete("/faults")
    async def switch_off(request: Request) -> HTTPResponse:
        return json_response(await asyncio.to_thread(company.call, "DELETE", "/control/faults"))


def demo_customers(settings: Settings) -> list[dict[str, Any]]:
    """Customers to try things as: account, customer_id, name, e-mail, and what is open for each.

    Asks the demo company that runs; without one, starts it on the same data just to ask. Raises ApiError.
    """
    if settings.company_control_url:
        return _listed(settings, settings.company_control_url)
    with _company_for_a_question(settings) as url:
        return _listed(settings, url)


def _listed(settings: Settings, url: str) -> list[dict[str, Any]]:
    company = Northlight(url, settings.company_token, settings.company_control_token)
    try:
        return [_described(customer) for customer in company.customers()]
    finally:
        company.close()


def _described(customer: Mapping[str, Any]) -> dict[str, Any]:
    box = customer["box_signal"]
    return {
        **{name: customer[name] for name in ("account", "customer_id", "name", "email", "vulnerable")},
        "open": {
            "bills": [bill["amount"] for bill in customer["open_bills"]],
            "visit": customer["visits"][0] if customer["visits"] else None,
            "order": customer["orders"][0]["order_id"] if customer["orders"] else None,
            "box_signal": box,
        },
    }


@contextmanager
def _company_for_a_question(settings: Settings) -> Iterator[str]:
    """The demo company on its own data, without events, so that it sends none a second time."""
    folder = settings.data_dir / "northlight"
    folder.mkdir(parents=True, exist_ok=True)
    database, log, port = folder / "company.sqlite", folder / "company.log", free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "company",
        "--port",
        str(port),
        "--database",
        f"sqlite:///{database.absolute()}",
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own module
            command, env=company_environment(settings), stdout=output, stderr=output, cwd=settings.root
        )
    try:
        wait_until_up(url, process, log)
        yield url
    finally:
        process.terminate()
        process.wait(10)
