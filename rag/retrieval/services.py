"""Finding passages: one function for documents, one for the whole library. Loads no AI library.

Both embed the question themselves, once for each model that what is asked was indexed by. Where the part that
understands questions does not answer, words alone find, and ``Finding.by_meaning`` says so. Whoever evaluates passes a
``Blend``: ``Blend(arms="dense")``, ``Blend(arms="bm25")`` and ``Blend(alpha=.5)`` rank by one arm or by both, without
parting near-duplicates (``trade=1``); unset, the settings' way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog.models import Book
from catalog.queries import BranchAvailability, availability_of, for_list
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.search.fusion import best_first, reciprocal_ranks
from rag import queries
from rag.models import Document, IndexGeneration
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion, Hit, RecordHit
from rag.retrieval.in_documents import search_documents
from rag.retrieval.in_library import Scope
from rag.retrieval.printed import printed_on_each
from rag.retrieval.search_library import search_library

MOST_HITS, DEFAULT_HITS, MOST_BOOKS = 50, 10, 50  # of a search of the library, and books to choose


@dataclass(frozen=True)
class BookFinding:
    """A book that was found, in the place of the best of what was found in it. ``record``: where its record came back;
    a book on paper alone has no more."""

    book: Book
    availability: Sequence[BranchAvailability]
    passages: Sequence[Hit]
    record: RecordHit | None
    place: int

    @property
    def by_record(self) -> bool:
        return self.record is not None


@dataclass(frozen=True)
class LibraryFinding:
    """Books, best first, with all that was found in each. ``by_meaning``: as of ``Finding``."""

    books: list[BookFinding]
    by_meaning: bool = True


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
    """The same in ``generations``, whoever may read them. Of several models, each part is searched by its own, and what
    they find is put together by rank."""
    parts: dict[tuple[str, int], list[IndexGeneration]] = {}
    for generation in generations:
        parts.setdefault((generation.model, generation.dimensions), []).append(generation)
    asked = {part: understand(question, part[0]) for part in parts}
    found = [search_documents(those, asked[part], k, blend=blend) for part, those in parts.items()]
    is_understood = all(one.vector is not None for one in asked.values())
    return Finding(found[0] if len(found) == 1 else _by_rank(found)[:k], is_understood)


def _by_rank(found: Sequence[Sequence[Hit]]) -> list[Hit]:
    hits = {hit.passage.pk: hit for part in found for hit in part}
    order = best_first(reciprocal_ranks([[hit.passage.pk for hit in part] for part in found]))
    placed = enumerate((hits[pk] for pk in order), 1)
    return [
        replace(hit, standing=replace(hit.standing, place=place) if hit.standing else None) for place, hit in placed
    ]


def find_in_library(
    question: str, *, k: int, viewer: Any, books: Sequence[int] | None = None, blend: Blend | None = None
) -> LibraryFinding:
    """The ``k`` passages and records of all that ``viewer`` may see that answer ``question`` best, by book; a book that
    is on paper alone is found by its record. ``books``: among these ids alone.

    A number of queries that does not grow with the library or ``k``.
    """
    scope = Scope(viewer, books)
    hits, by_meaning = search_library(question, k, scope, understand, blend=blend)
    return LibraryFinding(_by_book(hits, viewer), by_meaning)


def _by_book(hits: Sequence[Hit | RecordHit], viewer: Any) -> list[BookFinding]:
    """``hits`` under their books, in the order of the best of each; none of what ``viewer`` may not see."""
    ids = list(dict.fromkeys(_book_of(hit) for hit in hits))
    books = for_list(Book.objects.visible_to(viewer).filter(pk__in=[pk for pk in ids if pk])).in_bulk()
    places = availability_of(books.values())
    printed = printed_on_each([hit.passage for hit in hits if isinstance(hit, Hit)])
    found: dict[int, list[Hit | RecordHit]] = {pk: [] for pk in ids if pk in books}
    for hit in hits:
        if (pk := _book_of(hit)) in found:
            found[pk].append(hit)
    return [
        BookFinding(
            books[pk],
            places[pk],
            [replace(hit, printed=printed[hit.passage.pk]) for hit in those if isinstance(hit, Hit)],
            next((hit for hit in those if isinstance(hit, RecordHit)), None),
            those[0].standing.place if those[0].standing else 0,
        )
        for pk, those in found.items()
    ]


def _book_of(hit: Hit | RecordHit) -> int:
    """Its book's id; 0 of a text that belongs to none."""
    return hit.book if isinstance(hit, RecordHit) else hit.passage.generation.document.book_id or 0


def understand(question: str, model: str) -> AskedQuestion:
    """``question`` with its meaning by ``model``; without, where nobody answers in time."""
    try:
        return AskedQuestion(question, embeddings.for_questions(model).embed([question], "question")[0])
    except EmbedderUnavailable:
        return AskedQuestion(question, None)
