"""The embedding model in this process. For workers and the embedder; never imported by the web process."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from library.ai.embeddings import ModelSpec, Vectors, unit
from library.core.config import ConfigError

# Texts at once: fewer of long ones, which take memory by the square of their length (300 MB for 64 full passages).
BATCH, BATCH_CHARACTERS, LEAST_BATCH = 64, 24_000, 8
# Of malloc.h; bytes. With 1 MB a quarter of the speed is lost to pages that the system must clear again and again.
M_MMAP_THRESHOLD, OWN_BLOCK = -3, 32 * 1024 * 1024
_loading = threading.Lock()


def weights(model: ModelSpec) -> Path:
    """The folder with the weights inside the package that carries them. Errors: ``ConfigError``."""
    found = importlib.util.find_spec(model.package) if model.package else None
    for folder in (found.submodule_search_locations or []) if found else []:
        if (Path(folder) / "model" / "config.json").is_file():
            return Path(folder) / "model"
    raise ConfigError(
        f"The weights of {model.name} are not installed: run `make install`, or set LYCEUM_EMBEDDING_URL."
    )


def has_bfloat16() -> bool:
    """Whether the processor computes in bfloat16 by itself."""
    try:
        return "avx512_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@cache
def tokenizer(model: ModelSpec) -> Any:
    """The model's tokenizer, without truncation and padding. Light: loads no AI framework."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(weights(model) / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def count_pieces(model: ModelSpec, texts: Sequence[str]) -> list[int]:
    """Word-pieces of each text, the two special ones included; a cautious guess for a model whose words we lack."""
    if not model.package:
        return [2 + round(1.8 * len(text.split())) for text in texts]
    return [len(encoding.ids) for encoding in tokenizer(model).encode_batch(list(texts))]


class LocalEmbedder:
    """A sentence-transformers model, loaded from its package without looking at any network."""

    def __init__(self, model: ModelSpec) -> None:
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs

        low = settings.EMBEDDING_DTYPE == "bfloat16" or (settings.EMBEDDING_DTYPE == "auto" and has_bfloat16())
        _give_memory_back()
        self.spec = model
        self.dtype = "bfloat16" if low else "float32"
        self._model = SentenceTransformer(
            str(weights(model)),
            device="cpu" if not torch.cuda.is_available() else "cuda",
            local_files_only=True,
            model_kwargs={"dtype": getattr(torch, self.dtype)},
        )
        self._model.max_seq_length = model.window
        self._model.eval()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 (n, dimensions), unit length. Texts of like length share a batch, so that little is padding."""
        if not texts:
            return np.zeros((0, self.spec.dimensions), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        longest = max(len(text) for text in texts)
        size = max(LEAST_BATCH, min(BATCH, BATCH_CHARACTERS // max(longest, 1)))
        found = self._model.encode(
            [texts[index] for index in order], batch_size=size, convert_to_tensor=True, show_progress_bar=False
        )
        vectors = np.empty((len(texts), self.spec.dimensions), dtype=np.float32)
        vectors[order] = unit(found.float().cpu().numpy())
        return vectors


def _give_memory_back() -> None:
    """Large blocks go back to the system once they are free. glibc would keep ever larger ones, with gaps between them
    from texts of all lengths: a worker grew by a gigabyte over one long book."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, OWN_BLOCK)


@cache
def _loaded(model: ModelSpec) -> LocalEmbedder:
    return LocalEmbedder(model)


def local_embedder(model: ModelSpec) -> LocalEmbedder:
    """The model in this process, loaded once. Errors: ``ConfigError`` where its weights are not installed."""
    with _loading:
        return _loaded(model)
