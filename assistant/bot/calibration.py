"""From scores to probabilities that can be believed: of messages that get 0.8, eight in ten are right.

Learnt on held-out scores in two steps: one factor that makes a softmax fit them best (temperature scaling),
then a rising curve for the probability of the best intent, straight between knots in log-odds. Regularised
towards no change, so that little data changes little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

Matrix = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
Curve = npt.NDArray[np.float64]

UNCHANGED: Curve = np.array([0.0, 1.0, 1.0, 1.0])  # offset, and slope below, between and above the knots
KNOTS = (0.0, 2.0)  # log-odds: probabilities of 0.5 and 0.88
LEAST_SLOPE = 0.05
HELD = 0.5  # how many examples the wish for no change weighs
EDGE = 1e-6


@dataclass(frozen=True)
class Calibration:
    """probabilities = softmax(sharpness * scores), with the best one moved along the curve."""

    sharpness: float
    curve: Curve  # (4,) as UNCHANGED

    @classmethod
    def learn(cls, scores: Matrix, labels: Labels) -> Calibration:
        """Fit on held-out scores (n, k) and true labels (n,)."""
        if scores.shape[1] < 2:
            return cls(1.0, UNCHANGED)
        sharpness = _sharpness(scores, labels)
        chances = _softmax(sharpness * scores)
        right = np.where(chances.argmax(axis=1) == labels, 1.0, -1.0)
        bases = _bases(_log_odds(chances.max(axis=1)))

        def loss(curve: Curve) -> tuple[float, Curve]:
            odds = right * (bases @ curve)
            away = curve - UNCHANGED
            slope = -right / (1 + np.exp(np.clip(odds, -30, 30)))
            value = np.logaddexp(0, -odds).sum() + HELD * (away @ away)
            return float(value / len(odds)), (bases.T @ slope + 2 * HELD * away) / len(odds)

        bounds = [(None, None), *[(LEAST_SLOPE, None)] * 3]
        found = optimize.minimize(loss, UNCHANGED, jac=True, method="L-BFGS-B", bounds=bounds)
        return cls(sharpness, found.x)

    def probabilities(self, scores: Matrix) -> Matrix:
        """(n, k) probabilities for (n, k) scores; the order of a row's intents stays."""
        chances = _softmax(self.sharpness * scores).astype(np.float64)
        if chances.shape[1] < 2:
            return chances.astype(np.float32)
        rows, best = np.arange(len(chances)), chances.argmax(axis=1)
        top = chances[rows, best]
        second = np.partition(chances, -2, axis=1)[:, -2]
        rest = np.maximum(1 - top, EDGE)
        moved = 1 / (1 + np.exp(-_bases(_log_odds(top)) @ self.curve))
        moved = np.maximum(moved, second / (rest + second))  # the best stays the best
        chances *= ((1 - moved) / rest)[:, None]
        chances[rows, best] = moved
        shares: Matrix = (chances / chances.sum(axis=1, keepdims=True)).astype(np.float32)
        return shares


def _log_odds(chances: Matrix | Curve) -> Curve:
    held = np.clip(chances.astype(np.float64), EDGE, 1 - EDGE)
    odds: Curve = np.log(held / (1 - held))
    return odds


def _bases(odds: Curve) -> Curve:
    low, high = KNOTS
    parts = [
        np.ones_like(odds),
        np.minimum(odds, low),
        np.clip(odds, low, high) - low,
        np.maximum(odds - high, 0),
    ]
    return np.column_stack(parts)


def _softmax(scores: Matrix) -> Matrix:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Matrix = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _sharpness(scores: Matrix, labels: Labels) -> float:
    """The factor that makes softmax probabilities fit held-out scores best."""
    rows = np.arange(len(labels))

    def surprise(log_factor: float) -> float:
        chances = _softmax(np.exp(log_factor) * scores)[rows, labels]
        return float(-np.log(np.maximum(chances, 1e-9)).mean())

    best = optimize.minimize_scalar(surprise, bounds=(0.0, np.log(60.0)), method="bounded")
    return float(np.exp(best.x))
