"""What callers are told when something is wrong with their request, or with us."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import httpx
import pytest
import structlog
from sanic import HTTPResponse, Request
from sanic.response import json as json_response

from assistant.journal.database import JournalUnavailable
from assistant.web import ApiError, Body, install_web, parse, parse_query
from tests.web.loopback import browser, new_app, raw, served


class Seat(Body):
    row: Literal["a", "b"]
    number: int


class Booking(Body):
    name: str
    seats: list[Seat] = []  # noqa: RUF012  # pydantic copies it
    note: str | None = None


class Period(Body):
    start: datetime | None = None
    limit: int = 10
    tag: list[str] = []  # noqa: RUF012


@dataclass
class Settings:
    base_url: str = "http://127.0.0.1:8080"
    allowed_origins: list[str] = field(default_factory=list)


async def book(request: Request) -> HTTPResponse:
    return json_response(parse(request, Booking).model_dump())


async def say(request: Request) -> HTTPResponse:
    return json_response(parse(request, Booking, drop_unstorable=True).model_dump())


async def look(request: Request) -> HTTPResponse:
    return json_response(parse_query(request, Period).model_dump(mode="json"))


async def break_down(request: Request) -> HTTPResponse:
    raise RuntimeError("the password of the database is hunter2")


async def full_disk(request: Request) -> HTTPResponse:
    raise JournalUnavailable("no space on /dev/sda1")


async def refuse(request: Request) -> HTTPResponse:
    raise ApiError(409, "taken", "Somebody was quicker.", {"by": "Sam"})


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = new_app()
    install_web(app, Settings())
    app.add_route(book, "/book", methods=["POST"])
    app.add_route(say, "/say", methods=["POST"])
    app.add_route(look, "/look", methods=["GET"])
    app.add_route(break_down, "/break", methods=["GET"])
    app.add_route(full_disk, "/full", methods=["GET"])
    app.add_route(refuse, "/refuse", methods=["GET"])
    async with served(app) as address, browser(address) as client:
        yield client


async def post(client: httpx.AsyncClient, content: bytes, kind: str = "application/json") -> httpx.Response:
    return await client.post("/book", content=content, headers={"Content-Type": kind})


async def test_that_a_good_body_becomes_the_model(client: httpx.AsyncClient) -> None:
    answer = await client.post("/book", json={"name": " Anna ", "seats": [{"row": "a", "number": 3}]})
    assert answer.status_code == 200
    assert answer.json() == {"name": "Anna", "seats": [{"row": "a", "number": 3}], "note": None}


async def test_that_every_finding_is_told_in_plain_words(client: httpx.AsyncClient) -> None:
    answer = await client.post(
        "/book", json={"seats": [{"row": "z", "number": "x", "colour": 1}], "extra": 1}
    )
    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == "invalid"
    findings = {one["field"]: one["problem"] for one in body["details"]["findings"]}
    assert findings == {
        "name": "is missing",
        "seats.0.row": "must be one of 'a' or 'b'",
        "seats.0.number": "must be a whole number",
        "seats.0.colour": "is not known here",
        "extra": "is not known here",
    }


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"name=Anna", "application/x-www-form-urlencoded", "wrong_content_type"),
        (b'{"name": "Anna"}', "text/plain", "wrong_content_type"),
        (b'{"name": "Anna"', "application/json", "bad_json"),
        (b"\xff\xfe", "application/json", "bad_json"),
        (b'{"name": NaN}', "application/json", "bad_json"),
        (b"[" * 60_000, "application/json", "bad_json"),
        (b'{"a":' * 30_000 + b"1" + b"}" * 30_000, "application/json", "bad_json"),
        (b'["Anna"]', "application/json", "not_an_object"),
        (b'"Anna"', "application/json", "not_an_object"),
        (b"null", "application/json", "not_an_object"),
        (b'{"name": "An\\u0000na"}', "application/json", "bad_text"),
        (b'{"name": "\\ud800"}', "application/json", "bad_text"),
        (b'{"name": 5}', "application/json", "invalid"),
        (b'{"name": {"$ne": null}}', "application/json", "invalid"),
        (b"", "application/json", "invalid"),
    ],
)
async def test_that_a_bad_body_gets_a_clear_400(
    client: httpx.AsyncClient, content: bytes, kind: str, code: str
) -> None:
    answer = await post(client, content, kind)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["message"].endswith(".")


async def test_that_what_visitors_type_loses_only_what_cannot_be_stored(client: httpx.AsyncClient) -> None:
    content = b'{"name": "a\\u0000b \\ud83d\\ude00 \\ud800 c"}'
    answer = await client.post("/say", content=content, headers={"Content-Type": "application/json"})
    assert answer.json()["name"] == "ab 😀  c"


async def test_that_a_body_over_the_limit_is_refused_and_shaped(client: httpx.AsyncClient) -> None:
    answer = await post(client, b'{"name": "' + b"x" * 300_000 + b'"}')
    assert answer.status_code == 413
    assert answer.json() == {"code": "too_large", "message": "The request is too large."}


async def test_that_queries_are_parsed_and_their_findings_told(client: httpx.AsyncClient) -> None:
    good = await client.get("/look?start=2026-11-24T08:00:00Z&tag=a&tag=b")
    assert good.json() == {"start": "2026-11-24T08:00:00Z", "limit": 10, "tag": ["a", "b"]}
    for query, name in (
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("start=soon", "start"),
        ("q=1", "q"),
    ):
        answer = await client.get(f"/look?{query}")
        assert answer.status_code == 400, query
        assert [one["field"] for one in answer.json()["details"]["findings"]] == [name]
    assert (await client.get("/look?tag=%00")).json()["code"] == "bad_text"
    assert (await client.get("/look?tag=%ff")).status_code == 400
    assert (await client.get("/look?" + "&".join(f"a{n}=1" for n in range(200)))).status_code == 400


async def test_that_our_own_errors_keep_their_code_and_details(client: httpx.AsyncClient) -> None:
    answer = await client.get("/refuse")
    assert answer.status_code == 409
    assert answer.json() == {"code": "taken", "message": "Somebody was quicker.", "details": {"by": "Sam"}}


async def test_that_a_500_gives_only_a_trace_id_and_the_log_has_the_rest(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await client.get("/break")
    assert answer.status_code == 500
    body: dict[str, Any] = answer.json()
    assert body["code"] == "internal_error"
    assert "hunter2" not in answer.text
    assert "RuntimeError" not in answer.text
    trace = body["details"]["trace_id"]
    assert answer.headers["X-Trace-Id"] == trace
    (entry,) = [one for one in logged if one["log_level"] == "error"]
    assert entry["trace_id"] == trace
    assert "hunter2" in str(entry["exc_info"])


async def test_that_a_journal_that_cannot_be_written_is_told_as_503(client: httpx.AsyncClient) -> None:
    answer = await client.get("/full")
    assert answer.status_code == 503
    assert answer.json()["code"] == "journal_unavailable"
    assert "sda1" not in answer.text
    assert int(answer.headers["Retry-After"]) > 0


async def test_that_unknown_addresses_and_methods_have_the_same_body(client: httpx.AsyncClient) -> None:
    nowhere = await client.get("/nowhere")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    wrong = await client.get("/book")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in wrong.headers["Allow"]


async def test_that_every_request_has_a_trace_id_that_callers_cannot_choose(
    client: httpx.AsyncClient,
) -> None:
    chosen = {"X-Request-ID": "mine", "X-Trace-Id": "mine"}
    first = (await client.get("/look", headers=chosen)).headers["X-Trace-Id"]
    second = (await client.get("/look", headers=chosen)).headers["X-Trace-Id"]
    assert first != second
    assert "mine" not in (first, second)


@pytest.mark.parametrize(
    "payload",
    [
        b"GET /look HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 40_000 + b"\r\n\r\n",
        b"NONSENSE\r\n\r\n",
        b"GET /look HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
        b"POST /book HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_that_broken_http_gets_an_error_without_internals(
    client: httpx.AsyncClient, payload: bytes
) -> None:
    answered = await raw(str(client.base_url).rstrip("/"), payload)
    head, _, body = answered.partition(b"\r\n\r\n")
    assert head.split(b" ")[1][:1] == b"4"
    assert set(json.loads(body)) <= {"code", "message", "details"}
    assert (await client.get("/look")).status_code == 200
