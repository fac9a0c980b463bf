"""Signing in, and setting a password through a link: the same answer, in the same time, for all who fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import structlog

from assistant.journal.events import Actor
from assistant.staff.access import Access
from assistant.staff.audit import UNKNOWN, record_for
from assistant.staff.links import create_link, link_address, staff_of_link, use_link
from assistant.staff.mailer import Mailer, make_mailer, written
from assistant.staff.passwords import Passwords, check_password
from assistant.staff.secret_values import hash_of
from assistant.staff.sessions import end_all_sessions, end_session, open_session
from assistant.staff.staff import StaffMember, credentials_of, find_by_email, get, set_password_hash
from assistant.web import ApiError, Limiter, RateLimiter, Rule

if TYPE_CHECKING:
    from assistant.journal.database import Database
    from assistant.journal.store import Transaction

log = structlog.get_logger(__name__)

SIGN_INS_PER_ADDRESS = Rule(60, 60)
SIGN_INS_PER_ACCOUNT = Rule(8, 600)  # counted until one succeeds; then the account is shut for ten minutes
RESETS_PER_ADDRESS = Rule(10, 600)
RESETS_PER_ACCOUNT = Rule(3, 3600)
PASSWORDS_PER_ADDRESS = Rule(20, 600)


class StaffSettings(Protocol):
    """What this part reads of the settings."""

    @property
    def allowed_origins(self) -> list[str]: ...
    @property
    def base_url(self) -> str: ...
    @property
    def data_dir(self) -> Path: ...
    @property
    def redis(self) -> str | None: ...
    @property
    def smtp_url(self) -> str | None: ...


@dataclass(frozen=True)
class StaffServices:
    """What the staff part works with; `app.ctx.services.staff`."""

    settings: StaffSettings
    database: Database
    clock: Callable[[], datetime]
    access: Access
    passwords: Passwords
    limiter: Limiter
    mailer: Mailer
    _beside: set[asyncio.Task[None]] = field(default_factory=set)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the answer, whose time must tell nothing about it."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    async def finish(self) -> None:
        """Wait for what was begun beside answers."""
        await asyncio.gather(*self._beside, return_exceptions=True)

    def close(self) -> None:
        """Let go of the hashing threads."""
        self.passwords.close()


def staff_services(
    settings: StaffSettings,
    database: Database,
    clock: Callable[[], datetime],
    *,
    limiter: Limiter | None = None,
    mailer: Mailer | None = None,
) -> StaffServices:
    """The staff part of the app, from its settings."""
    return StaffServices(
        settings=settings,
        database=database,
        clock=clock,
        access=Access(database, clock, settings),
        passwords=Passwords(),
        limiter=limiter or RateLimiter(settings.redis),
        mailer=mailer or make_mailer(settings.smtp_url, settings.data_dir, clock),
    )


async def sign_in(
    services: StaffServices, email: str, password: str, address: str, old_cookie: str | None = None
) -> str:
    """A new session's cookie value. A session that the browser still had is ended.

    Raises ApiError 401 `sign_in_failed`, or 429 when `address` or the account tried too often.
    """
    await services.limiter.check(f"sign-in from {address}", SIGN_INS_PER_ADDRESS)
    account = f"sign-in as {email.strip().lower()}"
    try:
        await services.limiter.check(account, SIGN_INS_PER_ACCOUNT)
    except ApiError:
        await services.database.write(lambda tx: _note_failure(tx, email, address, "too many tries"))
        raise
    found = await services.database.read(lambda tx: credentials_of(tx, email))
    member, stored = found if found else (None, None)
    right = await services.passwords.verify(stored, password)
    if member is None or not right or not member.active:
        await services.database.write(lambda tx: _note_failure(tx, email, address, "not accepted"))
        raise ApiError(401, "sign_in_failed", "The e-mail address or the password is not right.")
    await services.limiter.clear(account, SIGN_INS_PER_ACCOUNT)
    fresh = None
    if stored is not None and services.passwords.outdated(stored):
        fresh = await services.passwords.hash(password)
    staff_id = member.staff_id

    def work(tx: Transaction) -> str:
        if old_cookie:
            end_session(tx, hash_of(old_cookie))
        if fresh is not None:
            set_password_hash(tx, staff_id, fresh)
        cookie, _ = open_session(tx, staff_id)
        record_for(tx, staff_id, "signed in", staff_id, actor=Actor("agent", staff_id), address=address)
        return cookie

    return await services.database.write(work)


async def set_password(services: StaffServices, token: str, password: str, address: str) -> StaffMember:
    """Use a one-time link. Every session of that person ends.

    Raises ApiError 410 `link_over`, 400 `weak_password` (the link still works then), 429.
    """
    await services.limiter.check(f"password from {address}", PASSWORDS_PER_ADDRESS)
    member = await services.database.read(lambda tx: get(tx, staff_of_link(tx, token)))
    check_password(password, (member.name, member.email.partition("@")[0]))
    stored = await services.passwords.hash(password)

    def work(tx: Transaction) -> StaffMember:
        staff_id = use_link(tx, token)
        set_password_hash(tx, staff_id, stored)
        ended = end_all_sessions(tx, staff_id)
        record_for(
            tx,
            staff_id,
            "set a password",
            staff_id,
            actor=Actor("agent", staff_id),
            address=address,
            sessions_ended=ended,
        )
        return get(tx, staff_id)

    done = await services.database.write(work)
    await services.limiter.clear(f"sign-in as {done.email}", SIGN_INS_PER_ACCOUNT)
    return done


async def send_reset(services: StaffServices, email: str, address: str) -> None:
    """Mail a link to the person with that address, if there is one. Never says whether there is.

    Run it beside the answer, so that the time tells nothing either; what goes wrong is in the log.
    """
    if await services.limiter.hit(f"reset of {email.strip().lower()}", RESETS_PER_ACCOUNT) is not None:
        return

    def work(tx: Transaction) -> tuple[StaffMember, str] | None:
        member = find_by_email(tx, email)
        if member is None or not member.active:
            record_for(tx, UNKNOWN, "asked for a new password", None, address=address)
            return None
        link = create_link(tx, member.staff_id, "reset")
        record_for(tx, member.staff_id, "asked for a new password", member.staff_id, address=address)
        return member, link.token

    try:
        found = await services.database.write(work)
        if found is not None:
            member, token = found
            base = services.settings.base_url
            message = written(
                "reset",
                to=member.email,
                sender=f"no-reply@{urlsplit(base).hostname or 'localhost'}",
                at=services.clock(),
                name=member.name,
                link=link_address(base, token),
            )
            await services.mailer.send(message)
    except Exception:
        log.exception("staff.reset_failed")


def _note_failure(tx: Transaction, email: str, address: str, why: str) -> None:
    # What was typed as an address may have been a password: for unknown ones it is not kept.
    member = find_by_email(tx, email)
    staff_id = member.staff_id if member else UNKNOWN
    record_for(
        tx, staff_id, "failed to sign in", member.staff_id if member else None, address=address, why=why
    )
