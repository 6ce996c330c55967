"""Any model of sentence-transformers, on the processor or a graphics card: what ``library.ai.runtimes.openvino``
cannot run.

For workers and the embedder; never imported by the web process.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

from library.ai.runtimes import processor
from library.ai.spec import Dtype, Kind, ModelSpec, Vectors
from library.core.config.model import ConfigError

# Texts at once: fewer of long ones, which take memory by the square of their length (300 MB for 64 full passages).
BATCH, BATCH_CHARACTERS, LEAST_BATCH = 64, 24_000, 8
# Of malloc.h; bytes. With 1 MB a quarter of the speed is lost to pages that the system must clear again and again.
M_MMAP_THRESHOLD, OWN_BLOCK = -3, 32 * 1024 * 1024


class TransformerEmbedder:
    """A sentence-transformers model, loaded from its package without looking at any network.

    Errors: ``ConfigError`` where sentence-transformers or what it runs on is not installed, or does not load.
    """

    def __init__(self, model: ModelSpec, folder: Path, *, dtype: Dtype) -> None:
        os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging
        except ImportError as missing:
            raise ConfigError(needed_for(model, missing)) from missing

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # theirs

        low = dtype == "bfloat16" or (dtype == "auto" and processor.has_bfloat16())
        _give_memory_back()
        self.spec = model
        self.dtype = "bfloat16" if low else "float32"
        self._model = SentenceTransformer(
            str(folder),
            device="cpu" if not torch.cuda.is_available() else "cuda",
            local_files_only=True,
            model_kwargs={"dtype": getattr(torch, self.dtype)},
        )
        self._model.max_seq_length = model.window
        self._model.eval()

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length. Texts of like length share a batch, so that little is padding."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.spec.dimensions), dtype=np.float32)
        texts = self.spec.prefixed(texts, kind)
        order = sorted(range(len(texts)), key=lambda index: len(texts[index]))
        longest = max(len(text) for text in texts)
        size = max(LEAST_BATCH, min(BATCH, BATCH_CHARACTERS // max(longest, 1)))
        found = self._model.encode(
            [texts[index] for index in order], batch_size=size, convert_to_tensor=True, show_progress_bar=False
        )
        vectors = np.empty((len(texts), self.spec.dimensions), dtype=np.float32)
        vectors[order] = self.spec.compared(found.float().cpu().numpy(), kind)
        return vectors


def needed_for(model: ModelSpec, missing: ImportError | None = None) -> str:
    """The sentence that names the command which installs what ``model`` runs on."""
    detail = f" ({missing})" if missing else ""
    return (
        f"The model {model.name} runs on sentence-transformers and PyTorch, which are not installed{detail}:"
        " run `make install-torch`, in containers build the image with EXTRA=torch, or give it the `url` of a server."
    )


def are_installed() -> bool:
    """Whether such models can run here; nothing is imported for it."""
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "sentence_transformers"))


def _give_memory_back() -> None:
    """Large blocks go back to the system once they are free. glibc would keep ever larger ones, with gaps between them
    from texts of all lengths: a worker grew by a gigabyte over one long book."""
    with contextlib.suppress(AttributeError, OSError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, OWN_BLOCK)
