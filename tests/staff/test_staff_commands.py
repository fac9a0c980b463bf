"""What the command line does about staff."""

from __future__ import annotations

import json

import pytest

from assistant.staff.audit import audit_entries
from assistant.staff.commands import DEMO_FILE, add_staff, create_token, ensure_demo_staff
from assistant.staff.links import staff_of_link
from assistant.staff.staff import everybody, get
from assistant.web import ApiError
from tests.staff.office import Office, sign_in

BASE = "http://127.0.0.1:8080"


async def test_that_a_token_from_the_command_line_works_with_its_skills(office: Office) -> None:
    secret = create_token(office.database, "agent", "Night desk", ["billing"], ["nl"])
    me = (await (await office.browser(Authorization=f"Bearer {secret}")).get("/api/staff/me")).json()
    assert (me["name"], me["role"], me["skills"], me["languages"]) == (
        "Night desk",
        "agent",
        ["billing"],
        ["nl"],
    )
    with pytest.raises(ApiError):
        create_token(office.database, "root", "x")
    found, _ = office.database.read_now(lambda tx: audit_entries(tx))
    assert [(one.name, one.what) for one in found] == [("Command line", "made a token")]


def test_that_a_person_is_added_once_and_gets_a_new_link_until_a_password_is_set(office: Office) -> None:
    first = add_staff(office.database, "Noor.Haddad@northlight.example", "agent")
    second = add_staff(office.database, "noor.haddad@northlight.example", "agent")
    with pytest.raises(ApiError):
        office.database.read_now(lambda tx: staff_of_link(tx, first))
    member = office.database.read_now(lambda tx: get(tx, staff_of_link(tx, second)))
    assert (member.name, member.role) == ("Noor Haddad", "agent")
    with pytest.raises(ApiError, match="email_taken"):
        add_staff(office.database, "noor.haddad@northlight.example", "admin")
    office.hire("analyst")
    with pytest.raises(ApiError, match="email_taken"):
        add_staff(office.database, "analyst@northlight.example", "analyst")


async def test_that_the_demo_staff_sign_in_with_passwords_that_stay_the_same(office: Office) -> None:
    made = ensure_demo_staff(office.database, office.settings.data_dir, BASE)
    assert [(one.email.partition("@")[0], one.role) for one in made] == [
        ("agent", "agent"),
        ("supervisor", "supervisor"),
        ("analyst", "analyst"),
        ("admin", "admin"),
    ]
    assert made[0].page == f"{BASE}/desk"
    assert len({one.password for one in made}) == 4
    file = office.settings.data_dir / DEMO_FILE
    assert file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text())[made[0].email] == made[0].password
    assert ensure_demo_staff(office.database, office.settings.data_dir, BASE) == made
    assert len(office.database.read_now(everybody)) == 4
    for one in made:
        assert (await sign_in(await office.browser(), one.email, one.password)).json()["role"] == one.role


async def test_that_a_lost_password_file_makes_new_passwords_that_work(office: Office) -> None:
    before = ensure_demo_staff(office.database, office.settings.data_dir, BASE)
    (office.settings.data_dir / DEMO_FILE).unlink()
    after = ensure_demo_staff(office.database, office.settings.data_dir, BASE)
    assert after[0].password != before[0].password
    client = await office.browser()
    assert (await sign_in(client, after[0].email, before[0].password)).status_code == 401
    assert (await sign_in(client, after[0].email, after[0].password)).status_code == 200
