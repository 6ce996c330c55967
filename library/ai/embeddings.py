"""Embedding models by name: where each runs and who turns texts into vectors.

Nothing here imports an AI library, nor numpy before there is a vector to compute with; what
``library.ai.runtimes.local`` loads does, and only the embedder uses that (workers, its tokenizer).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from library.ai.spec import Embedder, ModelSpec, Thresholds

if TYPE_CHECKING:
    from library.ai.bulk import BulkEmbedder


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
        thresholds=_thresholds(entry["threshold"]),
        record_thresholds=_thresholds(entry["record_threshold"]),
        url=entry.get("url", ""),
        file=entry.get("file", ""),
        question_prefix=entry.get("question_prefix", ""),
        passage_prefix=entry.get("passage_prefix", ""),
        centres=entry.get("centres"),
        alpha=entry.get("alpha", 0.5),
        by_share=entry.get("by_share", False),
    )


def _thresholds(told: float | dict[str, float]) -> Thresholds:
    return tuple(told.items()) if isinstance(told, dict) else (("", told),)


def for_questions(name: str = "", *, seconds: float | None = None) -> Embedder:
    """Who embeds a reader's question: always another process, so that the web process loads no AI library.

    ``seconds``: how long to wait for it, where a search goes on without; unset: as long as an answer is worth.
    """
    from library.ai.client import client

    return client(spec(name), seconds=settings.QUESTION_SECONDS if seconds is None else seconds)


def for_bulk(name: str = "") -> BulkEmbedder:
    """Who embeds a whole book: the same process, behind all questions, or the model's own server; it waits for them."""
    from library.ai.bulk import BulkEmbedder, ElsewhereSender, SocketSender

    chosen = spec(name)
    if not chosen.url:
        return BulkEmbedder(SocketSender(chosen), chosen.dimensions)
    from library.ai.client import client

    return BulkEmbedder(ElsewhereSender(client(chosen)), chosen.dimensions)
