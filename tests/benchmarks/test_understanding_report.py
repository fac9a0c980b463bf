"""From figures to the verdict: nothing counts that was not measured."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rich.console import Console

from benchmarks.understanding_data import Example, Split
from benchmarks.understanding_report import Sheet, derive, report

SPLIT = Split("set", [Example("a", "one"), Example("b", "two")], [], [Example("c", "one")], ["d"])
GOOD = {"accuracy": 0.97, "typo_accuracy": 0.95, "ece": 0.01, "seconds": 2.0}
BAD = {"accuracy": 0.90, "typo_accuracy": 0.80, "ece": 0.10, "seconds": 40.0}


def compared(ours: dict[str, float] = GOOD, theirs: dict[str, float] | None = BAD) -> Sheet:
    sheet = Sheet()
    sheet.column("many", SPLIT, "ours", ours)
    if theirs is not None:
        sheet.column("many", SPLIT, "DIET", theirs)
    return sheet


def test_that_ours_is_held_against_theirs_on_every_row() -> None:
    sheet = compared()
    derive(sheet)
    assert sheet.figures["below_peer"] == 0
    assert sheet.figures["training_speedup"] == 20
    worse = compared(ours={**GOOD, "ece": 0.11, "accuracy": 0.89})
    derive(worse)
    assert worse.figures["below_peer"] == 2


def test_that_nothing_is_said_about_a_peer_that_was_not_measured() -> None:
    sheet = compared(theirs=None)
    derive(sheet)
    assert {"below_peer", "training_speedup", "noise_loss_ratio"}.isdisjoint(sheet.figures)
    assert sheet.figures["typo_points_lost"] == pytest.approx(2)


def test_that_a_training_of_an_earlier_run_is_held_against_nothing() -> None:
    sheet = compared(theirs={name: value for name, value in BAD.items() if name != "seconds"})
    derive(sheet)
    assert "training_speedup" not in sheet.figures
    assert sheet.notes == ["DIET on set was trained in an earlier run; its training is not timed"]


@pytest.mark.parametrize(
    ("ours", "theirs", "ratio"), [(0.96, 0.80, 0.1), (0.98, 0.80, 0.0), (0.96, 0.91, None)]
)
def test_that_losses_to_flipped_labels_are_compared(ours: float, theirs: float, ratio: float | None) -> None:
    sheet = compared()
    sheet.loss("many", "ours", ours)
    sheet.loss("many", "DIET", theirs)
    derive(sheet)
    found = sheet.figures["noise_loss_ratio"]
    assert found == (None if ratio is None else pytest.approx(ratio))


def test_that_the_worst_loss_to_typing_errors_counts() -> None:
    sheet = compared()
    sheet.put("own_it_typo_points_lost", 4.5)
    derive(sheet)
    assert sheet.figures["typo_points_lost"] == 4.5


def test_that_another_language_is_held_against_english_by_its_weaker_side() -> None:
    sheet = Sheet()
    for name, value in {"en_intents": 0.96, "en_facts": 1.0, "nl_intents": 0.96, "nl_facts": 0.9}.items():
        sheet.put(f"own_{name}", value)
    derive(sheet)
    assert sheet.figures["own_nl_of_english"] == pytest.approx(0.9)
    assert "own_it_of_english" not in sheet.figures


def told(sheet: Sheet, capsys: pytest.CaptureFixture[str], *, quick: bool = False) -> tuple[int, Any, str]:
    code = report(Console(width=110), sheet, quick=quick)
    out = capsys.readouterr().out
    return code, json.loads(out.strip().splitlines()[-1]), out


def test_that_the_last_line_says_which_targets_are_met_and_which_were_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, line, out = told(compared(), capsys, quick=True)
    assert code == 0
    assert line["met"] is True
    assert line["targets"]["training_speedup"] == {"at_least": 10, "met": True}
    assert "clinc_ours_accuracy" in line["left_out"]
    assert "clinc_ours_accuracy" not in line["targets"]
    assert "not measured in this run" in out
    assert "samples of the messages" in out


def test_that_a_missed_target_fails_the_run_and_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, line, out = told(compared(ours={**GOOD, "accuracy": 0.89}), capsys)
    assert code == 1
    assert line["met"] is False
    assert line["targets"]["below_peer"] == {"exactly": 0, "met": False}
    assert "below DIET: many: in-scope accuracy" in out


def test_that_a_ratio_without_bounds_is_null_and_not_met(capsys: pytest.CaptureFixture[str]) -> None:
    sheet = compared()
    sheet.loss("many", "ours", 0.95)
    sheet.loss("many", "DIET", 0.95)
    _, line, _ = told(sheet, capsys)
    assert line["figures"]["noise_loss_ratio"] is None
    assert line["targets"]["noise_loss_ratio"]["met"] is False
