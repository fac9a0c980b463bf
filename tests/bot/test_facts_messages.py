"""Whole messages of customers with all their facts, on Sunday 22 November 2026, 22:00 in Amsterdam."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from assistant.bot.facts.component import find_facts
from tests.bot.message_cases import AT, MessageCase, message_cases

LANGUAGES = ("en", "nl", "it")


def counted(facts: Iterable[tuple[str, Any]]) -> Counter[str]:
    """Facts to compare, without those that say nothing new: the day of a window beside it."""
    each = list(facts)
    days = {str(v["start"] or v["end"])[:10] for name, v in each if name == "time_window"}
    return Counter(
        json.dumps(fact, sort_keys=True)
        for fact in each
        if not (fact[0] == "date" and fact[1].get("date") in days)
    )


@pytest.mark.parametrize(
    "case",
    [case for language in LANGUAGES for case in message_cases(language)],
    ids=lambda case: f"{case.language}: {case.text[:60]}",
)
def test_that_a_message_has_exactly_its_facts(case: MessageCase) -> None:
    found = find_facts(case.text, at=AT, language=case.language, expects=case.expects)
    wanted = counted(case.facts)
    got = counted((fact.entity, fact.value) for fact in found)
    assert not wanted - got
    assert [fact for fact in got - wanted if not fact.startswith('["number"')] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_there_are_enough_messages_and_enough_without_a_fact(language: str) -> None:
    written = list(message_cases(language))
    assert len({case.text for case in written}) == len(written) >= 200
    assert sum(not case.facts for case in written) >= 25


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("friday at 3, no sorry, at 4", "2026-11-27T16:00:00+01:00"),
        ("friday at 3, sorry, saturday at 4", "2026-11-28T16:00:00+01:00"),
    ],
)
def test_that_an_hour_taken_back_leaves_the_day_of_the_other(text: str, kept: str) -> None:
    found = [(fact.entity, fact.value) for fact in find_facts(text, at=AT)]
    assert [value["start"] for name, value in found if name == "time_window"] == [kept]
    assert [value for name, value in found if name == "date"] == [{"date": kept[:10]}]


def test_that_text_in_brackets_does_not_make_a_message_code() -> None:
    found = find_facts("call 06 12345678 (mobile) (after 6)", at=AT)
    assert [fact.entity for fact in found] == ["phone", "hours"]
