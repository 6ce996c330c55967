"""Passages and records of the library together, by meaning and by words, as of one collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from catalog.models import BookGeneration
from catalog.semantic import records
from library.search import texts
from library.search.texts import Statistics, Table
from rag.indexes.terms import ALL_LANGUAGES, LIBRARY_HAVING
from rag.retrieval.hits import AskedQuestion
from rag.retrieval.in_library import AMONG, AnsweringSpace, Scope, nearest_passages
from rag.retrieval.neighbourhood import vectors_of_passages

PASSAGE, RECORD = 0, 1
Key = tuple[int, int]  # PASSAGE or RECORD, and an id: total in order, passages first
Scores = dict[Key, float]
PASSAGES = Table("rag_passage")
GATHERED = 5_000  # passages that are scored by their words; the commonest words bring none in, but count in these
LANGUAGES = f"({ALL_LANGUAGES} UNION {records.LANGUAGES}) AS one"
# Of a lexeme, and beside it the totals: passages, their words, books, theirs.
TOTALS = """
(SELECT passages FROM rag_libraryterm WHERE lexeme = ''), (SELECT words FROM rag_libraryterm WHERE lexeme = ''),
(SELECT books FROM catalog_term WHERE lexeme = ''), (SELECT words FROM catalog_term WHERE lexeme = '')
"""
HAVING = f"ARRAY[{LIBRARY_HAVING}, {records.HAVING}, {TOTALS}]"


@dataclass(frozen=True)
class AskedWords:
    """What a question asks for: the statistics of passages and of records. How rare a word is counts over both
    together; how long a text is, beside its own kind."""

    passages: Statistics
    records: Statistics


@dataclass(frozen=True)
class SearchedPart:
    """What is searched by one model: the passages of a space, the records of a generation, or both.

    ``has_words``: records are searched by words here, whether or not their vectors are of this model.
    """

    model: str
    passages: AnsweringSpace | None
    records: BookGeneration | None
    has_words: bool

    def vectors(self, keys: Sequence[Key]) -> dict[Key, bytes]:
        """The vectors of those of ``keys`` that have one by this model."""
        found = {(PASSAGE, pk): raw for pk, raw in vectors_of_passages(_of(PASSAGE, keys)).items()}
        if self.records is not None and (books := _of(RECORD, keys)):
            found |= {(RECORD, pk): raw for pk, raw in records.vectors_of(self.records, books).items()}
        return found


def read(question: str) -> AskedWords:
    """The words of ``question`` by each language of the library's passages and records; one query."""
    having = texts.asked(question, languages=LANGUAGES, having=HAVING, values={})
    totals = next(iter(having.values()), [0] * 6)[2:]
    passages, words, books, record_words = (number or 0 for number in totals)
    both = {lexeme: (one or 0) + (other or 0) for lexeme, (one, other, *_totals) in having.items()}
    known = {lexeme: number for lexeme, number in both.items() if number}
    return AskedWords(
        Statistics(passages + books, 0, known, length=words / passages if passages else 0.0),
        Statistics(passages + books, 0, known, length=record_words / books if books else 0.0),
    )


def by_meaning(part: SearchedPart, question: AskedQuestion, depth: int, scope: Scope) -> Scores:
    """The nearest of a part with their cosines, best first, ties by key, ``depth`` at most."""
    if question.vector is None:
        return {}
    found: Scores = {}
    if part.passages is not None:
        near = nearest_passages(part.passages, question.vector, depth, scope)
        found |= {(PASSAGE, pk): score for pk, score in near.items()}
    if part.records is not None:
        books = records.nearest_records(
            part.records, question.vector, depth, sees_all=scope.sees_all, books=scope.books
        )
        found |= {(RECORD, pk): score for pk, score in books.items()}
    return _best(found, depth)


def by_words(part: SearchedPart, asked: AskedWords, depth: int, scope: Scope) -> Scores:
    """What has most of the words, rare ones before common ones (BM25), best first, ties by key, ``depth`` at most."""
    found: Scores = {}
    if part.passages is not None and asked.passages.having:
        lexemes = list(asked.passages.having)
        statement, values = texts.ranking(
            PASSAGES, lexemes, asked.passages, also=AMONG, number=depth, gathered=GATHERED
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, {**values, **scope.values, "space": part.passages.space.pk})
            found |= {(PASSAGE, pk): score for pk, score in cursor.fetchall()}
    if part.has_words and asked.records.having:
        books = records.records_by_words(asked.records, depth, sees_all=scope.sees_all, books=scope.books)
        found |= {(RECORD, pk): score for pk, score in books.items()}
    return _best(found, depth)


def _best(found: Scores, depth: int) -> Scores:
    order = sorted(found, key=lambda key: (-found[key], key))[:depth]
    return {key: found[key] for key in order}


def _of(kind: int, keys: Sequence[Key]) -> list[int]:
    return [pk for one, pk in keys if one == kind]
