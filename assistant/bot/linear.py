"""The solver behind the classifier: regularised least squares, exact, with its own held-out scores.

One score per intent, linear in the similarities to the training examples (kernel ridge regression). One
triangular factor of the similarities gives, beside the weights, the score that each example would get from a
model trained without it, and without its whole intent (leave-out formulas: Rifkin and Lippert 2007, "Notes
on Regularized Least Squares"). The first calibrates probabilities and finds wrong labels, the second shows
what a message of an intent nobody has trained looks like; so doubt needs no out-of-scope examples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import linalg

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]

MOST_LEFT_OUT = 2_000  # examples of one intent that are left out together; of larger ones, an even sample


@dataclass(frozen=True)
class Solution:
    """Weights and held-out scores. n examples, k intents."""

    weights: Matrix  # (n, k): scores of a message = its similarities (n,) @ weights + bias
    bias: Vector  # (k,)
    without_example: Matrix  # (n, k) scores from a model trained without the example
    without_intent: Matrix  # (n, k) the same without its intent: -inf there; nan where not worked out


def solve(similarities: Matrix, labels: Labels, *, penalty: float) -> Solution:
    """Fit on (n, n) similarities, which are overwritten, and labels (n,) from 0 to k-1, each used.

    A label of -1 marks an example of no intent: all its scores should be 0. Takes 2/3 n³ multiplications and
    no further memory of order n². Raises ValueError when an example's features are not numbers.
    """
    count, kinds = len(labels), int(labels.max()) + 1
    targets = np.zeros((count, kinds), dtype=np.float32)
    own = labels >= 0
    targets[own, labels[own]] = 1
    similarities += 1  # the bias: a feature that all have
    similarities[np.diag_indices(count)] += penalty / _balance(labels, kinds)
    factor = _inverse_factor(similarities)
    # factor @ y runs along rows and factor.T @ y along columns of the lower triangle.
    weights = np.asarray(factor.T @ (factor @ targets), dtype=np.float32)
    diagonal = np.einsum("ij,ij->j", factor, factor)
    without_intent = np.full((count, kinds), np.nan, dtype=np.float32)
    for kind in range(kinds):
        members = np.flatnonzero(labels == kind)
        if len(members) > MOST_LEFT_OUT or kinds < 2:
            continue
        columns = factor[members[0] :, members]
        block = (columns.T @ columns).astype(np.float64)
        without_intent[members] = -linalg.solve(block, weights[members], assume_a="pos", check_finite=False)
        without_intent[members, kind] = -np.inf
    return Solution(
        weights=weights,
        bias=weights.sum(axis=0),
        without_example=targets - weights / diagonal[:, None],
        without_intent=without_intent,
    )


def _balance(labels: Labels, kinds: int) -> Vector:
    """Rare intents weigh more per example, within bounds."""
    own = labels >= 0
    sizes = np.bincount(labels[own], minlength=kinds)
    balance = np.where(own, np.clip(own.sum() / (kinds * sizes), 0.5, 2.0)[labels], 1.0)
    return balance.astype(np.float32)


def _inverse_factor(matrix: Matrix) -> Matrix:
    """The lower triangular L⁻¹ with matrix = L Lᵀ, in the matrix's own memory."""
    factor, failed = linalg.lapack.spotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
    if not failed:
        factor, failed = linalg.lapack.strtri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("The training examples could not be solved for: an embedding is not a number.")
    inverse: Matrix = factor
    return inverse
