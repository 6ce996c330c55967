"""Which words are in how many passages: of one generation, and of all that answer now.

A passage's terms are the lexemes of its vector: its words (``library.search.cut.spaced``) read by the text
configuration of its language. The library's are appended to by triggers and added up here, a batch at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.contrib.postgres.search import SearchVectorField
from django.db import connection, transaction
from django.db.models import Func, TextField, Value

from library.ai.spec import Vectors
from library.search.cut import spaced
from library.search.texts import Statistics
from rag.ingest.passages.cut import Cut
from rag.models import GenerationTerm, IndexGeneration, LibraryTerm, Passage

ROWS = 50_000  # in one transaction
SECONDS = 3  # the worker that mails codes has other work, too
LOCK = "rag.term_changes"
COUNT = """
INSERT INTO rag_generationterm (generation_id, lexeme, passages)
SELECT generation_id, term.lexeme, count(*) FROM rag_passage, unnest(vector) AS term
WHERE generation_id = %s GROUP BY generation_id, term.lexeme
"""
TOTALS = """
UPDATE rag_indexgeneration AS generation SET passage_count = made.passages, word_count = made.words,
  language = made.language
FROM (
  SELECT count(*) AS passages, coalesce(sum(word_count), 0) AS words,
    coalesce(mode() WITHIN GROUP (ORDER BY language), '') AS language
  FROM rag_passage WHERE generation_id = %s
) AS made WHERE generation.id = %s
"""
# A change and what it adds to leave and arrive in one statement, so that nothing is lost or counted twice.
FOLD = """
WITH taken AS (
  DELETE FROM rag_librarytermchange WHERE id <= (
    SELECT max(id) FROM (SELECT id FROM rag_librarytermchange ORDER BY id LIMIT %s) AS first
  ) RETURNING lexeme, passages, words
), summed AS (
  SELECT lexeme, sum(passages) AS passages, sum(words) AS words FROM taken GROUP BY lexeme
), written AS (
  INSERT INTO rag_libraryterm AS term (lexeme, passages, words)
  SELECT lexeme, passages, words FROM summed WHERE passages <> 0 OR words <> 0 ORDER BY lexeme
  ON CONFLICT (lexeme) DO UPDATE SET passages = term.passages + excluded.passages, words = term.words + excluded.words
  RETURNING lexeme, passages, words
)
SELECT (SELECT count(*) FROM taken),
  (SELECT coalesce(array_agg(lexeme), '{}') FROM written WHERE passages = 0 AND words = 0)
"""
FORGET = "DELETE FROM rag_libraryterm WHERE lexeme = ANY(%s) AND passages = 0 AND words = 0"


def row_of(generation: IndexGeneration, ordinal: int, cut: Cut, embedding: Vectors, sections: Sequence[int]) -> Passage:
    """A passage as it is stored, its terms included. ``sections``: the ids of the generation's, in order."""
    section = None if cut.section is None else sections[cut.section]
    folded = spaced(cut.text)
    return Passage(
        generation=generation,
        section_id=section,
        space_id=generation.space_id,
        ordinal=ordinal,
        first_page=cut.first_page,
        last_page=cut.last_page,
        start=cut.start,
        end=cut.end,
        text=cut.text,
        text_hash=cut.text_hash,
        language=cut.language,
        word_count=len(folded.split()),
        vector=_vector(cut.language, folded),
        embedding=embedding,
    )


def _vector(language: str, folded: str) -> Func:
    configuration = Func(Value(language, TextField()), function="lyceum_text_configuration")
    return Func(configuration, Value(folded, TextField()), function="to_tsvector", output_field=SearchVectorField())


def count_terms(generation: IndexGeneration) -> None:
    """Write in how many passages of ``generation`` each term is, how many passages and words it has in all, and the
    language of most. Whatever was counted before goes. In a transaction; its passages are all there."""
    GenerationTerm.objects.filter(generation=generation).delete()
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [generation.pk])
        cursor.execute(TOTALS, [generation.pk, generation.pk])
    generation.refresh_from_db(fields=["passage_count", "word_count", "language"])


def of_generation(generation: IndexGeneration, lexemes: Sequence[str]) -> Statistics:
    """How rare ``lexemes`` are in ``generation``; one query."""
    found = GenerationTerm.objects.filter(generation=generation, lexeme__in=lexemes)
    return Statistics(generation.passage_count, generation.word_count, dict(found.values_list("lexeme", "passages")))


def of_library(lexemes: Sequence[str]) -> Statistics:
    """How rare ``lexemes`` are in all that answers now, as it was last added up; one query."""
    found = {term.lexeme: term for term in LibraryTerm.objects.filter(lexeme__in=["", *lexemes])}
    whole = found.pop("", LibraryTerm())
    return Statistics(whole.passages, whole.words, {lexeme: term.passages for lexeme, term in found.items()})


def fold_changes(*, seconds: float = SECONDS) -> int:
    """Add up what changed since the last time, for at most about ``seconds``; returns how many changes.

    Killed half-way, or run twice at once, it loses nothing: each batch is one transaction, and one at a time has it.
    """
    until = time.monotonic() + seconds
    folded = 0
    while time.monotonic() < until and (batch := _fold_batch()):
        folded += batch
    return folded


def _fold_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD, [ROWS])
        number, empty = cursor.fetchone()
        if empty:
            cursor.execute(FORGET, [empty])
        return int(number)
