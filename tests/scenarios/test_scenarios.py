"""Scripted dialogues: what is said of mistakes in them, who plays in them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from assistant.scenarios.people import Person, cast
from assistant.scenarios.playing import Played, Wrong
from assistant.scenarios.reading import BadScenario, Scenario, load, read
from assistant.scenarios.run import chosen, run, told

FOLDER = Path(__file__).parent


def test_that_there_are_two_hundred_in_three_languages() -> None:
    everything = load(FOLDER)
    assert len(everything) >= 200
    spoken = Counter(each.language for each in everything)
    assert min(spoken["en"], spoken["nl"], spoken["it"]) >= 50


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("- scenario: a\n  turns:\n    - {says: hi, bott: [utter_greet]}\n", 3, "bott"),
        ("- scenario: a\n  turns:\n    - {bot: [utter_greet]}\n", 3, "exactly one of"),
        ("- scenario: a\n  turns:\n    - {later: soon}\n", 3, "soon"),
        ("- scenario: a\n  language: fr\n  turns:\n    - {says: hi}\n", 2, "fr"),
        ("- turns:\n    - {says: hi}\n", 1, "scenario"),
        ("- scenario: a\n  turns:\n    - {says: hi}\n  end:\n    attempts: [{outcom: x}]\n", 5, "outcom"),
        ("scenario: a\n", 1, "list"),
    ],
)
def test_that_a_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    file = tmp_path / "some.yml"
    file.write_text(text)
    with pytest.raises(BadScenario) as found:
        read(file)
    assert str(found.value).startswith(f"{file}:{line}:")
    assert word in str(found.value)


def test_that_no_two_have_one_name(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yml").write_text("- scenario: a\n  turns:\n    - {says: hi}\n")
    with pytest.raises(BadScenario, match=r"two\.yml:1"):
        load(tmp_path)


def a_scenario(name: str, *traits: str, bug: str | None = None) -> Scenario:
    return Scenario(name, Path("some.yml"), 7, "en", traits, bool(traits), {}, (), {}, {}, bug)


def a_person(number: int, open_bills: int = 0) -> Person:
    row = {"customer_id": f"cus_{number}", "vulnerable": 0}
    return Person(row, open_bills, 1, False, (), None, "ok", 0, (), None, frozenset())


def test_that_the_rarest_traits_choose_first_and_nobody_plays_twice() -> None:
    everybody = [a_person(1, open_bills=1), a_person(2)]
    parts = cast([a_scenario("a", "anybody"), a_scenario("b", "one open bill")], everybody)
    assert {name: person.id for name, person in parts.items()} == {"a": "cus_2", "b": "cus_1"}


@pytest.mark.parametrize("trait", ["one open bill", "rich"])
def test_that_a_part_nobody_can_play_is_named(trait: str) -> None:
    with pytest.raises(BadScenario, match=f"some.yml:7: .*{trait}"):
        cast([a_scenario("a", trait)], [a_person(1)])


def test_that_names_and_files_choose() -> None:
    everything = [a_scenario("pay · en"), a_scenario("move · en")]
    assert [each.name for each in chosen(everything, ["PAY"])] == ["pay · en"]
    assert len(chosen(everything, ["some.yml"])) == len(chosen(everything, [])) == 2


def test_that_the_first_wrong_turn_is_told_with_the_dialogue() -> None:
    wrong = Wrong(9, "bot", ["utter_glad"], ["utter_thank"])
    text = told(Played(a_scenario("a"), said=["  customer  hi"], wrong=wrong))
    for part in ("some.yml:9", "customer  hi", "utter_glad", "utter_thank"):
        assert part in text


def test_that_a_bug_that_is_gone_has_to_be_taken_out() -> None:
    known = a_scenario("a", bug="it stutters")
    wrong = Wrong(9, "bot", [], [])
    assert Played(known, wrong=wrong).as_expected
    assert not Played(known).as_expected
    assert not Played(a_scenario("b"), wrong=wrong).as_expected
    assert "it stutters" in told(Played(known))


async def test_that_every_dialogue_goes_as_written(model: Path) -> None:
    """The real bot, its journal and the demo company; `assistant scenarios` plays the same and shows more."""
    played = await run(load(FOLDER), [], model)
    wrong = [told(each) for each in played if not each.as_expected]
    assert not wrong, "\n\n".join(["", *wrong])
