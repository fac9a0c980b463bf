"""`assistant check` on examples: bad training data is found in its file, on its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.bot.example_findings import READ_CHARACTERS
from assistant.check import check, suspicious_labels
from assistant.journeys.check import Finding

WAYS_TO_PAY = [
    "I want to pay my bill",
    "settle what I owe you please",
    "where do I send the money for last month",
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with two intents and no examples yet."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "languages.yml").write_text("languages: [en]\n", encoding="utf-8")
    (tmp_path / "domain.yml").write_text("intents: [pay_bill, move_visit]\n", encoding="utf-8")
    return tmp_path


def write(project: Path, intent: str, *examples: str, language: str = "en") -> str:
    """Writes examples, the first one on line 4; the name of the file."""
    lines = "".join(f"      - {each}\n" for each in examples)
    return put(
        project, f"data/nlu/{language}/{intent}.yml", f"nlu:\n  - intent: {intent}\n    examples: |\n{lines}"
    )


def put(project: Path, name: str, text: str) -> str:
    path = project / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return name


def matching(project: Path, message: str) -> list[Finding]:
    return [each for each in check(project) if message in each.message]


def found(project: Path, message: str) -> tuple[str, str, int]:
    """(level, file, line) of the one finding with these words."""
    several = matching(project, message)
    assert len(several) == 1, "\n".join(str(each) for each in check(project))
    return several[0].level, several[0].file, several[0].line


@pytest.mark.parametrize("examples", ["|\n", "''\n", "[]\n", "\n"])
def test_that_an_intent_without_examples_is_found(project: Path, examples: str) -> None:
    text = f"nlu:\n  - intent: move_visit\n    examples: []\n  - intent: pay_bill\n    examples: {examples}"
    file = put(project, "data/nlu/en/pay_bill.yml", text)
    assert found(project, "pay_bill has no examples here") == ("error", file, 4)


def test_that_a_blank_example_is_found(project: Path) -> None:
    file = write(project, "pay_bill", "I want to pay my bill", "", "settle what I owe")
    assert found(project, "This example of pay_bill is empty") == ("error", file, 5)


def test_that_a_line_that_rasa_would_skip_is_found(project: Path) -> None:
    text = "nlu:\n  - intent: pay_bill\n    examples: |\n      - I want to pay\n      where do I pay\n"
    file = put(project, "data/nlu/en/pay_bill.yml", text)
    assert found(project, "Rasa skips this line") == ("error", file, 5)


@pytest.mark.parametrize(
    ("count", "level", "message"),
    [
        (1, "error", "pay_bill has a single example in language en"),
        (14, "error", "pay_bill has 14 examples in language en; it needs 15"),
        (15, "warning", "pay_bill has 15 examples in language en; 60 are good"),
        (59, "warning", "pay_bill has 59 examples in language en; 60 are good"),
    ],
)
def test_that_too_few_examples_are_found(project: Path, count: int, level: str, message: str) -> None:
    file = write(project, "pay_bill", *(f"pay {number}" for number in range(count)))
    assert found(project, message) == (level, file, 2)


def test_that_enough_examples_are_no_finding(project: Path) -> None:
    write(project, "pay_bill", *(f"pay {number}" for number in range(60)))
    assert not matching(project, "examples in language")


def test_that_examples_of_one_intent_in_several_files_are_counted_together(project: Path) -> None:
    write(project, "pay_bill", *(f"pay {number}" for number in range(30)))
    more = "".join(f"    - bill {number}\n" for number in range(30))
    put(project, "data/nlu/en/more.yml", f"nlu:\n- intent: pay_bill\n  examples: |\n{more}")
    assert not matching(project, "examples in language")


@pytest.mark.parametrize("again", ["Ciao, Northlight!", "ciao northlight", "ciào Northlight"])
@pytest.mark.parametrize("language", ["en", "it"])
def test_that_the_same_words_under_two_intents_are_found(project: Path, again: str, language: str) -> None:
    first = write(project, "move_visit", "ciao Northlight")
    second = write(project, "pay_bill", "I want to pay", again, language=language)
    assert found(project, f"is under pay_bill here and under move_visit in {first}:4") == ("error", second, 5)


def test_that_the_same_words_twice_in_one_intent_are_found(project: Path) -> None:
    file = write(project, "pay_bill", "pay my bill", "what do I owe", "Pay my bill!")
    assert found(project, f"“Pay my bill!” is already in {file}:4") == ("warning", file, 6)


def test_that_the_same_words_in_two_languages_are_no_finding(project: Path) -> None:
    write(project, "pay_bill", "ok")
    write(project, "pay_bill", "ok", language="nl")
    assert not matching(project, "“ok”")


@pytest.mark.parametrize(
    "copy", ["I want to pay my invoice", "I just want to pay my bill", "I want to pay my bill, I want to!"]
)
def test_that_a_near_copy_is_found(project: Path, copy: str) -> None:
    file = write(project, "pay_bill", *WAYS_TO_PAY, copy)
    assert found(project, f"“I want to pay my bill” in {file}:4") == ("warning", file, 7)


def test_that_examples_in_words_of_their_own_and_short_ones_are_no_copies(project: Path) -> None:
    write(project, "pay_bill", *WAYS_TO_PAY, "pay bill", "see bill", "the bill")
    write(
        project, "move_visit", "I want to move my bill"
    )  # another intent: one word can make all the difference
    assert not matching(project, "away from")
    assert not matching(project, "much like")


@pytest.mark.parametrize("content", ["", "- a\n", "nlU:\n- intent: pay_bill\n", "version: '3.1'\n"])
def test_that_a_file_without_examples_is_found(project: Path, content: str) -> None:
    file = put(project, "data/nlu/en/odd.yml", content)
    assert found(project, "“nlu:” is missing") == ("error", file, 1)


@pytest.mark.parametrize("entry", ["intents: pay_bill", "just words", "7"])
def test_that_an_entry_without_an_intent_is_found(project: Path, entry: str) -> None:
    file = put(project, "data/nlu/en/odd.yml", f"nlu:\n- regex: a\n  examples: |\n    - b\n- {entry}\n")
    assert found(project, "it says no “intent:”") == ("error", file, 5)


def test_that_a_file_in_utf_16_is_found(project: Path) -> None:
    file = write(project, "pay_bill", "I want to pay")
    (project / file).write_text("nlu: []", encoding="utf-16")
    assert found(project, "byte 1 of this line, 0xFF, is not UTF-8") == ("error", file, 1)


def test_that_a_file_that_is_not_utf_8_is_found_with_byte_and_line(project: Path) -> None:
    file = write(project, "pay_bill", "I want to pay", "now")
    path = project / file
    path.write_bytes(path.read_bytes() + "      - paghér\n".encode("latin-1"))
    assert found(project, "byte 13 of this line, 0xE9, is not UTF-8") == ("error", file, 6)


@pytest.mark.parametrize(("broken", "whole"), [("caffÃ¨ pagato", "caffè pagato"), ("Iâ€™ll pay", "I’ll pay")])
def test_that_words_from_a_wrong_encoding_are_found(project: Path, broken: str, whole: str) -> None:
    file = write(project, "pay_bill", whole, broken)
    assert found(project, f"it may have been “{whole}”") == ("error", file, 5)


def test_that_a_lost_letter_is_found(project: Path) -> None:
    file = write(project, "pay_bill", "pay the caf\ufffd")
    assert found(project, "A letter was lost") == ("error", file, 4)


DUTCH = [
    "ik wil graag mijn rekening betalen",
    "hoeveel moet ik deze maand overmaken",
    "kunt u mij een betaallink sturen",
    "waar vind ik de factuur van oktober",
]


def test_that_a_line_in_another_language_is_found(project: Path) -> None:
    file = write(project, "pay_bill", *WAYS_TO_PAY, DUTCH[0])
    assert found(project, "is in Dutch, not in English") == ("warning", file, 7)


def test_that_a_whole_file_in_another_language_is_one_finding(project: Path) -> None:
    file = write(project, "pay_bill", *DUTCH)
    assert found(project, "in Dutch, not in English") == ("error", file, 2)


def test_that_words_at_home_everywhere_are_no_other_language(project: Path) -> None:
    words = ["ok", "stop", "nee", "sì grazie", "TV Plus", "pizza quattro stagioni", "Kruisstraat 8 Haarlem"]
    write(project, "pay_bill", *WAYS_TO_PAY, *words)
    assert not matching(project, "not in English")


@pytest.mark.parametrize("name", ["Pay bill", "pay-bill", "pay/bill", "Betaal", "pâyer", "''"])
def test_that_a_name_that_is_no_name_is_found(project: Path, name: str) -> None:
    file = put(project, "data/nlu/en/odd.yml", f"nlu:\n  - intent: {name}\n    examples: |\n      - pay\n")
    assert found(project, "is no name for an intent") == ("error", file, 2)


def test_that_an_example_too_long_to_be_read_is_found(project: Path) -> None:
    file = write(
        project, "pay_bill", "pay " * (READ_CHARACTERS // 4), "pay " * (READ_CHARACTERS // 4) + "now"
    )
    assert found(project, "This example has 2,003 characters") == ("warning", file, 5)


def test_that_as_much_is_read_as_the_encoder_reads() -> None:
    from assistant.bot.embedding import HANDLED_CHARACTERS

    assert READ_CHARACTERS == HANDLED_CHARACTERS


def test_that_an_intent_missing_in_a_language_is_found(project: Path) -> None:
    put(project, "data/languages.yml", "languages: [en, nl]\n")
    file = write(project, "pay_bill", *WAYS_TO_PAY)
    write(project, "move_visit", "Verzet mijn afspraak", language="nl")
    write(project, "move_visit", "move my visit")
    assert found(project, "pay_bill has no examples in data/nlu/nl") == ("error", file, 2)
    assert not matching(project, "move_visit has no examples in")


def test_that_a_folder_of_no_configured_language_is_found_once(project: Path) -> None:
    file = write(project, "move_visit", "move it", "another day", language="du")
    write(project, "pay_bill", "pay", language="du")
    assert found(project, "“du” is no language") == ("warning", file, 2)


def test_that_examples_for_an_intent_nobody_handles_are_found(project: Path) -> None:
    file = write(project, "sing_a_song", "sing")
    assert found(project, "examples for sing_a_song, but no journey or rule") == ("error", file, 2)


def test_that_messages_of_no_intent_are_no_intent_of_their_own(project: Path) -> None:
    file = write(project, "unknown", "who won the match")
    assert found(project, "belong in _out_of_scope.yml") == ("error", file, 2)


def test_that_messages_of_no_intent_are_checked_too(project: Path) -> None:
    write(project, "pay_bill", *WAYS_TO_PAY)
    lines = "  - who won\n  - Settle what I owe you, please!\n  - who won?\n"
    text = f"beside: [pay_bill, pay_bil]\nexamples:\n{lines}"
    file = put(project, "data/nlu/en/_out_of_scope.yml", text)
    assert found(project, "“beside” names pay_bil,") == ("error", file, 2)
    assert found(project, "is under pay_bill here and under unknown in") == (
        "error",
        "data/nlu/en/pay_bill.yml",
        5,
    )
    assert found(project, "“who won?” is already in") == ("warning", file, 5)
    assert not matching(project, "unknown has")


@pytest.mark.parametrize(
    "near", ["i want to pay my bill!", "i want to pay my bil", "so I want to pay my bill"]
)
@pytest.mark.parametrize("kind", ["intents", "facts"])
def test_that_an_example_near_to_a_held_out_message_is_found(project: Path, near: str, kind: str) -> None:
    file = write(project, "pay_bill", "what do I owe", WAYS_TO_PAY[0])
    if kind == "facts":
        text = f'at: "2026-11-22"\ncases:\n  - text: something else\n  - text: "{near}"\n    facts: []\n'
    else:
        text = f"nlu:\n- intent: pay_bill\n  examples: |\n    - {near}\n"
    held = put(project, f"tests/data/held_out/nl/{kind}.yml", text)
    assert found(project, f"a held-out message ({held}:4)") == ("warning", file, 5)


def test_that_marked_entities_and_lists_of_examples_are_read_as_rasa_reads_them(project: Path) -> None:
    text = (
        "nlu:\n  - intent: pay_bill\n    examples:\n      - text: pay [now](time) please\n"
        "      - text: Pay now, please\n  - lookup: towns\n    examples: |\n      - Haarlem\n"
    )
    file = put(project, "data/nlu/en/pay_bill.yml", text)
    assert found(project, "“Pay now, please” is already in") == ("warning", file, 5)


@pytest.mark.parametrize(
    "content",
    ["", "- a\n", "nlu:\n", "nlu: {}\n", "nlu: [1]\n", "nlu:\n- intent: pay_bill\n  examples: {a: b}\n"],
)
def test_that_odd_files_are_no_crash(project: Path, content: str) -> None:
    put(project, "data/nlu/en/odd.yml", content)
    check(project)


def test_that_a_wrong_label_leads_the_list_of_suspicious_ones(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)  # embeddings are kept where it runs
    write(project, "pay_bill", *WAYS_TO_PAY, "let me pay my open invoice", "how can I pay the bill")
    visits = ["move my engineer visit", "another day for the engineer please", "reschedule the appointment"]
    file = write(
        project, "move_visit", *visits, "pay this month's bill now", "can the technician come on friday"
    )
    first = suspicious_labels(project)[0]
    assert (first.file, first.line) == (file, 7)
    assert "is under move_visit and looks like pay_bill" in first.message
