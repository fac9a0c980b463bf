"""The agents' desk in real Chromium: queue, chat, packet, moves, and trouble with the connection."""

from __future__ import annotations

import contextlib

import pytest
from chromium import browser, context
from fake_staff_data import LONG
from fake_staff_site import StaffSite, open_as, running, site
from playwright.sync_api import BrowserContext, Error, Page, Route, expect

__all__ = ["browser", "context", "running", "site"]
pytestmark = pytest.mark.browser


@pytest.fixture
def desk(context: BrowserContext, site: StaffSite) -> Page:
    """The desk of Mia, an agent, with its queue and its socket up."""
    page = open_as(context, site, "agent", "/desk")
    expect(page.locator("[data-handoff]")).to_have_count(4)
    expect(page.locator(".dot.here")).to_be_visible()
    return page


def accept_first(desk: Page) -> None:
    desk.locator('[data-handoff="h_1"]').click()
    desk.get_by_role("button", name="Accept this chat").click()
    expect(desk.locator("#reply")).to_be_focused()


def log(desk: Page) -> str:
    return desk.get_by_role("log").inner_text()


def test_that_late_customers_come_first_and_are_marked_in_words(desk: Page) -> None:
    first = desk.locator("#queue-list [data-handoff]").first
    expect(first).to_have_attribute("data-handoff", "h_1")
    expect(first).to_contain_text("late")
    expect(first).to_contain_text("asked for a person")
    expect(first).to_contain_text("Anna de Vries")
    expect(desk.locator('[data-handoff="h_2"]')).not_to_contain_text("late")
    expect(desk.get_by_text("1 late")).to_be_visible()


def test_that_the_waiting_time_ticks(desk: Page) -> None:
    waited = desk.locator('[data-handoff="h_2"] .waited')
    before = waited.inner_text()
    expect(waited).not_to_have_text(before)


def test_that_the_packet_says_everything_an_agent_needs(desk: Page) -> None:
    desk.locator('[data-handoff="h_1"]').click()
    packet = desk.locator(".packet")
    for words in (
        "mijn kast neemt niks op", "Fix my TV box", "sure 0.94", "asked for a person", "Test the signal",
        "4411 2093", "one-time code", "prefers text message", "vulnerable", "declined: no signal",
        "HX-20, living room", "€ 64.20", "A colleague calls you before 17:00", "Same matter",
        "Help: recording",
        "Je bent als tweede aan de beurt", "1 message not answered yet", "1 × card number", "tense",
    ):  # fmt: skip
        expect(packet).to_contain_text(words)
    expect(packet.locator("[aria-current=step]")).to_contain_text("Test the signal")


def test_that_what_the_customer_left_elsewhere_is_shown_and_taken_up_by_who_has_the_chat(desk: Page) -> None:
    left = {
        "attempt_id": "a_5", "journey": "change_package", "title": "Change my package",
        "conversation_id": "c_5", "left_at": "2026-11-20T10:00:00Z", "first_words": "sneller internet graag",
        "facts": [{"name": "new_package", "label": "New package", "value": "Broadband 500"}],
    }  # fmt: skip
    earlier = {
        "at": left["left_at"], "channel": "web_chat", "intent": "pay_bill", "outcome": "abandoned",
        "same_matter": False,
    }  # fmt: skip
    taken: list[str] = []

    def with_something_left(route: Route) -> None:
        answered = route.fetch()
        packet = answered.json()
        route.fulfill(response=answered, json={**packet, "earlier": [*packet["earlier"], earlier]})

    def take_up(route: Route) -> None:
        taken.append(route.request.method)
        route.fulfill(json={"attempt_id": "a_9"})

    desk.route("**/api/handoffs/h_1/packet*", with_something_left)
    desk.route("**/api/handoffs/h_1/left", lambda route: route.fulfill(json=left))
    desk.route("**/api/handoffs/h_1/take-up", take_up)
    desk.locator('[data-handoff="h_1"]').click()
    shown = desk.get_by_role("region", name="Left in the middle")
    for words in (
        "Change my package",
        "sneller internet graag",
        "New package",
        "Broadband 500",
        "Once you have",
    ):
        expect(shown).to_contain_text(words)
    desk.get_by_role("button", name="Accept this chat").click()
    shown.get_by_role("button", name="Take it up with them").click()
    expect(shown).to_have_count(0)
    assert taken == ["POST"]


def test_that_somebody_who_waits_comes_before_a_call_that_is_due_later(desk: Page) -> None:
    rows = desk.locator("#queue-list [data-handoff]")
    assert [row.get_attribute("data-handoff") for row in rows.all()] == ["h_1", "h_2", "h_3", "h_4"]
    rows.last.click()
    expect(desk.locator(".accept")).to_contain_text("we contact them before")


def test_that_known_facts_come_in_words_and_numbers_of_our_systems_last(desk: Page) -> None:
    desk.locator('[data-handoff="h_1"]').click()
    known = desk.locator(".facts > div")
    expect(known.locator("dt")).to_have_text(
        [
            "1Account", "2TV box", "3Since when", "4Open bill", "5Wants an engineer",
            "6Equipment number", "7Customer number",
        ]
    )  # fmt: skip
    expect(known.nth(4)).to_contain_text("yes")
    for label in desk.locator(".facts dt").all():  # no label breaks inside a word
        assert label.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_that_what_was_tried_names_only_what_says_something(desk: Page) -> None:
    desk.locator('[data-handoff="h_1"]').click()
    tried = desk.locator("section", has=desk.locator("#p-tried"))
    expect(tried.locator(".lines")).to_contain_text("with day Sunday 28 November 2027")
    expect(tried.locator(".lines")).not_to_contain_text("eq_0000101")
    tried.get_by_text("What each was done with").click()
    expect(tried.locator("details")).to_contain_text("equipment id eq_0000101")


def test_that_a_chat_opens_at_its_newest_words_and_stays_there(desk: Page, site: StaffSite) -> None:
    for number in range(20):
        site.pull("say", conversation_id="c_1", text=f"nog steeds niets {number}")
    accept_first(desk)
    expect(desk.get_by_text("nog steeds niets 19")).to_be_in_viewport()
    site.pull("say", conversation_id="c_1", text="hallo daar?")
    expect(desk.get_by_text("hallo daar?")).to_be_in_viewport()
    expect(desk.get_by_role("button", name="Newer messages")).to_have_count(0)
    desk.get_by_role("log").evaluate("node => { node.scrollTop = 0; }")
    expect(desk.get_by_text("nog steeds niets 19")).not_to_be_in_viewport()
    site.pull("say", conversation_id="c_1", text="ik wacht")
    expect(desk.get_by_role("button", name="Newer messages")).to_be_visible()
    expect(desk.get_by_text("ik wacht")).not_to_be_in_viewport()


def test_that_an_agent_accepts_replies_and_closes_with_the_keyboard_alone(
    desk: Page, site: StaffSite
) -> None:
    keys = desk.keyboard
    keys.press("j")
    expect(desk.locator('[data-handoff="h_1"]')).to_be_focused()
    keys.press("Enter")
    expect(desk.locator("#reply")).to_be_focused()
    keys.type("Goedemiddag Anna,")
    keys.press("Shift+Enter")
    keys.type("ik zie dat de herstart niet hielp.")
    keys.press("Enter")
    expect(desk.locator(".group.agent .bubble")).to_contain_text("ik zie dat de herstart niet hielp.")
    keys.press("Escape")
    keys.press("c")
    dialog = desk.get_by_role("dialog")
    expect(dialog.get_by_label("They came for", exact=True)).to_have_value("fix_tv_box")
    keys.press("a")
    keys.press("Control+Enter")
    expect(dialog).to_have_count(0)
    expect(desk.locator("[data-mine]")).to_have_count(0)
    [sent] = site.calls("/api/handoffs/h_1/messages")
    assert sent["text"] == "Goedemiddag Anna,\nik zie dat de herstart niet hielp."
    [closed] = site.calls("/api/handoffs/h_1/close")
    assert closed == {"attempts": [{"attempt_id": "a_1", "intent": "fix_tv_box", "outcome": "achieved"}]}


def test_that_closing_asks_for_every_outcome_and_takes_what_else_came_up(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    desk.get_by_role("button", name="Close…").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="Close the chat").click()
    expect(dialog).to_contain_text("Say how it ended.")
    assert site.calls("/api/handoffs/h_1/close") == []
    dialog.get_by_label("Not achieved").check()
    dialog.get_by_label("Why, in a few words").fill("needs new equipment")
    dialog.get_by_role("button", name="Something else came up").click()
    dialog.get_by_label("It was about").select_option("pay_bill")
    dialog.get_by_role("radiogroup").last.get_by_label("Achieved", exact=False).first.check()
    dialog.get_by_label("Note (optional)").fill("New box ordered")
    dialog.get_by_role("button", name="Close the chat").click()
    expect(dialog).to_have_count(0)
    [closed] = site.calls("/api/handoffs/h_1/close")
    assert closed["attempts"] == [
        {
            "attempt_id": "a_1",
            "intent": "fix_tv_box",
            "outcome": "not_achieved",
            "reason": "needs new equipment",
        },
        {"intent": "pay_bill", "outcome": "achieved"},
    ]
    assert closed["note"] == "New box ordered"


def test_that_returning_hands_the_assistant_a_note_and_facts(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    desk.get_by_role("button", name="Return to assistant").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Note for whoever comes next").fill("Box replaced")
    dialog.get_by_role("button", name="Add a fact you learned").click()
    dialog.get_by_label("What").fill("Serial number")
    dialog.get_by_label("Value").fill("NL-77")
    dialog.get_by_role("button", name="Return", exact=True).click()
    expect(dialog).to_have_count(0)
    [body] = site.calls("/api/handoffs/h_1/return")
    fact = {"name": "serial_number", "label": "Serial number", "value": "NL-77"}
    assert body == {"note": "Box replaced", "facts": [fact]}


def test_that_a_transfer_needs_a_skill(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    desk.get_by_role("button", name="Transfer", exact=True).click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("button", name="Transfer", exact=True).click()
    expect(dialog).to_contain_text("Choose who should take it.")
    dialog.get_by_label("To").select_option("billing")
    dialog.get_by_role("button", name="Transfer", exact=True).click()
    expect(dialog).to_have_count(0)
    assert site.calls("/api/handoffs/h_1/transfer") == [{"skill": "billing"}]


def test_that_a_chat_somebody_else_took_is_said_in_plain_words_and_leaves_the_list(
    desk: Page, site: StaffSite
) -> None:
    site.pull("set", taken=["h_1"])
    desk.locator('[data-handoff="h_1"]').click()
    desk.get_by_role("button", name="Accept this chat").click()
    expect(desk.locator(".toast")).to_contain_text("A colleague was faster")
    expect(desk.locator('#queue-list [data-handoff="h_1"]')).to_have_count(0)


def test_that_the_customers_words_arrive_and_unread_ones_are_counted(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    site.pull("say", conversation_id="c_1", text="ben je er nog?")
    expect(desk.get_by_role("log")).to_contain_text("ben je er nog?")
    expect(desk.locator("[data-mine]")).not_to_contain_text("new")
    desk.locator('[data-handoff="h_2"]').click()
    site.pull("say", conversation_id="c_1", text="hallo?")
    expect(desk.locator('[data-mine="h_1"]')).to_contain_text("new")
    desk.locator('[data-mine="h_1"]').click()
    expect(desk.locator('[data-mine="h_1"]')).not_to_contain_text("new")


def test_that_typing_is_shown(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    site.pull("typing", conversation_id="c_1")
    expect(desk.get_by_text("Anna de Vries is typing…")).to_be_visible()


def test_that_an_unsent_reply_is_marked_and_sent_again_under_the_same_id(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    site.pull("set", deaf=True)
    desk.locator("#reply").fill("Dat gaan we oplossen.")
    desk.keyboard.press("Enter")
    expect(desk.locator(".bubble.unsent")).to_contain_text("Not sent")
    expect(desk.locator(".bubble.unsent")).to_contain_text("could not be stored")
    site.pull("set", deaf=False)
    desk.get_by_role("button", name="Try again").click()
    expect(desk.locator(".bubble.unsent")).to_have_count(0)
    first, second = site.calls("/api/handoffs/h_1/messages")
    assert first["client_id"] == second["client_id"]
    assert log(desk).count("Dat gaan we oplossen.") == 1


def test_that_a_reply_whose_answer_got_lost_is_shown_once(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    site.pull("set", lose_answer=True)
    desk.locator("#reply").fill("Dat gaan we oplossen.")
    desk.keyboard.press("Enter")
    retry = desk.get_by_role("button", name="Try again")
    expect(desk.locator(".bubble", has_text="Dat gaan we oplossen.")).to_have_count(1)
    expect(retry).to_have_count(0)
    first, second = site.calls_when("/api/handoffs/h_1/messages", 2)
    expect(desk.locator(".bubble", has_text="Dat gaan we oplossen.")).to_have_count(1)
    assert first["client_id"] == second["client_id"]


def test_that_a_lost_connection_is_visible_and_harmless(desk: Page, site: StaffSite) -> None:
    accept_first(desk)
    site.pull("set", cut=True)
    site.pull("drop")
    expect(desk.get_by_text("No connection.")).to_be_visible()
    site.pull("say", conversation_id="c_1", text="eerste terwijl je weg was")
    site.pull("say", conversation_id="c_1", text="tweede terwijl je weg was")
    site.pull("set", cut=False)
    with contextlib.suppress(Error):  # gone when the desk has come back on its own
        desk.get_by_role("button", name="Try now").click(timeout=2_000)
    expect(desk.get_by_text("No connection.")).to_have_count(0)
    expect(desk.get_by_role("log")).to_contain_text("tweede terwijl je weg was")
    said = log(desk)
    assert said.count("eerste terwijl je weg was") == 1
    assert said.index("eerste terwijl") < said.index("tweede terwijl")
    last = [frame for frame in site.frames("watch") if frame["conversation_id"] == "c_1"][-1]
    assert last["after"] == 8  # what was missed and nothing else is asked for


def test_that_a_number_copies_a_known_fact(desk: Page, context: BrowserContext, site: StaffSite) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    desk.locator('[data-handoff="h_1"]').click()
    expect(desk.locator(".facts")).to_be_visible()
    desk.keyboard.press("1")
    expect(desk.locator(".toast")).to_have_text("Account copied")
    assert desk.evaluate("navigator.clipboard.readText()") == "4411 2093"


def test_that_the_keys_are_listed_and_letters_in_the_reply_box_are_only_letters(desk: Page) -> None:
    desk.keyboard.press("?")
    expect(desk.get_by_role("dialog")).to_contain_text("copy a known fact")
    desk.keyboard.press("Escape")
    accept_first(desk)
    desk.keyboard.type("bct? 1")
    expect(desk.locator("#reply")).to_have_value("bct? 1")
    expect(desk.get_by_role("dialog")).to_have_count(0)


def test_that_presence_is_told_to_the_server(desk: Page, site: StaffSite) -> None:
    desk.get_by_label("You are").last.select_option("away")
    expect(desk.get_by_text("No chats are offered to you.")).to_be_visible()
    assert site.frame_when("presence", state="away")["state"] == "away"


def test_that_an_empty_queue_says_so(context: BrowserContext, site: StaffSite) -> None:
    site.reset("empty")
    page = open_as(context, site, "agent", "/desk")
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()


def test_that_two_hundred_waiting_customers_stay_workable(context: BrowserContext, site: StaffSite) -> None:
    site.reset("many")
    page = open_as(context, site, "agent", "/desk")
    expect(page.locator("#queue-title")).to_contain_text("200")
    expect(page.locator("#queue-list [data-handoff]")).to_have_count(60)
    page.get_by_role("button", name="Show all 200").click()
    expect(page.locator("#queue-list [data-handoff]")).to_have_count(200)
    expect(page.locator("#queue-list")).to_contain_text(LONG)
