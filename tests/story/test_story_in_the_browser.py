"""The main job in a real browser, with three people in it: two customers, an agent, an analyst.

With WAYFINDER_SCREENSHOTS set, the pages of this run are kept as pictures in docs/images/.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.chromium import browser
from tests.server import ROOT, Assistant

__all__ = ["browser"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
IMAGES = ROOT / "docs" / "images"


@pytest.fixture
def people(browser: Browser) -> Iterator[list[BrowserContext]]:
    """A browser profile for each person."""
    made = [
        browser.new_context(
            viewport={"width": 1280, "height": 800},
            locale="en-GB",
            reduced_motion="reduce",
            color_scheme="light",
        )
        for _ in range(4)
    ]
    for context in made:
        context.set_default_timeout(20_000)
    yield made
    for context in made:
        context.close()


def pictures_wanted() -> bool:
    return bool(os.environ.get("WAYFINDER_SCREENSHOTS"))


def keep(page: Page, name: str) -> None:
    """A picture of the page for the documentation, when one is wanted."""
    if pictures_wanted():
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(IMAGES / f"{name}.png")), animations="disabled")


def sign_in_as_customer(context: BrowserContext, server: Assistant, customer_id: str) -> Page:
    page = context.new_page()
    page.goto(f"{server.base}/account")
    page.get_by_label("Sign in as").select_option(customer_id)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Hello,")).to_be_visible()
    return page


def sign_in_as_staff(context: BrowserContext, server: Assistant, role: str, path: str) -> Page:
    page = context.new_page()
    page.goto(f"{server.base}{path}")
    email = f"{role}@northlight.example"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(server.sign_ins()[email])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(re.escape(path)))
    return page


def open_chat(page: Page) -> None:
    page.locator(".launcher").click()
    expect(page.locator("textarea")).to_be_focused()


def write(page: Page, text: str) -> None:
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")
    expect(page.locator(".customer .bubble", has_text=text)).to_be_visible()


def press(page: Page, title: str) -> None:
    """A choice that can still be pressed; used ones stay, marked."""
    choice = page.locator(".bot button:not([aria-disabled=true])")
    choice.get_by_text(title, exact=True).or_(choice.filter(has_text=re.compile(f"^{title}$"))).first.click()


def heard(page: Page, who: str, words: str | re.Pattern[str]) -> Locator:
    found = page.locator(f".{who} .bubble", has_text=words).last
    expect(found).to_be_visible()
    return found


def test_that_three_people_get_it_done_and_everything_is_counted(
    assistant: Assistant, people: list[BrowserContext]
) -> None:
    payer = assistant.with_one_bill()
    troubled = assistant.with_a_box("weak")

    paying = sign_in_as_customer(people[0], assistant, payer["customer_id"])
    paying.goto(f"{assistant.base}/")
    expect(paying.locator(".launcher")).to_be_visible()
    keep(paying, "website")
    pays_a_bill(assistant, paying, payer["open_bills"][0])

    desk = sign_in_as_staff(people[2], assistant, "agent", "/desk")
    expect(desk.get_by_text("Nobody is waiting")).to_be_visible()
    asking = sign_in_as_customer(people[1], assistant, troubled["customer_id"])
    asks_for_a_person(asking)
    agent_takes_over(desk, asking, troubled["name"])

    insight = sign_in_as_staff(people[3], assistant, "analyst", "/insight")
    sees_honest_outcomes(insight)
    follows_to_the_evidence(insight)
    if pictures_wanted():
        others_come_too(assistant)
        insight.goto(f"{assistant.base}/insight")
        expect(insight.locator("tr[data-intent]")).to_have_count(5)
        insight.locator('tr[data-intent="understand_bill"] .toggle').click()
        keep(insight, "insight")


def pays_a_bill(server: Assistant, page: Page, bill: dict[str, str]) -> None:
    amount = re.compile(re.escape(bill["amount"]))
    open_chat(page)
    write(page, "I'd like to pay my bill")
    heard(page, "bot", re.compile("How would you like to pay"))
    page.locator(".bot button").first.click()
    heard(page, "bot", amount)
    press(page, "Yes")
    heard(page, "bot", re.compile("is paid"))
    [(receipt, *_)] = server.payments(bill["bill_id"])
    heard(page, "bot", receipt)
    keep(page, "widget")


def asks_for_a_person(page: Page) -> None:
    page.goto(page.url.replace("/account", "/help/recordings"))
    open_chat(page)
    write(page, "my tv box has stopped recording")
    heard(page, "bot", "Shall I?")
    press(page, "Yes")
    heard(page, "bot", "Does it work now?")
    press(page, "No")
    heard(page, "bot", re.compile("engineer"))
    page.get_by_role("button", name="Talk to a person").first.click()
    expect(page.locator(".panel")).to_contain_text("queue")


def agent_takes_over(desk: Page, customer: Page, name: str) -> None:
    desk.locator("#queue-list [data-handoff]", has_text=name).click()
    packet = desk.locator("aside.packet")
    for words in (
        "my tv box has stopped recording",  # what they want, in their words
        "Fix my TV box",
        "asked for a person",  # why
        name,
        "verified",
        "Restarted the box",  # what was tried
        "Tested the signal",
        "HX-",  # what is known
        "Recordings",  # where they were
    ):
        expect(packet).to_contain_text(words)
    desk.get_by_role("button", name="Accept this chat").click()
    expect(desk.locator("#reply")).to_be_focused()
    desk.locator("#reply").fill(
        f"Hello {name.split()[0]}, I see that the restart did not help and the signal is weak."
    )
    desk.keyboard.press("Enter")
    heard(customer, "agent", "I see that the restart did not help")
    expect(customer.locator(".panel")).to_contain_text("You are talking to Sam Okafor")
    write(customer, "yes, can you do something about it?")
    expect(desk.get_by_role("log")).to_contain_text("can you do something about it?")
    desk.locator("#reply").fill("I've raised the signal from here. Is the picture steady now?")
    desk.keyboard.press("Enter")
    heard(customer, "agent", "raised the signal")
    write(customer, "it records again, thank you!")
    expect(desk.get_by_role("log")).to_contain_text("it records again, thank you!")
    expect(desk.locator(".bubble", has_text="Sending")).to_have_count(0)
    keep(desk, "desk")
    closes(desk, customer)


def closes(desk: Page, customer: Page) -> None:
    desk.get_by_role("button", name="Close…").click()
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_label("They came for", exact=True)).to_have_value("fix_tv_box")
    dialog.get_by_label("Achieved", exact=False).first.check()
    dialog.get_by_role("button", name="Close the chat").click()
    expect(dialog).to_have_count(0)
    expect(desk.locator("[data-mine]")).to_have_count(0)
    expect(customer.locator(".panel")).to_contain_text("Sam Okafor has ended the chat")


def others_come_too(server: Assistant) -> None:
    """A few more customers, so that the picture shows what the page is for."""
    said = {
        "why is my bill so high": ["yes"] * 5 + ["no"] * 2,
        "where is my order": ["yes"] * 2,
        "I want to pay my bill": ["yes", "no"],
        "I want to move my engineer visit": ["stop"],
    }
    for words, ends in said.items():
        for end in ends:
            needs = {"order": "orders", "pay": "open_bills", "visit": "visits"}
            what = next((key for word, key in needs.items() if word in words), None)
            chat = server.visitor(server.customer(lambda c: not what or c[what])["customer_id"])  # noqa: B023
            chat.ask(words)
            for _ in range(3):
                if len(chat.choices()) > 2 or not chat.choices()[0]["title"].startswith("Yes"):
                    chat.choose(chat.choices()[0]["title"])
            chat.ask(end)


def sees_honest_outcomes(page: Page) -> None:
    expect(page.locator(".truth")).to_contain_text("2 of 2 closed · 2 customers")
    rows = page.locator("tr[data-intent]")
    expect(rows).to_have_count(2)
    expect(page.locator('tr[data-intent="pay_bill"]')).to_contain_text("100.0%")
    for intent, by in (
        ("pay_bill", "1 by themselves and 0 with a person"),
        ("fix_tv_box", "0 by themselves and 1 with a person"),
    ):
        page.locator(f'tr[data-intent="{intent}"] .toggle').click()
        expect(page.locator("tr.details", has_text=by)).to_be_visible()


def follows_to_the_evidence(page: Page) -> None:
    page.locator('tr[data-intent="fix_tv_box"] th a').click()
    expect(page).to_have_url(re.compile("intent=fix_tv_box"))
    row = page.locator("tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile("agent", re.I))
    row.locator("a").first.click()
    expect(page.get_by_role("heading", name="What was said")).to_be_visible()
    expect(page.locator(".transcript")).to_contain_text("it records again, thank you!")
    attempt = page.locator(".attempt", has_text="Fix my TV box")
    expect(attempt).to_contain_text(re.compile("with a person|assisted", re.I))
    expect(attempt.locator(".history li")).to_have_count(1)
    keep(page, "conversation")
    page.go_back()
    page.get_by_role("link", name="Insight").first.click()
    page.locator('tr[data-intent="pay_bill"] th a').click()
    row = page.locator("tbody tr")
    expect(row).to_contain_text(re.compile("system", re.I))
    expect(row).to_contain_text(re.compile("themselves|self", re.I))
