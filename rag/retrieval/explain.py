"""Why passages of a document come back for a question: what each arm says of them, and which words counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db import connection

from library.ai import embeddings
from library.search.bm25 import idf
from rag.indexes import terms
from rag.models import IndexGeneration
from rag.retrieval.blend import Blend, blend_of
from rag.retrieval.hits import Hit
from rag.retrieval.in_documents import search_documents
from rag.retrieval.printed import printed_on_each
from rag.retrieval.services import understand

MATCHED = """
SELECT id, ARRAY(SELECT lexeme FROM unnest(vector) AS term WHERE lexeme = ANY(%s)) FROM rag_passage WHERE id = ANY(%s)
"""


@dataclass(frozen=True)
class CountedWord:
    """A word of a question as an index has it, in how many passages it is, and so how rare (BM25's idf, 0 and more)."""

    lexeme: str
    passages: int
    idf: float


@dataclass(frozen=True)
class ExplainedHit:
    """A passage that came back, and the words of the question that are in it, the rarest first."""

    hit: Hit
    words: Sequence[CountedWord]


@dataclass(frozen=True)
class RetrievalExplanation:
    """What a question asks for in an index, and the passages in their order. ``by_meaning``: as of ``Finding``."""

    words: Sequence[CountedWord]
    hits: Sequence[ExplainedHit]
    blend: Blend
    by_meaning: bool


def explain(question: str, generation: IndexGeneration, *, k: int) -> RetrievalExplanation:
    """The ``k`` passages that ``question`` brings from ``generation``, with the reasons."""
    blend = blend_of(embeddings.spec(generation.model))
    asked = understand(question, generation.model)
    hits = search_documents([generation], asked, k, blend=blend)
    words = _counted(generation, question)
    matched = _matched([word.lexeme for word in words], [hit.passage.pk for hit in hits])
    printed = printed_on_each([hit.passage for hit in hits])
    explained = [
        ExplainedHit(
            replace(hit, printed=printed[hit.passage.pk]),
            [word for word in words if word.lexeme in matched.get(hit.passage.pk, ())],
        )
        for hit in hits
    ]
    return RetrievalExplanation(words, explained, blend, by_meaning=asked.vector is not None)


def _counted(generation: IndexGeneration, question: str) -> list[CountedWord]:
    asked = terms.of_generations([generation], question)
    words = [CountedWord(lexeme, number, idf(asked.texts, number)) for lexeme, number in asked.having.items()]
    return sorted(words, key=lambda word: (-word.idf, word.lexeme))


def _matched(lexemes: Sequence[str], passages: Sequence[int]) -> dict[int, list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(MATCHED, [list(lexemes), list(passages)])
        return dict(cursor.fetchall())
