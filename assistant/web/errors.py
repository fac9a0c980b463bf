"""One error tree and one body: `{"code", "message", "details"?}`. No exception text reaches a browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog
from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import json as json_response

from assistant.journal.database import JournalUnavailable
from assistant.web.tracing import trace_id

log = structlog.get_logger(__name__)

# What Sanic itself refuses, in our words. Anything else of its errors is told by its status alone.
REFUSALS: dict[int, tuple[str, str]] = {
    400: ("bad_request", "The request could not be read."),
    401: ("not_signed_in", "Sign in first."),
    403: ("not_allowed", "This is not allowed."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method."),
    408: ("too_slow", "The request took too long to arrive."),
    411: ("length_missing", "The request must say how long it is."),
    413: ("too_large", "The request is too large."),
    414: ("address_too_long", "The address is too long."),
    416: ("range_not_satisfiable", "That part of the file does not exist."),
    417: ("expectation_failed", "The request expects something that is not offered."),
    429: ("too_many_requests", "That was too often. Try again in a moment."),
    431: ("headers_too_large", "The request's headers are too large."),
    503: ("unavailable", "The service is busy or starting. Try again in a moment."),
}


class ApiError(Exception):
    """An answer that is not a success. `message` is for people, `code` for programs.

    `details` must be JSON-able. `headers` go out with the answer (`Retry-After`, for instance).
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Any | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = dict(headers or {})

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body; also what a WebSocket's `error` frame is made from."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            body["details"] = self.details
        return body


def too_many(retry_after: int) -> ApiError:
    """429 with the seconds to wait, as a header and in the details."""
    seconds = max(1, retry_after)
    return ApiError(
        429,
        "too_many_requests",
        f"That was too often. Try again in {seconds} seconds.",
        {"retry_after": seconds},
        headers={"Retry-After": str(seconds)},
    )


def error_response(error: ApiError) -> HTTPResponse:
    """The answer for an `ApiError`."""
    return json_response(error.body, status=error.status, headers=error.headers)


def as_api_error(exception: BaseException, trace: str) -> ApiError:
    """What the caller may know of any exception. Unforeseen ones become a 500 that gives only `trace`."""
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, JournalUnavailable):
        return ApiError(
            503,
            "journal_unavailable",
            "Nothing can be stored at the moment. Try again in a moment.",
            {"trace_id": trace},
            headers={"Retry-After": "5"},
        )
    if isinstance(exception, SanicException) and exception.status_code in REFUSALS:
        code, message = REFUSALS[exception.status_code]
        headers = {
            name: str(value)
            for name, value in (getattr(exception, "headers", None) or {}).items()
            if name.lower() in ("allow", "retry-after", "content-range")
        }
        return ApiError(exception.status_code, code, message, headers=headers)
    if isinstance(exception, SanicException) and 400 <= exception.status_code < 500:
        return ApiError(exception.status_code, "refused", "The request was refused.")
    return ApiError(500, "internal_error", "Something went wrong on our side.", {"trace_id": trace})


def install_error_handlers(app: Sanic[Any, Any]) -> None:
    """Shape every error of `app`: ours, Sanic's own, and those nobody foresaw (logged with their trace)."""

    async def on_error(request: Request, exception: Exception) -> HTTPResponse:
        trace = trace_id(request)
        error = as_api_error(exception, trace)
        if error.status >= 500 and not isinstance(exception, ApiError):
            log.error(
                "request failed",
                trace_id=trace,
                method=request.method,
                path=request.path,
                status=error.status,
                exc_info=exception,
            )
        return error_response(error)

    app.error_handler.add(Exception, on_error)
    app.error_handler.add(ApiError, on_error)
    app.error_handler.add(SanicException, on_error)
