"""Facts in customers' words, relative to a fixed moment: Sunday 22 November 2026, 22:00 in Amsterdam."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from rasa.shared.nlu.training_data.message import Message

from assistant.bot.facts import FactExtractor
from assistant.bot.facts.component import find_facts
from assistant.bot.facts.thing_rules import thing_rules
from tests.bot.thing_cases import THINGS, Case, thing_cases

AT = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def facts(
    text: str, *, at: datetime = AT, language: str = "en", expects: str | None = None
) -> list[tuple[str, Any]]:
    return [(fact.entity, fact.value) for fact in find_facts(text, at=at, language=language, expects=expects)]


@pytest.mark.parametrize(
    ("text", "expects", "fact"),
    [
        ("my account is 4411 0032", None, ("account_number", "44110032")),
        ("44110032", None, ("account_number", "44110032")),
        ("it's 44-11-00-32 I think", None, ("account_number", "44110032")),
        ("where is NO-123456?", None, ("order_number", "NO-123456")),
        ("order no 123456", None, ("order_number", "NO-123456")),
        ("my parcel 482913 is late", None, ("order_number", "NO-482913")),
        ("482913", "order_number", ("order_number", "NO-482913")),
        ("482913", "one_time_code", ("one_time_code", "482913")),
        ("482 913", None, ("one_time_code", "482913")),
        ("the code is 482913", None, ("one_time_code", "482913")),
        ("call 06 12345678", None, ("phone", "+31612345678")),
        ("reach me on +39 06 698 12345", None, ("phone", "+390669812345")),
        ("Jan.de.Vries@Example.nl please", None, ("email", "jan.de.vries@example.nl")),
        ("use NL91 ABNA 0417 1643 00 thanks", None, ("iban", "NL91ABNA0417164300")),
        ("I live at 1234 AB", None, ("postcode", "1234 AB")),
        ("1234ab", None, ("postcode", "1234 AB")),
        ("1234 ab", "postcode", ("postcode", "1234 AB")),
        ("pay 64,20 euro", None, ("amount", {"amount": "64.20", "currency": "EUR"})),
        ("€ 1.234,56", None, ("amount", {"amount": "1234.56", "currency": "EUR"})),
        ("25 euro 50", None, ("amount", {"amount": "25.50", "currency": "EUR"})),
        ("twenty five euros and fifty cents", None, ("amount", {"amount": "25.50", "currency": "EUR"})),
        ("64.20", "amount", ("amount", {"amount": "64.20", "currency": "EUR"})),
        ("the second one", None, ("ordinal", 2)),
        ("last", None, ("ordinal", -1)),
        ("1st option please", None, ("ordinal", 1)),
        ("option two", None, ("number", 2)),
        ("3", None, ("number", 3)),
        ("my TV box is dead", None, ("equipment_kind", "tv_box")),
        ("the modem", None, ("equipment_kind", "router")),
    ],
)
def test_that_one_fact_is_read(text: str, expects: str | None, fact: tuple[str, Any]) -> None:
    assert facts(text, expects=expects) == [fact]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I need help with one thing",
        "NL91 ABNA 0417 1643 01",  # wrong check digits
        "4111 1111 1111 1111",  # a card is no fact
        "x = {a: 44110032}; y = [482913];",
        "QWxhZGRpbjpvcGVu44110032" * 5,
        "🎉🎉🎉",
    ],
)
def test_that_no_fact_is_read_from(text: str) -> None:
    assert facts(text) == []


@pytest.mark.parametrize(
    "case",
    [case for language in ("en", "nl", "it") for case in thing_cases(language)],
    ids=lambda case: f"{case.language}: {case.text[:50]}",
)
def test_that_the_facts_of_a_written_case_are_read(case: Case) -> None:
    found = facts(case.text, language=case.language, expects=case.expects)
    assert [each for each in found if each[0] in THINGS] == list(case.facts)


def test_that_a_card_number_is_no_fact_in_any_language() -> None:
    for language in ("en", "nl", "it"):
        for card in ("4111 1111 1111 1111", "4111111111111111", "3782 822463 10005", "5500-0055-5555-5559"):
            assert facts(card, language=language) == []


def test_that_all_languages_know_the_same_packages_and_kinds_of_equipment() -> None:
    rules = [thing_rules(language) for language in ("en", "nl", "it")]
    assert len({frozenset(each.equipment.values()) for each in rules}) == 1
    assert len({frozenset([*each.packages.values(), *each.speeds.values()]) for each in rules}) == 1


def test_that_facts_stand_where_they_were_said_and_do_not_overlap() -> None:
    text = "account 4411 0032, friday after three, 64,20 euro, jan@example.nl"
    found = find_facts(text, at=AT)
    assert [text[f.start : f.end] for f in found if f.entity != "date"] == [
        "4411 0032",
        "friday after three",
        "64,20 euro",
        "jan@example.nl",
    ]
    assert json.loads(json.dumps([f.value for f in found])) == [f.value for f in found]


@pytest.mark.parametrize(
    "unit", ["1 ", "one ", "a", "12-", "friday ", "+3", "NL91 ", "from 1 to ", "(", "a@a.", "€"]
)
def test_that_ten_thousand_characters_take_bounded_time(unit: str) -> None:
    text = (unit * 10_000)[:10_000]
    started = time.process_time()
    find_facts(text, at=AT)
    assert time.process_time() - started < 1.0


def test_that_the_component_reads_moment_and_question_from_metadata() -> None:
    metadata = {"at": "2026-11-22T21:00:00+00:00", "language": "en", "expects": "order_number"}
    message = Message(data={"text": "482913, tomorrow", "metadata": metadata})
    FactExtractor.create(FactExtractor.get_default_config(), None, None, None).process([message])  # type: ignore[arg-type]
    values = {entity["entity"]: entity["value"] for entity in message.get("entities")}
    assert values == {"order_number": "NO-482913", "date": {"date": "2026-11-23"}}


@pytest.mark.parametrize(
    "metadata", [None, "text", {"at": "nonsense"}, {"language": "xx"}, {"language": "../en"}]
)
def test_that_odd_metadata_is_survived(metadata: object) -> None:
    message = Message(data={"text": "44110032", "metadata": metadata})
    FactExtractor.create({}, None, None, None).process([message])  # type: ignore[arg-type]
    assert [entity["value"] for entity in message.get("entities")] == ["44110032"]
