"""The first password, a forgotten one, and which passwords are refused."""

from __future__ import annotations

import asyncio
import re
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from assistant.staff import staff
from assistant.staff.links import create_link
from assistant.staff.mailer import OutboxMailer, SmtpMailer, make_mailer, written
from assistant.staff.passwords import weakness
from tests.staff.office import PASSWORD, START, Clock, Office, sign_in

NEW = "a heron stands in shallow water"


def link(office: Office, staff_id: str, purpose: str = "set_password") -> str:
    return office.database.write_now(lambda tx: create_link(tx, staff_id, purpose)).token


async def set_password(client: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    return await client.post("/api/staff/password", json={"token": token, "password": password})


async def test_that_a_link_sets_the_password_once_and_signs_out_everywhere(office: Office) -> None:
    client = await office.signed_in("agent")
    staff_id = (await client.get("/api/staff/me")).json()["staff_id"]
    token = link(office, staff_id)
    stranger = await office.browser()
    answer = await set_password(stranger, token)
    assert answer.json() == {"email": "agent@northlight.example"}
    assert (await client.get("/api/staff/me")).status_code == 401
    assert (await sign_in(stranger, "agent@northlight.example", PASSWORD)).status_code == 401
    assert (await sign_in(stranger, "agent@northlight.example", NEW)).status_code == 200
    again = await set_password(stranger, token, "another heron entirely")
    assert (again.status_code, again.json()["code"]) == (410, "link_over")


@pytest.mark.parametrize(("purpose", "hours"), [("set_password", 24), ("reset", 1)])
async def test_that_links_grow_too_old(office: Office, purpose: str, hours: int) -> None:
    member = office.hire("agent")
    client = await office.browser()
    token = link(office, member.staff_id, purpose)
    office.clock.forward(hours=hours)
    assert (await set_password(client, token)).status_code == 410
    token = link(office, member.staff_id, purpose)
    office.clock.forward(hours=hours, seconds=-1)
    assert (await set_password(client, token)).status_code == 200


async def test_that_a_newer_link_replaces_the_older(office: Office) -> None:
    member = office.hire("agent")
    older, newer = link(office, member.staff_id), link(office, member.staff_id)
    client = await office.browser()
    assert (await set_password(client, older)).status_code == 410
    assert (await set_password(client, newer)).status_code == 200


async def test_that_of_two_who_use_a_link_at_once_one_succeeds(either_office: Office) -> None:
    member = either_office.hire("agent")
    token = link(either_office, member.staff_id)
    client = await either_office.browser()
    answers = await asyncio.gather(*(set_password(client, token, f"{NEW} {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 410, 410, 410]


async def test_that_a_weak_password_is_refused_and_the_link_still_works(office: Office) -> None:
    member = office.hire("agent", "sam.okafor@northlight.example", password=False)
    token = link(office, member.staff_id)
    client = await office.browser()
    for weak in ("", "short", "Password1234!", "samokafor-2026", "aaaaaaaaaaaaaa"):
        answer = await set_password(client, token, weak)
        assert (answer.status_code, answer.json()["code"]) == (400, "weak_password"), weak
    assert (await set_password(client, token)).status_code == 200


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "P@ssw0rd2026",
        "passwordpassword",
        "Welcome-2026!",
        "123456789012",
        "210987654321",
        "abcabcabcabc",
        "qwertyuiopas",
        "qwertyuiop[]",
        "northlight-1",
        "abababababab",
        "            ",
        "!!!!!!!!!!!!!!",
        "x" * 300,
    ],
)
def test_that_the_most_obvious_passwords_are_refused(password: str) -> None:
    assert weakness(password) is not None


@pytest.mark.parametrize(
    "password",
    [
        NEW,
        "correct-heron-canal-9",
        "k3v9-p2mq-x7tz",
        "Zwölf Boxkämpfer jagen",
        "12 monkeys on a hill",
        "密码" * 3 + "river otter",
    ],
)
def test_that_good_passwords_are_taken(password: str) -> None:
    assert weakness(password, ("Sam Okafor", "sam.okafor")) is None


async def test_that_the_same_password_from_another_keyboard_is_the_same(office: Office) -> None:
    member = office.hire("agent")
    client = await office.browser()
    await set_password(client, link(office, member.staff_id), "caf\u00e9 by the canal ②")
    assert (await sign_in(client, member.email, "cafe\u0301 by the canal 2")).status_code == 200


async def test_that_a_forgotten_password_is_answered_alike_and_mailed_to_its_owner_only(
    office: Office,
) -> None:
    office.hire("agent")
    gone = office.hire("analyst")
    office.database.write_now(lambda tx: staff.change(tx, gone.staff_id, {"active": False}))
    client = await office.browser()
    answers = [
        await client.post("/api/staff/reset", json={"email": email})
        for email in ("nobody@northlight.example", gone.email, "not an address", "Agent@northlight.example")
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(202, "{}")}
    await office.staff.finish()
    (message,) = office.post.sent
    assert message["To"] == "agent@northlight.example"
    found = re.search(r"http://127\.0\.0\.1:8080/set-password\?token=([\w-]+)", message.get_content())
    assert found is not None
    assert (await set_password(client, found[1])).status_code == 200
    assert (await sign_in(client, "agent@northlight.example", NEW)).status_code == 200


async def test_that_one_person_is_not_flooded_with_mail(office: Office) -> None:
    office.hire("agent")
    client = await office.browser()
    for _ in range(6):
        answer = await client.post("/api/staff/reset", json={"email": "agent@northlight.example"})
        assert answer.status_code == 202
    await office.staff.finish()
    assert len(office.post.sent) == 3
    for _ in range(4):
        await client.post("/api/staff/reset", json={"email": "x@northlight.example"})
    assert (await client.post("/api/staff/reset", json={"email": "y@northlight.example"})).status_code == 429


async def test_that_mail_that_cannot_be_sent_changes_no_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("agent")

    async def broken(message: EmailMessage) -> None:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(office.post, "send", broken)
    client = await office.browser()
    answer = await client.post("/api/staff/reset", json={"email": "agent@northlight.example"})
    await office.staff.finish()
    assert (answer.status_code, answer.text) == (202, "{}")


@pytest.mark.parametrize("token", ["", "x", "a" * 201, "\x00", "' OR 1=1 --", "../..", "é"])
async def test_that_a_made_up_link_sets_nothing(office: Office, token: str) -> None:
    office.hire("agent")
    answer = await set_password(await office.browser(), token)
    assert answer.status_code in (400, 410)
    assert (await sign_in(await office.browser(), "agent@northlight.example")).status_code == 200


async def test_that_guessing_links_is_limited(office: Office) -> None:
    client = await office.browser()
    answers = [(await set_password(client, f"guess-{n}")).status_code for n in range(22)]
    assert answers[:20] == [410] * 20
    assert answers[-1] == 429


async def test_that_without_a_mail_server_mail_goes_to_the_outbox_for_its_owner_alone(tmp_path: Path) -> None:
    mailer = make_mailer(None, tmp_path, Clock())
    assert isinstance(mailer, OutboxMailer)
    message = written(
        "reset", to="a@b.example", sender="c@d.example", at=START, name="Sam", link="https://x/y"
    )
    await mailer.send(message)
    (file,) = (tmp_path / "outbox").glob("*.eml")
    assert file.stat().st_mode & 0o077 == 0
    kept = message_from_bytes(file.read_bytes())
    assert kept["To"] == "a@b.example"
    assert kept["Subject"]
    assert "https://x/y" in str(kept.get_payload(decode=True))


def test_that_a_line_break_in_an_address_makes_no_header() -> None:
    with pytest.raises(ValueError):
        written("reset", to="a@b.example\r\nBcc: x@y.example", sender="c@d", at=START, name="Sam", link="l")


def test_that_a_mail_server_is_named_by_its_address() -> None:
    assert isinstance(make_mailer("smtps://u:p%40ss@mail.example", Path("/nowhere"), Clock()), SmtpMailer)
    with pytest.raises(ValueError, match="ASSISTANT_SMTP_URL"):
        make_mailer("http://mail.example", Path("/nowhere"), Clock())
