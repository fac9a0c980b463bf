"""How alike two texts are, in two views: by what holds in every language, and for English also by MiniLM.

A view is a sum of similarities, each between 0 and 1 and each a valid inner product (so least squares over
them is a linear model in a space of its own): one of the multilingual embedding, one of word and character
n-grams, one of the English embedding. The exponential makes near texts count much more than far ones: it is
what lets a message that is like nothing be seen as such.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from assistant.bot.embedding import ENGLISH, MEANING, SHARE
from assistant.bot.onnx_graph import Graph, session

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float32]
Grams = tuple[npt.NDArray[np.int64], Vector]  # one text's n-grams: columns and values

# Embeddings are shortened to so many directions, those that the training texts use most.
MEANING_DIRECTIONS, ENGLISH_DIRECTIONS = 256, 128
BLOCK = 500  # rows of similarities made at a time, to bound memory
# How much each part counts, and how fast it falls with distance. Chosen on the validation part of CLINC150
# and by cross-validation of data/nlu; near these values little changes.
MEANING_FALLS, ENGLISH_FALLS, GRAMS_FALL = np.float32(3), np.float32(4), np.float32(1)
GRAMS_COUNT = np.float32(0.5)
GENERAL_MOST = np.float32(1.5)  # the similarity of a text with itself
BOTH_MOST = np.float32(2.5)


@dataclass(frozen=True)
class Texts:
    """What n texts are compared by."""

    meaning: Matrix  # (n, d) multilingual embeddings, shortened
    english: Matrix  # (n, e) English embeddings, shortened
    share: Vector  # (n,) how far each text is English, 0 to 1
    grams: sparse.csr_matrix  # (n, v) rows of length 1, or 0

    def of(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Texts:
        """The chosen ones of these texts, by mask or by place."""
        return Texts(self.meaning[chosen], self.english[chosen], self.share[chosen], self.grams[chosen])

    def general(self) -> Matrix:
        """(n, n) similarities in every language."""
        out = np.empty((len(self.share), len(self.share)), dtype=np.float32)
        turned = self.grams.T.tocsr()

        def fill(first: int) -> None:
            rows = slice(first, first + BLOCK)
            grams = (self.grams[rows] @ turned).toarray()
            out[rows] = _general(self.meaning[rows] @ self.meaning.T, grams)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, range(0, len(out), BLOCK)))
        return out

    def add_english(self, out: Matrix) -> None:
        """Make general similarities those of English texts, in place."""
        for first in range(0, len(out), BLOCK):
            rows = slice(first, first + BLOCK)
            out[rows] += _falling(self.english[rows] @ self.english.T, ENGLISH_FALLS)


@dataclass(frozen=True)
class Shortening:
    """Embeddings turned and cut to the directions that matter."""

    meaning: Matrix  # (512, d)
    english: Matrix  # (768, e)

    @classmethod
    def fit(cls, embeddings: Matrix) -> Shortening:
        """Learn the directions from the encoder's rows (n, 1281)."""
        return cls(
            _directions(embeddings[:, MEANING], MEANING_DIRECTIONS),
            _directions(embeddings[:, ENGLISH], ENGLISH_DIRECTIONS),
        )

    def texts(self, embeddings: Matrix, grams: sparse.csr_matrix) -> Texts:
        """Texts to compare, from the encoder's rows and n-gram rows (word and character part of length 1)."""
        return Texts(
            meaning=embeddings[:, MEANING] @ self.meaning,
            english=embeddings[:, ENGLISH] @ self.english,
            share=np.ascontiguousarray(embeddings[:, SHARE]),
            grams=(grams * np.float32(np.sqrt(0.5))).tocsr(),
        )


@dataclass(frozen=True)
class Known:
    """The training texts, arranged to compare one message with all of them."""

    shortening: Shortening
    meaning: Matrix  # (n, d)
    english: Matrix  # (n, e)
    gram_starts: npt.NDArray[np.int64]  # (v + 1,) where each n-gram's texts begin in the next two
    gram_texts: npt.NDArray[np.int32]
    gram_values: Vector

    @classmethod
    def of(cls, shortening: Shortening, texts: Texts) -> Known:
        """Arrange texts made by that shortening."""
        turned = texts.grams.tocsc()
        return cls(
            shortening,
            texts.meaning,
            texts.english,
            turned.indptr.astype(np.int64),
            turned.indices.astype(np.int32),
            turned.data.astype(np.float32),
        )

    def general_to(self, embeddings: Matrix, grams: Sequence[Grams]) -> Matrix:
        """For m encoder rows (m, 1281) and their n-grams: general similarities (m, n)."""
        meaning = self._meant(embeddings[:, MEANING] @ self.shortening.meaning)
        return _general(meaning, np.stack([self._alike(*each) for each in grams]))

    def english_to(self, embeddings: Matrix) -> Matrix:
        """For m encoder rows: what the English view adds to the general similarities (m, n)."""
        return _falling(self._in_english(embeddings[:, ENGLISH] @ self.shortening.english), ENGLISH_FALLS)

    @cached_property
    def _meant(self) -> Callable[[Matrix], Matrix]:
        return _cosines(self.meaning)

    @cached_property
    def _in_english(self) -> Callable[[Matrix], Matrix]:
        return _cosines(self.english)

    def _alike(self, columns: npt.NDArray[np.int64], values: Vector) -> Vector:
        starts, ends = self.gram_starts[columns], self.gram_starts[columns + 1]
        if not len(columns):
            return np.zeros(len(self.meaning), dtype=np.float32)
        places = [slice(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        texts = np.concatenate([self.gram_texts[place] for place in places])
        parts = np.concatenate([self.gram_values[place] for place in places])
        parts *= np.repeat(values * np.float32(np.sqrt(0.5)), ends - starts)
        return np.bincount(texts, weights=parts, minlength=len(self.meaning)).astype(np.float32)


def _cosines(known: Matrix) -> Callable[[Matrix], Matrix]:
    """Compares rows (m, d) with all known ones (n, d): (m, n), right to about 0.0005.

    In eight bits, because reading the known rows from memory is what takes the time.
    """
    graph = Graph(rows=("texts", known.shape[1]))
    graph.output(graph.quantised("rows", known), ("texts", len(known)))
    running = session(graph.bytes())

    def compare(rows: Matrix) -> Matrix:
        found: Matrix = running.run(None, {"rows": rows})[0]
        return found

    return compare


def _general(meaning: Matrix, grams: Matrix) -> Matrix:
    meaning = _falling(meaning, MEANING_FALLS)
    meaning += GRAMS_COUNT * _falling(grams, GRAMS_FALL)
    return meaning


def _falling(likeness: Matrix, speed: np.float32) -> Matrix:
    """exp(speed (likeness - 1)), in place."""
    likeness -= 1
    likeness *= speed
    return np.exp(likeness, out=likeness)


def _directions(rows: Matrix, count: int) -> Matrix:
    """(d, count) the main directions of rows (n, d), not centred."""
    _, directions = np.linalg.eigh((rows.T @ rows).astype(np.float64))
    return np.ascontiguousarray(directions[:, -count:], dtype=np.float32)
