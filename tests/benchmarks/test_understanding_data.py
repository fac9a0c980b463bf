"""What the understanding benchmark trains on: the same for the same seed, and spoilt as it says."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.understanding_data import (
    Example,
    Split,
    as_nlu,
    every_nth,
    flip_labels,
    hold_out,
    only,
    read_clinc,
    read_facts,
    read_nlu,
    sample,
    some_each,
    with_typing_error,
    with_typing_errors,
)

EXAMPLES = [Example(f"message {i}", f"intent_{i % 7}") for i in range(140)]


def edits(one: str, other: str) -> int:
    """How many letters must be inserted, dropped, replaced or swapped with the next one."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b)))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                row[-1] = min(row[-1], rows[-2][j - 2] + 1)
        rows.append(row)
    return rows[-1][-1]


@given(st.text(alphabet="abcdefg XYZéß.,!?12", min_size=1), st.integers())
def test_that_a_typing_error_is_exactly_one_edit(text: str, seed: int) -> None:
    spoilt = with_typing_error(text, random.Random(seed))
    assert edits(text, spoilt) == (1 if any(c.isalpha() for c in text) else 0)


def test_that_all_four_kinds_of_typing_errors_happen_and_keep_the_case() -> None:
    found = {with_typing_error("WAT", random.Random(seed)) for seed in range(300)}
    assert {"AWT", "WT", "WWAT", "EAT", "QAT", "WST"} <= found
    assert all(spoilt.isupper() for spoilt in found)


def test_that_a_typing_error_falls_into_a_longer_word_where_there_is_one() -> None:
    for seed in range(50):
        assert with_typing_error("is it a box", random.Random(seed)).startswith("is it a ")


def test_that_every_message_gets_its_error_and_the_same_seed_the_same_ones() -> None:
    texts = ["pay my bill"] * 20
    spoilt = with_typing_errors(texts, 1)
    assert "pay my bill" not in spoilt
    assert spoilt == with_typing_errors(texts, 1) != with_typing_errors(texts, 2)


def test_that_the_stated_share_of_labels_is_flipped_and_every_flip_is_wrong() -> None:
    spoilt, places = flip_labels(EXAMPLES, 0.14, seed=3)
    assert len(places) == round(0.14 * len(EXAMPLES))
    for place, (before, after) in enumerate(zip(EXAMPLES, spoilt, strict=True)):
        assert before.text == after.text
        assert (before.intent != after.intent) == (place in places)
    assert (spoilt, places) == flip_labels(EXAMPLES, 0.14, seed=3)
    assert places != flip_labels(EXAMPLES, 0.14, seed=4)[1]


def test_that_a_single_intent_has_no_label_to_flip_to() -> None:
    assert flip_labels([Example("a", "one"), Example("b", "one")], 0.5, seed=1)[1] == set()


def test_that_intents_are_chosen_by_the_alphabet_and_not_by_their_order() -> None:
    assert every_nth(["f", "b", "a", "d", "c", "e"], 2) == ["a", "c", "e"]


def test_that_some_of_each_intent_are_drawn_and_all_where_there_are_fewer() -> None:
    few = [*EXAMPLES, Example("alone", "rare")]
    drawn = some_each(few, 10, seed=1)
    assert Counter(e.intent for e in drawn) == {f"intent_{i}": 10 for i in range(7)} | {"rare": 1}
    assert len(set(drawn)) == len(drawn)
    assert drawn == some_each(few, 10, seed=1) != some_each(few, 10, seed=2)


def test_that_a_subset_keeps_its_intents_in_every_part_and_all_foreign_messages() -> None:
    split = Split("set", EXAMPLES, EXAMPLES[:14], EXAMPLES[14:28], ["what?"])
    part = only(split, ["intent_1", "intent_3"])
    assert part.intents == ["intent_1", "intent_3"]
    assert {e.intent for e in (*part.train, *part.validation, *part.test)} == {"intent_1", "intent_3"}
    assert part.foreign == ["what?"]
    assert len(part.train) == 40


def test_that_a_held_out_part_is_not_trained_on_and_untrained_intents_are_foreign() -> None:
    test = [Example("new", "intent_1"), Example("strange", "unknown")]
    split = hold_out("file", EXAMPLES, test)
    assert not set(split.train) & set(split.validation)
    assert Counter(e.intent for e in split.validation) == {f"intent_{i}": 2 for i in range(7)}
    assert set(split.train) | set(split.validation) == set(EXAMPLES)
    assert (split.test, split.foreign) == ([test[0]], ["strange"])


def test_that_a_sample_keeps_the_order() -> None:
    assert sample([3, 1, 2], None, 1) == sample([3, 1, 2], 5, 1) == [3, 1, 2]
    drawn = sample(range(100), 10, 1)
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 10


def test_that_out_of_scope_training_messages_of_clinc_are_not_read(tmp_path: Path) -> None:
    parts = {p: [[f"{p} text", "greeting"]] for p in ("train", "val", "test")}
    strange = {p: [[f"{p} text", "oos"]] for p in ("oos_train", "oos_val", "oos_test")}
    (tmp_path / "data_full.json").write_text(json.dumps(parts | strange))
    split = read_clinc(tmp_path)
    assert split == read_clinc(tmp_path / "data_full.json")
    assert (split.train, split.validation) == (
        [Example("train text", "greeting")],
        [Example("val text", "greeting")],
    )
    assert split.foreign == ["oos_test text"]
    assert "oos_train" not in str(split)


def test_that_a_file_that_is_not_clinc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data_full.json").write_text('{"train": []}')
    with pytest.raises(ValueError, match="not CLINC150: oos_test, test, val missing"):
        read_clinc(tmp_path)


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated")
def test_that_examples_written_as_a_rasa_file_are_read_back_the_same(tmp_path: Path) -> None:
    examples = [
        Example("what's 5% of [that]?", "ask"),
        Example("no: not #3", "deny"),
        Example("perché?", "why"),
        Example("say it again", "why"),
    ]
    file = tmp_path / "nlu.yml"
    file.write_text(as_nlu(examples), encoding="utf-8")
    assert sorted(read_nlu(file)) == sorted(examples)


@pytest.mark.filterwarnings("ignore:pkg_resources is deprecated")
def test_that_a_file_without_examples_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text('version: "3.1"\nnlu: []\n')
    with pytest.raises(ValueError, match="no examples"):
        read_nlu(file)


def test_that_facts_are_read_with_the_time_and_what_was_expected(tmp_path: Path) -> None:
    file = tmp_path / "facts.yml"
    file.write_text(
        'at: "2026-11-22T21:00:00+00:00"\n'
        "cases:\n"
        '  - text: "the 2nd, NO-123456"\n'
        "    expects: ordinal\n"
        "    facts: [{ordinal: 2}, {order_number: NO-123456}]\n"
        '  - {text: "hello", facts: []}\n'
    )
    first, second = read_facts(file)
    assert first.at == "2026-11-22T21:00:00+00:00"
    assert (first.expects, second.expects) == ("ordinal", None)
    assert first.facts == [("ordinal", 2), ("order_number", "NO-123456")]
    assert second.facts == []
