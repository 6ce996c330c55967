"""A BERT encoder as a graph that OpenVINO runs, built from a model's own weights. For workers and the embedder.

Of the architecture of Devlin et al. 2019 (arXiv:1810.04805): embeddings, layers of attention and feed-forward, each
closed by a layer norm; then the mean of a text's word-pieces, or the vector of its first one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from library.ai.runtimes.bert_shape import Shape
from library.ai.runtimes.weights import Weights

LARGEST = 127  # of a signed byte
FAR = np.float32(1e4)  # as good as infinitely less alike


def build(weights: Weights, shape: Shape, *, in_bytes: bool) -> Any:
    """The graph: ``words``, float32 (texts, word-pieces, width), and ``mask``, int64 (texts, word-pieces), become
    float32 (texts, dimensions). The table of words is outside: it is the largest part, and a text needs few rows.

    ``in_bytes``: the weights of every product are kept as signed bytes with a scale for each row.
    """
    import openvino as ov
    from openvino import opset13 as ops

    return _Graph(ov, ops, weights, shape, _in_bytes if in_bytes else _whole).model()


class _Graph:
    """``ov``, ``ops``: the runtime and its operations, untyped."""

    def __init__(
        self, ov: Any, ops: Any, weights: Weights, shape: Shape, stored: Callable[[Any, npt.NDArray[np.float32]], Any]
    ) -> None:
        self.ov = ov
        self.ops = ops
        self.shape = shape
        self.stored = stored
        self.weights = weights
        self.width = self.weights["embeddings.LayerNorm.weight"].shape[0]

    def model(self) -> Any:
        words = self.ops.parameter([-1, -1, self.width], np.float32, name="words")
        mask = self.ops.parameter([-1, -1], np.int64, name="mask")
        seen = self.ops.convert(mask, "f32")
        hidden = self._embedded(words)
        unseen = self._reshaped(self.ops.multiply(self.ops.subtract(seen, np.float32(1)), FAR), [0, 1, 1, -1])
        for number in range(self.shape.layers):
            hidden = self._layer(hidden, unseen, f"encoder.layer.{number}.")
        return self.ov.Model([self._pooled(hidden, seen)], [words, mask], "bert")

    def _embedded(self, words: Any) -> Any:
        ops, tables = self.ops, self.weights
        places = tables["embeddings.position_embeddings.weight"] + tables["embeddings.token_type_embeddings.weight"][0]
        length = ops.squeeze(ops.gather(ops.shape_of(words), [1], 0), [0])
        place = ops.gather(ops.constant(places), ops.range(np.int64(0), length, np.int64(1), "i64"), 0)
        return self._normed(ops.add(words, place), "embeddings.LayerNorm")

    def _layer(self, hidden: Any, unseen: Any, name: str) -> Any:
        ops = self.ops
        query, key, value = self._parts(self._linear(hidden, *self._joined(f"{name}attention.self.")))
        found = ops.scaled_dot_product_attention(query, key, value, unseen)
        found = self._reshaped(ops.transpose(found, [0, 2, 1, 3]), [0, 0, self.width])
        found = self._dense(found, f"{name}attention.output.dense")
        hidden = self._normed(ops.add(found, hidden), f"{name}attention.output.LayerNorm")
        wide = ops.gelu(self._dense(hidden, f"{name}intermediate.dense"), "erf")
        return self._normed(ops.add(self._dense(wide, f"{name}output.dense"), hidden), f"{name}output.LayerNorm")

    def _joined(self, name: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Weights and biases of query, key and value as those of one product: what goes in is read once."""
        weight, bias = (
            np.concatenate([self.weights[f"{name}{part}.{kind}"] for part in ("query", "key", "value")])
            for kind in ("weight", "bias")
        )
        return weight, bias

    def _parts(self, joined: Any) -> list[Any]:
        """(texts, pieces, 3 × dimensions) → three of (texts, heads, pieces, dimensions of a head)."""
        sizes = [0, 0, 3 * self.shape.heads, self.width // self.shape.heads]
        turned = self.ops.transpose(self._reshaped(joined, sizes), [0, 2, 1, 3])
        return list(self.ops.split(turned, 1, 3).outputs())

    def _pooled(self, hidden: Any, seen: Any) -> Any:
        ops = self.ops
        if self.shape.pooling == "first":
            return ops.squeeze(ops.gather(hidden, [0], 1), [1])
        counted = self._reshaped(seen, [0, -1, 1])
        return ops.divide(ops.reduce_sum(ops.multiply(hidden, counted), [1]), ops.reduce_sum(counted, [1]))

    def _linear(self, hidden: Any, weight: npt.NDArray[np.float32], bias: npt.NDArray[np.float32]) -> Any:
        product = self.ops.matmul(hidden, self.stored(self.ops, weight), False, True)
        return self.ops.add(product, self.ops.constant(bias))

    def _dense(self, hidden: Any, name: str) -> Any:
        return self._linear(hidden, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _normed(self, hidden: Any, name: str) -> Any:
        even = self.ops.mvn(hidden, [-1], True, self.shape.epsilon, "inside_sqrt")
        scaled = self.ops.multiply(even, self.ops.constant(self.weights[f"{name}.weight"]))
        return self.ops.add(scaled, self.ops.constant(self.weights[f"{name}.bias"]))

    def _reshaped(self, hidden: Any, sizes: list[int]) -> Any:
        """0: as it was; -1: what is left."""
        return self.ops.reshape(hidden, sizes, True)


def _whole(ops: Any, weight: npt.NDArray[np.float32]) -> Any:
    return ops.constant(weight)


def _in_bytes(ops: Any, weight: npt.NDArray[np.float32]) -> Any:
    """Each row in signed bytes, its largest number the largest byte."""
    scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True), np.finfo(np.float32).tiny) / LARGEST
    small = np.round(weight / scale).astype(np.int8)
    return ops.multiply(ops.convert(ops.constant(small), "f32"), ops.constant(scale.astype(np.float32)))
