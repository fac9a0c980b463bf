"""The document that describes the HTTP interface."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel
from sanic import HTTPResponse, Request
from sanic.response import empty

from assistant import openapi
from assistant.openapi import documented
from assistant.staff.api import blueprint
from assistant.web import Body, install_web
from tests.web.loopback import browser, new_app, served


@dataclass
class Settings:
    base_url: str = "http://127.0.0.1:8080"
    allowed_origins: list[str] = field(default_factory=list)


class Leg(Body):
    to: str


class Trip(Body):
    name: str
    legs: list[Leg]


class TripQuery(Body):
    after: str
    limit: int = 10


class TripMade(BaseModel):
    """The trip."""

    trip_id: str


@documented(
    summary="Plan a trip",
    body=Trip,
    query=TripQuery,
    answers={201: TripMade, 204: None, 409: "taken: somebody was quicker."},
    roles=("agent",),
)
async def plan(request: Request, trip_id: str, day: int) -> HTTPResponse:
    return empty()


async def bare(request: Request) -> HTTPResponse:
    """Only a docstring.

    And more.
    """
    return empty()


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = new_app()
    install_web(app, Settings())
    app.add_route(plan, "/trips/<trip_id:str>/<day:int>", methods=["POST"])
    app.add_route(bare, "/api/bare", methods=["GET"])
    app.add_route(bare, "/page", methods=["GET"], name="page")
    app.blueprint(blueprint(None))
    app.blueprint(openapi.blueprint())
    async with served(app) as address, browser(address) as client:
        yield client


def references(value: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(value)))


async def test_that_every_reference_leads_somewhere_and_every_schema_is_valid(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    assert references(document) <= set(schemas)
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert name
    ids = [one["operationId"] for operations in document["paths"].values() for one in operations.values()]
    assert len(ids) == len(set(ids))
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            assert operation["responses"]


async def test_that_a_call_is_described_from_its_models(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    operation = document["paths"]["/trips/{trip_id}/{day}"]["post"]
    assert operation["summary"] == "Plan a trip"
    assert "agent" in operation["description"]
    assert operation["security"] == [{"bearer": []}, {"cookie": []}]
    assert set(operation["responses"]) == {"201", "204", "401", "403", "409"}
    parameters = {one["name"]: (one["in"], one["required"]) for one in operation["parameters"]}
    assert parameters == {
        "trip_id": ("path", True),
        "day": ("path", True),
        "after": ("query", True),
        "limit": ("query", False),
    }
    trip = document["components"]["schemas"]["Trip"]
    assert trip["additionalProperties"] is False
    assert trip["required"] == ["name", "legs"]
    made = operation["responses"]["201"]["content"]["application/json"]["schema"]
    assert made == {"$ref": "#/components/schemas/TripMade"}


async def test_that_api_calls_without_description_are_listed_and_pages_are_not(
    client: httpx.AsyncClient,
) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/api/bare"]["get"]["summary"] == "Only a docstring."
    assert "/page" not in paths
    assert "/sign-in" not in paths
    assert {
        "/api/staff/sign-in",
        "/api/staff/audit",
        "/api/staff/tokens/{token_id}",
        "/api/catalogue",
    } <= set(paths)


async def test_that_the_readable_page_loads_only_from_here(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith("/")
        assert (await client.get(address)).status_code == 200
    script = await client.get("/docs/static/docs.js")
    assert "innerHTML" not in script.text
