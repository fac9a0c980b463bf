"""Who gets through which door: roles, tokens, and calls that another website tries to make."""

from __future__ import annotations

import httpx
import pytest

from assistant.staff.access import Access, Principal, permit
from assistant.staff.commands import create_token
from assistant.staff.tokens import PREFIX
from assistant.web import ApiError
from tests.staff.office import Office

# role -> status of GET and POST at: a door for agents, for anybody of staff, for channels, for admins.
MATRIX = {
    "agent": ((200, 200), (200, 200), (403, 403), 403),
    "supervisor": ((200, 403), (200, 200), (403, 403), 403),
    "analyst": ((403, 403), (200, 200), (403, 403), 403),
    "admin": ((403, 403), (200, 200), (403, 403), 200),
    "channel": ((403, 403), (403, 403), (200, 200), 403),
}


@pytest.mark.parametrize("role", MATRIX)
async def test_that_each_role_opens_its_own_doors_only(office: Office, role: str) -> None:
    clients = [await office.with_token(role)]
    if role != "channel":
        clients.append(await office.signed_in(role))
    agents, staff, channels, admins = MATRIX[role]
    for client in clients:
        for path, expected in (("agents", agents), ("staff", staff), ("channels", channels)):
            got = (await client.get(f"/try/{path}"), await client.post(f"/try/{path}"))
            assert tuple(answer.status_code for answer in got) == expected, path
        for path in ("/api/staff", "/api/staff/tokens"):
            assert (await client.get(path)).status_code == admins, path
        refused = await client.post("/api/staff", json={"email": "new@northlight.example", "role": "admin"})
        assert (refused.status_code == 403) is (role != "admin")


async def test_that_only_admins_and_supervisors_read_the_record(office: Office) -> None:
    for role, status in {
        "admin": 200,
        "supervisor": 200,
        "agent": 403,
        "analyst": 403,
        "channel": 403,
    }.items():
        assert (await (await office.with_token(role)).get("/api/staff/audit")).status_code == status, role


async def test_that_without_credentials_every_door_is_shut(office: Office) -> None:
    client = await office.browser()
    for method, path in (
        ("GET", "/api/staff/me"),
        ("GET", "/api/staff"),
        ("POST", "/api/staff"),
        ("PATCH", "/api/staff/s_1"),
        ("POST", "/api/staff/s_1/link"),
        ("GET", "/api/staff/tokens"),
        ("POST", "/api/staff/tokens"),
        ("DELETE", "/api/staff/tokens/t_1"),
        ("GET", "/api/staff/audit"),
        ("GET", "/api/catalogue"),
        ("POST", "/api/staff/sign-out"),
    ):
        answer = await client.request(method, path, json={} if method in ("POST", "PATCH") else None)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer wf_wrong", "Basic d2Y6d2Y=", "wf_x", "Bearer a b", "Bearer " + "x" * 9000],
)
async def test_that_a_wrong_token_opens_nothing_even_beside_a_cookie(office: Office, header: str) -> None:
    client = await office.signed_in("agent")
    answer = await client.get("/try/agents", headers={"Authorization": header})
    assert answer.status_code == 401


async def test_that_a_cookie_call_that_changes_something_needs_its_own_token(office: Office) -> None:
    client = await office.signed_in("agent")
    right = client.headers.pop("X-CSRF-Token")
    assert (await client.get("/try/agents")).status_code == 200
    for wrong in (None, b"", right[:-1].encode(), "é".encode()):
        given = {} if wrong is None else {b"X-CSRF-Token": wrong}
        answer = await client.post("/try/agents", headers=given)
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    other = await office.signed_in("agent", "other@northlight.example")
    crossed = await client.post("/try/agents", headers={"X-CSRF-Token": other.headers["X-CSRF-Token"]})
    assert crossed.status_code == 403
    assert (await client.post("/try/agents", headers={"X-CSRF-Token": right})).status_code == 200


async def test_that_a_cookie_call_from_another_site_is_refused_even_with_the_token(office: Office) -> None:
    client = await office.signed_in("agent")
    for origin in ("https://evil.example", "https://shop.example"):
        answer = await client.post("/try/agents", headers={"Origin": origin})
        assert (answer.status_code, answer.json()["code"]) == (403, "wrong_site")
    assert (await client.post("/try/agents", headers={"Origin": office.address})).status_code == 200


async def test_that_a_socket_opened_with_a_cookie_comes_from_our_own_site(office: Office) -> None:
    client = await office.signed_in("agent")
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    crossed = await client.get("/try/agents", headers={**upgrade, "Origin": "https://evil.example"})
    assert (crossed.status_code, crossed.json()["code"]) == (403, "wrong_site")
    own = await client.get("/try/agents", headers={**upgrade, "Origin": office.address})
    assert own.status_code == 200


async def test_that_a_token_needs_no_csrf_and_says_who_it_is(office: Office) -> None:
    client = await office.with_token("agent")
    answer = await client.post("/try/agents")
    assert answer.status_code == 200
    assert answer.json()["actor"] == f"agent:{answer.json()['id']}"
    me = (await client.get("/api/staff/me")).json()
    assert me == {
        "staff_id": answer.json()["id"],
        "name": "agent program",
        "email": None,
        "role": "agent",
        "skills": [],
        "languages": [],
        "csrf": None,
    }


async def test_that_a_revoked_token_stops_at_once_here_and_within_five_seconds_elsewhere(
    office: Office,
) -> None:
    admin = await office.signed_in("admin")
    made = await admin.post("/api/staff/tokens", json={"role": "agent", "name": "Night desk"})
    secret, token_id = made.json()["token"], made.json()["token_id"]
    assert secret.startswith(PREFIX)
    assert len(secret) >= 40
    client = await office.browser(Authorization=f"Bearer {secret}")
    elsewhere = Access(office.database, office.clock, office.settings)
    principal = await elsewhere.of_token(secret)
    assert (await client.get("/try/agents")).status_code == 200
    assert await elsewhere.still_valid(principal)
    assert (await admin.delete(f"/api/staff/tokens/{token_id}")).status_code == 204
    assert (await client.get("/try/agents")).status_code == 401
    assert not await elsewhere.still_valid(principal)
    office.clock.forward(seconds=5)
    with pytest.raises(ApiError) as shut:
        await elsewhere.of_token(secret)
    assert shut.value.status == 401
    listed = (await admin.get("/api/staff/tokens")).json()["tokens"]
    (row,) = [one for one in listed if one["token_id"] == token_id]
    assert row["revoked_at"] is not None
    assert secret not in str(listed)


async def test_that_a_tokens_last_use_is_listed(office: Office) -> None:
    secret = create_token(office.database, "analyst", "Report")
    client = await office.browser(Authorization=f"Bearer {secret}")
    admin = await office.with_token("admin")

    async def last_used() -> str | None:
        listed = (await admin.get("/api/staff/tokens")).json()["tokens"]
        (row,) = [one for one in listed if one["name"] == "Report"]
        return str(row["last_used_at"]) if row["last_used_at"] else None

    assert await last_used() is None
    await client.get("/try/staff")
    assert await last_used() == "2026-11-22T09:00:00Z"
    office.clock.forward(hours=2)
    await client.get("/try/staff")
    assert await last_used() == "2026-11-22T11:00:00Z"


async def test_that_a_changed_role_counts_from_the_next_call(office: Office) -> None:
    client = await office.signed_in("agent")
    staff_id = (await client.get("/api/staff/me")).json()["staff_id"]
    principal = await office.staff.access.of_cookie(client.cookies["wayfinder_staff"])
    admin = await office.signed_in("admin")
    await admin.patch(f"/api/staff/{staff_id}", json={"role": "analyst"})
    assert (await client.get("/try/agents")).status_code == 403
    assert not await office.staff.access.still_valid(principal)


def test_that_no_role_stands_in_for_another_when_something_changes() -> None:
    supervisor = Principal(kind="staff", id="s_1", role="supervisor", name="Ines")
    permit(supervisor, "agent", reading=True)
    with pytest.raises(ApiError):
        permit(supervisor, "agent")
    with pytest.raises(ApiError):
        permit(Principal(kind="staff", id="s_2", role="admin", name="Tom"), "agent", reading=True)


async def test_that_secrets_do_not_show_when_a_principal_is_printed(office: Office) -> None:
    client: httpx.AsyncClient = await office.signed_in("agent")
    principal = await office.staff.access.of_cookie(client.cookies["wayfinder_staff"])
    assert principal.csrf is not None
    assert principal.csrf not in repr(principal)
    assert principal.credential not in repr(principal)
