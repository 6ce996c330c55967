"""Finding passages: exact, inside one generation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db.models import F
from pgvector.django import MaxInnerProduct

from rag.models import IndexGeneration, Passage


@dataclass(frozen=True)
class Hit:
    """A passage that came back, and how near it is to the question (cosine, -1 to 1)."""

    passage: Passage
    score: float


def search_book(generation: IndexGeneration, question: npt.NDArray[np.float32], k: int) -> list[Hit]:
    """The ``k`` passages of ``generation`` nearest to ``question`` (unit length), best first, ties by place.

    Exact: the B-tree brings the generation's rows and each is compared (0.3 ms for a book); an HNSW index filtered
    afterwards would lose most of them (retrieval.md).
    """
    found = (
        Passage.objects.filter(generation=generation)
        .defer("embedding", "text_hash")
        .annotate(distance=MaxInnerProduct("embedding", question))
        .order_by(F("distance").asc(nulls_last=True), "ordinal")[:k]
    )
    return [Hit(passage, -float(passage.distance)) for passage in found]
