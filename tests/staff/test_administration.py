"""What admins do with people and tokens, and the record of what everybody did."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from assistant.staff.audit import record
from tests.staff.office import Office, sign_in


async def added(client: httpx.AsyncClient, **given: Any) -> httpx.Response:
    return await client.post(
        "/api/staff", json={"email": "noor@northlight.example", "role": "agent", **given}
    )


async def entries(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/api/staff/audit", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_that_an_added_person_comes_in_through_the_link(either_office: Office) -> None:
    office = either_office
    admin = await office.signed_in("admin")
    answer = await added(admin, name="Noor Haddad", skills=["billing"], languages=["en", "nl"])
    assert answer.status_code == 201
    made = answer.json()
    assert made["has_password"] is False
    assert made["link"].startswith("http://127.0.0.1:8080/set-password?token=")
    assert made["link_expires_at"] == "2026-11-23T09:00:00Z"
    token = made["link"].partition("token=")[2]
    newcomer = await office.browser()
    password = "a heron stands in shallow water"
    await newcomer.post("/api/staff/password", json={"token": token, "password": password})
    me = (await sign_in(newcomer, "noor@northlight.example", password)).json()
    assert me["name"] == "Noor Haddad"
    assert me["skills"] == ["billing"]
    assert me["languages"] == ["en", "nl"]
    listed = (await admin.get("/api/staff")).json()["staff"]
    assert [(one["email"], one["has_password"]) for one in listed] == [
        ("admin@northlight.example", True),
        ("noor@northlight.example", True),
    ]
    assert "password_hash" not in str(listed)


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"email": "NOOR@northlight.example"}, 409, "email_taken"),
        ({"email": "no address"}, 400, "bad_email"),
        ({"email": "a@b\nBcc: c@d"}, 400, "bad_email"),
        ({"role": "channel"}, 400, "invalid"),
        ({"role": "root"}, 400, "invalid"),
        ({"skills": ["magic"]}, 400, "unknown_skill"),
        ({"skills": "billing"}, 400, "invalid"),
        ({"skills": ["a"] * 51}, 400, "invalid"),
        ({"languages": ["English"]}, 400, "invalid"),
        ({"name": "x" * 121}, 400, "invalid"),
        ({"name": "a\nb"}, 400, "invalid"),
        ({"password_hash": "x"}, 400, "invalid"),
        ({"staff_id": "s_1"}, 400, "invalid"),
    ],
)
async def test_that_a_senseless_person_is_refused(
    office: Office, given: dict[str, Any], status: int, code: str
) -> None:
    office.hire("analyst", "noor@northlight.example")
    admin = await office.with_token("admin")
    answer = await added(admin, **{"email": "other@northlight.example", **given})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert len((await admin.get("/api/staff")).json()["staff"]) == 1


async def test_that_without_a_name_one_is_made_from_the_address(office: Office) -> None:
    admin = await office.with_token("admin")
    for name in (None, "", "  "):
        answer = await added(admin, email=f"noor.haddad@{len(str(name))}.example", name=name)
        assert answer.json()["name"] == "Noor Haddad"


async def test_that_the_same_address_is_added_once_however_many_try(either_office: Office) -> None:
    admin = await either_office.with_token("admin")
    answers = await asyncio.gather(*(added(admin) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]


async def test_that_what_is_not_given_stays(office: Office) -> None:
    admin = await office.with_token("admin")
    staff_id = (await added(admin, name="Noor Haddad", skills=["billing"])).json()["staff_id"]
    changed = (await admin.patch(f"/api/staff/{staff_id}", json={"skills": [], "email": None})).json()
    assert changed["skills"] == []
    assert changed["name"] == "Noor Haddad"
    assert changed["email"] == "noor@northlight.example"
    (
        await admin.patch(f"/api/staff/{staff_id}", json={"email": "Noor.H@northlight.example"})
    ).raise_for_status()
    office.hire("agent")
    taken = await admin.patch(f"/api/staff/{staff_id}", json={"email": "agent@northlight.example"})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    nobody = await admin.patch("/api/staff/s_nobody", json={"active": False})
    assert (nobody.status_code, nobody.json()["code"]) == (404, "no_such_staff")


async def test_that_somebody_can_always_administer_staff(either_office: Office) -> None:
    office = either_office
    admin = await office.signed_in("admin")
    me = (await admin.get("/api/staff/me")).json()["staff_id"]
    for change in ({"active": False}, {"role": "agent"}):
        answer = await admin.patch(f"/api/staff/{me}", json=change)
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    office.hire("admin", "second@northlight.example")
    assert (await admin.patch(f"/api/staff/{me}", json={"role": "agent"})).status_code == 200


async def test_that_a_new_link_is_made_for_active_people_only(office: Office) -> None:
    admin = await office.with_token("admin")
    staff_id = (await added(admin)).json()["staff_id"]
    answer = await admin.post(f"/api/staff/{staff_id}/link")
    assert "/set-password?token=" in answer.json()["link"]
    await admin.patch(f"/api/staff/{staff_id}", json={"active": False})
    refused = await admin.post(f"/api/staff/{staff_id}/link")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_active")


async def test_that_every_deed_is_on_record_and_no_secret_is(either_office: Office) -> None:
    office = either_office
    admin = await office.signed_in("admin")
    await sign_in(await office.browser(), "admin@northlight.example", "a wrong password")
    made = (await added(admin)).json()
    await admin.patch(f"/api/staff/{made['staff_id']}", json={"role": "supervisor"})
    await admin.patch(f"/api/staff/{made['staff_id']}", json={"role": "supervisor"})
    link = (await admin.post(f"/api/staff/{made['staff_id']}/link")).json()
    token = (await admin.post("/api/staff/tokens", json={"role": "channel", "name": "Phone"})).json()
    await admin.delete(f"/api/staff/tokens/{token['token_id']}")
    await admin.get("/api/staff")
    await admin.get("/api/staff/tokens")
    found = await entries(admin)
    assert [one["what"] for one in found] == [
        "read the list of tokens",
        "read the list of staff",
        "revoked a token",
        "made a token",
        "made a sign-in link",
        "changed staff",
        "added staff",
        "failed to sign in",
        "signed in",
    ]
    assert {one["name"] for one in found} == {"Admin"}
    changed = found[5]
    assert changed["target"] == made["staff_id"]
    assert changed["details"] == {"changed": ["role"], "to": {"role": "supervisor"}}
    for secret in (token["token"], link["link"].partition("=")[2], made["link"].partition("=")[2]):
        assert secret not in str(found)
    assert (await entries(admin))[0]["what"] == "read the record"


async def test_that_the_record_is_paged_and_filtered(either_office: Office) -> None:
    office = either_office
    admin = await office.with_token("admin")
    reader = await office.staff.access.of_token(
        (await admin.post("/api/staff/tokens", json={"role": "agent", "name": "Reader"})).json()["token"]
    )
    targets = [f"h_{n}" for n in range(7)] + ['h_"quoted"', "h_é", "h_%"]

    def read_packets(tx: Any) -> None:
        for target in targets:
            record(tx, reader, "read a packet", target, target_of="target")

    office.database.write_now(read_packets)
    seen: list[str] = []
    query: dict[str, Any] = {"staff_id": reader.id, "limit": 3}
    for _ in range(10):
        page = (await admin.get("/api/staff/audit", params=query)).json()
        seen += [one["target"] for one in page["entries"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == list(reversed(targets))
    for target in ("h_3", 'h_"quoted"', "h_é", "h_%"):
        assert [one["target"] for one in await entries(admin, target=target)] == [target]
    assert await entries(admin, target="h_") == []
    assert await entries(admin, staff_id="s_nobody") == []


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "after=-1",
        "after=1e9",
        "after=9999999999999999999",
        "limit=0",
        "limit=501",
        "limit=a",
        "who=me",
    ],
)
async def test_that_a_senseless_question_to_the_record_is_a_400(office: Office, query: str) -> None:
    admin = await office.with_token("admin")
    assert (await admin.get(f"/api/staff/audit?{query}")).status_code == 400


async def test_that_the_catalogue_names_what_can_be_chosen(office: Office) -> None:
    agent = await office.with_token("agent")
    answer = (await agent.get("/api/catalogue")).json()
    assert answer["intents"] == [
        {"name": "move_visit", "title": "Move my engineer visit"},
        {"name": "pay_bill", "title": "Pay my bill"},
    ]
    assert {"name": "billing", "title": "Bills and payments"} in answer["skills"]
    assert "en" in answer["languages"]
    assert "customer_asked" in answer["reasons"]
