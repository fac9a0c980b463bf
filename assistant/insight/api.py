"""What CX teams ask: figures per intent, the attempts behind them, the conversations behind those."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response

from assistant.insight.cohorts import Cohort, page_of_attempts
from assistant.insight.corrections import add_corrections
from assistant.insight.definitions import definition_in_use
from assistant.insight.scores import score_in_database
from assistant.insight.shapes import wire_attempt, wire_time
from assistant.journal.store import Transaction
from assistant.journeys.attempts import OPEN
from assistant.journeys.metrics import DEFINITIONS, MetricDefinition
from assistant.journeys.outcomes import OUTCOMES, TermsOf
from assistant.openapi import documented
from assistant.staff.access import Principal, require
from assistant.staff.audit import record
from assistant.web import ApiError, Body, add_assets, add_page, parse_query
from assistant.web.assets import file_response

PAGE = 100
DAYS = 28  # the period when none is given
PAGES = Path(__file__).parent / "static"
ANALYSTS = ("analyst", "supervisor")


class Period(Body):
    """`from` and `to` as days (both included) or as times (`to` excluded); an empty filter is none."""

    start: str | None = Field(None, alias="from", max_length=40)
    end: str | None = Field(None, alias="to", max_length=40)
    channel: str | None = Field(None, max_length=100)
    language: str | None = Field(None, max_length=20)

    @field_validator("*", mode="before")
    @classmethod
    def _none_when_empty(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("start", "end")
    @classmethod
    def _a_moment(cls, value: str | None) -> str | None:
        if value is not None:
            read_moment(value)
        return value


class IntentsQuery(Period):
    """Query of `GET /api/insight/intents`. `definition`: else the one in use; `compare` adds another."""

    definition: int | None = None
    compare: int | None = None

    @field_validator("definition", "compare")
    @classmethod
    def _there(cls, value: int | None) -> int | None:
        if value is not None and value not in DEFINITIONS:
            raise ValueError(f"must be one of {', '.join(map(str, DEFINITIONS))}")
        return value


class AttemptsQuery(Period):
    """Query of `GET /api/attempts`. `after` is the `next` of the page before."""

    intent: str | None = Field(None, max_length=100)
    outcome: str | None = Field(None, max_length=20)
    conversation_id: str | None = Field(None, max_length=200)
    after: str | None = Field(None, max_length=200)

    @field_validator("outcome")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and value not in (*OUTCOMES, OPEN):
            raise ValueError(f"must be one of {', '.join((*OUTCOMES, OPEN))}")
        return value


def read_moment(text: str, *, end: bool = False) -> datetime:
    """A day or a time in UTC; the `end` given as a day is the midnight after it.

    Raises ValueError with words for people.
    """
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            return datetime.combine(day + timedelta(days=1) if end else day, time(), UTC)
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("must be a date or time such as 2026-11-24 or 2026-11-24T08:00:00Z") from None


def blueprint(services: Any) -> Blueprint:
    """The routes, on these services (`database`, `definitions`, `clock`)."""
    routes = Blueprint("insight_api")
    _add_figures(routes, services)
    _add_definitions(routes, services)
    _add_attempts(routes, services)
    add_corrections(routes, services)
    _add_pages(routes)
    return routes


def _add_figures(routes: Blueprint, services: Any) -> None:
    @routes.get("/api/insight/intents")
    @documented(
        summary="How often customers get it done, per intent",
        description="Counts attempts opened in the period; by default the last 28 days.",
        query=IntentsQuery,
        roles=ANALYSTS,
    )
    async def intents(request: Request) -> HTTPResponse:
        principal = await require(request, *ANALYSTS)
        query = parse_query(request, IntentsQuery)
        now = services.clock()
        start, end = _period(query, now)
        cohort = Cohort(start, end, channel=query.channel, language=query.language)
        terms_of = services.definitions.terms_of

        def work(tx: Transaction) -> dict[str, Any]:
            used = DEFINITIONS[query.definition] if query.definition else definition_in_use(tx)
            answer = _scored(tx, cohort, now, terms_of, used)
            if query.compare is None:
                return answer
            other = DEFINITIONS[query.compare]
            return answer | {"compared": _scored(tx, cohort, now, terms_of, other)}

        found = await services.database.read(work)
        await _note(services, principal, "read insight", None, period=[wire_time(start), wire_time(end)])
        period = {"from": query.start or wire_time(start), "to": query.end or wire_time(end)}
        return json_response(period | found)


def _add_definitions(routes: Blueprint, services: Any) -> None:
    @routes.get("/api/insight/definitions")
    @documented(summary="The metric definitions, and the one in use", roles=ANALYSTS)
    async def definitions(request: Request) -> HTTPResponse:
        await require(request, *ANALYSTS)
        used = await services.database.read(definition_in_use)
        listed = [
            {"version": each.version, "summary": each.summary, "formulas": each.formulas}
            for each in DEFINITIONS.values()
        ]
        return json_response({"in_use": used.version, "definitions": listed})


def _add_attempts(routes: Blueprint, services: Any) -> None:
    @routes.get("/api/attempts")
    @documented(
        summary="The attempts behind the figures, oldest first",
        query=AttemptsQuery,
        roles=ANALYSTS,
        answers={400: "The cursor is not one that an earlier page gave."},
    )
    async def attempts(request: Request) -> HTTPResponse:
        principal = await require(request, *ANALYSTS)
        query = parse_query(request, AttemptsQuery)
        cohort = _cohort(query)
        try:
            page, following = await services.database.read(
                lambda tx: page_of_attempts(tx, cohort, query.after, PAGE)
            )
        except LookupError:
            raise ApiError(400, "bad_cursor", "“after” must be the “next” of the page before.") from None
        await _note(services, principal, "listed attempts", query.conversation_id)
        answer: dict[str, Any] = {"attempts": [wire_attempt(one) for one in page]}
        return json_response(answer | ({"next": following} if following else {}))


def _add_pages(routes: Blueprint) -> None:
    add_page(routes, "/insight", PAGES / "insight.html", name="page_insight")
    add_page(routes, "/insight/attempts", PAGES / "attempts.html", name="page_attempts")
    add_assets(routes, "/insight/static", PAGES, name="insight_static")

    async def page_conversation(request: Request, conversation_id: str) -> HTTPResponse:
        return file_response(request, PAGES / "conversation.html")

    routes.add_route(
        page_conversation, "/insight/conversation/<conversation_id:str>", methods=["GET", "HEAD"]
    )


def _scored(
    tx: Transaction, cohort: Cohort, now: datetime, terms_of: TermsOf, definition: MetricDefinition
) -> dict[str, Any]:
    counted = score_in_database(tx, cohort, now, terms_of, definition)
    return {"definition_version": definition.version} | counted


async def _note(services: Any, principal: Principal, what: str, target: str | None, **details: Any) -> None:
    """On record before the answer goes out."""
    await services.database.write(lambda tx: record(tx, principal, what, target, **details))


def _period(query: Period, now: datetime) -> tuple[datetime, datetime]:
    end = read_moment(query.end, end=True) if query.end else now
    start = read_moment(query.start) if query.start else end - timedelta(days=DAYS)
    if start >= end:
        raise ApiError(400, "bad_period", "The period ends before it begins.")
    return start, end


def _cohort(query: AttemptsQuery) -> Cohort:
    return Cohort(
        read_moment(query.start) if query.start else None,
        read_moment(query.end, end=True) if query.end else None,
        channel=query.channel,
        language=query.language,
        intent=query.intent,
        outcome=query.outcome,
        conversation_id=query.conversation_id,
    )
