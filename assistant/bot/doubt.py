"""The rule that says "nobody trained this", learnt from examples whose intent was left out of training.

What is looked at: the best score, its lead over the second, the nearest training example, and the nearest
one of the best intent. A logistic rule over them is fitted on the held-out scores of the training examples:
once with only the example left out (it belongs), once with its whole intent left out (it does not).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

SIGNALS = 4
LEAST, MOST = 0.2, 0.98  # bounds of the threshold
CAUTIOUS = np.array([4.0, 0, 0, -8.0, 0], dtype=np.float32)  # with too few intents to leave one out


@dataclass(frozen=True)
class Rule:
    """Probability that a message is foreign = logistic(weights · (1, signals)); above the threshold it is."""

    weights: Vector  # (1 + SIGNALS,)
    threshold: float

    def foreign(self, signals: Matrix) -> Vector:
        """(n,) probabilities for (n, SIGNALS) signals."""
        raised = self.weights[0] + signals @ self.weights[1:]
        chances: Vector = 1 / (1 + np.exp(-np.clip(raised, -30, 30)))
        return chances


def signals(scores: Matrix, near: Matrix) -> Matrix:
    """(n, SIGNALS) from scores (n, k) and each intent's nearest example (n, k); -inf where left out."""
    rows = np.arange(len(scores))
    best = scores.argmax(axis=1)
    top = scores[rows, best]
    lead = top.copy()
    if scores.shape[1] > 1:
        second = np.partition(scores, -2, axis=1)[:, -2]
        lead = top - np.where(np.isfinite(second), second, 0)
    return np.column_stack([top, lead, near.max(axis=1), near[rows, best]]).astype(np.float32)


def learn(
    labels: Labels, without_example: Matrix, without_intent: Matrix, near: Matrix, lost_in_scope: float
) -> Rule:
    """Fit the rule on held-out scores (n, k), nan rows where not worked out, and nearness (n, k).

    A label of -1 marks an example that belongs to no intent. `lost_in_scope` is the share of understood
    examples that may be given up.
    """
    own = labels >= 0
    if without_example.shape[1] < 3:
        return Rule(CAUTIOUS, 0.5)
    inside = signals(without_example[own], near[own])
    left = own & ~np.isnan(without_intent).any(axis=1)
    others = near[left].copy()
    others[np.arange(len(others)), labels[left]] = -np.inf
    outside = np.vstack([signals(without_intent[left], others), signals(without_example[~own], near[~own])])
    if not len(outside):
        return Rule(CAUTIOUS, 0.5)
    rule = Rule(_fit_logistic(inside, outside).astype(np.float32), 0.5)
    right = without_example[own].argmax(axis=1) == labels[own]
    if not right.any():
        return rule
    threshold = float(np.quantile(rule.foreign(inside[right]), 1 - lost_in_scope))
    return Rule(rule.weights, min(max(threshold, LEAST), MOST))


def _fit_logistic(inside: Matrix, outside: Matrix) -> npt.NDArray[np.float64]:
    """Logistic regression, both sides weighing the same, lightly regularised on standardised signals."""
    both = np.vstack([inside, outside]).astype(np.float64)
    centre, spread = both.mean(axis=0), both.std(axis=0) + 1e-6
    x = np.column_stack([np.ones(len(both)), (both - centre) / spread])
    sign = np.r_[-np.ones(len(inside)), np.ones(len(outside))]
    weigh = np.r_[np.full(len(inside), 0.5 / len(inside)), np.full(len(outside), 0.5 / len(outside))]

    def loss(w: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        z = sign * (x @ w)
        slope = -sign * weigh / (1 + np.exp(np.clip(z, -30, 30)))
        value = weigh @ np.logaddexp(0, -z) + 1e-3 * (w[1:] @ w[1:])
        return float(value), x.T @ slope + 2e-3 * np.r_[0, w[1:]]

    found = optimize.minimize(loss, np.zeros(x.shape[1]), jac=True, method="L-BFGS-B").x
    scaled = found[1:] / spread
    weights: npt.NDArray[np.float64] = np.r_[found[0] - scaled @ centre, scaled]
    return weights
