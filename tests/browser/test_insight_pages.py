"""The insight pages in real Chromium: the truth first, filters in the address, down to the evidence."""

from __future__ import annotations

import re

import pytest
from chromium import axe_findings, browser, context
from fake_staff_site import StaffSite, fits, open_as, running, site
from playwright.sync_api import Browser, BrowserContext, Page, expect

__all__ = ["browser", "context", "running", "site"]
pytestmark = pytest.mark.browser


@pytest.fixture
def insight(context: BrowserContext, site: StaffSite) -> Page:
    page = open_as(context, site, "analyst", "/insight?from=2026-10-01&to=2026-10-31")
    expect(page.locator(".truth")).to_be_visible()
    return page


def test_that_the_first_line_is_the_rate_with_interval_and_counts(insight: Page) -> None:
    first = insight.locator(".truth")
    expect(first).to_contain_text(re.compile(r"68\.3%\s*\(66\.9 – 69\.6\)"))
    expect(first).to_contain_text("3,161 of 4,631 closed · 3,843 customers · 31 still open")
    expect(first).to_contain_text("other tools would say “contained”")
    expect(insight.get_by_text("Definitions version 1")).to_be_visible()


def test_that_a_period_is_compared_by_two_definitions(insight: Page) -> None:
    counted = insight.get_by_role("form", name="Counted by")
    expect(insight.get_by_role("heading", name="Success by two definitions")).to_be_hidden()
    counted.get_by_label("Compare with").select_option("2")
    compared = insight.get_by_role("region", name="Success by two definitions")
    expect(compared.get_by_role("columnheader", name="Version 2")).to_be_visible()
    expect(compared.get_by_role("row", name=re.compile("All intents"))).to_contain_text("3,161 of 4,631")
    expect(insight).to_have_url(re.compile("compare=2"))


def test_that_intents_come_most_customers_lost_first(insight: Page) -> None:
    rows = insight.locator("tr[data-intent]")
    expect(rows).to_have_count(6)
    names = [rows.nth(i).get_attribute("data-intent") for i in range(rows.count())]
    assert names == [
        "understand_bill",
        "fix_tv_box",
        "pay_bill",
        "move_visit",
        "track_order",
        "talk_to_person",
    ]


def test_that_every_bar_says_its_numbers_in_text(insight: Page) -> None:
    row = insight.locator('tr[data-intent="fix_tv_box"]')
    expect(row.get_by_role("img", name="38.0%, 95% interval 34.7 – 41.4")).to_be_visible()
    expect(
        row.get_by_role("img", name=re.compile("199 not achieved; 174 abandoned; 125 unknown"))
    ).to_be_visible()


def test_that_a_missing_rate_is_a_dash_with_its_reason(insight: Page) -> None:
    row = insight.locator('tr[data-intent="talk_to_person"]')
    expect(row).to_contain_text("no closed attempts yet")
    expect(row).to_contain_text("–")
    expect(row).not_to_contain_text("NaN")
    expect(row).not_to_contain_text("0.0%")


def test_that_each_figure_explains_what_it_counts(insight: Page) -> None:
    insight.get_by_role("button", name="What held counts").click()
    expect(insight.get_by_text("neither disproved nor come back")).to_be_visible()


def test_that_filters_live_in_the_address_and_back_undoes_them(insight: Page) -> None:
    insight.get_by_label("Channel").select_option("phone")
    expect(insight).to_have_url(re.compile("channel=phone"))
    insight.get_by_label("Language").select_option("nl")
    expect(insight).to_have_url(re.compile("language=nl"))
    insight.go_back()
    expect(insight.get_by_label("Language")).to_have_value("")
    insight.reload()
    expect(insight.get_by_label("Channel")).to_have_value("phone")
    expect(insight.get_by_label("From", exact=True)).to_have_value("2026-10-01")


def test_that_a_period_that_ends_before_it_begins_is_said_in_plain_words(insight: Page) -> None:
    insight.get_by_label("To", exact=True).fill("2026-09-01")
    expect(insight.get_by_role("alert")).to_contain_text("ends before it begins")


def test_that_a_number_leads_to_its_attempts_and_on_to_the_evidence(insight: Page) -> None:
    insight.get_by_role("button", name="Outcomes of Fix my TV box").click()
    insight.get_by_role("link", name="125 unknown").click()
    expect(insight).to_have_url(
        re.compile(r"/insight/attempts\?from=2026-10-01&to=2026-10-31&intent=fix_tv_box&outcome=unknown")
    )
    expect(insight.locator("tbody tr")).to_have_count(50)
    insight.get_by_role("button", name="Show more").click()
    expect(insight.locator("tbody tr")).to_have_count(70)
    expect(insight.get_by_text("70 shown, that is all")).to_be_visible()
    insight.locator("tbody tr a").first.click()
    expect(insight).to_have_url(re.compile(r"/insight/conversation/c_1#a_0"))
    expect(insight.get_by_role("heading", name="What was said")).to_be_visible()
    expect(insight.get_by_text("mijn kast neemt niks op")).to_be_visible()


def test_that_the_history_of_a_verdict_is_told(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "analyst", "/insight/conversation/c_1#a_1")
    attempt = page.locator("#a_1")
    expect(attempt).to_be_focused()
    expect(attempt).to_contain_text("Open")


def test_that_an_unknown_conversation_is_said_in_plain_words(
    context: BrowserContext, site: StaffSite
) -> None:
    page = open_as(context, site, "analyst", "/insight/conversation/c_999")
    expect(page.get_by_role("alert")).to_contain_text("There is no such conversation.")


def test_that_an_empty_period_says_so(context: BrowserContext, site: StaffSite) -> None:
    site.reset("empty")
    page = open_as(context, site, "analyst", "/insight")
    expect(page.get_by_text("No attempts in this period")).to_be_visible()
    expect(page.locator(".truth")).to_contain_text("no closed attempts yet")


def conversation_of(context: BrowserContext, site: StaffSite) -> Page:
    page = open_as(context, site, "analyst", "/insight/conversation/c_2#a_done")
    expect(page.locator("#a_done")).to_be_focused()
    return page


def test_that_an_outcome_is_disputed_with_a_reason_and_the_dispute_taken_back_by_keyboard_alone(
    context: BrowserContext, site: StaffSite
) -> None:
    page = conversation_of(context, site)
    attempt = page.locator("#a_done")
    page.keyboard.press("Tab")
    expect(attempt.get_by_role("button", name="Dispute this")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Dispute that it was achieved")
    expect(dialog.get_by_label("Reason")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(dialog.get_by_text("Choose a reason.")).to_be_visible()
    assert site.calls("/api/attempts/a_done/dispute") == []
    dialog.get_by_label("Reason").select_option("not_done")
    dialog.get_by_label("Note for colleagues").fill("The bank says no.")
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(attempt).to_contain_text("Not achieved")
    expect(attempt).to_contain_text("Disputed")
    expect(attempt).to_be_focused()
    assert site.calls("/api/attempts/a_done/dispute") == [{"reason": "not_done", "note": "The bank says no."}]
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Take the dispute back")
    expect(dialog).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(dialog).to_be_hidden()
    expect(attempt.get_by_role("button", name="Dispute this")).to_be_visible()
    expect(attempt.locator(".history > li")).to_have_count(3)


def test_that_a_browser_is_unlinked_once(context: BrowserContext, site: StaffSite) -> None:
    page = conversation_of(context, site)
    attempt = page.locator("#a_done")
    unlink = attempt.get_by_role("button", name="Not the customer’s own browser")
    unlink.click()
    dialog = page.get_by_role("dialog", name="Unlink this browser")
    dialog.get_by_label("Reason").select_option("shared_computer")
    dialog.get_by_role("button", name="Unlink").click()
    expect(dialog).to_be_hidden()
    expect(unlink).to_have_count(0)
    assert site.calls("/api/attempts/a_done/unlink") == [{"reason": "shared_computer"}]


def test_that_a_refused_correction_says_why_and_stays_open(context: BrowserContext, site: StaffSite) -> None:
    page = conversation_of(context, site)
    site.pull("set", deaf=True)
    page.locator("#a_done").get_by_role("button", name="Dispute this").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").select_option("other")
    dialog.get_by_role("button", name="Dispute", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Only what is achieved can be disputed")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#a_done")).to_contain_text("Achieved")


def test_that_what_has_nothing_to_correct_has_no_buttons(context: BrowserContext, site: StaffSite) -> None:
    page = conversation_of(context, site)
    expect(page.locator("#a_2")).to_be_visible()
    expect(page.locator("#a_2 button")).to_have_count(0)


def test_that_two_definitions_fit_a_phone(browser: Browser, site: StaffSite) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = open_as(context, site, "analyst", "/insight?from=2026-10-01&to=2026-10-31&compare=2")
    expect(page.get_by_role("heading", name="Success by two definitions")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert axe_findings(page) == []
    context.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("button", ["Dispute this", "Not the customer’s own browser"])
def test_that_axe_finds_nothing_in_the_corrections_and_they_fit_a_phone(
    browser: Browser, site: StaffSite, width: int, button: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 740}, has_touch=width < 800)
    page = open_as(context, site, "analyst", "/insight/conversation/c_2")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        assert axe_findings(page) == [], scheme
        assert fits(page)
    context.close()
