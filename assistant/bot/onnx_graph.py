"""Writes an ONNX model in memory, and runs it: just enough of the protobuf format for a small graph.

The `onnx` package does this and much more, for several times the size of everything it is needed for here.
Field numbers are those of onnx.proto3.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FUSED = "com.microsoft"  # ONNX Runtime's own operators
OPSET = 17
FLOAT, _INT8, _INT64 = 1, 3, 7
_TYPES: dict[str, int] = {"float32": FLOAT, "int8": _INT8, "int64": _INT64}

Attribute = int | float | list[int]


class Graph:
    """A graph with float inputs, built node by node; every other value has a name made here."""

    def __init__(self, **inputs: Sequence[int | str]) -> None:
        """The inputs' names and shapes; a size that may vary is a name."""
        self._inputs = [_value(name, shape) for name, shape in inputs.items()]
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []
        self._outputs: list[bytes] = []
        self._count = 0

    def node(self, kind: str, *inputs: str, domain: str = "", **attributes: Attribute) -> str:
        """Add an operator with one output; returns the output's name."""
        return self.nodes(kind, 1, *inputs, domain=domain, **attributes)[0]

    def nodes(
        self, kind: str, outputs: int, *inputs: str, domain: str = "", **attributes: Attribute
    ) -> list[str]:
        """Add an operator with several outputs; returns their names."""
        names = [self._name() for _ in range(outputs)]
        body = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in names)
        body += _text(4, kind) + b"".join(_field(5, _attribute(k, v)) for k, v in attributes.items())
        self._nodes.append(body + _text(7, domain))
        return names

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        """Add a float32, int8 or int64 tensor; returns its name."""
        name = self._name()
        body = b"".join(_number(1, size) for size in values.shape) + _number(2, _TYPES[values.dtype.name])
        self._constants.append(body + _text(8, name) + _field(9, np.ascontiguousarray(values).tobytes()))
        return name

    def quantised(
        self, x: str, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32] | None = None
    ) -> str:
        """Add x @ weight.T + bias with eight-bit weights, one scale for each output; weight is (out, in)."""
        scale = np.abs(weight).max(axis=1) / np.float32(127)
        return self.on_grid(x, weight, scale.astype(np.float32), bias)

    def on_grid(
        self,
        x: str,
        weight: npt.NDArray[np.float32],
        scale: npt.NDArray[np.float32],
        bias: npt.NDArray[np.float32] | None = None,
    ) -> str:
        """The same with given steps (out,) between neighbouring weights."""
        small = np.rint(weight / np.maximum(scale, 1e-12)[:, None]).astype(np.int8).T
        inputs = [self.constant(small), self.constant(scale)]
        if bias is not None:
            inputs += ["", self.constant(bias)]
        return self.node("DynamicQuantizeMatMul", x, *inputs, domain=FUSED)

    def output(self, name: str, shape: Sequence[int | str]) -> None:
        """Make a value one of the graph's outputs."""
        self._outputs.append(_value(name, shape))

    def bytes(self) -> bytes:
        """The whole model, as an .onnx file would hold it."""
        body = b"".join(_field(1, node) for node in self._nodes) + _text(2, "graph")
        body += b"".join(_field(5, constant) for constant in self._constants)
        body += b"".join(_field(11, each) for each in self._inputs)
        body += b"".join(_field(12, output) for output in self._outputs)
        sets = [_text(1, "") + _number(2, OPSET), _text(1, FUSED) + _number(2, 1)]
        return _number(1, 8) + _field(7, body) + b"".join(_field(8, one) for one in sets)

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"


def session(model: bytes) -> Any:
    """An ONNX Runtime session for a model: on one thread, its memory given back after each run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])


def _attribute(name: str, value: Attribute) -> bytes:
    body = _text(1, name)
    if isinstance(value, float):
        return body + b"\x15" + struct.pack("<f", value) + _number(20, 1)
    if isinstance(value, int):
        return body + _number(3, value) + _number(20, 2)
    return body + b"".join(_number(8, each) for each in value) + _number(20, 7)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    sizes = (_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape)
    tensor = _number(1, FLOAT) + _field(2, b"".join(_field(1, size) for size in sizes))
    return _text(1, name) + _field(2, _field(1, tensor))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, body: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(body)) + body


def _text(field: int, text: str) -> bytes:
    return _field(field, text.encode())
