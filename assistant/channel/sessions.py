"""Visitors' sessions, and the identity tokens by which the company's website says who they are."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
import sqlalchemy as sa

from assistant.journal import tables, views
from assistant.journal.database import Transaction
from assistant.journal.events import (
    CUSTOMER,
    SYSTEM,
    ConversationOpened,
    IdentityVerified,
    PageViewed,
)
from assistant.web import ApiError

SESSION_DAYS = 30
TOUCH_AFTER = timedelta(minutes=10)
LONGEST_TOKEN = timedelta(hours=1, minutes=1)  # a minute for clocks that differ
LONGEST_CUSTOMER_ID = 100  # characters
WEB_CHAT = "web_chat"


@dataclass(frozen=True)
class VisitorSession:
    """A visitor's right to one conversation."""

    conversation_id: str
    browser_id: str | None
    expires_at: datetime


@dataclass(frozen=True)
class Identity:
    """Who the company says the customer is. Everything in it is verified."""

    customer_id: str
    account: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    preferred_channel: str | None = None
    vulnerable: bool | None = None


def hash_of(token: str) -> str:
    """What is stored instead of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def read_identity_token(token: str, secret: str, now: datetime, audience: str | None) -> Identity:
    """The identity in a token that the company's website signed.

    HS256 only; `sub` and `exp` are needed, `exp` at most an hour ahead, `aud` when one is configured.
    Raises ApiError 401 `identity_token_refused`.
    """
    refused = ApiError(
        401, "identity_token_refused", "The sign-in of the website was not accepted. Sign in again."
    )
    if not isinstance(token, str) or len(token) > 4096:
        raise refused
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            audience=audience,
            options={
                "require": ["sub", "exp"],
                "verify_aud": audience is not None,
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        expires = float(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise refused from error
    left = expires - now.timestamp()
    if (
        not 0 < left <= LONGEST_TOKEN.total_seconds()
        or not isinstance(claims["sub"], str)
        or not 0 < len(claims["sub"]) <= LONGEST_CUSTOMER_ID  # shortened, two people could become one
    ):
        raise refused

    def text(name: str) -> str | None:
        value = claims.get(name)
        return value if isinstance(value, str) and 0 < len(value) <= 200 else None

    return Identity(claims["sub"], text("account"), text("name"), text("email"))


def open_conversation(
    tx: Transaction,
    *,
    channel: str,
    language: str,
    conversation_id: str | None = None,
    browser_id: str | None = None,
    opened_by: str | None = None,
) -> str:
    """A new conversation's id; its first event is `conversation.opened`."""
    made = conversation_id or tx.ids("c")
    opened = ConversationOpened(
        channel=channel, language=language, browser_id=browser_id, opened_by=opened_by
    )
    tx.append(made, [opened], actor=CUSTOMER, channel=channel)
    return made


def start_session(tx: Transaction, conversation_id: str, browser_id: str | None) -> str:
    """A bearer token of 256 random bits for that conversation; only its hash is stored.

    Sessions that ran out are swept up on the way.
    """
    table = tables.visitor_sessions
    tx.connection.execute(sa.delete(table).where(table.c.expires_at <= tx.now))
    token = "v_" + secrets.token_urlsafe(32)
    tx.connection.execute(
        sa.insert(table).values(
            session_hash=hash_of(token),
            conversation_id=conversation_id,
            browser_id=browser_id,
            created_at=tx.now,
            last_seen_at=tx.now,
            expires_at=tx.now + timedelta(days=SESSION_DAYS),
        )
    )
    return token


def find_session(tx: Transaction, token: str | None) -> VisitorSession:
    """The session of a bearer token. Raises ApiError 401 `session_unknown`."""
    table = tables.visitor_sessions
    row = None
    if token and len(token) <= 200:
        row = tx.connection.execute(
            sa.select(table).where(table.c.session_hash == hash_of(token))
        ).one_or_none()
    if row is None or row.expires_at <= tx.now:
        raise ApiError(401, "session_unknown", "This chat session has ended. Start a new one.")
    return VisitorSession(row.conversation_id, row.browser_id, row.expires_at)


def verify(tx: Transaction, conversation_id: str, identity: Identity, method: str) -> None:
    """Puts on record who the customer is. The same customer twice is recorded once."""
    tx.lock(conversation_id)
    conversation = views.conversation(tx, conversation_id)
    if conversation is not None and conversation.customer_id == identity.customer_id:
        return
    event = IdentityVerified(
        customer_id=identity.customer_id,
        method=method,
        account=identity.account,
        display_name=identity.name,
        email=identity.email,
        phone=identity.phone,
        preferred_channel=identity.preferred_channel,
        vulnerable=identity.vulnerable,
    )
    tx.append(conversation_id, [event], actor=SYSTEM, channel=conversation.channel if conversation else None)


def note_page(tx: Transaction, conversation_id: str, url: str | None, title: str | None) -> None:
    """Puts on record which page the customer is on, unless it is the one they were on."""
    if not url and not title:
        return
    last = tx.events(conversation_id, names={PageViewed.name}, newest_first=True, limit=1)
    page = PageViewed(url=url, title=title)
    if not last or last[0].event != page:
        tx.append(conversation_id, [page], actor=CUSTOMER, channel=WEB_CHAT)
