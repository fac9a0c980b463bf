"""What all staff pages promise: nothing for axe, no sideways scrolling, strangers' text stays text."""

from __future__ import annotations

from typing import Literal

import pytest
from chromium import axe_findings, browser, context
from fake_staff_data import NASTY
from fake_staff_site import StaffSite, fits, open_as, running, site
from playwright.sync_api import Browser, BrowserContext, Page, expect

__all__ = ["browser", "context", "running", "site"]
pytestmark = pytest.mark.browser

PAGES = {
    "/sign-in": "none",
    "/set-password?token=good": "none",
    "/desk": "agent",
    "/insight": "analyst",
    "/insight/attempts": "analyst",
    "/insight/conversation/c_3": "analyst",
    "/staff": "admin",
    "/staff#tokens": "admin",
    "/staff#record": "admin",
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def settle(page: Page) -> None:
    """Waits until nothing is loading any more."""
    expect(page.locator(".skeleton")).to_have_count(0)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("path", PAGES)
def test_that_axe_finds_nothing_in_light_and_dark(
    context: BrowserContext, site: StaffSite, path: str
) -> None:
    page = open_as(context, site, PAGES[path], path)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        settle(page)
        if path == "/desk":
            page.locator('[data-handoff="h_1"]').click()
            expect(page.locator(".packet-body")).to_be_visible()
        assert axe_findings(page) == [], scheme


@pytest.mark.parametrize("width", [1280, 390])
def test_that_axe_finds_nothing_on_a_desk_without_an_open_chat(
    browser: Browser, site: StaffSite, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = open_as(context, site, "agent", "/desk")
    settle(page)
    assert axe_findings(page) == []
    context.close()


@pytest.mark.parametrize("key", ["?", "c", "b", "t"])
def test_that_axe_finds_nothing_in_the_desks_dialogs(
    context: BrowserContext, site: StaffSite, key: str
) -> None:
    page = open_as(context, site, "agent", "/desk")
    page.locator('[data-handoff="h_1"]').click()
    page.get_by_role("button", name="Accept this chat").click()
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press(key)
    expect(page.get_by_role("dialog")).to_be_visible()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert axe_findings(page) == [], scheme


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("path", PAGES)
def test_that_no_page_scrolls_sideways(browser: Browser, site: StaffSite, path: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=width < 800)
    page = open_as(context, site, PAGES[path], path)
    settle(page)
    assert fits(page)
    if path == "/desk":
        page.locator('[data-handoff="h_3"]').click()
        expect(page.locator(".packet-body")).to_contain_text("onerror")
        assert fits(page)
    context.close()


@pytest.mark.parametrize(
    ("role", "path"),
    [("agent", "/desk"), ("analyst", "/insight/conversation/c_3"), ("admin", "/staff#record")],
)
def test_that_markup_from_strangers_stays_text(
    context: BrowserContext, site: StaffSite, role: str, path: str
) -> None:
    page = open_as(context, site, role, path)
    if path == "/desk":
        page.locator('[data-handoff="h_3"]').click()
        expect(page.locator(".facts")).to_contain_text(NASTY)
    settle(page)
    expect(page.locator("body")).to_contain_text(NASTY)
    assert page.locator("#main img, .packet img, .queue img, body script:not([src])").count() == 0
    assert page.evaluate("window.pwned") is None


def test_that_one_can_go_through_the_desk_by_tab_with_focus_in_sight(
    context: BrowserContext, site: StaffSite
) -> None:
    page = open_as(context, site, "agent", "/desk")
    settle(page)
    seen = set()
    for _ in range(9):
        page.keyboard.press("Tab")
        style = "getComputedStyle(document.activeElement)"
        assert page.evaluate(f"{style}.outlineStyle !== 'none' && parseFloat({style}.outlineWidth) >= 2")
        seen.add(page.evaluate("document.activeElement.textContent.trim().slice(0, 30)"))
    assert {"Skip to the content", "Desk"} <= seen


def test_that_a_refusal_is_said_and_not_hidden(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "agent", "/staff")
    expect(page.get_by_text("This page is for administrators.")).to_be_visible()
