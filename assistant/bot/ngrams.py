"""Word and character n-grams with tf-idf weights: fitted once, read with plain dictionaries.

Texts are normalised first, so that "HUMAN!!!", "húman" and "humaaan" meet the same n-grams. One text of
ordinary length takes about 0.1 ms.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

SHORTEST, LONGEST = 3, 5  # character n-grams
REMEMBERED = 20  # letters: the n-grams of longer words are not kept
# Character n-grams in more than so many texts, and more than that share of them, say little and cost most of
# the time of a comparison: they are left out.
MANY_TEXTS, MANY_SHARE = 500, 0.05
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'"})
_THREE_OR_MORE = re.compile(r"([^\W\d_])\1{2,}")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def normalised(text: str) -> str:
    """Lower case, no accents, no punctuation, digits as 0, stretched letters shortened, single spaces."""
    text = text.translate(_APOSTROPHES).lower()
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text)
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    text = _THREE_OR_MORE.sub(r"\1", text)
    text = _DIGITS.sub("0", text)
    return " ".join(_WORD.findall(text))


def word_ngrams(text: str) -> list[str]:
    """Words and pairs of neighbours of a normalised text."""
    words = text.split()
    return words + [f"{a} {b}" for a, b in pairwise(words)]


def character_ngrams(text: str) -> list[str]:
    """Character 3-5-grams inside the words of a normalised text, each word set between two spaces."""
    found: list[str] = []
    for word in text.split():
        found += _inside(word) if len(word) <= REMEMBERED else _cut(word)
    return found


@lru_cache(4_000)
def _inside(word: str) -> tuple[str, ...]:
    return _cut(word)


def _cut(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    sizes = range(SHORTEST, min(LONGEST, len(padded)) + 1)
    return tuple(padded[i : i + n] for n in sizes for i in range(len(padded) - n + 1))


class Ngrams:
    """A vocabulary of word and character n-grams with inverse document frequencies.

    A text becomes one sparse row: the word part and the character part each have length 1 (or 0).
    Term counts are damped (1 + log), document frequencies smoothed, as scikit-learn does.
    """

    def __init__(
        self, words: dict[str, int], characters: dict[str, int], idf: npt.NDArray[np.float32]
    ) -> None:
        self.words = words
        self.characters = characters
        self.idf = idf

    @classmethod
    def fit(cls, texts: Iterable[str]) -> Ngrams:
        """Learn the vocabulary of training texts; n-grams are kept in first-seen order."""
        in_words: Counter[str] = Counter()
        in_characters: Counter[str] = Counter()
        count = 0
        for text in texts:
            plain = normalised(text)
            in_words.update(dict.fromkeys(word_ngrams(plain), 1))
            in_characters.update(dict.fromkeys(character_ngrams(plain), 1))
            count += 1
        most = max(MANY_TEXTS, MANY_SHARE * count)
        kept = {gram: texts for gram, texts in in_characters.items() if texts <= most}
        words = {gram: i for i, gram in enumerate(in_words)}
        characters = {gram: i + len(words) for i, gram in enumerate(kept)}
        frequencies = np.array([*in_words.values(), *kept.values()], dtype=np.float32)
        idf = np.log((1 + count) / (1 + frequencies)).astype(np.float32) + 1
        return cls(words, characters, idf.astype(np.float32))

    def common_words(self) -> dict[str, float]:
        """The words, and how common each is (the more, the higher)."""
        return {word: -float(self.idf[i]) for word, i in self.words.items() if " " not in word}

    def row(self, text: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """(columns, values) of one text; unknown n-grams are left out."""
        plain = normalised(text)
        columns, values = [], []
        for grams, vocabulary in (
            (word_ngrams(plain), self.words),
            (character_ngrams(plain), self.characters),
        ):
            counts: dict[int, int] = {}
            for gram in grams:
                column = vocabulary.get(gram)
                if column is not None:
                    counts[column] = counts.get(column, 0) + 1
            if not counts:
                continue
            found = np.fromiter(counts, dtype=np.int64, count=len(counts))
            weights = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            weights = (1 + np.log(weights)) * self.idf[found]
            columns.append(found)
            values.append(weights / np.sqrt(weights @ weights))
        if not columns:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32)
        return np.concatenate(columns), np.concatenate(values)

    def rows(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """All texts as one sparse matrix (n, vocabulary)."""
        columns, values, ends = [], [], [0]
        for text in texts:
            where, what = self.row(text)
            columns.append(where)
            values.append(what)
            ends.append(ends[-1] + len(where))
        shape = (len(texts), len(self.idf))
        if not columns:
            return sparse.csr_matrix(shape, dtype=np.float32)
        return sparse.csr_matrix(
            (np.concatenate(values), np.concatenate(columns), np.array(ends)), shape=shape
        )
