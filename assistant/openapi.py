"""OpenAPI 3.1 made from the pydantic models that the handlers parse with, and the page that shows it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from sanic import Blueprint, HTTPResponse, Request, Sanic
from sanic.response import json as json_response

from assistant.web import add_assets, add_page

H = TypeVar("H", bound=Callable[..., Any])
Answer = type[BaseModel] | str | None

PAGE = Path(__file__).parent / "web" / "docs"
API_PATHS = ("/api/", "/chat/", "/webhooks/", "/intake/", "/health/", "/demo/", "/schemas/")
REFS = "#/components/schemas/{model}"
PARAMETER = re.compile(r"<([A-Za-z_]\w*)(?::([^>]+))?>")
ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {
        "code": {"type": "string", "description": "for programs"},
        "message": {"type": "string", "description": "for people"},
        "details": {"description": "findings, or what else helps"},
    },
}


@dataclass(frozen=True)
class Documented:
    """What `documented` keeps on a handler."""

    summary: str
    description: str = ""
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answers: Mapping[int, Answer] = field(default_factory=dict)
    roles: tuple[str, ...] | None = None


def documented(
    *,
    summary: str,
    description: str = "",
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    answers: Mapping[int, Answer] | None = None,
    roles: tuple[str, ...] | None = None,
) -> Callable[[H], H]:
    """Say what a handler takes and gives. It changes nothing about how the handler runs.

    `answers` by status: a model for JSON, a sentence for an error (with the error body), None for no content.
    `roles`: None for anyone, () for anybody of staff, else the roles that may call.
    """
    about = Documented(summary, description, body, query, dict(answers or {}), roles)

    def keep(handler: H) -> H:
        handler.__documented__ = about  # type: ignore[attr-defined]
        return handler

    return keep


def openapi_document(app: Sanic[Any, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every documented route, and of API routes that only have a docstring."""
    routes = list(_routes(app))
    schemas, named = _schemas([about for _, _, about, _ in routes])
    schemas["Error"] = ERROR_SCHEMA
    paths: dict[str, dict[str, Any]] = {}
    for path, method, about, parameters in routes:
        paths.setdefault(path, {})[method] = _operation(path, method, about, parameters, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wayfinder",
            "version": _version(),
            "description": "A virtual assistant that finishes customers' journeys or hands them over.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "wayfinder_staff",
                    "description": "Calls that change something also carry X-CSRF-Token.",
                },
            },
        },
    }


def blueprint(services: object = None) -> Blueprint:
    """`/openapi.json` and the readable page at `/docs`."""
    made = Blueprint("openapi")
    documents: dict[str, dict[str, Any]] = {}

    async def document(request: Request) -> HTTPResponse:
        if request.app.name not in documents:
            documents[request.app.name] = openapi_document(request.app)
        return json_response(documents[request.app.name], headers={"Cache-Control": "no-cache"})

    made.add_route(document, "/openapi.json", methods=["GET"], name="document")
    add_page(made, "/docs", PAGE / "docs.html", name="docs")
    add_assets(made, "/docs/static", PAGE, name="docs_static")
    return made


def _routes(app: Sanic[Any, Any]) -> Iterator[tuple[str, str, Documented, list[dict[str, Any]]]]:
    for route in app.router.routes:
        handler: Any = route.handler
        if isinstance(handler, partial) and getattr(route.extra, "websocket", False):
            handler = handler.args[0]
        uri = "/" + route.path.lstrip("/")
        about = getattr(handler, "__documented__", None)
        if about is None and uri.startswith(API_PATHS):
            about = Documented(summary=_first_line(handler) or uri)
        if about is None:
            continue
        parameters = [
            {
                "name": name,
                "in": "path",
                "required": True,
                "schema": {"type": "integer" if kind == "int" else "string"},
            }
            for name, kind in PARAMETER.findall(uri)
        ]
        for method in sorted(route.methods - {"HEAD", "OPTIONS"}):
            yield PARAMETER.sub(r"{\1}", uri), method.lower(), about, parameters


def _schemas(
    abouts: list[Documented],
) -> tuple[dict[str, Any], dict[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]]]:
    """(component schemas, how to refer to each model as input or output)."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for about in abouts:
        for model in (about.body, about.query):
            if model is not None:
                wanted[model, "validation"] = None
        for found in about.answers.values():
            if isinstance(found, type):
                wanted[found, "serialization"] = None
    named, definitions = models_json_schema(list(wanted), ref_template=REFS, by_alias=True)
    by_model = {key: named[key] for key in wanted}
    return dict(definitions.get("$defs", {})), by_model


def _operation(
    path: str,
    method: str,
    about: Documented,
    parameters: list[dict[str, Any]],
    named: Mapping[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]],
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": about.summary,
        "operationId": re.sub(r"\W+", "_", f"{method}{path}").strip("_"),
        "tags": [_tag(path)],
        "responses": {
            str(status): _response(status, found, named) for status, found in sorted(about.answers.items())
        }
        or {"200": {"description": "Done"}},
    }
    text = [about.description] if about.description else []
    if about.roles is not None:
        text.append("For " + (", ".join(about.roles) if about.roles else "anybody of staff") + ".")
        operation["security"] = [{"bearer": []}, {"cookie": []}]
        operation["responses"].setdefault("401", _response(401, "Not signed in.", named))
        operation["responses"].setdefault("403", _response(403, "Your role does not allow this.", named))
    if text:
        operation["description"] = " ".join(text)
    if about.query is not None:
        parameters = [*parameters, *_query_parameters(about.query)]
    if parameters:
        operation["parameters"] = parameters
    if about.body is not None:
        operation["requestBody"] = {
            "required": any(one.is_required() for one in about.body.model_fields.values()),
            "content": {"application/json": {"schema": named[about.body, "validation"]}},
        }
    return operation


def _query_parameters(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(ref_template=REFS, by_alias=True)
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "schema": {key: value for key, value in one.items() if key != "description"},
            **({"description": one["description"]} if "description" in one else {}),
        }


def _response(
    status: int,
    found: Answer,
    named: Mapping[tuple[type[BaseModel], JsonSchemaMode], dict[str, Any]],
) -> dict[str, Any]:
    if found is None:
        return {"description": "Done, nothing to tell"}
    if isinstance(found, str):
        if status < 400:
            return {"description": found}
        schema: dict[str, Any] = {"$ref": REFS.format(model="Error")}
        return {"description": found, "content": {"application/json": {"schema": schema}}}
    described = inspect.getdoc(found) if found.__doc__ else None
    return {
        "description": (described or found.__name__).splitlines()[0],
        "content": {"application/json": {"schema": named[found, "serialization"]}},
    }


def _tag(path: str) -> str:
    parts = [part for part in path.split("/") if part]
    return parts[1] if len(parts) > 1 and parts[0] == "api" else (parts or ["pages"])[0]


def _first_line(handler: Any) -> str:
    return (inspect.getdoc(handler) or "").partition("\n")[0]


def _version() -> str:
    try:
        return version("wayfinder")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"
