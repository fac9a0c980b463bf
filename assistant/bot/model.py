"""The classifier's model: fitted on examples, asked about one message at a time.

Two fits are made, one over what holds in every language and one that adds the English encoder. A message is
judged by both, in proportion to how far it is English (embedding.py says how far).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse

from assistant.bot import doubt
from assistant.bot.calibration import Calibration
from assistant.bot.embedding import SHARE
from assistant.bot.linear import Labels, Matrix, Solution, Vector, solve
from assistant.bot.similarity import BOTH_MOST, GENERAL_MOST, Grams, Known, Shortening, Texts

MOST_EXAMPLES = 24_000  # memory grows with their square: 2.3 GB
# Of more than so many examples, held-out scores are worked out for a part: it halves the work.
ALL_HELD_OUT = 16_000
WHOLE_EVERY, SOME_EVERY = 3, 4  # every third intent whole, and every fourth example of the others
# Labels that held-out scores speak against by so much are taken for wrong, and left out where they are more
# than a few: with 14% wrong labels that wins back half to two thirds of what they cost.
SURELY_WRONG, FEW_WRONG = 0.4, 0.02
logger = logging.getLogger(__name__)
Told = Callable[[float], None]  # the share done, 0 to 1


@dataclass(frozen=True)
class Model:
    """Everything that prediction needs. n examples, k intents."""

    known: Known
    general: Matrix  # (n, k) weights of the general similarities
    both: Matrix  # (n, k) weights of general and English similarities together
    general_bias: Vector  # (k,)
    both_bias: Vector  # (k,)
    starts: npt.NDArray[np.int64]  # (k,) where each intent's examples begin
    own_count: int  # the first so many examples belong to intents; the rest are foreign
    calibration: Calibration
    rule: doubt.Rule

    def write(self, path: Path) -> None:
        """Keep the model in one .npz file."""
        known = {field.name: getattr(self.known, field.name) for field in fields(Known)}
        turns = known.pop("shortening")
        np.savez(
            path,
            **known,
            **{name: getattr(self, name) for name in _ARRAYS},
            turn_meaning=turns.meaning,
            turn_english=turns.english,
            numbers=np.array([self.own_count, self.calibration.sharpness, self.rule.threshold]),
            curve=self.calibration.curve,
            doubt=self.rule.weights,
        )

    @classmethod
    def read(cls, path: Path) -> Model:
        """The model that `write` kept."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        own_count, sharp, threshold = arrays.pop("numbers").tolist()
        rule = doubt.Rule(arrays.pop("doubt"), threshold)
        calibration = Calibration(sharp, arrays.pop("curve"))
        shortening = Shortening(arrays.pop("turn_meaning"), arrays.pop("turn_english"))
        own = {name: arrays.pop(name) for name in _ARRAYS}
        return cls(
            Known(shortening, **arrays), **own, own_count=int(own_count), calibration=calibration, rule=rule
        )


_ARRAYS = ("general", "both", "general_bias", "both_bias", "starts")


@dataclass(frozen=True)
class Opinion:
    """What the model makes of one message."""

    probabilities: Vector  # (k,)
    foreign: float  # probability that the message belongs to no trained intent, 0 to 1
    nearest: float  # similarity of the nearest training example, 0 to 1

    def joined(self, mended: Opinion) -> Opinion:
        """What a message says together with its reading without typing errors, which counts twice."""
        return Opinion(
            (self.probabilities + 2 * mended.probabilities) / 3,
            (self.foreign + 2 * mended.foreign) / 3,
            max(self.nearest, mended.nearest),
        )


@dataclass(frozen=True)
class HeldOut:
    """What is said of training examples by models that have not seen them: of the last m."""

    scores: Matrix  # (m, k)
    without_intent: Matrix  # (m, k) where its intent is unknown too
    near: Matrix  # (m, k) the nearest other example of each intent, 0 to 1


def judge(model: Model, embeddings: Matrix, grams: Sequence[Grams]) -> list[Opinion]:
    """Score messages: the encoder's rows (m, 1281), and each one's n-grams as (columns, values)."""
    share = embeddings[:, SHARE, None]
    general = model.known.general_to(embeddings, grams)
    scores = np.zeros((len(general), len(model.general_bias)), dtype=np.float32)
    likeness = np.zeros_like(general)
    if (share < 1).any():
        scores += (1 - share) * (general @ model.general + model.general_bias)
        likeness += (1 - share) / GENERAL_MOST * general
    if (share > 0).any():
        general += model.known.english_to(embeddings)
        scores += share * (general @ model.both + model.both_bias)
        likeness += share / BOTH_MOST * general
    near = np.maximum.reduceat(likeness[:, : model.own_count], model.starts, axis=1)
    foreign = model.rule.foreign(doubt.signals(scores, near))
    chances = model.calibration.probabilities(scores)
    return [
        Opinion(each, float(far), float(nearest))
        for each, far, nearest in zip(chances, foreign, near.max(axis=1), strict=True)
    ]


def fit(
    embeddings: Matrix,
    grams: sparse.csr_matrix,
    labels: Labels,
    *,
    penalty: float = 0.2,
    lost_in_scope: float = 0.02,
    told: Told = lambda share: None,
) -> Model:
    """Fit on n examples: encoder rows (n, 1281), n-grams (n, v), labels (n,) from 0 to k-1, each used.

    A label of -1 marks an example that belongs to no intent; such examples are welcome, not needed.
    `lost_in_scope` is the share of understood messages that may be given up to catch foreign ones. More than
    MOST_EXAMPLES are thinned out evenly per intent; clearly wrong labels are left out where there are many.
    Memory: 4 n² bytes, half as much again above ALL_HELD_OUT; time: 2/3 n³ multiplications, a good half of
    that above ALL_HELD_OUT, twice that with wrong labels.
    """
    order = _arranged(labels)
    shortening = Shortening.fit(embeddings[order])
    texts = shortening.texts(embeddings[order], grams[order])
    labels = labels[order]
    views = _fit_views(texts, labels, penalty, told)
    if _wrong(views.held_out.scores, labels[views.rows]).mean() > FEW_WRONG and len(views.rows) < len(labels):
        views = _fit_views(texts, labels, penalty, told, all_held_out=True)
    wrong = np.zeros(len(labels), dtype=np.bool_)
    wrong[views.rows] = _wrong(views.held_out.scores, labels[views.rows])
    wrong &= ~_repeated(texts)
    if wrong.mean() > FEW_WRONG:
        logger.warning("%d examples seem to have wrong labels and are left out of training", wrong.sum())
        texts, labels = texts.of(~wrong), labels[~wrong]
        views = _fit_views(texts, labels, penalty, told)
    held_out, of = views.held_out, labels[views.rows]
    own = of >= 0
    return Model(
        known=Known.of(shortening, texts),
        general=views.general.weights,
        both=views.both.weights,
        general_bias=views.general.bias,
        both_bias=views.both.bias,
        starts=_starts(labels),
        own_count=int((labels >= 0).sum()),
        calibration=Calibration.learn(held_out.scores[own], of[own]),
        rule=doubt.learn(of, held_out.scores, held_out.without_intent, held_out.near, lost_in_scope),
    )


def held_out_scores(
    embeddings: Matrix,
    grams: sparse.csr_matrix,
    labels: Labels,
    *,
    penalty: float = 0.2,
    told: Told = lambda share: None,
) -> tuple[npt.NDArray[np.int64], Matrix]:
    """(m,) places of the examples that count, and (m, k) each one's scores without it; arguments as `fit`."""
    order = _arranged(labels)
    shortening = Shortening.fit(embeddings[order])
    texts = shortening.texts(embeddings[order], grams[order])
    return order, _fit_views(texts, labels[order], penalty, told, all_held_out=True).held_out.scores


def preferred(scores: Matrix, labels: Labels) -> tuple[Vector, npt.NDArray[np.int64]]:
    """By how much held-out scores (n, k) speak for another intent than the label (n,), and for which."""
    rows = np.arange(len(labels))
    others = scores.copy()
    others[rows, labels] = -np.inf
    rather = others.argmax(axis=1)
    return others[rows, rather] - scores[rows, labels], rather


def _wrong(scores: Matrix, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which labels all others speak against; of each intent at most half, so that none is lost."""
    wrong = np.zeros(len(labels), dtype=np.bool_)
    own = np.flatnonzero(labels >= 0)
    if scores.shape[1] < 2:
        return wrong
    margins, _ = preferred(scores[own], labels[own])
    for kind in range(scores.shape[1]):
        members = np.flatnonzero(labels[own] == kind)
        worst = members[np.argsort(-margins[members], kind="stable")][: len(members) // 2]
        wrong[own[worst]] = margins[worst] > SURELY_WRONG
    return wrong


def _repeated(texts: Texts) -> npt.NDArray[np.bool_]:
    """Which texts are there more than once: under two intents they are an open question, not an error."""
    _, which, counts = np.unique(texts.meaning, axis=0, return_inverse=True, return_counts=True)
    repeated: npt.NDArray[np.bool_] = counts[which.reshape(-1)] > 1
    return repeated


@dataclass(frozen=True)
class _Views:
    """Both fits, and the held-out scores of the examples at `rows` (m,), ascending."""

    general: Solution
    both: Solution
    rows: npt.NDArray[np.int64]
    held_out: HeldOut


def _fit_views(
    texts: Texts, labels: Labels, penalty: float, told: Told, *, all_held_out: bool = False
) -> _Views:
    """Both views, one after the other, so that only one matrix of similarities exists at a time.

    The English view is fitted on what has any English in it, which saves most of its time: the work grows
    with the cube of the examples. Where that leaves out an intent, it is fitted on all.
    """
    held = _held_out(labels) | all_held_out
    rows = np.flatnonzero(held)
    turn = np.r_[np.flatnonzero(~held), rows]  # solve() wants those last
    texts, labels = texts.of(turn), labels[turn]
    share = texts.share[-len(rows) :, None]
    similarities = texts.general()
    near = (1 - share) / GENERAL_MOST * _nearest(similarities, labels, len(rows))
    told(0.1)
    general = solve(similarities, labels, penalty=penalty, left_out=len(rows))
    told(0.7)
    del similarities
    some = texts.share > 0
    if len(set(labels[some & (labels >= 0)])) <= labels.max():
        some[:] = True
    english = texts.of(some)
    similarities = english.general()
    english.add_english(similarities)
    last = some[-len(rows) :]
    near[last] += share[last] / BOTH_MOST * _nearest(similarities, labels[some], int(last.sum()))
    part = solve(similarities, labels[some], penalty=penalty, left_out=int(last.sum()))
    both = _spread(part, some, last, general)
    told(1.0)
    scores = (1 - share) * general.without_example + share * both.without_example
    # At the place of the intent left out the blend is of -inf and -inf, also where one share is 0.
    left = np.where(np.isneginf(general.without_intent), 0, general.without_intent) * (1 - share)
    left += np.where(np.isneginf(both.without_intent), 0, both.without_intent) * share
    left[np.isneginf(both.without_intent)] = -np.inf
    back = np.argsort(turn)
    return _Views(_turned(general, back), _turned(both, back), rows, HeldOut(scores, left, near))


def _held_out(labels: Labels) -> npt.NDArray[np.bool_]:
    """(n,) for which examples held-out scores are worked out: some intents whole, a part of the others."""
    if len(labels) <= ALL_HELD_OUT:
        return np.ones(len(labels), dtype=np.bool_)
    chosen: npt.NDArray[np.bool_] = (labels < 0) | (labels % WHOLE_EVERY == 0)
    chosen[::SOME_EVERY] = True
    return chosen


def _turned(solution: Solution, order: npt.NDArray[np.int64]) -> Solution:
    """The same with its examples in another order; the held-out scores stay as they are."""
    return replace(solution, weights=np.ascontiguousarray(solution.weights[order]))


def _spread(
    part: Solution, where: npt.NDArray[np.bool_], last: npt.NDArray[np.bool_], rest: Solution
) -> Solution:
    """A fit on some examples as one on all: the others have no weight, and the held-out scores of `rest`."""
    weights = np.zeros_like(rest.weights)
    weights[where] = part.weights
    without_example, without_intent = rest.without_example.copy(), rest.without_intent.copy()
    without_example[last], without_intent[last] = part.without_example, part.without_intent
    return Solution(weights, part.bias, without_example, without_intent)


def _arranged(labels: Labels) -> npt.NDArray[np.int64]:
    """The order of examples by intent, foreign ones last; an even sample where there are too many."""
    kinds = int(labels.max()) + 1
    order: npt.NDArray[np.int64] = np.lexsort((np.arange(len(labels)), np.where(labels < 0, kinds, labels)))
    if len(order) <= MOST_EXAMPLES:
        return order
    logger.warning("%d examples are more than %d: an even sample is trained", len(order), MOST_EXAMPLES)
    groups = np.split(order, np.searchsorted(labels[order[: (labels >= 0).sum()]], np.arange(1, kinds)))
    each = _even_share([len(group) for group in groups], MOST_EXAMPLES)
    return np.concatenate([g[np.linspace(0, len(g) - 1, min(each, len(g))).astype(int)] for g in groups])


def _even_share(sizes: list[int], most: int) -> int:
    """The largest size that all groups can be cut to so that together they are at most `most`, at least 1."""
    low, high = 1, max(sizes)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if sum(min(s, middle) for s in sizes) <= most else (low, middle - 1)
    return low


def _starts(labels: Labels) -> npt.NDArray[np.int64]:
    starts: npt.NDArray[np.int64] = np.searchsorted(labels[labels >= 0], np.arange(int(labels.max()) + 1))
    return starts


def _nearest(similarities: Matrix, labels: Labels, last: int) -> Matrix:
    """(m, k) the similarity of each intent's nearest other example to each of the last m examples."""
    by_intent = np.argsort(labels, kind="stable")[(labels < 0).sum() :]
    starts = _starts(labels[by_intent])
    first = len(labels) - last
    near = np.empty((last, len(starts)), dtype=np.float32)
    for i, row in enumerate(similarities[first:], start=first):
        itself, row[i] = row[i], 0
        near[i - first] = np.maximum.reduceat(row[by_intent], starts)
        row[i] = itself
    return near
