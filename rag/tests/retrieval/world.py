"""A small library whose texts and records can be searched: books with files, on paper, hidden and confidential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catalog.models import Book, BookFacts
from catalog.search_index import terms as catalog_terms
from catalog.search_index.text import refresh_search_text
from catalog.semantic import generations, vectors
from catalog.tests.factories import make_book
from rag.indexes import terms
from rag.models import Document
from rag.tests.texts import answer_from
from rag.tests.tiny import vector


def paper(title: str, **values: Any) -> Book:
    """A book that is on paper alone."""
    book = make_book(title=title, **values)
    refresh_search_text(book)
    return book


def digital(title: str, pages: Sequence[str], **values: Any) -> Book:
    """A book with a text, each page one passage."""
    book = paper(title, **values)
    answer_from(Document.objects.create(book=book), pages)
    return book


def settle(dimensions: int = 6) -> None:
    """Add up all words, and let vectors of all records answer."""
    terms.fold_changes(seconds=60)
    catalog_terms.fold_changes(seconds=60)
    generation = generations.current()
    facts = list(BookFacts.objects.order_by("pk").values_list("pk", "text_version"))
    texts = vectors.texts_of([book for book, _version in facts])
    made = [vector(texts[book], dimensions) for book, _version in facts]
    vectors.store(generation, facts, np.array(made, dtype=np.float32).reshape(len(facts), dimensions))
    generations.go_live(generation)
