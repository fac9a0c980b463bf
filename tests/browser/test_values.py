"""How staff pages write values and lengths of time, by their shape. Pure modules, run in Chromium."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chromium import browser
from fake_staff_site import StaffSite, open_as, running, site
from playwright.sync_api import Browser

__all__ = ["browser", "running", "site"]
pytestmark = pytest.mark.browser

MORNING = {"start": "2027-11-30T08:00:00+01:00", "end": "2027-11-30T12:00:00+01:00"}
OPEN_END = {"start": "2027-11-30T15:00:00+01:00", "end": None, "part": None}
VALUES: list[tuple[Any, str]] = [
    (None, "–"),
    (True, "yes"),
    (False, "no"),
    (0, "0"),
    ({"amount": "64.20", "currency": "EUR"}, "€ 64.20"),
    ("2027-11-28", "Sunday 28 November 2027"),
    ({"date": "2027-11-28"}, "Sunday 28 November 2027"),
    ("2027-11", "November 2027"),
    ({"start": "2027-11-22", "end": "2027-11-28"}, "Monday 22 November 2027 to Sunday 28 November 2027"),
    (MORNING, "Tuesday 30 November 2027, 08:00–12:00"),
    (OPEN_END, "Tuesday 30 November 2027, after 15:00"),
    ({"after": None, "before": "12:00"}, "before 12:00"),
    ([{"code": "roaming", "text": "You phoned abroad", "amount": "3.10"}], "You phoned abroad"),
    (["a", "b"], "a, b"),
    ("tv_box", "TV box"),
    ("slot_taken", "slot taken"),
    ("eq_0000101", "eq_0000101"),
    ("Visa •••• 4242", "Visa •••• 4242"),
    ("2027-13-45", "2027-13-45"),
    ({}, "–"),
]
LENGTHS = [(None, "–"), (0, "<1 s"), (0.4, "<1 s"), (40, "40 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")]


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "America/New_York"])
def test_that_values_read_like_words_on_the_companys_clock(
    browser: Browser, site: StaffSite, zone: str
) -> None:
    context = browser.new_context(timezone_id=zone, locale="en-GB")
    page = open_as(context, site, "none", "/sign-in")
    say = "values => import('/static/values.js').then(m => values.map(m.valueText))"
    assert page.evaluate(say, [value for value, _ in VALUES]) == [words for _, words in VALUES]
    context.close()


def test_that_no_length_of_time_is_rounded_to_nothing(browser: Browser, site: StaffSite) -> None:
    context = browser.new_context()
    page = open_as(context, site, "none", "/sign-in")
    given = json.dumps([seconds for seconds, _ in LENGTHS])
    said = page.evaluate(f"import('/static/time.js').then(m => {given}.map(m.lasting))")
    assert said == [words for _, words in LENGTHS]
    context.close()
