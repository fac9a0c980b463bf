"""Embeddings: one per message, cached for training texts, bounded in length."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from assistant.bot import embedding
from assistant.bot.embedding import ENGLISH, MEANING, SHARE, EmbeddingCache, encode, handled_text, has_words


def test_that_embeddings_have_length_one_and_meaning() -> None:
    pay, settle, weather = encode(
        ["I want to pay my bill", "ik wil mijn rekening betalen", "it rains in Rome"]
    )
    for row in (pay, settle, weather):
        assert np.linalg.norm(row[MEANING]) == pytest.approx(1, abs=1e-4)
    assert pay[MEANING] @ settle[MEANING] > pay[MEANING] @ weather[MEANING] + 0.2


def test_that_the_english_encoder_says_nothing_of_another_language() -> None:
    pay, settle = encode(["I want to pay my bill", "ik wil mijn rekening betalen"])
    assert pay[SHARE] == 1
    assert settle[SHARE] == 0
    assert not settle[ENGLISH].any()
    assert np.linalg.norm(pay[ENGLISH]) == pytest.approx(1, abs=1e-4)


def test_that_cached_texts_are_not_encoded_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = EmbeddingCache(tmp_path).encode(["one text", "another text"])
    asked: list[str] = []

    def counted(texts: list[str]) -> embedding.Matrix:
        asked.extend(texts)
        return encode(texts)

    monkeypatch.setattr(embedding, "encode", counted)
    again = EmbeddingCache(tmp_path).encode(["another text", "one text", "a third"])
    assert asked == ["a third"]
    assert np.allclose(again[:2], first[::-1], atol=1e-6)


def test_that_a_damaged_cache_is_made_anew(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path)
    rows = cache.encode(["one text"])
    for file in tmp_path.iterdir():
        file.write_bytes(b"not a zip")
    assert np.allclose(EmbeddingCache(tmp_path).encode(["one text"]), rows, atol=1e-6)


def test_that_handled_text_is_bounded_and_keeps_offsets() -> None:
    assert len(handled_text("a" * 10_000)) == 2_000
    assert handled_text("pay\x00my\u202ebill") == "pay my bill"
    assert handled_text("/restart") == "/restart"


@pytest.mark.parametrize(
    "text",
    [
        "pay my bill",
        "why?",
        "ik wil betalen",
        "où est ma commande",
        "hi 👋",
        "bill 64,20 ??",
        "привет, не работает",
        "请问 wifi 密码是什么啊怎么改",
    ],
)
def test_that_what_people_say_has_words(text: str) -> None:
    assert has_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12345",
        "🤷",
        "{'a': [1, 2], 'b': (3,)}",
        "A" * 400,
        "--- *** ---",
        "支付账单 pay 请 bill",
        "рay mу bіll",
    ],
)
def test_that_noise_has_no_words(text: str) -> None:
    assert not has_words(text)
