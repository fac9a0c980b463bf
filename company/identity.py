"""One-time codes: six digits, ten minutes, five tries, used once. Northlight sends them, nobody else."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, insert, select, update

from company.catalogue.source import read_catalogue
from company.clock import utc_text
from company.customers import find_customer, show_customer
from company.database import reading, writing
from company.errors import Conflict, Declined, Missing
from company.operations import checked_key, hash_request
from company.service import Body, Northlight, northlight, parse
from company.tables import code_messages, codes, operations
from company.texts import language_of, pick

blueprint = Blueprint("identity")

LIFETIME = timedelta(minutes=10)
MAX_TRIES = 5


class CodeRequest(Body):
    """Send a code to whoever holds this account."""

    account: str = Field(min_length=1, max_length=40)


class VerifyRequest(Body):
    """Prove to hold this account."""

    account: str = Field(min_length=1, max_length=40)
    code: str = Field(min_length=1, max_length=40)


def six_digits() -> str:
    """A code that nobody can guess."""
    return f"{secrets.randbelow(1_000_000):06d}"


def send_code(service: Northlight, account: str, key: str | None, language: str = "en") -> None:
    """Makes a code and puts it into the outbox; the former one ends. An unknown account sends nothing.

    The message that carries it is in `language`.

    With a key, the same call again sends no second code. Raises Conflict `key_reused`.
    """
    now = service.clock.now()
    with writing(service.engine) as connection:
        if key is not None and _sent_before(connection, key, account, now):
            return
        try:
            owner = find_customer(connection, account)
        except Missing:
            return
        connection.execute(
            update(codes)
            .where(codes.c.account == owner.account, codes.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        code_id = service.ids("code")
        connection.execute(
            insert(codes).values(
                code_id=code_id,
                customer_id=owner.customer_id,
                account=owner.account,
                code=six_digits(),
                sent_to=owner.phone if owner.preferred_channel == "sms" else owner.email,
                sent_at=now,
                expires_at=now + LIFETIME,
                tries=0,
            )
        )
        connection.execute(insert(code_messages).values(code_id=code_id, language=language))


def _sent_before(connection: Connection, key: str, account: str, now: datetime) -> bool:
    request_hash = hash_request("POST", "/identity/codes", {"account": account})
    stored = connection.execute(select(operations).where(operations.c.key == key)).one_or_none()
    if stored is not None:
        if stored.request_hash != request_hash:
            raise Conflict("key_reused", "This Idempotency-Key was used for another request.")
        return True
    answer = {"operation": {"key": key, "status": "done", "at": utc_text(now)}, "events": []}
    connection.execute(
        insert(operations).values(key=key, request_hash=request_hash, at=now, status_code=200, answer=answer)
    )
    return False


def verify_code(service: Northlight, account: str, code: str) -> dict[str, Any]:
    """The customer, when the code is right. Raises Declined `code_wrong`, `code_expired`, `too_many_tries`.

    A try counts even when it fails, so the count is committed before the refusal is raised. An account
    that does not exist is answered like a wrong code.
    """
    now = service.clock.now()
    with writing(service.engine) as connection:
        latest = connection.execute(
            select(codes)
            .where(codes.c.account == account, codes.c.ended_at.is_(None))
            .order_by(codes.c.sent_at.desc())
            .limit(1)
        ).one_or_none()
        if latest is None:
            refused: Declined | None = Declined("code_wrong", "This is not the code.")
        elif latest.expires_at <= now:
            refused = Declined("code_expired", "This code is too old.")
        elif latest.tries >= MAX_TRIES:
            refused = Declined("too_many_tries", "This code was tried too often.")
        else:
            right = hmac.compare_digest(latest.code.encode(), code.encode())
            refused = None if right else Declined("code_wrong", "This is not the code.")
            connection.execute(
                update(codes)
                .where(codes.c.code_id == latest.code_id)
                .values(tries=latest.tries + 1, ended_at=now if right else None)
            )
    if refused is not None:
        raise refused
    with reading(service.engine) as connection:
        return show_customer(find_customer(connection, account))


def outbox(connection: Connection, account: str | None = None) -> list[dict[str, Any]]:
    """The codes that went out, newest first: what a real company would send by text message."""
    wanted = (
        select(codes, code_messages.c.language)
        .outerjoin(code_messages)
        .order_by(codes.c.sent_at.desc())
        .limit(50)
    )
    if account is not None:
        wanted = wanted.where(codes.c.account == account)
    return [
        {
            "account": row.account,
            "customer_id": row.customer_id,
            "code": row.code,
            "sent_to": row.sent_to,
            "text": _message(row.code, row.language or "en"),
            "sent_at": utc_text(row.sent_at),
            "expires_at": utc_text(row.expires_at),
            "used": row.ended_at is not None,
        }
        for row in connection.execute(wanted)
    ]


def _message(code: str, language: str) -> str:
    minutes = int(LIFETIME.total_seconds()) // 60
    return pick(read_catalogue()["code_message"], language, code=code, minutes=minutes)


@blueprint.post("/identity/codes")
async def post_code(request: Request) -> HTTPResponse:
    """Send a code. 202 whether or not the account exists, so that nobody can try out accounts."""
    wish = parse(request, CodeRequest)
    key = request.headers.get("idempotency-key")
    send_code(northlight(request), wish.account, checked_key(key) if key else None, language_of(request))
    return json_response({"status": "accepted"}, status=202)


@blueprint.post("/identity/codes/verify")
async def post_verify(request: Request) -> HTTPResponse:
    """Verify a code."""
    wish = parse(request, VerifyRequest)
    if code := getattr(request.ctx, "decline_with", None):
        raise Declined(code, "Northlight declined this.")
    return json_response({"customer": verify_code(northlight(request), wish.account, wish.code)})
