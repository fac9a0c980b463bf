"""What the widget promises a visitor, in real Chromium against a scripted server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import browser, context
from fake_assistant import FakeAssistant, path_of
from playwright.sync_api import BrowserContext, Page, Route, expect

pytestmark = pytest.mark.browser
__all__ = ["browser", "context"]

UNSENT = ".waiting .state:has-text('not sent')"


@pytest.fixture
def fake() -> Iterator[FakeAssistant]:
    with FakeAssistant() as running:
        yield running


@pytest.fixture
def page(fake: FakeAssistant, context: BrowserContext) -> Page:
    made = context.new_page()
    made.goto(f"{fake.url}/plain")
    made.locator(".launcher").wait_for()
    return made


def open_chat(page: Page) -> None:
    page.locator(".launcher").click()
    expect(page.locator("textarea")).to_be_focused()


def write(page: Page, text: str) -> None:
    page.locator("textarea").fill(text)
    page.locator("textarea").press("Enter")


def sent(page: Page, text: str) -> None:
    """Waits until that message of the customer is acknowledged."""
    expect(page.locator(".customer .bubble", has_text=text)).to_have_count(1)
    expect(page.locator(".waiting")).to_have_count(0)


def test_that_the_chat_opens_by_keyboard_and_escape_gives_the_focus_back(page: Page) -> None:
    page.locator("#field").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".launcher")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    expect(page.locator(".launcher")).to_be_focused()


def test_that_nothing_is_asked_of_the_server_before_the_chat_is_opened(
    page: Page, fake: FakeAssistant
) -> None:
    assert fake.session_calls == []
    open_chat(page)
    page.wait_for_function("() => Object.values(localStorage).some((each) => each.includes('token'))")
    assert [path_of(call["page"]["url"]) for call in fake.session_calls] == ["/plain"]
    assert fake.session_calls[0]["page"]["title"] == "A page"
    assert fake.session_calls[0]["language"] == "en"


def test_that_a_browser_says_that_it_is_the_same_one_again(page: Page, fake: FakeAssistant) -> None:
    for _ in range(2):
        open_chat(page)
        page.wait_for_function("() => Object.values(localStorage).some((each) => each.includes('token'))")
        page.evaluate(
            "() => Object.keys(localStorage).filter((each) => !each.endsWith(':browser'))"
            ".forEach((each) => localStorage.removeItem(each))"
        )
        page.reload()
    first, second = (call["browser_id"] for call in fake.session_calls[:2])
    assert first == second
    assert len(first) == 36


def test_that_a_message_is_acknowledged_and_answered(page: Page, fake: FakeAssistant) -> None:
    fake.replies = [{"text": "Your bill is € 64.20."}]
    open_chat(page)
    write(page, "what is my bill?")
    expect(page.locator(".bot .bubble", has_text="€ 64.20")).to_be_visible()
    sent(page, "what is my bill?")
    assert fake.texts() == ["what is my bill?"]


def test_that_enter_sends_and_shift_enter_breaks_the_line(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    field = page.locator("textarea")
    field.press_sequentially("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.press("Enter")
    sent(page, "two")
    assert fake.texts() == ["one\ntwo"]


def test_that_a_choice_goes_out_by_its_id_and_stays_marked(page: Page, fake: FakeAssistant) -> None:
    fake.replies = [
        {
            "text": "Why or pay?",
            "choices": [{"id": "k1", "title": "See why"}, {"id": "k2", "title": "Pay now"}],
        },
        {"text": "Paid."},
    ]
    open_chat(page)
    write(page, "my bill")
    page.get_by_role("button", name="Pay now").click()
    expect(page.locator(".bot .bubble", has_text="Paid.")).to_be_visible()
    choice = next(frame for frame in fake.frames if frame["type"] == "choice")
    assert (choice["payload"], choice["title"]) == ("k2", "Pay now")
    used = page.get_by_role("button", name="Pay now chosen")
    expect(used).to_have_attribute("aria-disabled", "true")
    used.click(force=True)
    page.reload()
    expect(page.get_by_role("button", name="Pay now chosen")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="See why")).to_have_attribute("aria-disabled", "true")
    assert fake.texts() == ["my bill", "Pay now"]


WAYS_OUT = [{"id": "go_on:h_1", "title": "Go on"}, {"id": "withdraw:h_1", "title": "No person any more"}]


def test_that_who_waits_may_press_a_way_out_after_writing_more(page: Page, fake: FakeAssistant) -> None:
    fake.replies = [{"text": "Thank you."}]
    open_chat(page)
    write(page, "hi")
    expect(page.locator(".bot .bubble", has_text="Thank you.")).to_be_visible()
    fake.say("You are number 2.", sender="system", choices=WAYS_OUT)
    write(page, "my box is a HX-20")
    sent(page, "my box is a HX-20")
    way_out = page.get_by_role("button", name="No person any more")
    expect(way_out).not_to_have_attribute("aria-disabled", "true")
    way_out.click()
    sent(page, "No person any more")
    choice = next(frame for frame in fake.frames if frame["type"] == "choice")
    assert choice["payload"] == "withdraw:h_1"
    for name in ("No person any more chosen", "Go on"):
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-disabled", "true")


def test_that_the_ways_out_are_over_when_newer_ones_are_shown(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.say("You are number 2.", sender="system", choices=WAYS_OUT)
    fake.say("We will call you.", sender="system", choices=[{"id": "withdraw:h_1", "title": "Never mind"}])
    expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-disabled", "true")
    expect(page.get_by_role("button", name="Never mind")).not_to_have_attribute("aria-disabled", "true")


def test_that_the_ways_out_are_over_when_a_person_comes(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.say("You are number 2.", sender="system", choices=WAYS_OUT)
    expect(page.get_by_role("button", name="Go on")).not_to_have_attribute("aria-disabled", "true")
    fake.push({"type": "owner", "owner": "agent", "name": "Sam"})
    expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-disabled", "true")


def test_that_a_reload_keeps_the_conversation_open_and_takes_no_focus(
    page: Page, fake: FakeAssistant
) -> None:
    fake.replies = [{"text": "Hello Anna."}]
    open_chat(page)
    write(page, "hi")
    expect(page.locator(".bot .bubble", has_text="Hello Anna.")).to_be_visible()
    page.reload()
    expect(page.locator(".bot .bubble", has_text="Hello Anna.")).to_be_visible()
    expect(page.locator(".customer .bubble")).to_have_text(["hi"])
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert len(fake.talks) == 1


def test_that_what_was_said_meanwhile_arrives_once_and_in_order_after_a_break(
    page: Page, fake: FakeAssistant
) -> None:
    open_chat(page)
    write(page, "one")
    sent(page, "one")
    fake.down = True
    fake.cut()
    expect(page.locator(".bar")).to_contain_text("No connection")
    fake.say("two")
    fake.say("three")
    fake.down = False
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".log .bubble").filter(has_not_text="What would you like")).to_have_text(
        ["one", "two", "three"]
    )
    expect(page.locator(".bar")).to_be_hidden()


def test_that_a_message_written_without_connection_is_sent_once_when_it_is_back(
    page: Page, fake: FakeAssistant
) -> None:
    open_chat(page)
    write(page, "first")
    sent(page, "first")
    fake.down = True
    fake.cut()
    expect(page.locator(".bar")).to_contain_text("No connection")
    write(page, "second")
    page.locator(UNSENT).wait_for()
    fake.down = False
    page.get_by_role("button", name="retry").evaluate("button => button.click()")  # before it tries by itself
    sent(page, "second")
    assert fake.texts() == ["first", "second"]


def test_that_an_unsent_message_survives_a_reload(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "first")
    sent(page, "first")
    fake.down = True
    fake.cut()
    write(page, "do not lose me")
    page.locator(UNSENT).wait_for()
    page.reload()
    expect(page.locator(".waiting .bubble")).to_have_text("do not lose me")
    fake.down = False
    page.get_by_role("button", name="Try now").click()
    sent(page, "do not lose me")
    assert fake.texts() == ["first", "do not lose me"]


def test_that_a_lost_acknowledgement_makes_no_second_message(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "first")
    sent(page, "first")
    fake.swallow_acks = 1
    write(page, "pay my bill")
    page.wait_for_function(
        "() => document.querySelector('assistant-widget').shadowRoot.querySelectorAll('.customer').length > 1"
    )
    fake.cut()
    sent(page, "pay my bill")
    ids = [frame["client_id"] for frame in fake.frames if frame.get("text") == "pay my bill"]
    assert len(ids) > 1
    assert len(set(ids)) == 1
    assert fake.texts() == ["first", "pay my bill"]


def test_that_the_chat_works_where_web_sockets_cannot_pass(page: Page, fake: FakeAssistant) -> None:
    fake.refuse_sockets = True
    fake.replies = [{"text": "Over plain HTTP."}]
    open_chat(page)
    write(page, "hello")
    expect(page.locator(".bot .bubble", has_text="Over plain HTTP.")).to_be_visible()
    sent(page, "hello")
    assert fake.texts() == ["hello"]
    expect(page.locator(".bar")).to_be_hidden()


def test_that_an_ended_session_begins_anew_by_itself(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "first")
    sent(page, "first")
    fake.talks.clear()
    page.reload()
    expect(page.locator(".bar")).to_contain_text("This is a new one")
    write(page, "second")
    sent(page, "second")
    assert fake.texts() == ["second"]


def test_that_markup_from_anyone_is_shown_as_text(page: Page, fake: FakeAssistant) -> None:
    hostile = (
        '<img src=x onerror="window.broken=1"><script>window.broken=1</script> javascript:alert(1) {{7*7}}'
    )
    fake.replies = [{"text": hostile, "choices": [{"id": "k", "title": "<b>bold</b>"}]}]
    open_chat(page)
    write(page, hostile)
    expect(page.locator(".bot .bubble").last).to_have_text(hostile)
    expect(page.locator(".choices button")).to_have_text("<b>bold</b>")
    fake.say("hi", sender="agent", name="<i>Sanne</i>")
    expect(page.locator(".agent .who")).to_have_text("<i>Sanne</i>")
    assert page.locator(".log img, .log script, .log b, .log i:not(.typing i), .bubble a").count() == 0
    assert page.evaluate("window.broken") is None


def test_that_only_web_addresses_become_links(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.say("See https://northlight.example/help. Not javascript:alert(1) or ftp://x.example")
    link = page.locator(".bubble a")
    expect(link).to_have_attribute("href", "https://northlight.example/help")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(link).to_have_count(1)


def test_that_it_is_always_said_who_speaks(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    expect(page.locator(".speaker")).to_contain_text("You are talking to the assistant")
    page.get_by_role("button", name="Talk to a person").click()
    sent(page, "I want to talk to a person")
    fake.push({"type": "owner", "owner": "queue", "position": 2, "eta_seconds": 170})
    expect(page.locator(".bar")).to_have_text("You are 2nd in line · about 3 min")
    fake.push({"type": "owner", "owner": "agent", "name": "Sanne"})
    expect(page.locator(".speaker")).to_contain_text("You are talking to Sanne")
    expect(page.locator(".bar")).to_be_hidden()
    fake.push({"type": "owner", "owner": "bot"})
    expect(page.get_by_role("button", name="Talk to a person")).to_be_visible()
    assert fake.texts() == ["I want to talk to a person"]


def test_that_typing_is_shown_until_the_message_is_there(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.push({"type": "typing", "from": "bot"})
    expect(page.locator(".typing")).to_contain_text("Assistant is typing")
    fake.say("Hello.")
    expect(page.locator(".typing")).to_be_hidden()


def test_that_a_message_too_long_is_said_before_sending(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "x" * 2003)
    expect(page.locator(".count")).to_have_text("3 characters too many")
    expect(page.locator("textarea")).to_have_value("x" * 2003)
    write(page, "   \n ")
    write(page, "x" * 2000)
    sent(page, "x" * 50)
    assert [len(text) for text in fake.texts()] == [2000]


def test_that_an_error_of_the_server_is_told_in_plain_words(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.push({"type": "error", "code": "too_many_requests", "message": "Slow down, visitor."})
    expect(page.locator(".bar")).to_contain_text("That was a lot at once.")


def test_that_an_error_that_the_widget_does_not_know_is_told_in_its_own_words(
    page: Page, fake: FakeAssistant
) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    fake.push({"type": "error", "code": "something", "message": "The server's own English words."})
    expect(page.locator(".bar")).to_have_text("That did not work. Please try again.")


def test_that_identify_signs_the_conversation_in_and_sign_out_forgets_it(
    page: Page, fake: FakeAssistant
) -> None:
    open_chat(page)
    write(page, "my secret")
    sent(page, "my secret")
    page.evaluate("window.assistant.identify('signed.cus_1')")
    assert fake.session_calls[-1]["bearer"] == next(iter(fake.talks))
    assert fake.session_calls[-1]["identity_token"] == "signed.cus_1"
    refused = page.evaluate("window.assistant.identify('bad').then(() => 'taken', () => 'refused')")
    assert refused == "refused"
    page.evaluate("window.assistant.signOut()")
    expect(page.locator(".customer")).to_have_count(0)
    write(page, "somebody else")
    sent(page, "somebody else")
    assert len(fake.talks) == 2
    assert "my secret" not in page.evaluate("JSON.stringify(localStorage)")
    assert fake.session_calls[-1].get("identity_token") is None


def test_that_a_change_of_page_is_told(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    with page.expect_response("**/chat/session"):
        page.evaluate("history.pushState({}, '', '/elsewhere')")
    assert path_of(fake.session_calls[-1]["page"]["url"]) == "/elsewhere"
    with page.expect_response("**/chat/session"):
        page.evaluate("window.assistant.page({url: location.origin + '/step-2', title: 'Step 2'})")
    assert fake.session_calls[-1]["page"]["title"] == "Step 2"


def test_that_the_page_hears_of_messages_until_it_stops_listening(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    page.evaluate(
        "window.heard = []; window.stop = window.assistant.on('message', (m) => window.heard.push(m.text)); 0"
    )
    write(page, "hi")
    sent(page, "hi")
    fake.say("one")
    page.wait_for_function("() => window.heard.length === 1")
    page.evaluate("window.stop()")
    fake.say("two")
    expect(page.locator(".bot .bubble", has_text="two")).to_be_visible()
    assert page.evaluate("window.heard") == ["one"]


def test_that_what_came_while_closed_is_counted_on_the_launcher(page: Page, fake: FakeAssistant) -> None:
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    page.keyboard.press("Escape")
    fake.say("Are you still there?")
    expect(page.locator(".badge")).to_have_text("1 new")
    page.locator(".launcher").click()
    page.keyboard.press("Escape")
    expect(page.locator(".badge")).to_be_hidden()


def test_that_another_tab_shows_the_same_conversation_once(
    page: Page, fake: FakeAssistant, context: BrowserContext
) -> None:
    open_chat(page)
    write(page, "from the first tab")
    sent(page, "from the first tab")
    second = context.new_page()
    second.goto(f"{fake.url}/plain")
    expect(second.locator(".customer .bubble")).to_have_text(["from the first tab"])
    write(second, "from the second tab")
    expect(page.locator(".customer .bubble")).to_have_text(["from the first tab", "from the second tab"])
    expect(second.locator(".customer .bubble")).to_have_text(["from the first tab", "from the second tab"])


def test_that_nothing_is_loaded_from_another_host(fake: FakeAssistant, context: BrowserContext) -> None:
    page = context.new_page()
    elsewhere: list[str] = []

    def watch(route: Route) -> None:
        if not route.request.url.startswith(fake.url):
            elsewhere.append(route.request.url)
        route.continue_()

    page.route("**/*", watch)
    page.goto(f"{fake.url}/plain")
    page.locator(".launcher").wait_for()
    open_chat(page)
    write(page, "hi")
    sent(page, "hi")
    assert elsewhere == []


HEAD_AND_CALLS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Another site</title>
<script src="WIDGET/widget.js"></script>
<script>
  window.heard = [];
  document.addEventListener('assistant:ready', () => window.heard.push('ready'));
  window.stop = window.assistant.on('open', () => window.heard.push('open'));
  window.assistant.identify('signed.cus_1').then(() => window.heard.push('identified'));
  window.assistant.open();
</script></head><body><main><h1>Another site</h1></main></body></html>"""


def test_that_a_page_of_another_site_may_call_it_before_anything_is_loaded(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    with FakeAssistant() as site:
        page = context.new_page()
        site.page = HEAD_AND_CALLS.replace("WIDGET", fake.url)
        page.goto(f"{site.url}/page")
        expect(page.locator(".panel")).to_be_visible()
        write(page, "hello from elsewhere")
        sent(page, "hello from elsewhere")
        assert fake.session_calls[0]["identity_token"] == "signed.cus_1"
        assert site.session_calls == []
        assert page.evaluate("window.heard") == ["ready", "open", "identified"]


def test_that_it_can_be_added_to_a_page_that_is_already_there(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    with FakeAssistant() as site:
        site.page = "<!doctype html><title>Another site</title><body><h1>Another site</h1>"
        page = context.new_page()
        page.goto(f"{site.url}/page")
        page.add_script_tag(url=f"{fake.url}/widget.js")
        assert page.evaluate("typeof window.assistant.open") == "function"
        page.add_script_tag(url=f"{fake.url}/widget.js")  # a second tag changes nothing
        page.locator(".launcher").click()
        write(page, "hello from elsewhere")
        sent(page, "hello from elsewhere")
        expect(page.locator("assistant-widget")).to_have_count(1)


def test_that_parts_that_cannot_be_loaded_are_told_to_who_asked(
    context: BrowserContext, fake: FakeAssistant
) -> None:
    page = context.new_page()
    page.route("**/widget/chat.js", lambda route: route.abort())
    page.goto(f"{fake.url}/plain")
    page.wait_for_function("() => window.assistant")
    refused = page.evaluate("window.assistant.identify('signed.cus_1').then(() => 'taken', () => 'refused')")
    assert refused == "refused"
