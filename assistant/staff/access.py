"""Who is knocking: a bearer token or a sign-in cookie becomes a `Principal`, or the door stays shut."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sanic import Request

from assistant.journal.events import Actor
from assistant.staff.secret_values import hash_of
from assistant.staff.sessions import TOUCH_AFTER, Session, find_session, touch
from assistant.staff.tokens import USE_NOTED_EVERY, Token, find_token, note_use
from assistant.web import ApiError, WebSettings, origin_allowed

if TYPE_CHECKING:
    from assistant.journal.database import Database

COOKIE = "wayfinder_staff"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
TOKEN_CACHED = timedelta(seconds=5)  # a revoked token works on other workers for so long at most
CACHE_SIZE = 1000


@dataclass(frozen=True)
class Principal:
    """Who calls. `kind` is `staff`, or `channel` for a program that opens conversations.

    `id` is a staff id or, for a token, the token's id. No skills means all; likewise languages.
    """

    kind: str
    id: str
    role: str
    name: str
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    email: str | None = None
    csrf: str | None = field(default=None, repr=False)  # of a sign-in by cookie; None for tokens
    credential: str = field(default="", repr=False)  # hash of what was shown at the door

    @property
    def actor(self) -> Actor:
        """As the journal names them."""
        return Actor("system" if self.kind == "channel" else "agent", self.id)

    @property
    def signed_in(self) -> bool:
        """Whether a person with a cookie, rather than a token."""
        return self.csrf is not None


class Access:
    """Finds the principal of a request. One per process.

    Cookies cost one indexed read per call; tokens are remembered for five seconds.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], settings: WebSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._tokens: dict[str, tuple[datetime, Principal]] = {}

    async def principal(self, request: Request) -> Principal:
        """Whoever the request comes from.

        Raises ApiError 401 `not_signed_in`, or 403 `wrong_site` or `csrf_failed` for a cookie call that
        another site may have made.
        """
        authorization = request.headers.get("authorization")
        if authorization is not None:
            scheme, _, secret = authorization.partition(" ")
            if scheme.lower() != "bearer" or not secret.strip():
                raise not_signed_in()
            return await self.of_token(secret.strip())
        cookie = request.cookies.get(COOKIE)
        if not cookie:
            raise not_signed_in()
        session = await self._session(hash_of(cookie))
        if session is None:
            raise not_signed_in()
        self._check_site(request, session)
        return _of_session(session)

    async def of_cookie(self, cookie: str) -> Principal:
        """The principal of a sign-in cookie's value, without looking at any request. Raises ApiError 401."""
        session = await self._session(hash_of(cookie))
        if session is None:
            raise not_signed_in()
        return _of_session(session)

    async def of_token(self, secret: str) -> Principal:
        """The principal of a bearer token (from a header or a socket's hello). Raises ApiError 401."""
        token_hash = hash_of(secret)
        cached = self._tokens.get(token_hash)
        if cached is not None and self._clock() < cached[0]:
            return cached[1]
        self._tokens.pop(token_hash, None)
        token = await self._database.read(lambda tx: find_token(tx, token_hash))
        if token is None:
            raise not_signed_in()
        await self._note_use(token)
        principal = _of_token(token, token_hash)
        if len(self._tokens) >= CACHE_SIZE:
            self._tokens.clear()
        self._tokens[token_hash] = (self._clock() + TOKEN_CACHED, principal)
        return principal

    async def still_valid(self, principal: Principal) -> bool:
        """Whether what they came in with still opens the door: for sockets, to ask from time to time."""
        if principal.signed_in:
            session = await self._session(principal.credential)
            return session is not None and session.member.role == principal.role
        token = await self._database.read(lambda tx: find_token(tx, principal.credential))
        return token is not None

    def forget(self, token_id: str) -> None:
        """Drop what is remembered of a token, because it was revoked here."""
        for token_hash, (_, principal) in list(self._tokens.items()):
            if principal.id == token_id:
                del self._tokens[token_hash]

    async def _session(self, session_hash: str) -> Session | None:
        session = await self._database.read(lambda tx: find_session(tx, session_hash))
        if session is not None and self._clock() - session.last_seen_at >= TOUCH_AFTER:
            found = session
            await self._database.write(lambda tx: touch(tx, found))
        return session

    async def _note_use(self, token: Token) -> None:
        if token.last_used_at is None or self._clock() - token.last_used_at >= USE_NOTED_EVERY:
            await self._database.write(lambda tx: note_use(tx, token.token_id))

    def _check_site(self, request: Request, session: Session) -> None:
        socket = request.headers.get("upgrade", "").lower() == "websocket"
        if request.method in SAFE_METHODS and not socket:
            return
        if not origin_allowed(request, self._settings, own_site_only=True):
            raise ApiError(403, "wrong_site", "This call came from another website.")
        if socket:  # a browser cannot add headers to a WebSocket; there the origin decides
            return
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), session.csrf.encode()):
            raise ApiError(403, "csrf_failed", "Reload the page and try again.")


async def require(request: Request, *roles: str) -> Principal:
    """The caller, who must have one of the roles; without roles, anybody of staff (no channel).

    A supervisor may read whatever agents read. An admin is not automatically anything else.
    Raises ApiError 401 `not_signed_in`, 403 `not_allowed`, `wrong_site`, `csrf_failed`.
    """
    access: Access = request.app.ctx.services.staff.access
    principal = await access.principal(request)
    permit(principal, *roles, reading=request.method in SAFE_METHODS)
    return principal


def permit(principal: Principal, *roles: str, reading: bool = False) -> None:
    """Raises ApiError 403 `not_allowed` unless the principal has one of the roles (see `require`)."""
    if not roles and principal.kind == "staff":
        return
    if principal.role in roles or (reading and principal.role == "supervisor" and "agent" in roles):
        return
    raise ApiError(403, "not_allowed", "Your role does not allow this.")


def not_signed_in() -> ApiError:
    """401: no credentials, or none that hold."""
    return ApiError(401, "not_signed_in", "Sign in first.", headers={"WWW-Authenticate": "Bearer"})


def _of_session(session: Session) -> Principal:
    member = session.member
    return Principal(
        kind="staff",
        id=member.staff_id,
        role=member.role,
        name=member.name,
        skills=member.skills,
        languages=member.languages,
        email=member.email,
        csrf=session.csrf,
        credential=session.session_hash,
    )


def _of_token(token: Token, token_hash: str) -> Principal:
    return Principal(
        kind="channel" if token.role == "channel" else "staff",
        id=token.token_id,
        role=token.role,
        name=token.name,
        skills=token.skills,
        languages=token.languages,
        credential=token_hash,
    )
