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
    without_example: Matrix  # (m, k) of the last m: scores from a model trained without the example
    without_intent: Matrix  # (m, k) the same without its intent: -inf there; nan where not worked out


def solve(similarities: Matrix, labels: Labels, *, penalty: float, left_out: int | None = None) -> Solution:
    """Fit on (n, n) similarities, which are overwritten, and labels (n,) from 0 to k-1, each used.

    A label of -1 marks an example of no intent: all its scores should be 0. Held-out scores are made for
    the last `left_out` examples (all, when None), without the intent only for intents that are whole among
    them. Takes n³/3 multiplications and left_out³/3, with no further memory of order n² when all are left
    out. Raises ValueError when an example's features are not numbers.
    """
    count, kinds = len(labels), int(labels.max()) + 1
    first = 0 if left_out is None else count - left_out
    targets = np.zeros((count, kinds), dtype=np.float32)
    own = labels >= 0
    targets[own, labels[own]] = 1
    similarities += 1  # the bias: a feature that all have
    similarities[np.diag_indices(count)] += penalty / _balance(labels, kinds)
    factor = _factor(similarities)
    weights, _ = linalg.lapack.spotrs(factor, targets, lower=1)
    # The trailing block of the inverse is made of the trailing block of the factor alone.
    inverse = _inverse(factor[first:, first:].copy(order="F") if first else factor)
    diagonal = np.einsum("ij,ij->j", inverse, inverse)
    without_intent = np.full((count - first, kinds), np.nan, dtype=np.float32)
    for kind in range(kinds):
        members = np.flatnonzero(labels == kind) - first
        if len(members) > MOST_LEFT_OUT or kinds < 2 or members[0] < 0:
            continue
        columns = inverse[members[0] :, members]
        block = (columns.T @ columns).astype(np.float64)
        left = linalg.solve(block, weights[first + members], assume_a="pos", check_finite=False)
        without_intent[members] = -left
        without_intent[members, kind] = -np.inf
    return Solution(
        weights=weights,
        bias=weights.sum(axis=0),
        without_example=targets[first:] - weights[first:] / diagonal[:, None],
        without_intent=without_intent,
    )


def _balance(labels: Labels, kinds: int) -> Vector:
    """Rare intents weigh more per example, within bounds."""
    own = labels >= 0
    sizes = np.bincount(labels[own], minlength=kinds)
    balance = np.where(own, np.clip(own.sum() / (kinds * sizes), 0.5, 2.0)[labels], 1.0)
    return balance.astype(np.float32)


def _factor(matrix: Matrix) -> Matrix:
    """The lower triangular L with matrix = L Lᵀ, in the matrix's own memory."""
    factor, failed = linalg.lapack.spotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
    if failed:
        raise ValueError("The training examples could not be solved for: an embedding is not a number.")
    found: Matrix = factor
    return found


def _inverse(factor: Matrix) -> Matrix:
    """The inverse of a lower triangular matrix, in its own memory."""
    inverse, failed = linalg.lapack.strtri(factor, lower=1, overwrite_c=1)
    if failed:
        raise ValueError("The training examples could not be solved for: an embedding is not a number.")
    found: Matrix = inverse
    return found
