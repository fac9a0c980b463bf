"""Days and hours in customers' words, relative to Sunday 22 November 2026, 22:00 in Amsterdam."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from assistant.bot.facts.component import find_facts
from tests.bot.time_cases import Case, cases

LANGUAGES = ("en", "nl", "it")
TIMES = {"date", "past_date", "time_window", "part_of_day", "hours"}
AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def facts(text: str, *, at: datetime = AT, expects: str | None = None) -> list[tuple[str, Any]]:
    return [(fact.entity, fact.value) for fact in find_facts(text, at=at, expects=expects)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("tomorrow", {"date": "2026-11-23"}),
        ("the day after tomorrow", {"date": "2026-11-24"}),
        ("friday", {"date": "2026-11-27"}),
        ("next friday", {"date": "2026-11-27"}),
        ("sunday", {"date": "2026-11-29"}),
        ("this sunday", {"date": "2026-11-22"}),
        ("friday next week", {"date": "2026-11-27"}),
        ("next week tuesday", {"date": "2026-11-24"}),
        ("a week on monday", {"date": "2026-11-30"}),
        ("24 nov", {"date": "2026-11-24"}),
        ("the 24th of november", {"date": "2026-11-24"}),
        ("december 3rd", {"date": "2026-12-03"}),
        ("24/11", {"date": "2026-11-24"}),
        ("24-11-2026", {"date": "2026-11-24"}),
        ("2026-12-01", {"date": "2026-12-01"}),
        ("5 jan", {"date": "2027-01-05"}),
        ("not on friday, monday is fine", {"date": "2026-11-23"}),
        ("in three days", {"date": "2026-11-25"}),
        ("in a fortnight", {"date": "2026-12-06"}),
        ("next week", {"start": "2026-11-23", "end": "2026-11-29"}),
        ("next weekend", {"start": "2026-11-28", "end": "2026-11-29"}),
        ("my october bill", {"start": "2026-10-01", "end": "2026-10-31"}),
    ],
)
def test_that_a_day_is_read_from(text: str, value: dict[str, str]) -> None:
    assert facts(text) == [("date", value)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("it has not recorded anything since sunday", {"date": "2026-11-22"}),
        ("since last friday", {"date": "2026-11-20"}),
        ("last friday", {"date": "2026-11-20"}),
        ("it stopped working on friday", {"date": "2026-11-20"}),
        ("the visit was on friday", {"date": "2026-11-20"}),
        ("friday was bad", {"date": "2026-11-20"}),
        ("yesterday", {"date": "2026-11-21"}),
        ("since yesterday evening", {"date": "2026-11-21"}),
        ("last night it was gone", {"date": "2026-11-21"}),
        ("no picture since this morning", {"date": "2026-11-22"}),
        ("two weeks ago", {"date": "2026-11-08"}),
        ("since 12 november", {"date": "2026-11-12"}),
        ("since 3 december", {"date": "2025-12-03"}),
        ("since october", {"start": "2026-10-01", "end": "2026-10-31"}),
        ("last week", {"start": "2026-11-09", "end": "2026-11-15"}),
        ("for the last 2 weeks", {"start": "2026-11-08", "end": "2026-11-22"}),
        ("in the past few days", {"start": "2026-11-19", "end": "2026-11-22"}),
    ],
)
def test_that_a_day_behind_us_is_no_wish_in(text: str, value: dict[str, str]) -> None:
    assert facts(text) == [("past_date", value)]


def test_that_a_wish_is_read_beside_what_is_behind_us() -> None:
    assert facts("it broke on friday morning, can somebody come on tuesday after 3") == [
        ("past_date", {"date": "2026-11-20"}),
        ("time_window", {"start": "2026-11-24T15:00:00+01:00", "end": None, "part": None}),
        ("date", {"date": "2026-11-24"}),
    ]


@pytest.mark.parametrize(
    ("text", "start", "end", "part"),
    [
        ("tomorrow morning", "2026-11-23T08:00:00+01:00", "2026-11-23T12:00:00+01:00", "morning"),
        ("friday after three", "2026-11-27T15:00:00+01:00", None, None),
        ("friday before noon", None, "2026-11-27T12:00:00+01:00", None),
        ("monday between 9 and 12", "2026-11-23T09:00:00+01:00", "2026-11-23T12:00:00+01:00", None),
        ("thursday 1-3pm", "2026-11-26T13:00:00+01:00", "2026-11-26T15:00:00+01:00", None),
        ("28 march in the morning", "2027-03-28T08:00:00+02:00", "2027-03-28T12:00:00+02:00", "morning"),
        ("the 12th, not in the morning", "2026-12-12T12:00:00+01:00", None, None),
        ("the 12th, not in the afternoon", None, "2026-12-12T12:00:00+01:00", None),
        ("tonight", "2026-11-22T18:00:00+01:00", "2026-11-22T22:00:00+01:00", "evening"),
    ],
)
def test_that_a_time_window_is_read_from(
    text: str, start: str | None, end: str | None, part: str | None
) -> None:
    assert ("time_window", {"start": start, "end": end, "part": part}) in facts(text)


def test_that_the_day_is_the_one_in_amsterdam() -> None:
    just_past_midnight = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    assert facts("tomorrow", at=just_past_midnight) == [("date", {"date": "2026-11-24"})]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("in the morning", ("part_of_day", "morning")),
        ("after 5pm", ("hours", {"after": "17:00", "before": None})),
    ],
)
def test_that_hours_without_a_day_are_read_from(text: str, fact: tuple[str, Any]) -> None:
    assert facts(text) == [fact]


@pytest.mark.parametrize(
    "text",
    [
        "good morning, I have a problem",
        "wait a second",
        "one moment please",
        "I am at home",
        "I may call later",
        "it has been off for three days",
        "since 9 am",
    ],
)
def test_that_no_day_or_hour_is_read_from(text: str) -> None:
    assert facts(text) == []


@pytest.mark.parametrize(
    ("language", "case"),
    [
        pytest.param(language, case, id=f"{language}: {case.text}")
        for language in LANGUAGES
        for case in cases(language)
    ],
)
def test_that_the_written_case_is_read(language: str, case: Case) -> None:
    found = [
        (fact.entity, fact.value)
        for fact in find_facts(case.text, at=case.at, language=language, expects=case.expects)
        if fact.entity in TIMES
    ]
    assert sorted(found, key=str) == sorted(case.facts, key=str)


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_there_are_enough_written_cases_and_traps(language: str) -> None:
    written = list(cases(language))
    assert len(written) >= 300
    assert len({case.text for case in written}) >= 290
    assert sum(not case.facts for case in written) >= 60


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "the 2nd please"), ("en", "2"), ("nl", "de 2e graag"), ("it", "il 2"), ("it", "la 3")],
)
def test_that_a_place_in_a_list_is_no_day_when_a_choice_was_asked_for(language: str, text: str) -> None:
    found = find_facts(text, at=AT, language=language, expects="slot_id")
    assert not {fact.entity for fact in found} & TIMES


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "Hi, THURSDSAY half past three, thx", ["THURSDSAY half past three", "THURSDSAY"]),
        ("nl", "dus één ding: woendsag om kwart voor vier!", ["woendsag om kwart voor vier", "woendsag"]),
        ("it", "perché non giovdì alle tre e mezza?", ["giovdì alle tre e mezza", "giovdì"]),
    ],
)
def test_that_mended_words_are_found_where_they_stand(language: str, text: str, said: list[str]) -> None:
    found = find_facts(text, at=AT, language=language)
    assert [text[fact.start : fact.end] for fact in found] == said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "unit",
    [
        "tre ",
        "drie ",
        "een ",
        "one ",
        "friday ",
        "vrijdag of ",
        "dalle 3 alle ",
        "between 3 and ",
        "12-",
        "half drie ",
    ],
)
def test_that_two_thousand_characters_of_times_take_bounded_time(language: str, unit: str) -> None:
    started = time.process_time()
    find_facts((unit * 2_000)[:2_000], at=AT, language=language)
    assert time.process_time() - started < 1.0
