"""From a request to a pydantic model, with every finding told in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeVar, get_args, get_origin
from urllib.parse import parse_qs

from pydantic import BaseModel, ConfigDict, ValidationError
from sanic import Request

from assistant.web.errors import ApiError

M = TypeVar("M", bound=BaseModel)

MAX_FINDINGS = 20
MAX_QUERY_FIELDS = 50
# NUL and lone surrogates: JSON can carry them, neither UTF-8 nor PostgreSQL can.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# pydantic's error types in plain words; {…} are the error's own context.
WORDS: dict[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is not known here",
    "string_type": "must be text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "is not written as expected",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} entries",
    "too_long": "must have at most {max_length} entries",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
    "uuid_parsing": "must be a UUID",
    "uuid_type": "must be a UUID",
    "url_parsing": "must be a web address",
    "url_scheme": "must be a web address",
    "none_required": "must be empty",
}
DATE_WORDS = "must be a date or time such as 2026-11-24T08:00:00Z"


class Body(BaseModel):
    """Base for bodies and queries: unknown fields are findings at every depth, outer space is dropped."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False, str_strip_whitespace=True, frozen=True)


def parse(request: Request, model: type[M], *, drop_unstorable: bool = False) -> M:
    """The request's JSON body as `model`.

    An empty body counts as `{}`. Unknown fields are refused unless the model says otherwise. NUL characters
    and lone surrogates are refused, or dropped with `drop_unstorable` (for what visitors type).
    Raises ApiError 400: `wrong_content_type`, `bad_json`, `not_an_object`, `bad_text`, or `invalid` with
    `details.findings` = [{field, problem}].
    """
    if not request.body:
        return _validated(model, {})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise ApiError(400, "wrong_content_type", "Send JSON, with the content type application/json.")
    return _validated(model, read_object(request.body, drop_unstorable=drop_unstorable))


def read_object(raw: bytes | str, *, drop_unstorable: bool = False) -> dict[str, Any]:
    """A JSON object from untrusted bytes (a body or a WebSocket frame). Raises ApiError 400 as `parse`."""
    try:
        text = raw.decode("utf-8") if isinstance(raw, bytes) else raw
        found = json.loads(text, parse_constant=_no_constant)
        if drop_unstorable:
            found = _storable(found)
        elif _has_unstorable(found):
            raise ApiError(400, "bad_text", "The text holds characters that cannot be stored.")
    except (ValueError, RecursionError):
        raise ApiError(400, "bad_json", "This is not well-formed JSON.") from None
    if not isinstance(found, dict):
        raise ApiError(400, "not_an_object", "The JSON must be an object, with names and values.")
    return found


def parse_query(request: Request, model: type[M]) -> M:
    """The query string as `model`. A field that is no list may be given once.

    Raises ApiError 400 `invalid` with `details.findings` as `parse`, or `bad_text`.
    """
    try:
        given = parse_qs(
            request.query_string, keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_FIELDS
        )
    except ValueError:
        raise ApiError(400, "bad_query", "The part of the address after ? could not be read.") from None
    if _has_unstorable(given):
        raise ApiError(400, "bad_text", "The text holds characters that cannot be stored.")
    lists = _list_fields(model)
    twice = [name for name, values in given.items() if len(values) > 1 and name not in lists]
    if twice:
        raise _invalid({"field": name, "problem": "was given more than once"} for name in twice)
    return _validated(model, {name: values if name in lists else values[0] for name, values in given.items()})


def _validated(model: type[M], data: dict[str, Any]) -> M:
    extra: Literal["forbid"] | None = None if "extra" in model.model_config else "forbid"
    try:
        return model.model_validate(data, extra=extra)
    except ValidationError as error:
        raise _invalid(
            {"field": ".".join(str(part) for part in finding["loc"]) or "body", "problem": _words(finding)}
            for finding in error.errors(include_url=False, include_input=False)
        ) from None
    except RecursionError:
        raise ApiError(400, "bad_json", "The JSON is nested too deeply.") from None


def _invalid(findings: Iterable[dict[str, str]]) -> ApiError:
    listed = list(findings)[:MAX_FINDINGS]
    first = listed[0]
    return ApiError(
        400, "invalid", f"“{_shortened(first['field'])}” {first['problem']}.", {"findings": listed}
    )


def _words(finding: Any) -> str:
    kind: str = finding["type"]
    context = finding.get("ctx", {})
    if kind == "value_error":  # raised by a validator of ours, whose text is meant for people
        return str(context.get("error", "does not fit"))
    if kind.startswith(("datetime", "date_", "timezone")):
        return DATE_WORDS
    if context.get("min_length") == 1:
        return "must not be empty"
    try:
        return WORDS.get(kind, "does not fit").format(**context)
    except KeyError:
        return "does not fit"


def _shortened(name: str) -> str:
    return name if len(name) <= 60 else name[:59] + "…"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _has_unstorable(value: Any) -> bool:
    if isinstance(value, str):
        return UNSTORABLE.search(value) is not None
    if isinstance(value, list):
        return any(_has_unstorable(item) for item in value)
    if isinstance(value, dict):
        return any(_has_unstorable(key) or _has_unstorable(item) for key, item in value.items())
    return False


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return UNSTORABLE.sub("", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {UNSTORABLE.sub("", key): _storable(item) for key, item in value.items()}
    return value


def _list_fields(model: type[BaseModel]) -> set[str]:
    names = set()
    for name, field in model.model_fields.items():
        kinds = (field.annotation, *get_args(field.annotation))
        if any((get_origin(kind) or kind) in (list, tuple, set, frozenset) for kind in kinds):
            names |= {name, field.alias or name}
    return names
