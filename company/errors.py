"""What Northlight answers when it cannot do what was asked: one error tree, one body."""

from __future__ import annotations

from typing import Any


class CompanyError(Exception):
    """Becomes `{"code", "message", "details"?}` with `status` on the wire."""

    status = 500

    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details

    def body(self) -> dict[str, Any]:
        """The JSON body of the answer."""
        made: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details is not None:
            made["details"] = self.details
        return made


class BadRequest(CompanyError):
    """The request itself is wrong: a missing field, a value of the wrong form, no idempotency key."""

    status = 400


class Unauthorised(CompanyError):
    """No bearer token, or not the right one."""

    status = 401


class Missing(CompanyError):
    """There is no such thing."""

    status = 404


class Conflict(CompanyError):
    """The request contradicts an earlier one."""

    status = 409


class Declined(CompanyError):
    """Northlight understood and says no; `code` says why. Stored as the answer of its operation."""

    status = 422
