"""Staff over HTTP: pages, signing in and out, passwords, the catalogue; administration is added to it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import empty, json

from assistant.journal.store import Transaction
from assistant.openapi import documented
from assistant.staff.access import COOKIE, require
from assistant.staff.administration import add_administration, services_of
from assistant.staff.audit import record
from assistant.staff.catalogue import catalogue, handoff_policy
from assistant.staff.models import Catalogue, Me, NewPassword, PasswordSet, ResetWanted, SignIn
from assistant.staff.sessions import LONGEST, end_session
from assistant.staff.sign_in import (
    RESETS_PER_ADDRESS,
    StaffServices,
    send_reset,
    set_password,
    sign_in,
)
from assistant.texts import configured_languages
from assistant.web import ApiError, add_assets, add_page, answer, client_address, origin_allowed, parse

PACKAGE = Path(__file__).resolve().parent
PAGES = PACKAGE / "static"
SHARED_ASSETS = PACKAGE.parent / "static"


def blueprint(services: Any) -> Blueprint:
    """Every staff page and call. The handlers find the services on `app.ctx.services`."""
    made = Blueprint("staff")
    for uri, page in (("/sign-in", "sign-in"), ("/set-password", "set-password"), ("/staff", "staff")):
        add_page(made, uri, PAGES / f"{page}.html", name=f"page_{page.replace('-', '_')}")
    add_assets(made, "/staff/static", PAGES, name="staff_static")
    add_assets(made, "/static", SHARED_ASSETS, name="shared_static")
    made.add_route(open_door, "/api/staff/sign-in", methods=["POST"])
    made.add_route(close_door, "/api/staff/sign-out", methods=["POST"])
    made.add_route(who_am_i, "/api/staff/me", methods=["GET"])
    made.add_route(forgot, "/api/staff/reset", methods=["POST"])
    made.add_route(choose_password, "/api/staff/password", methods=["POST"])
    made.add_route(read_catalogue, "/api/catalogue", methods=["GET"])
    add_administration(made)
    if services is not None:
        made.before_server_stop(_finisher(services.staff))
    return made


def _finisher(staff: StaffServices) -> Callable[[Any], Coroutine[Any, Any, None]]:
    async def finish(app: Any) -> None:
        await staff.finish()
        staff.close()

    return finish


@documented(
    summary="Sign in",
    description="Sets the cookie wayfinder_staff.",
    body=SignIn,
    answers={200: Me, 401: "sign_in_failed: not this address, or not this password.", 429: "Too many tries."},
)
async def open_door(request: Request) -> HTTPResponse:
    _own_site(request)
    given = parse(request, SignIn)
    services = services_of(request)
    cookie = await sign_in(
        services, given.email, given.password, client_address(request), request.cookies.get(COOKIE)
    )
    response = answer(Me.of(await services.access.of_cookie(cookie)))
    response.add_cookie(
        COOKIE,
        cookie,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=_https(request),
        max_age=int(LONGEST.total_seconds()),
    )
    return response


@documented(summary="Sign out", answers={204: None}, roles=())
async def close_door(request: Request) -> HTTPResponse:
    principal = await require(request)

    def work(tx: Transaction) -> None:
        end_session(tx, principal.credential)
        record(tx, principal, "signed out", principal.id)

    if principal.signed_in:
        await services_of(request).database.write(work)
    response = empty()
    response.delete_cookie(COOKIE, path="/")
    return response


@documented(summary="Who is signed in", answers={200: Me})
async def who_am_i(request: Request) -> HTTPResponse:
    return answer(Me.of(await services_of(request).access.principal(request)))


@documented(
    summary="Ask for a new password",
    description="The answer is the same whether or not anybody has that address.",
    body=ResetWanted,
    answers={202: "A link is on its way if the address belongs to a sign-in.", 429: "Too many tries."},
)
async def forgot(request: Request) -> HTTPResponse:
    _own_site(request)
    given = parse(request, ResetWanted)
    services = services_of(request)
    address = client_address(request)
    await services.limiter.check(f"reset from {address}", RESETS_PER_ADDRESS)
    services.beside(send_reset(services, given.email, address))
    return json({}, status=202)


@documented(
    summary="Set a password with a one-time link",
    description="Signs the person out everywhere else.",
    body=NewPassword,
    answers={
        200: PasswordSet,
        400: "weak_password: too short, or too easy to guess.",
        410: "link_over: used, or too old.",
        429: "Too many tries.",
    },
)
async def choose_password(request: Request) -> HTTPResponse:
    _own_site(request)
    given = parse(request, NewPassword)
    member = await set_password(services_of(request), given.token, given.password, client_address(request))
    return answer(PasswordSet(email=member.email))


@documented(
    summary="Intents, skills, languages and reasons to choose from", answers={200: Catalogue}, roles=()
)
async def read_catalogue(request: Request) -> HTTPResponse:
    await require(request)
    services = request.app.ctx.services
    titles = [
        (intent, services.definitions.title_of(intent))
        for definition in services.definitions.all
        for intent in definition.intents
    ]
    root: Path = services.settings.root
    languages = list(configured_languages(root / "data"))
    return answer(catalogue(titles, handoff_policy(root), languages))


def _own_site(request: Request) -> None:
    """Signing somebody in from another website would let it choose who they are."""
    if not origin_allowed(request, services_of(request).settings, own_site_only=True):
        raise ApiError(403, "wrong_site", "This call came from another website.")


def _https(request: Request) -> bool:
    return request.scheme == "https" or services_of(request).settings.base_url.startswith("https://")
