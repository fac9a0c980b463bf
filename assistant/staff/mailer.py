"""Mail to members of staff: through an SMTP server, or into the data dir's outbox when none is set."""

from __future__ import annotations

import asyncio
import os
import secrets
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from string import Template
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

log = structlog.get_logger(__name__)

TEMPLATES = Path(__file__).parent / "mail"
SMTP_SECONDS = 20


class Mailer(Protocol):
    """Sends one message of plain text, or raises OSError / smtplib.SMTPException."""

    async def send(self, message: EmailMessage) -> None: ...


class OutboxMailer:
    """Writes each message to a file that only its owner can read: for a first try, without a mail server."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._folder = folder
        self._clock = clock

    async def send(self, message: EmailMessage) -> None:
        path = await asyncio.to_thread(self._write, message)
        log.info("staff.mail_written", file=str(path), hint="set ASSISTANT_SMTP_URL to send mail")

    def _write(self, message: EmailMessage) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{self._clock():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.eml"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message.as_bytes())
        return path


class SmtpMailer:
    """Sends through `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`.

    `?starttls=no` leaves the line open, for a relay on the same host. ValueError for another scheme.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("ASSISTANT_SMTP_URL must look like smtp://user:password@host:587")
        self._host = parts.hostname
        self._implicit_tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._implicit_tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else ""
        self._starttls = parse_qs(parts.query).get("starttls", ["yes"])[0] != "no"

    async def send(self, message: EmailMessage) -> None:
        await asyncio.to_thread(self._send, message)

    def _send(self, message: EmailMessage) -> None:
        context = ssl.create_default_context()
        if self._implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=SMTP_SECONDS, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=SMTP_SECONDS)
        with server:
            if not self._implicit_tls and self._starttls:
                server.starttls(context=context)
            if self._user is not None:
                server.login(self._user, self._password)
            server.send_message(message)


def written(template: str, *, to: str, sender: str, at: datetime, **values: str) -> EmailMessage:
    """A message from `mail/<template>.txt`: its first line is the subject, `$names` are filled in.

    ValueError when a header would hold a line break.
    """
    head, _, text = (TEMPLATES / f"{template}.txt").read_text(encoding="utf-8").partition("\n\n")
    message = EmailMessage()
    message["Subject"] = head.removeprefix("Subject:").strip()
    message["From"] = sender
    message["To"] = to
    message["Date"] = format_datetime(at)
    message.set_content(Template(text).substitute(values))
    return message


def make_mailer(smtp_url: str | None, data_dir: Path, clock: Callable[[], datetime]) -> Mailer:
    """The mailer that the settings ask for."""
    return SmtpMailer(smtp_url) if smtp_url else OutboxMailer(data_dir / "outbox", clock)
