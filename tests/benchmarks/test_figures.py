"""What benchmarks make of their measurements."""

import json

import pytest

from benchmarks.figures import Target, median_ratio, percentile, unmet, verdict


def test_that_a_percentile_is_a_value_that_was_measured():
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert percentile(values, 0.5) == 3.0
    assert percentile(values, 0.99) == 5.0
    assert percentile(values, 0.0) == 1.0


def test_that_there_is_no_percentile_of_nothing():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)


def test_that_ratios_are_taken_round_by_round():
    assert median_ratio([10, 20, 300], [5, 10, 10]) == 2
    with pytest.raises(ValueError, match="shorter"):
        median_ratio([1, 2], [1])


@pytest.mark.parametrize(
    ("target", "met", "not_met"),
    [
        (Target("at_least", 4), 4.0, 3.99),
        (Target("at_most", 0.7), 0.7, 0.71),
        (Target("exactly", 0), 0, 1),
    ],
)
def test_that_a_target_is_met_up_to_its_bound(target, met, not_met):
    assert target.met_by(met)
    assert not target.met_by(not_met)


def test_that_what_could_not_be_measured_meets_nothing():
    targets = {"ratio": Target("at_most", 1), "other": Target("at_most", 1)}
    assert unmet({"ratio": None}, targets) == ["ratio", "other"]
    assert unmet({"ratio": float("nan"), "other": 1}, targets) == ["ratio"]


def test_that_the_last_line_is_one_json_object_with_the_verdict():
    line = verdict("turns", {"ratio": 4.56789}, {"ratio": Target("at_least", 4)})
    assert json.loads(line) == {
        "name": "turns",
        "figures": {"ratio": 4.568},
        "targets": {"ratio": {"at_least": 4}},
        "met": True,
    }
    assert json.loads(verdict("turns", {"ratio": 3.9}, {"ratio": Target("at_least", 4)}))["met"] is False
