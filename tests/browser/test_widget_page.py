"""How the widget and Northlight's website look and read: size, languages, phones, accessibility."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import AXE, axe_findings, browser, context
from fake_assistant import WIDGET, FakeAssistant
from playwright.sync_api import Browser, BrowserContext, Page, expect

from company import website

__all__ = ["browser", "context"]

BUDGET = 15 * 1024  # bytes, compressed
LANGUAGES = sorted((WIDGET / "words").glob("*.js"))
ERROR_CODES = [
    "empty_message",
    "message_too_long",
    "too_many_requests",
    "session_unknown",
    "identity_token_refused",
    "origin_not_allowed",
    "journal_unavailable",
]
PAGES = [website.address(name, "en") for name in website.names()]


@pytest.fixture
def fake() -> Iterator[FakeAssistant]:
    with FakeAssistant() as running:
        yield running


def talk(page: Page, fake: FakeAssistant) -> None:
    """A conversation with a bit of everything in it."""
    fake.replies = [
        {
            "text": "Why or pay?",
            "choices": [{"id": "k1", "title": "See why"}, {"id": "k2", "title": "Pay now"}],
        },
        {
            "text": "Two films, see https://northlight.example/help.",
            "choices": [{"id": "k3", "title": "Pay now"}],
        },
    ]
    page.locator("textarea").fill("why is my bill so high?")
    page.locator("textarea").press("Enter")
    page.get_by_role("button", name="See why").click()
    expect(page.locator(".bubble", has_text="Two films")).to_be_visible()
    fake.say("Somebody is on the way.", sender="system")
    fake.push({"type": "owner", "owner": "queue", "position": 3, "eta_seconds": 240})
    expect(page.locator(".bar")).to_contain_text("3rd")


@pytest.mark.parametrize("words", LANGUAGES, ids=lambda path: path.stem)
def test_that_the_widget_stays_within_its_budget(words: Path) -> None:
    scripts = sorted(WIDGET.glob("*.js"))
    assert scripts
    loaded = [*scripts, words]  # a visitor loads one language
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) <= BUDGET


def test_that_every_language_of_the_widget_has_the_same_words() -> None:
    keys = {
        path.stem: set(re.findall(r"[{,\s](\w+): ['{]", path.read_text(encoding="utf-8")))
        - {"one", "two", "few", "other"}
        for path in LANGUAGES
    }
    assert set(keys) == {"en", "nl", "it"}
    assert len(keys["en"]) > 40
    assert keys["nl"] == keys["en"]
    assert keys["it"] == keys["en"]


@pytest.mark.parametrize("code", ERROR_CODES)
def test_that_the_widget_has_words_for_what_the_server_refuses(code: str) -> None:
    for path in LANGUAGES:
        errors = path.read_text(encoding="utf-8").partition("errors: {")[2].partition("},")[0]
        assert re.search(rf"\b{code}: '\S", errors), path.stem


def test_that_the_vendored_axe_is_the_one_on_record() -> None:
    version = AXE.with_name("VERSION").read_text(encoding="utf-8")
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() in version


@pytest.mark.parametrize("language", website.languages())
def test_that_no_page_of_the_website_has_inline_script_style_or_handlers(language: str) -> None:
    for name in website.names():
        source = website.page(name, language)
        assert not re.search(r"<script(?![^>]*\bsrc=)", source), name
        assert not re.search(r"<style|\sstyle=|\son\w+=", source), name
        assert not re.search(r"(?:src|href)=\"https?:", source), name


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 780)], ids=["desk", "phone"])
def test_that_axe_finds_nothing_in_the_open_chat(
    browser: Browser, fake: FakeAssistant, scheme: str, size: tuple[int, int]
) -> None:
    phone = size[0] < 480
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=phone,
        is_mobile=phone,
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    page.locator(".launcher").wait_for()
    assert axe_findings(page) == []
    page.locator(".launcher").click()
    talk(page, fake)
    assert axe_findings(page) == []
    fake.push({"type": "owner", "owner": "agent", "name": "Sanne"})
    fake.say("Good afternoon.", sender="agent", name="Sanne")
    expect(page.locator(".agent")).to_be_visible()
    fake.down = True
    fake.cut()
    page.locator("textarea").fill("x" * 2001)
    expect(page.locator(".count.over")).to_be_visible()
    page.locator("textarea").fill("are you there?")
    page.locator("textarea").press("Enter")
    expect(page.locator(".waiting .state")).to_contain_text("not sent")
    assert axe_findings(page) == []
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_that_axe_finds_nothing_on_any_page_of_the_website(
    browser: Browser, fake: FakeAssistant, scheme: str
) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    findings = []
    for path in PAGES:
        page.goto(fake.url + path)
        page.locator(".launcher").wait_for()
        findings += [f"{path} {finding}" for finding in axe_findings(page)]
    context.close()
    assert findings == []


@pytest.mark.browser
def test_that_the_chat_fills_a_phone_and_its_targets_fit_a_finger(
    browser: Browser, fake: FakeAssistant
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    page.locator(".launcher").tap()
    box = page.locator(".panel").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 780}
    expect(page.locator("textarea")).not_to_be_focused()  # the keyboard would cover the greeting
    talk(page, fake)
    for button in page.locator(".panel button:visible").all():
        size = button.bounding_box()
        assert size is not None
        assert size["height"] >= 44, button.text_content()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.browser
def test_that_long_words_wrap(context: BrowserContext, fake: FakeAssistant) -> None:
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    page.locator(".launcher").click()
    page.locator("textarea").fill("Hottentottententententoonstelling" * 20)
    page.locator("textarea").press("Enter")
    expect(page.locator(".customer .bubble")).to_have_count(1)  # echo and acknowledgement are one
    expect(page.locator(".waiting")).to_have_count(0)
    assert page.locator(".log").evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("language", "words"), [("nl-NL", "Chat met ons"), ("it", "Chatta con noi"), ("fi", "Chat with us")]
)
def test_that_the_widget_speaks_the_language_of_the_page(
    context: BrowserContext, fake: FakeAssistant, language: str, words: str
) -> None:
    fake.language = language
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    expect(page.locator(".launcher")).to_contain_text(words)


@pytest.mark.browser
@pytest.mark.parametrize("accent", ["#ffe600", "#003366", "rgb(128 128 128)", "nonsense"])
def test_that_any_accent_of_the_company_stays_readable(
    context: BrowserContext, fake: FakeAssistant, accent: str
) -> None:
    fake.attributes = f'data-accent="{accent}"'
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    page.locator(".launcher").click()
    talk(page, fake)
    assert axe_findings(page) == []


@pytest.mark.browser
def test_that_the_styles_of_the_page_do_not_leak_in(context: BrowserContext, fake: FakeAssistant) -> None:
    page = context.new_page()
    page.goto(f"{fake.url}/plain")
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync('* { color: red !important; font-size: 40px } button, p { display: none }');
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    page.locator(".launcher").click()
    page.locator("textarea").fill("hi")
    page.locator("textarea").press("Enter")
    bubble = page.locator(".bot .bubble").first
    expect(bubble).to_be_visible()
    assert bubble.evaluate("node => getComputedStyle(node).fontSize") == "16px"
    assert bubble.evaluate("node => getComputedStyle(node).color") != "rgb(255, 0, 0)"


@pytest.mark.browser
def test_that_the_website_tells_the_assistant_who_is_signed_in(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    page = context.new_page()
    page.goto(f"{fake.url}/account")
    page.locator("#sign-in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Anna de Vries")
    expect(page.get_by_role("region", name="Bills")).to_contain_text("€64.20")
    expect(page.locator("#account")).to_contain_text("Tuesday, 24 November, 08:00 to 12:00")
    page.locator(".launcher").click()
    page.locator("textarea").fill("hi")
    page.locator("textarea").press("Enter")
    expect(page.locator(".customer:not(.waiting)")).to_have_count(1)
    assert fake.session_calls[-1]["identity_token"] == "signed.cus_1"
    page.goto(f"{fake.url}/help")
    expect(page.locator(".customer")).to_have_count(1)
    page.goto(f"{fake.url}/account")
    page.locator("#sign-out").click()
    expect(page.locator("#sign-in")).to_be_visible()
    expect(page.locator(".customer")).to_have_count(0)
