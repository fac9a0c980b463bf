"""Sign-in and staff administration in real Chromium."""

from __future__ import annotations

import re

import pytest
from chromium import browser, context
from fake_staff_site import StaffSite, open_as, running, site
from playwright.sync_api import BrowserContext, Page, expect

__all__ = ["browser", "context", "running", "site"]
pytestmark = pytest.mark.browser


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_that_who_is_not_signed_in_signs_in_and_comes_back(context: BrowserContext, site: StaffSite) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/insight?from=2026-10-01&to=2026-10-31")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    fill_in(page, "analyst@northlight.example", "wrong")
    expect(page.get_by_role("alert")).to_contain_text("not right")
    fill_in(page, "analyst@northlight.example", "a long enough password")
    expect(page).to_have_url(f"{site.url}/insight?from=2026-10-01&to=2026-10-31")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"]
)
def test_that_sign_in_never_leads_to_another_site(
    context: BrowserContext, site: StaffSite, elsewhere: str
) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/sign-in?next={elsewhere}")
    fill_in(page, "agent@northlight.example", "a long enough password")
    expect(page).to_have_url(f"{site.url}/desk")


def test_that_a_forgotten_password_gives_nothing_away(context: BrowserContext, site: StaffSite) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/sign-in")
    page.get_by_role("button", name="I forgot my password").click()
    page.get_by_label("E-mail address").fill("nobody@northlight.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status").first).to_contain_text(
        "If nobody@northlight.example belongs to a sign-in"
    )


def test_that_a_password_is_set_once_and_the_token_leaves_the_address(
    context: BrowserContext, site: StaffSite
) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/set-password?token=good")
    page.get_by_label("New password").fill("short")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Use at least 12 characters")).to_be_visible()
    assert site.calls("/api/staff/password") == []
    page.get_by_label("New password").fill("four quiet words here")
    page.get_by_label("The same again").fill("four quiet words here")
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    assert site.calls("/api/staff/password") == [{"token": "good", "password": "four quiet words here"}]
    expect(page).to_have_url(f"{site.url}/set-password")


def test_that_a_person_is_added_and_their_link_shown_once(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "admin", "/staff")
    page.get_by_role("button", name="Add a person").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog).to_contain_text("Fill in a name.")
    dialog.get_by_label("Name").fill("Noor Dekker")
    dialog.get_by_label("E-mail address").fill("noor@northlight.example")
    dialog.get_by_label("Billing").check()
    dialog.get_by_label("Dutch").check()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_label("one-time link", exact=True)).to_have_value(re.compile("token=once"))
    [added] = site.calls("/api/staff")
    assert added == {
        "name": "Noor Dekker",
        "email": "noor@northlight.example",
        "role": "agent",
        "skills": ["billing"],
        "languages": ["nl"],
    }
    page.get_by_role("button", name="Done").click()
    expect(page.locator("tbody")).to_contain_text("Noor Dekker")
    expect(page.get_by_text("token=once")).to_have_count(0)


def test_that_a_person_is_switched_off(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "admin", "/staff")
    page.get_by_role("button", name="Edit Mia Jansen").click()
    page.get_by_label("May sign in").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("tr", has_text="Mia Jansen")).to_contain_text("off")
    [changed] = site.calls("/api/staff/s_mia")
    assert changed["active"] is False


def test_that_a_refused_change_is_said_in_the_servers_words(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "admin", "/staff")
    page.get_by_role("button", name="Add a person").click()
    page.get_by_label("Name").fill("Mia")
    page.get_by_label("E-mail address").fill("agent@northlight.example")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("There is a sign-in with this e-mail address already.")


def test_that_a_token_is_shown_once_and_revoked_after_a_question(
    context: BrowserContext, site: StaffSite
) -> None:
    page = open_as(context, site, "admin", "/staff#tokens")
    page.get_by_role("button", name="Make a token").click()
    page.get_by_label("What it is for").fill("Shop tills")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_label("token", exact=True)).to_have_value("wf_0123456789abcdef")
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("wf_0123456789abcdef")).to_have_count(0)
    page.get_by_role("button", name="Revoke Phone system").click()
    expect(page.get_by_role("dialog")).to_contain_text("stops working at once")
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.locator("tr", has_text="Phone system")).to_contain_text("revoked")


def test_that_the_record_is_paged_and_filtered(context: BrowserContext, site: StaffSite) -> None:
    page = open_as(context, site, "admin", "/staff#record")
    expect(page.locator("tbody tr")).to_have_count(30)
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("tbody tr")).to_have_count(60)
    page.get_by_label("Person", exact=True).select_option("s_ben")
    expect(page.get_by_text("Nothing on record")).to_be_visible()


def test_that_a_supervisor_sees_the_record_and_not_the_people(
    context: BrowserContext, site: StaffSite
) -> None:
    page = open_as(context, site, "supervisor", "/staff")
    expect(page.get_by_role("heading", name="Record")).to_be_visible()
    expect(page.get_by_role("link", name="People")).to_have_count(0)
