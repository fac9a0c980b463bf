"""The demo's own routes: for this machine alone, over the real Northlight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import jwt
import pytest

from assistant.demo import blueprint, demo_customers, from_this_machine, identity_token
from assistant.settings import Settings
from assistant.web import install_web
from tests.northlight import NorthlightUnderTest
from tests.web.loopback import browser, new_app, served

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECRET = "a secret of the website, long enough for HS256"


@pytest.fixture
def settings(northlight: NorthlightUnderTest, tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        audience="chat",
        identity_secret=SECRET,
        company_url=northlight.base_url,
        company_control_url=northlight.base_url,
        company_token=northlight.token,
        company_control_token=northlight.control_token,
    )


@pytest.fixture
async def visitor(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    app = new_app()
    install_web(app, settings)
    app.blueprint(blueprint(SimpleNamespace(settings=settings, clock=lambda: NOW)))
    async with served(app) as address, browser(address) as client:
        yield client


async def test_that_there_is_no_demo_where_a_proxy_stands_in_front(settings: Settings) -> None:
    app = new_app()
    behind = settings.model_copy(update={"proxies": 1})
    install_web(app, behind)
    app.blueprint(blueprint(SimpleNamespace(settings=behind, clock=lambda: NOW)))
    async with served(app) as address, browser(address) as client:
        assert (await client.get("/demo/customers")).status_code == 404


async def test_that_signing_in_gives_a_token_that_the_channel_can_check(visitor: httpx.AsyncClient) -> None:
    listed = (await visitor.get("/demo/customers")).json()["customers"][0]
    answer = (await visitor.post("/demo/sign-in", json={"customer_id": listed["customer_id"]})).json()
    assert answer["customer"]["account"] == listed["account"]
    claims = jwt.decode(
        answer["identity_token"],
        SECRET,
        ["HS256"],
        audience="chat",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["sub"], claims["account"]) == (listed["customer_id"], listed["account"])
    assert 0 < claims["exp"] - NOW.timestamp() <= 3600


def test_that_a_token_has_an_audience_only_where_one_is_configured() -> None:
    customer = {"customer_id": "cus_1", "name": "A", "email": "a@example.com", "account": "1"}
    assert "aud" not in jwt.decode(
        identity_token(customer, SECRET, NOW),
        SECRET,
        ["HS256"],
        options={"verify_exp": False, "verify_iat": False},
    )


async def test_that_nobody_else_can_be_signed_in(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.post("/demo/sign-in", json={"customer_id": "../control/outbox"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await visitor.post("/demo/sign-in", json={})).status_code == 400


async def test_that_the_account_page_gets_all_it_shows(visitor: httpx.AsyncClient) -> None:
    found = (await visitor.get("/demo/account", params={"customer_id": "cus_000009"})).json()
    assert set(found) == {"customer", "bills", "visits", "orders", "equipment"}
    assert all(found.values())


async def test_that_the_outbox_shows_codes_that_were_sent(
    visitor: httpx.AsyncClient, northlight: NorthlightUnderTest
) -> None:
    account = (await visitor.get("/demo/customers")).json()["customers"][0]["account"]
    assert (await visitor.get("/demo/outbox")).json() == {"codes": []}
    northlight.call("POST", "/identity/codes", {"account": account})
    codes = (await visitor.get("/demo/outbox")).json()["codes"]
    assert [code["account"] for code in codes] == [account]


async def test_that_faults_are_switched_on_and_off(
    visitor: httpx.AsyncClient, northlight: NorthlightUnderTest
) -> None:
    assert (await visitor.post("/demo/faults", json={"mode": "fail"})).status_code == 201
    assert northlight.call("GET", "/customers/cus_000001").status_code == 500
    assert (await visitor.get("/demo/account", params={"customer_id": "cus_000001"})).status_code == 503
    assert len((await visitor.get("/demo/faults")).json()["faults"]) == 1
    assert (await visitor.delete("/demo/faults")).json() == {"removed": 1}
    assert northlight.call("GET", "/customers/cus_000001").status_code == 200
    assert (await visitor.post("/demo/faults", json={"mode": "explode"})).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [{"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Host": "shop.example.com"}],
)
async def test_that_what_a_proxy_or_another_site_passes_on_finds_nothing(
    visitor: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    for path in ("/demo/customers", "/demo/outbox", "/demo/faults"):
        assert (await visitor.get(path, headers=headers)).status_code == 404


@pytest.mark.parametrize(
    ("address", "host", "here"),
    [
        ("127.0.0.1", "localhost:8080", True),
        ("::1", "[::1]:8080", True),
        ("::ffff:127.0.0.1", "127.0.0.1", True),
        ("192.168.1.4", "localhost", False),
        ("::ffff:192.168.1.4", "localhost", False),
        ("127.0.0.1", "rebound.example.com", False),
        ("", "localhost", False),
    ],
)
def test_that_only_this_machine_is_here(address: str, host: str, here: bool) -> None:
    assert from_this_machine(address, host, {}) is here


def test_that_demo_customers_say_what_is_open(settings: Settings) -> None:
    listed = demo_customers(settings)
    assert len(listed) == 20
    assert all({"account", "customer_id", "name", "email", "open"} <= set(each) for each in listed)
    assert any(each["open"]["bills"] for each in listed)
    assert any(each["open"]["visit"] for each in listed)
    assert any(each["open"]["order"] for each in listed)


def test_that_demo_customers_are_listed_without_a_running_company(
    settings: Settings, northlight: NorthlightUnderTest
) -> None:
    alone = settings.model_copy(update={"company_control_url": None})
    assert [each["account"] for each in demo_customers(alone)] == [
        each["account"] for each in demo_customers(settings)
    ]
