"""Probabilities mean what they say, and calibrating never changes which intent is best."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.bot.calibration import UNCHANGED, Calibration


def scores_and_labels(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose size says little: most right by far, some as sure and wrong."""
    chance = np.random.default_rng(3)
    labels = chance.integers(0, 6, count)
    scores = 0.2 * chance.random((count, 6))
    meant = np.where(chance.random(count) < 0.15, (labels + 1) % 6, labels)
    scores[np.arange(count), meant] += chance.random(count)
    return scores.astype(np.float32), labels


def calibration_error(chances: np.ndarray, labels: np.ndarray) -> float:
    top, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    which = np.minimum((top * 10).astype(int), 9)
    return float(sum(abs(top[which == i].sum() - right[which == i].sum()) for i in range(10)) / len(labels))


def test_that_probabilities_are_as_often_right_as_they_say_on_data_not_learnt_from() -> None:
    scores, labels = scores_and_labels(4000)
    learnt = Calibration.learn(scores[:2000], labels[:2000])
    error, plain = (
        calibration_error(each.probabilities(scores[2000:]), labels[2000:])
        for each in (learnt, Calibration(learnt.sharpness, UNCHANGED))
    )
    assert error < 0.06
    assert error < 0.7 * plain


def test_that_the_order_of_intents_stays_and_shares_add_up() -> None:
    scores, labels = scores_and_labels(500)
    chances = Calibration.learn(scores, labels).probabilities(scores)
    assert (chances.argmax(axis=1) == scores.argmax(axis=1)).all()
    assert np.allclose(chances.sum(axis=1), 1, atol=1e-5)
    assert (chances >= 0).all()


@pytest.mark.parametrize("count", [1, 2])
def test_that_little_data_changes_little(count: int) -> None:
    learnt = Calibration.learn(np.eye(2, dtype=np.float32)[:count], np.arange(count))
    assert np.abs(learnt.curve - UNCHANGED).max() < 1


def test_that_one_intent_alone_is_certain() -> None:
    one = np.ones((3, 1), dtype=np.float32)
    assert Calibration.learn(one, np.zeros(3, dtype=np.int64)).probabilities(one).tolist() == [[1.0]] * 3
