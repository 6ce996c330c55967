"""The numbers of a BERT as its graph asks for them, wherever they lie. For workers and the embedder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
WORDS = "embeddings.word_embeddings.weight"


class Weights(Protocol):
    """Everything by the names that BERT's authors gave it, as ``encoder.layer.0.output.dense.weight``."""

    def __getitem__(self, name: str) -> Floats:
        """One array, read when it is asked for. Errors: ``KeyError``."""
        ...

    def words(self, pieces: npt.NDArray[np.int64]) -> Floats:
        """The rows of the table of word-pieces: (…,) becomes (…, width). The table itself is never in memory: what of
        it is used comes from its file, and all processes share it."""
        ...


class SafetensorsWeights:
    """A ``model.safetensors``. Errors: ``KeyError``, where its names are not those of a BERT."""

    def __init__(self, path: Path) -> None:
        from safetensors import safe_open

        self._file: Any = safe_open(path, framework="numpy")
        self._prefix = "bert." if any(name.startswith("bert.") for name in self._names()) else ""
        self._words = _mapped(path, self._prefix + WORDS)

    def _names(self) -> list[str]:
        return list(self._file.keys())

    def __getitem__(self, name: str) -> Floats:
        try:
            return np.asarray(self._file.get_tensor(self._prefix + name), np.float32)
        except Exception as fault:  # theirs, of no class of its own
            raise KeyError(name) from fault

    def words(self, pieces: npt.NDArray[np.int64]) -> Floats:
        return np.asarray(self._words[pieces], np.float32)


def _mapped(path: Path, name: str) -> npt.NDArray[Any]:
    """One array of the file, left where it is: behind eight bytes with the length of a description in JSON."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        told = json.loads(file.read(length))[name]
    dtype = {"F32": "<f4", "F16": "<f2"}[told["dtype"]]
    return np.memmap(path, dtype, "r", 8 + length + told["data_offsets"][0], tuple(told["shape"]))
