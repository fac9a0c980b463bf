"""Northlight's website in a browser: three languages, pages about one thing, and what the chat is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import axe_findings, browser, context
from fake_assistant import FakeAssistant
from playwright.sync_api import Browser, BrowserContext, Page, expect

__all__ = ["browser", "context"]

pytestmark = pytest.mark.browser
THINGS = ["/bills?bill=b1", "/visits?visit=v1", "/orders?order=o1", "/equipment?equipment=e1"]


@pytest.fixture
def fake() -> Iterator[FakeAssistant]:
    with FakeAssistant() as running:
        yield running


def signed_in(page: Page, fake: FakeAssistant, account: str = "/account") -> None:
    """On the account page of the customer of the demo."""
    page.goto(fake.url + account)
    page.locator("#sign-in").click()
    expect(page.locator("#sign-out")).to_be_visible()


def test_that_the_switch_shows_the_same_bill_in_the_other_language(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    page = context.new_page()
    signed_in(page, fake)
    page.get_by_role("link", name="3 Nov 2026").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bill of 3 November 2026")
    page.get_by_role("link", name="Nederlands").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rekening van 3 november 2026")
    assert page.url == f"{fake.url}/nl/bills?bill=b1"
    expect(page.locator("#account")).to_contain_text("Te betalen")
    page.get_by_role("link", name="Italiano").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bolletta del 3 novembre 2026")


@pytest.mark.parametrize("prefix", ["", "/nl", "/it"])
@pytest.mark.parametrize("thing", THINGS)
def test_that_the_chat_is_told_which_thing_the_page_is_about(
    context: BrowserContext, fake: FakeAssistant, prefix: str, thing: str
) -> None:
    page = context.new_page()
    signed_in(page, fake, f"{prefix}/account")
    page.goto(fake.url + prefix + thing)
    expect(page.locator("#account .button").first).to_be_visible()
    page.locator("#account button").click()
    page.locator("textarea").fill("hello")
    page.locator("textarea").press("Enter")
    expect(page.locator(".customer .bubble")).to_have_count(1)
    expect(page.locator(".waiting")).to_have_count(0)
    assert fake.session_calls[-1]["page"]["url"] == fake.url + prefix + thing
    assert fake.session_calls[-1]["language"] == (prefix.strip("/") or "en")


def test_that_a_thing_of_somebody_else_is_not_shown(context: BrowserContext, fake: FakeAssistant) -> None:
    page = context.new_page()
    signed_in(page, fake)
    page.goto(f"{fake.url}/bills?bill=b9")
    expect(page.locator("#account")).to_contain_text("nothing here under this number")


def test_that_a_page_about_a_bill_asks_who_is_there_first(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    page = context.new_page()
    page.goto(f"{fake.url}/it/bills?bill=b1")
    page.get_by_role("button", name="Accedi").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bolletta del 3 novembre 2026")
    expect(page.locator("#account")).to_contain_text("Rented films")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_that_axe_finds_nothing_on_a_customers_pages_and_nothing_sticks_out(
    browser: Browser, fake: FakeAssistant, scheme: str, width: int
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    signed_in(page, fake)
    findings = []
    for prefix, thing in [
        ("", "/account"),
        *(("/nl", each) for each in THINGS),
        ("/it", "/account"),
        ("/it", "/bills"),
    ]:
        page.goto(fake.url + prefix + thing)
        expect(page.locator("#account a, #account button").first).to_be_visible()
        page.locator(".launcher").wait_for()
        findings += [f"{prefix}{thing} {finding}" for finding in axe_findings(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            findings.append(f"{prefix}{thing} is wider than the window")
    context.close()
    assert findings == []
