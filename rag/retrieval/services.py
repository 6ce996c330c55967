"""Finding passages: one function for documents, one for the whole library. Loads no AI library.

Both embed the question themselves, once for each model that what is asked was indexed by. Where the part that
understands questions does not answer, words alone find, and ``Finding.by_meaning`` says so. Whoever evaluates passes a
``Blend``: ``Blend(arms="dense")``, ``Blend(arms="bm25")`` and ``Blend(alpha=.5)`` rank by one arm or by both, without
parting near-duplicates (``trade=1``); unset, the settings' way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from rag import queries
from rag.models import Document, IndexGeneration
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import search_documents


@dataclass(frozen=True)
class Finding:
    """Hits, best first, each with its ``standing``. ``by_meaning``: false where words alone were searched, because
    nobody could say what the question means."""

    hits: list[Hit]
    by_meaning: bool = True


def find_in_documents(
    question: str, documents: Sequence[Document], *, k: int, viewer: Any, blend: Blend | None = None
) -> Finding:
    """The ``k`` passages of ``documents``, each with its live generation, that answer ``question`` best; exactly.

    Errors: ``BookConfidential``, ``DocumentConfidential``, ``IndexNotReady``.
    """
    for document in documents:
        document.check_visible_to(viewer)
    return find_in_generations(question, [queries.live_generation(one) for one in documents], k=k, blend=blend)


def find_in_generations(
    question: str, generations: Sequence[IndexGeneration], *, k: int, blend: Blend | None = None
) -> Finding:
    """The same in ``generations`` of one model, whoever may read them."""
    if not generations:
        return Finding([])
    asked = understand(question, generations[0].model)
    return Finding(search_documents(generations, asked, k, blend=blend), by_meaning=asked.vector is not None)


def understand(question: str, model: str) -> AskedQuestion:
    """``question`` with its meaning by ``model``; without, where nobody answers in time."""
    try:
        return AskedQuestion(question, embeddings.for_questions(model).embed([question], "question")[0])
    except EmbedderUnavailable:
        return AskedQuestion(question, None)
