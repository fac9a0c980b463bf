"""Training examples whose label is probably wrong, likeliest first.

Each example is judged by a model that has not seen it (linear.py works that out for all at once). Where
that model clearly prefers another intent, the label is suspicious: by how much decides the order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.bot.embedding import EmbeddingCache, encode, handled_text, with_gloss
from assistant.bot.model import held_out_scores, preferred
from assistant.bot.ngrams import Ngrams

CACHE = Path(".rasa/embeddings")


@dataclass(frozen=True)
class Suspect:
    """One example whose label is in question."""

    place: int  # in the sequences given
    text: str
    intent: str  # the label it has
    rather: str  # the intent that the other examples speak for
    margin: float  # how much more they speak for it than for the label


def suspects(
    texts: Sequence[str],
    intents: Sequence[str],
    *,
    cache: Path | None = CACHE,
    told: Callable[[float], None] = lambda share: None,
) -> list[Suspect]:
    """Examples that would be understood as another intent if they were not trained themselves, worst first.

    Arguments as `ranked`; these are its first ones, those with a margin above 0.
    """
    return [each for each in ranked(texts, intents, cache=cache, told=told) if each.margin > 0]


def ranked(
    texts: Sequence[str],
    intents: Sequence[str],
    *,
    cache: Path | None = CACHE,
    told: Callable[[float], None] = lambda share: None,
) -> list[Suspect]:
    """All examples, the likeliest wrong label first.

    `texts` and `intents` belong together by place. Embeddings are taken from `cache` (as training leaves
    them) and added to it. Takes about as long as training; `told` hears the share done, 0 to 1. With fewer
    than two intents there is nothing to rank. Raises ValueError when the sequences differ in length.
    """
    if len(texts) != len(intents):
        raise ValueError(f"{len(texts)} texts and {len(intents)} intents do not belong together")
    names = sorted(set(intents))
    if len(names) < 2:
        return []
    handled = [handled_text(text) for text in texts]
    labels = np.array([names.index(intent) for intent in intents], dtype=np.int64)
    rows = EmbeddingCache(cache).encode(handled) if cache else encode(handled)
    said = [with_gloss(text, row) for text, row in zip(handled, rows, strict=True)]
    places, scores = held_out_scores(rows, Ngrams.fit(said).rows(said), labels, told=told)
    margins, rather = preferred(scores, labels[places])
    return [
        Suspect(int(places[i]), texts[places[i]], intents[places[i]], names[rather[i]], float(margins[i]))
        for i in np.argsort(-margins, kind="stable")
    ]
