"""Scores of understanding, worked out by hand."""

from __future__ import annotations

import math

import pytest

from benchmarks.understanding_scores import (
    auroc,
    calibration_error,
    facts_right,
    found_early,
    lost,
    rejected,
    share,
    strictest,
)

FRIDAY = ("date", {"date": "2026-11-27"})
AFTER_THREE = ("time_window", {"start": "2026-11-27T15:00:00+01:00", "end": None, "part": None})


def test_that_auroc_counts_pairs_in_order_and_ties_half() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.1], [0.9]) == 0.0
    assert auroc([0.9, 0.3], [0.5, 0.3]) == (1 + 1 + 0 + 0.5) / 4


def test_that_the_threshold_gives_up_what_it_may_and_no_more() -> None:
    scores = [i / 100 for i in range(100)]
    right = [True] * 100
    threshold = strictest(scores, right, cost=0.02)
    assert lost(scores, right, threshold) == 0.02
    assert rejected([0.0, 0.019, 0.02, 0.5], threshold) == 0.5


def test_that_wrong_answers_are_rejected_for_free() -> None:
    scores, right = [0.1, 0.2, 0.3, 0.9], [False, False, True, True]
    threshold = strictest(scores, right, cost=0.0)
    assert threshold == 0.3
    assert lost(scores, right, threshold) == 0
    assert rejected(scores, threshold) == 0.5


def test_that_equal_scores_never_cost_more_than_allowed() -> None:
    scores, right = [0.5] * 90 + [0.9] * 10, [True] * 100
    assert lost(scores, right, strictest(scores, right, cost=0.1)) == 0


def test_that_everything_may_be_rejected_when_nothing_is_right() -> None:
    assert strictest([0.5, 0.7], [False, False]) == math.inf


def test_that_calibration_error_is_the_gap_per_bin_weighed_by_its_share() -> None:
    assert calibration_error([1.0, 1.0, 0.5, 0.5], [True, True, True, False]) == 0
    assert calibration_error([0.9] * 10, [True] * 5 + [False] * 5) == pytest.approx(0.4)
    assert calibration_error([0.01, 0.99], [True, True], bins=2) == pytest.approx(0.5 * 0.99 + 0.5 * 0.01)


def test_that_a_confidence_of_nought_or_one_has_a_bin() -> None:
    assert calibration_error([0.0, 1.0], [False, True]) == 0


def test_that_only_the_first_fifth_of_all_counts_as_found_early() -> None:
    assert found_early([7, 3, 1, 0], {7, 1}, count=10) == 0.5
    assert found_early([7], {7, 1}, count=10) == 0.5


def test_that_there_is_no_share_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        share([])


def test_that_facts_must_be_found_exactly_and_in_any_order() -> None:
    order = ("order_number", "NO-123456")
    assert facts_right([FRIDAY, order], [order, FRIDAY])
    assert not facts_right([FRIDAY, order], [FRIDAY])
    assert not facts_right([FRIDAY], [FRIDAY, order])
    assert not facts_right([order], [order, order])
    assert not facts_right([FRIDAY], [("date", {"date": "2026-11-28"})])


def test_that_a_day_within_its_time_window_says_nothing_new_on_either_side() -> None:
    assert facts_right([FRIDAY, AFTER_THREE], [AFTER_THREE])
    assert facts_right([AFTER_THREE], [AFTER_THREE, FRIDAY])
    assert not facts_right([AFTER_THREE], [AFTER_THREE, ("date", {"date": "2026-11-28"})])
    assert not facts_right([AFTER_THREE], [FRIDAY])


def test_that_a_span_of_days_is_never_implied() -> None:
    span = ("date", {"start": "2026-11-27", "end": "2026-11-29"})
    assert not facts_right([AFTER_THREE, span], [AFTER_THREE])


def test_that_numbers_count_only_where_they_are_expected() -> None:
    assert facts_right([], [("number", 3)])
    assert facts_right([("number", 3)], [("number", 3), ("number", 5)])
    assert not facts_right([("number", 3)], [])
    assert not facts_right([("number", 3)], [("number", 4)])
