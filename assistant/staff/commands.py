"""What the command line does about staff, in the calling thread; the caller migrates first."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.staff import staff
from assistant.staff import tokens as staff_tokens
from assistant.staff.audit import COMMAND_LINE, record_for
from assistant.staff.links import create_link
from assistant.staff.passwords import hash_now

if TYPE_CHECKING:
    from assistant.journal.database import Database
    from assistant.journal.store import Transaction

DEMO_FILE = "demo-staff.json"
# Northlight's made-up staff: (address, role, name).
DEMO_STAFF = (
    ("agent@northlight.example", "agent", "Sam Okafor"),
    ("supervisor@northlight.example", "supervisor", "Ines Duarte"),
    ("analyst@northlight.example", "analyst", "Mira Lindqvist"),
    ("admin@northlight.example", "admin", "Tom Veldkamp"),
)
PAGES = {"agent": "/desk", "supervisor": "/desk", "analyst": "/insight", "admin": "/staff"}


@dataclass(frozen=True)
class DemoSignIn:
    """How a newcomer signs in as one of Northlight's staff, and the page where they work."""

    email: str
    password: str
    role: str
    name: str
    page: str


def create_token(
    database: Database, role: str, name: str, skills: Sequence[str] = (), languages: Sequence[str] = ()
) -> str:
    """A bearer token's secret, to be printed once. Raises ApiError 400 `bad_role`."""

    def work(tx: Transaction) -> str:
        secret, token = staff_tokens.create_token(
            tx, role=role, name=name, skills=skills, languages=languages
        )
        record_for(tx, COMMAND_LINE, "made a token", token.token_id, role=role)
        return secret

    return database.write_now(work)


def add_staff(database: Database, email: str, role: str, name: str | None = None) -> str:
    """The token of a one-time link for a new member (see `links.link_address`), good for 24 hours.

    For somebody who is there with that role but never set a password, a new link.
    Raises ApiError 400 `bad_email`, `bad_role`; 409 `email_taken`.
    """

    def work(tx: Transaction) -> str:
        member = staff.find_by_email(tx, staff.normal_email(email))
        if member is None or member.has_password or member.role != role:
            member = staff.create(tx, email=email, role=role, name=name)
            record_for(tx, COMMAND_LINE, "added staff", member.staff_id, role=role)
        link = create_link(tx, member.staff_id, "set_password")
        record_for(tx, COMMAND_LINE, "made a sign-in link", member.staff_id)
        return link.token

    return database.write_now(work)


def erase_customer(database: Database, customer_id: str) -> int:
    """Deletes the keys of a person, on record; how many there were (0: nothing is known of them)."""

    def work(tx: Transaction) -> int:
        gone = tx.erase(customer_id)
        if gone:
            record_for(tx, COMMAND_LINE, "erased a customer", customer_id)
        return gone

    return database.write_now(work)


def ensure_demo_staff(database: Database, data_dir: Path, base_url: str) -> list[DemoSignIn]:
    """Northlight's staff, added when they are not there, with passwords made up once.

    The passwords are kept in `demo-staff.json` in the data dir, readable by its owner alone. Never call this
    for a real company.
    """
    passwords, fresh = _kept_passwords(data_dir / DEMO_FILE)
    missing = list(passwords) if fresh else database.read_now(_without_password)
    hashes = {email: hash_now(passwords[email]) for email in missing}

    def work(tx: Transaction) -> None:
        for email, role, name in DEMO_STAFF:
            if email not in hashes:
                continue
            member = staff.find_by_email(tx, email) or staff.create(tx, email=email, role=role, name=name)
            staff.set_password_hash(tx, member.staff_id, hashes[email])
            record_for(tx, COMMAND_LINE, "added staff", member.staff_id, role=role, demo=True)

    if hashes:
        database.write_now(work)
    return [
        DemoSignIn(email, passwords[email], role, name, base_url.rstrip("/") + PAGES[role])
        for email, role, name in DEMO_STAFF
    ]


def _without_password(tx: Transaction) -> list[str]:
    found = {email: staff.find_by_email(tx, email) for email, _, _ in DEMO_STAFF}
    return [email for email, member in found.items() if member is None or not member.has_password]


def _kept_passwords(path: Path) -> tuple[dict[str, str], bool]:
    """(the passwords by address, whether they were made up just now)."""
    made = {email: _speakable() for email, _, _ in DEMO_STAFF}
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return {email: kept[email] for email in made}, False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(made, file, indent=1)
    return made, True


def _speakable() -> str:
    """Twelve characters in three groups that a person can type from a terminal: about 58 bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
