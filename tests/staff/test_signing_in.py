"""Coming in with e-mail and password, staying in, and going out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from assistant.journal import tables
from assistant.staff import staff
from assistant.staff.access import COOKIE
from tests.staff.office import PASSWORD, Office, sign_in
from tests.web.loopback import raw


def acts(office: Office, staff_id: str) -> list[str]:
    found = office.database.read_now(lambda tx: tx.events(f"staff:{staff_id}"))
    return [one.event.to_wire()["what"] for one in found]


def count(office: Office, table: sa.Table) -> int:
    query = sa.select(sa.func.count()).select_from(table)
    return office.database.read_now(lambda tx: int(tx.connection.execute(query).scalar_one()))


async def test_that_the_right_password_opens_and_the_cookie_stays_out_of_scripts(office: Office) -> None:
    member = office.hire("agent")
    client = await office.browser()
    answer = await sign_in(client, " Agent@Northlight.Example ")
    assert answer.status_code == 200
    me = answer.json()
    assert me["staff_id"] == member.staff_id
    assert me["role"] == "agent"
    assert len(me["csrf"]) >= 22
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert answer.headers["Cache-Control"] == "no-store"
    assert (await client.get("/api/staff/me")).json() == me
    assert acts(office, member.staff_id) == ["signed in"]


async def test_that_the_cookie_is_secure_where_the_site_is(office: Office) -> None:
    office.hire("agent")
    office.settings.base_url = "https://help.northlight.example"
    assert (
        "Secure" in (await sign_in(await office.browser(), "agent@northlight.example")).headers["Set-Cookie"]
    )


async def test_that_neither_cookie_nor_password_is_stored(office: Office) -> None:
    client = await office.signed_in("agent")
    secret = client.cookies[COOKIE]
    rows = office.database.read_now(
        lambda tx: [
            str(tuple(row))
            for table in (tables.staff_sessions, tables.staff, tables.events)
            for row in tx.connection.execute(sa.select(table))
        ]
    )
    assert len(secret) >= 43
    assert secret not in "".join(rows)
    assert PASSWORD not in "".join(rows)


async def test_that_wrong_password_unknown_address_and_inactive_person_look_the_same(office: Office) -> None:
    member = office.hire("agent")
    gone = office.hire("analyst")
    office.hire("supervisor", password=False)
    office.database.write_now(lambda tx: staff.change(tx, gone.staff_id, {"active": False}))
    client = await office.browser()
    tries = [
        (member.email, "not the password"),
        ("nobody@northlight.example", PASSWORD),
        (gone.email, PASSWORD),
        ("supervisor@northlight.example", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("agent@northlight.example\r\nBcc: x@y.example", PASSWORD),
    ]
    answers = [await sign_in(client, email, password) for email, password in tries]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert not client.cookies
    assert acts(office, member.staff_id) == ["failed to sign in"]
    assert acts(office, "unknown").count("failed to sign in") == 3


async def test_that_an_unknown_address_costs_a_hash_too(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hire("agent")
    checked: list[Any] = []
    real = type(office.staff.passwords).verify

    async def verify(self: Any, stored: str | None, password: str) -> bool:
        checked.append((stored is None, await real(self, stored, password)))
        return bool(checked[-1][1])

    monkeypatch.setattr(type(office.staff.passwords), "verify", verify)
    client = await office.browser()
    await sign_in(client, "nobody@northlight.example")
    await sign_in(client, "agent@northlight.example", "wrong")
    assert checked == [(True, False), (False, False)]


async def test_that_guessing_shuts_the_account_for_a_while_and_not_for_others(office: Office) -> None:
    member = office.hire("agent")
    office.hire("analyst")
    client = await office.browser()
    for _ in range(8):
        assert (await sign_in(client, member.email, "a wrong password")).status_code == 401
    shut = await sign_in(client, member.email.upper())
    assert shut.status_code == 429
    assert shut.json()["code"] == "too_many_requests"
    assert 1 <= int(shut.headers["Retry-After"]) <= 600
    assert (await sign_in(client, "analyst@northlight.example")).status_code == 200
    assert acts(office, member.staff_id).count("failed to sign in") == 9
    for _ in range(8):
        await sign_in(client, "nobody@northlight.example")
    assert (await sign_in(client, "nobody@northlight.example")).status_code == 429


async def test_that_a_success_forgets_the_failures_before_it(office: Office) -> None:
    office.hire("agent")
    client = await office.browser()
    for _ in range(2):
        for _ in range(7):
            assert (await sign_in(client, "agent@northlight.example", "a wrong password")).status_code == 401
        assert (await sign_in(client, "agent@northlight.example")).status_code == 200


async def test_that_a_session_slides_with_use_and_ends_without(office: Office) -> None:
    client = await office.signed_in("agent")
    for _ in range(3):
        office.clock.forward(hours=11)
        assert (await client.get("/api/staff/me")).status_code == 200
    office.clock.forward(hours=12, minutes=1)
    assert (await client.get("/api/staff/me")).status_code == 401


async def test_that_no_session_outlives_a_week(office: Office) -> None:
    client = await office.signed_in("agent")
    for _ in range(27):
        office.clock.forward(hours=6)
        assert (await client.get("/api/staff/me")).status_code == 200
    office.clock.forward(hours=7)
    assert (await client.get("/api/staff/me")).status_code == 401


async def test_that_signing_out_ends_the_session_itself(office: Office) -> None:
    client = await office.signed_in("agent")
    stolen = client.cookies[COOKIE]
    assert (await client.post("/api/staff/sign-out", json={})).status_code == 204
    assert COOKIE not in client.cookies
    thief = await office.browser(Cookie=f"{COOKIE}={stolen}")
    assert (await thief.get("/api/staff/me")).status_code == 401


async def test_that_signing_in_again_ends_the_session_the_browser_had(office: Office) -> None:
    client = await office.signed_in("agent")
    old = client.cookies[COOKIE]
    await sign_in(client, "agent@northlight.example")
    assert client.cookies[COOKIE] != old
    thief = await office.browser(Cookie=f"{COOKIE}={old}")
    assert (await thief.get("/api/staff/me")).status_code == 401
    assert count(office, tables.staff_sessions) == 1


async def test_that_deactivating_somebody_shuts_their_open_session(office: Office) -> None:
    client = await office.signed_in("agent")
    staff_id = (await client.get("/api/staff/me")).json()["staff_id"]
    admin = await office.signed_in("admin")
    answer = await admin.patch(f"/api/staff/{staff_id}", json={"active": False})
    assert answer.json()["active"] is False
    assert (await client.get("/api/staff/me")).status_code == 401
    assert (await sign_in(client, "agent@northlight.example")).status_code == 401


async def test_that_another_website_cannot_sign_anybody_in(office: Office) -> None:
    office.hire("agent")
    for origin in ("https://evil.example", "https://shop.example", "null"):
        client = await office.browser(Origin=origin)
        answer = await sign_in(client, "agent@northlight.example")
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_site")
    own = await office.browser(Origin=office.address)
    assert (await sign_in(own, "agent@northlight.example")).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"email": "a@b.example"},
        {"email": 1, "password": []},
        {"email": "a@b.example", "password": {"$gt": ""}},
        {"email": "a@b.example", "password": "x" * 5000},
        {"email": "a" * 5000, "password": "x"},
        {"email": "a@b.example", "password": "x", "role": "admin"},
        {"email": "a@b.example\x00", "password": "x"},
    ],
)
async def test_that_a_senseless_sign_in_is_a_clear_400(office: Office, body: dict[str, Any]) -> None:
    answer = await (await office.browser()).post("/api/staff/sign-in", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalid", "bad_text")


@pytest.mark.parametrize(
    "cookie", ["", "x", "a" * 4000, "%00", "é", '"', "'; DROP TABLE staff; --", "a; wayfinder_staff=b"]
)
async def test_that_a_made_up_cookie_opens_nothing(office: Office, cookie: str) -> None:
    request = (
        f"GET /api/staff/me HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: {COOKIE}={cookie}\r\n\r\n"
    )
    answered = await raw(office.address, request.encode())
    assert answered.split(b" ")[1] == b"401"


async def test_that_the_pages_are_there_without_a_sign_in_and_hold_no_data(office: Office) -> None:
    client = await office.browser()
    for page in ("/sign-in", "/set-password", "/staff"):
        answer: httpx.Response = await client.get(page)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "northlight.example" not in answer.text
    assert (await client.get("/staff/static/sign-in.js")).status_code == 200
    assert (await client.get("/static/wayfinder.css")).headers["Content-Type"].startswith("text/css")
