"""Finding passages: exact, inside one generation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import F
from pgvector.django import MaxInnerProduct

from library.search import texts
from rag.indexes import terms
from rag.models import IndexGeneration, Passage
from rag.retrieval.hits import AskedQuestion, Hit

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

PASSAGES = texts.Table("rag_passage")


@dataclass(frozen=True)
class DocumentRetriever:
    """Finds passages in one generation of one document. A ``rag.answers.ports.Retriever``."""

    generation: IndexGeneration

    def retrieve(self, question: AskedQuestion, k: int) -> list[Hit]:
        return search_document(self.generation, question.vector, k)


def search_document(generation: IndexGeneration, question: npt.NDArray[np.float32], k: int) -> list[Hit]:
    """The ``k`` passages of ``generation`` nearest to ``question`` (unit length), best first, ties by place.

    Exact: the B-tree brings the generation's rows and each is compared (0.3 ms for a book); an HNSW index filtered
    afterwards would lose most of them (retrieval.md).
    """
    found = (
        Passage.objects.filter(generation=generation)
        .defer("embedding", "text_hash", "vector")
        .annotate(distance=MaxInnerProduct("embedding", question))
        .order_by(F("distance").asc(nulls_last=True), "ordinal")[:k]
    )
    return [Hit(passage, -float(passage.distance)) for passage in found]


def search_words(generation: IndexGeneration, question: str, k: int) -> list[Hit]:
    """The ``k`` passages of ``generation`` that have most of the question's words, rare ones before common ones (BM25),
    best first, ties by id. ``Hit.score`` is the BM25 score here: above 0, without an upper end."""
    languages = generation.passages.order_by().values_list("language", flat=True).distinct()
    asked = texts.lexemes(question, sorted(languages))
    scores = texts.best(
        PASSAGES, asked, terms.of_generation(generation, asked), within={"generation_id": [generation.pk]}, number=k
    )
    rows = Passage.objects.defer("embedding", "text_hash", "vector").in_bulk(scores)
    return [Hit(rows[pk], score) for pk, score in scores.items()]
