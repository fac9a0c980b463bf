"""What CX says against the record: disputes of an outcome, and browsers that are not a customer's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import StringConstraints
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from assistant.insight.shapes import wire_attempt
from assistant.journal import views
from assistant.journal.attempts import dispute, take_back_dispute
from assistant.journal.matters import unlink_browser
from assistant.journal.store import Transaction
from assistant.journeys.attempts import Attempt
from assistant.openapi import documented
from assistant.staff.access import Principal, require
from assistant.staff.audit import record
from assistant.web import ApiError, Body, parse

ANALYSTS = ("analyst", "supervisor")
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
Note = Annotated[str, StringConstraints(max_length=2000)]
UNKNOWN = "attempt_unknown: there is none with that id."


class DisputeBody(Body):
    """`reason` is a code, such as wrong_bill; `note` is for people, and is sealed like all personal text."""

    reason: Reason
    note: Note | None = None


class TakeBackBody(Body):
    """Why, for people; sealed."""

    note: Note | None = None


class UnlinkBody(Body):
    """`reason` is a code, such as shared_computer."""

    reason: Reason


def add_corrections(routes: Blueprint, services: Any) -> None:
    """The calls, on these services (`database`, `definitions`)."""
    _add_dispute(routes, services)
    _add_take_back(routes, services)
    _add_unlink(routes, services)


def _add_dispute(routes: Blueprint, services: Any) -> None:
    @routes.post("/api/attempts/<attempt_id:str>/dispute")
    @documented(
        summary="CX disputes that it was achieved",
        description="The earlier verdict stays in the history. It holds until it is taken back.",
        body=DisputeBody,
        roles=ANALYSTS,
        answers={404: UNKNOWN, 409: "nothing_to_dispute: it is not achieved, or disputed already."},
    )
    async def dispute_attempt(request: Request, attempt_id: str) -> HTTPResponse:
        principal = await require(request, *ANALYSTS)
        body = parse(request, DisputeBody)

        def work(tx: Transaction) -> Attempt:
            found = dispute(tx, attempt_id, body.reason, note=body.note, actor=principal.actor)
            return _changed(found, "nothing_to_dispute", "Only what is achieved can be disputed, and once.")

        return await _answer(services, principal, "disputed an outcome", attempt_id, work, reason=body.reason)


def _add_take_back(routes: Blueprint, services: Any) -> None:
    @routes.post("/api/attempts/<attempt_id:str>/dispute/take-back")
    @documented(
        summary="CX takes a dispute back",
        body=TakeBackBody,
        roles=ANALYSTS,
        answers={404: UNKNOWN, 409: "not_disputed: nobody disputes it."},
    )
    async def take_back(request: Request, attempt_id: str) -> HTTPResponse:
        principal = await require(request, *ANALYSTS)
        body = parse(request, TakeBackBody)

        def work(tx: Transaction) -> Attempt:
            found = take_back_dispute(tx, attempt_id, note=body.note, actor=principal.actor)
            return _changed(found, "not_disputed", "Nobody disputes this attempt.")

        return await _answer(services, principal, "took a dispute back", attempt_id, work)


def _add_unlink(routes: Blueprint, services: Any) -> None:
    @routes.post("/api/attempts/<attempt_id:str>/unlink")
    @documented(
        summary="The browser of this attempt is not that customer's own",
        description="What was done on it by nobody known stops counting as theirs, now and later.",
        body=UnlinkBody,
        roles=ANALYSTS,
        answers={404: UNKNOWN, 409: "not_linked: it counts as nobody's by the browser."},
    )
    async def unlink(request: Request, attempt_id: str) -> HTTPResponse:
        principal = await require(request, *ANALYSTS)
        body = parse(request, UnlinkBody)

        def work(tx: Transaction) -> Attempt:
            found = views.attempt(tx, attempt_id)
            if found is None:
                raise LookupError(attempt_id)
            if found.browser_id is None or found.linked_to is None:
                raise ApiError(409, "not_linked", "This attempt is linked to nobody by its browser.")
            terms_of = services.definitions.terms_of
            unlink_browser(
                tx, found.browser_id, found.linked_to, body.reason, terms_of, actor=principal.actor
            )
            return views.attempt(tx, attempt_id) or found

        return await _answer(services, principal, "unlinked a browser", attempt_id, work, reason=body.reason)


def _changed(found: Attempt | None, code: str, words: str) -> Attempt:
    if found is None:
        raise ApiError(409, code, words)
    return found


async def _answer(
    services: Any,
    principal: Principal,
    what: str,
    attempt_id: str,
    work: Callable[[Transaction], Attempt],
    **details: Any,
) -> HTTPResponse:
    """Does it and puts it on the staff record, in one transaction."""

    def both(tx: Transaction) -> Attempt:
        changed = work(tx)
        record(tx, principal, what, attempt_id, **details)
        return changed

    try:
        return json_response(wire_attempt(await services.database.write(both)))
    except LookupError:
        raise ApiError(404, "attempt_unknown", "There is no such attempt.") from None
