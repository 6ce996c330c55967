"""Finding passages: exact, inside one generation or several of one vector space."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from library.ai import embeddings
from library.search import texts
from library.search.texts import Statistics
from rag.indexes import terms
from rag.models import IndexGeneration, Passage
from rag.retrieval import arms
from rag.retrieval.blend import Blend, blend_of, choose
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.neighbourhood import Neighbourhood, vectors_of_passages


@dataclass(frozen=True)
class DocumentRetriever:
    """Finds passages in one generation of one document. A ``rag.answers.ports.Retriever``."""

    generation: IndexGeneration
    blend: Blend | None = None  # the settings' own

    def retrieve(self, question: AskedQuestion, k: int) -> list[Hit]:
        return search_documents([self.generation], question, k, blend=self.blend)


def search_documents(
    generations: Sequence[IndexGeneration], question: AskedQuestion, k: int, *, blend: Blend | None = None
) -> list[Hit]:
    """The ``k`` passages of ``generations`` that answer ``question`` best by meaning and by words, best first, ties by
    id. ``generations``: of one vector space, that of the question. Without a vector words alone are searched.

    ``blend``: unset, the settings' for the model. Exact: the B-tree brings the generations' rows and each is compared
    (0.3 ms for a book); an HNSW index filtered afterwards would lose most of them (retrieval.md).
    """
    if not generations:
        return []
    blend = blend or blend_of(embeddings.spec(generations[0].model))
    within = [generation.pk for generation in generations]
    asked = terms.of_generations(generations, question.text) if blend.is_lexical else Statistics(0, 0)
    meant = question if blend.is_dense else replace(question, vector=None)
    dense, words = arms.search(within, meant, asked, max(blend.depth, k))
    near = Neighbourhood(question, vectors_of_passages)
    share = texts.share(words.scores, asked)
    moments = (dense.moments, words.moments)
    chosen = choose(blend, dense.scores, words.scores, near.alike, k, moments=moments, share=share)
    rows = Passage.objects.defer("embedding", "text_hash", "vector").in_bulk(chosen)
    cosines = near.cosines(chosen, known=dense.scores)
    return [Hit(rows[pk], cosines[pk], standing) for pk, standing in chosen.items() if pk in rows]
