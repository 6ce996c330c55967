"""Embedding models by name: where each runs and who turns texts into vectors.

Nothing here imports an AI library; what ``library.ai.runtimes.local`` loads does, and only workers and the embedder
use that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

Vectors = npt.NDArray[np.float32]
# What a model computes with: float32, bfloat16 in its products, or what is quickest here and good enough (ADR 23).
Dtype = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class ModelSpec:
    """One entry of ``settings.EMBEDDING_MODELS``."""

    name: str
    package: str  # the Python package that carries the weights; empty for a model that runs elsewhere
    dimensions: int
    window: int  # word-pieces that it reads, the two special ones included
    threshold: float  # below this cosine nothing supports an answer
    record_threshold: float  # below this cosine a catalogue record is not about what was asked
    url: str  # an OpenAI-shaped server; empty: the embedder process of this machine


class Embedder(Protocol):
    """Something that turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One vector for each text: float32 of shape (n, dimensions), unit length. Errors: ``EmbedderUnavailable``."""
        ...


def spec(name: str = "") -> ModelSpec:
    """The model called ``name``, or the one that new indexes use. Errors: ``ImproperlyConfigured``."""
    name = name or settings.EMBEDDING_MODEL
    try:
        entry = settings.EMBEDDING_MODELS[name]
    except KeyError:
        known = ", ".join(settings.EMBEDDING_MODELS)
        raise ImproperlyConfigured(f"No embedding model is called {name}; the settings know {known}.") from None
    return ModelSpec(
        name=name,
        package=entry.get("package", ""),
        dimensions=entry["dimensions"],
        window=entry["window"],
        threshold=entry["threshold"],
        record_threshold=entry["record_threshold"],
        url=entry.get("url", ""),
    )


def for_questions(name: str = "", *, seconds: float | None = None) -> Embedder:
    """Who embeds a reader's question: always another process, so that the web process loads no AI library.

    ``seconds``: how long to wait for it, where a search goes on without; unset: as long as an answer is worth.
    """
    from library.ai.client import client

    return client(spec(name), seconds=settings.QUESTION_SECONDS if seconds is None else seconds)


def for_bulk(name: str = "") -> Embedder:
    """Who embeds a whole book: the model in this (worker) process, or its server where the settings name one."""
    chosen = spec(name)
    if chosen.url:
        from library.ai.client import client

        return client(chosen)
    from library.ai.runtimes.local import local_embedder

    return local_embedder(chosen)


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """``vectors``, shape (n, d), each scaled to length one as float32; a zero vector stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled
