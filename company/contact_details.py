"""How Northlight reaches a customer: e-mail, phone, the way they prefer, and advertising or none.

A new e-mail address or number counts only with a proof: a one-time code that was sent there. Names are not
changed here; people look at a document for that.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field
from sanic import Blueprint, HTTPResponse, Request
from sanic.response import json as json_response
from sqlalchemy import Connection, Row, delete, insert, select, update

from company.catalogue.source import read_catalogue
from company.clock import utc_text
from company.customers import find_customer
from company.database import reading, writing
from company.errors import Declined
from company.identity import LIFETIME, MAX_TRIES, six_digits
from company.operations import Change
from company.service import Body, Northlight, change, northlight, parse
from company.tables import contact_codes, customers, no_advertising
from company.texts import language_of, pick

blueprint = Blueprint("contact_details")

PROOF_LIFETIME = timedelta(hours=1)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(?:\.[^@\s.]+)+")
_PHONE = re.compile(r"\+?\d{9,15}")

Kind = Literal["email", "phone"]


class CodeRequest(Body):
    """Send a code to a new address or number."""

    contact_change: Kind
    value: str = Field(min_length=3, max_length=200)


class VerifyRequest(CodeRequest):
    """Prove to receive what is sent there."""

    code: str = Field(min_length=1, max_length=40)


class ChangeRequest(Body):
    """Change one thing. `proof` is needed for `email` and `phone`; `value` not for `no_advertising`."""

    contact_change: Literal["email", "phone", "contact_way", "no_advertising"]
    value: str | None = Field(default=None, max_length=200)
    proof: str | None = Field(default=None, max_length=40)


def checked(contact_change: str, value: str) -> str:
    """The address or number as it is kept. Raises Declined `email_invalid`, `phone_invalid`."""
    if contact_change == "email":
        if not _EMAIL.fullmatch(value):
            raise Declined("email_invalid", "This is no e-mail address.")
        return value.lower()
    number = re.sub(r"[\s().\-]", "", value)
    if not _PHONE.fullmatch(number):
        raise Declined("phone_invalid", "This is no phone number.")
    if number.startswith("00"):
        return f"+{number[2:]}"
    return f"+31{number[1:]}" if number.startswith("0") else number


def show_details(connection: Connection, owner: Row[Any], language: str) -> dict[str, Any]:
    """As they go over the wire, with what can be changed and the ways to choose from."""
    texts = read_catalogue()
    refused = select(no_advertising).where(no_advertising.c.customer_id == owner.customer_id)
    return {
        "customer_id": owner.customer_id,
        "email": owner.email,
        "phone": owner.phone,
        "contact_way": owner.preferred_channel,
        "contact_way_title": pick(texts["contact_ways"][owner.preferred_channel], language),
        "advertising": connection.execute(refused).first() is None,
        "changes": [
            {"contact_change": name, "title": pick(each, language)}
            for name, each in texts["contact_changes"].items()
        ],
        "ways": [
            {"contact_way": name, "title": pick(each, language)}
            for name, each in texts["contact_ways"].items()
        ],
    }


def send_code(service: Northlight, customer: str, wish: CodeRequest, language: str) -> None:
    """Makes a code and puts it into the outbox; the former one ends.

    Raises Missing, Declined `email_invalid`, `phone_invalid`, `same_as_before`.
    """
    now, value = service.clock.now(), checked(wish.contact_change, wish.value)
    with writing(service.engine) as connection:
        owner = find_customer(connection, customer)
        if value == getattr(owner, wish.contact_change):
            raise Declined("same_as_before", "This is what we have.")
        connection.execute(
            update(contact_codes)
            .where(contact_codes.c.customer_id == owner.customer_id, contact_codes.c.ended_at.is_(None))
            .values(ended_at=now)
        )
        connection.execute(
            insert(contact_codes).values(
                code_id=service.ids("code"),
                customer_id=owner.customer_id,
                contact_change=wish.contact_change,
                value=value,
                code=six_digits(),
                language=language,
                sent_at=now,
                expires_at=now + LIFETIME,
                tries=0,
                proof_used=False,
            )
        )


def verify_code(service: Northlight, customer: str, wish: VerifyRequest) -> str:
    """The proof, when the code is right.

    Raises Missing, Declined `code_wrong`, `code_expired`, `too_many_tries`.

    A try counts even when it fails, so the count is committed before the refusal is raised.
    """
    now, value = service.clock.now(), checked(wish.contact_change, wish.value)
    proof = service.ids("prf")
    with writing(service.engine) as connection:
        owner = find_customer(connection, customer)
        refused = _try_code(connection, owner.customer_id, wish, value, now, proof)
    if refused is not None:
        raise refused
    return proof


def _try_code(
    connection: Connection, customer_id: str, wish: VerifyRequest, value: str, now: datetime, proof: str
) -> Declined | None:
    latest = connection.execute(
        select(contact_codes)
        .where(
            contact_codes.c.customer_id == customer_id,
            contact_codes.c.contact_change == wish.contact_change,
            contact_codes.c.value == value,
            contact_codes.c.ended_at.is_(None),
        )
        .order_by(contact_codes.c.sent_at.desc())
        .limit(1)
    ).one_or_none()
    if latest is None:
        return Declined("code_wrong", "This is not the code.")
    if latest.expires_at <= now:
        return Declined("code_expired", "This code is too old.")
    if latest.tries >= MAX_TRIES:
        return Declined("too_many_tries", "This code was tried too often.")
    right = hmac.compare_digest(latest.code.encode(), wish.code.encode())
    connection.execute(
        update(contact_codes)
        .where(contact_codes.c.code_id == latest.code_id)
        .values(tries=latest.tries + 1, ended_at=now if right else None, proof=proof if right else None)
    )
    return None if right else Declined("code_wrong", "This is not the code.")


def change_details(made: Change, customer: str, wish: ChangeRequest, language: str) -> dict[str, Any]:
    """Changes one thing.

    Raises Missing, Declined `not_verified`, `same_as_before`, `way_unknown` or what `checked` raises.
    """
    owner = find_customer(made.connection, customer)
    if wish.contact_change == "no_advertising":
        _refuse_advertising(made, owner)
    elif wish.contact_change == "contact_way":
        if wish.value is None or wish.value not in read_catalogue()["contact_ways"]:
            raise Declined("way_unknown", "Northlight reaches nobody this way.")
        _set(made, owner, "preferred_channel", wish.value)
    else:
        value = checked(wish.contact_change, wish.value or "")
        _use_proof(made, owner.customer_id, wish.contact_change, value, wish.proof)
        _set(made, owner, wish.contact_change, value)
    made.emit("contact_details.changed", customer_id=owner.customer_id, subject=wish.contact_change)
    now = find_customer(made.connection, owner.customer_id)
    return {"contact_details": show_details(made.connection, now, language)}


def _set(made: Change, owner: Row[Any], column: str, value: str) -> None:
    if getattr(owner, column) == value:
        raise Declined("same_as_before", "This is what we have.")
    made.connection.execute(
        update(customers).where(customers.c.customer_id == owner.customer_id).values({column: value})
    )


def _refuse_advertising(made: Change, owner: Row[Any]) -> None:
    mine = no_advertising.c.customer_id == owner.customer_id
    if made.connection.execute(select(no_advertising).where(mine)).first() is not None:
        raise Declined("same_as_before", "This customer gets none.")
    made.connection.execute(delete(no_advertising).where(mine))
    made.connection.execute(
        insert(no_advertising).values(customer_id=owner.customer_id, since=made.business_now.date())
    )


def _use_proof(made: Change, customer_id: str, contact_change: str, value: str, proof: str | None) -> None:
    used = made.connection.execute(
        update(contact_codes)
        .where(
            contact_codes.c.customer_id == customer_id,
            contact_codes.c.contact_change == contact_change,
            contact_codes.c.value == value,
            contact_codes.c.proof == (proof or ""),
            contact_codes.c.proof_used.is_(False),
            contact_codes.c.ended_at > made.now - PROOF_LIFETIME,
        )
        .values(proof_used=True)
    )
    if used.rowcount == 0:
        raise Declined("not_verified", "Nobody has proved to receive what is sent there.")


def outbox(connection: Connection) -> list[dict[str, Any]]:
    """The codes that went to new addresses and numbers, newest first."""
    wanted = (
        select(contact_codes, customers.c.account)
        .join(customers)
        .order_by(contact_codes.c.sent_at.desc())
        .limit(50)
    )
    minutes = int(LIFETIME.total_seconds()) // 60
    return [
        {
            "account": row.account,
            "customer_id": row.customer_id,
            "code": row.code,
            "sent_to": row.value,
            "text": pick(read_catalogue()["code_message"], row.language, code=row.code, minutes=minutes),
            "sent_at": utc_text(row.sent_at),
            "expires_at": utc_text(row.expires_at),
            "used": row.ended_at is not None,
        }
        for row in connection.execute(wanted)
    ]


@blueprint.get("/customers/<customer>/contact-details")
async def get_details(request: Request, customer: str) -> HTTPResponse:
    """How a customer is reached, and what can be changed about it."""
    with reading(northlight(request).engine) as connection:
        owner = find_customer(connection, customer)
        return json_response(show_details(connection, owner, language_of(request)))


@blueprint.post("/customers/<customer>/contact-details")
async def post_details(request: Request, customer: str) -> HTTPResponse:
    """Change one thing."""
    wish, language = parse(request, ChangeRequest), language_of(request)
    return change(request, wish, lambda made: change_details(made, customer, wish, language))


@blueprint.post("/customers/<customer>/contact-details/codes")
async def post_code(request: Request, customer: str) -> HTTPResponse:
    """Send a code to a new address or number."""
    wish = parse(request, CodeRequest)
    if code := getattr(request.ctx, "decline_with", None):
        raise Declined(code, "Northlight declined this.")
    send_code(northlight(request), customer, wish, language_of(request))
    return json_response({"status": "accepted"}, status=202)


@blueprint.post("/customers/<customer>/contact-details/codes/verify")
async def post_verify(request: Request, customer: str) -> HTTPResponse:
    """Check that code."""
    wish = parse(request, VerifyRequest)
    if code := getattr(request.ctx, "decline_with", None):
        raise Declined(code, "Northlight declined this.")
    return json_response({"proof": verify_code(northlight(request), customer, wish)})
