"""What goes to an embeddings server and comes back, in OpenAI's shape, and where ours listens."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings

from library.ai.spec import Kind, ModelSpec, Vectors, unit

INPUT_TYPES: dict[Kind, str] = {"question": "query", "passage": "passage"}  # as other servers call the kinds
LARGEST_REQUEST = 128  # texts; a book is sent in many requests
NOT_VECTORS = (ValueError, KeyError, TypeError)  # what an answer of another shape leads to


def asked(model: ModelSpec, texts: Sequence[str], kind: Kind) -> dict[str, Any]:
    """The body of a request. Ours is told the kind; a server elsewhere knows no kinds: it gets the texts as its model
    reads them."""
    body = {"model": model.name, "encoding_format": "base64"}
    if model.url:
        return body | {"input": model.prefixed(texts, kind)}
    return body | {"input": list(texts), "input_type": INPUT_TYPES[kind]}


def vectors_of(answer: Any, shape: tuple[int, int]) -> Vectors:
    """The vectors of an answer, of unit length. Errors: ``NOT_VECTORS`` where it is no such answer, of this shape."""
    import numpy as np

    vectors = np.stack([_vector(row["embedding"]) for row in sorted(answer["data"], key=lambda r: r["index"])])
    if vectors.shape != shape:
        raise ValueError(f"vectors of shape {vectors.shape} instead of {shape}")
    return unit(vectors)


def socket_path() -> str:
    """Where the embedder process listens, as it wrote when it was ready. Errors: ``OSError``, ``ValueError``."""
    path = str(json.loads(settings.EMBEDDER_SOCKET_FILE.read_text())["socket"])
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    return path


def _vector(embedding: str | list[float]) -> Vectors:
    """A vector as base64 of little-endian float32, or, from a server that ignores the wish, as a list."""
    import numpy as np

    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return np.asarray(embedding, dtype=np.float32)
