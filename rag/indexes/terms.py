"""Which words are in how many passages: of one generation, and of all that answer now.

A passage's terms are the lexemes of its vector: its words (``library.search.cut.spaced``) read by the text
configuration of its language. The library's are appended to by triggers and added up here, a batch at a time.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import Func, TextField, Value

from library.ai.spec import Vectors
from library.search import texts
from library.search.cut import spaced
from library.search.term_changes import TermChanges
from library.search.texts import Statistics
from rag.ingest.passages.cut import Cut
from rag.models import GenerationTerm, IndexGeneration, LibraryTerm, Passage

SECONDS = 3  # the worker that mails codes has other work, too
CHANGES = TermChanges(changes="rag_librarytermchange", totals="rag_libraryterm", numbers=("passages", "words"))
COUNT = """
INSERT INTO rag_generationterm (generation_id, lexeme, passages)
SELECT generation_id, term.lexeme, count(*) FROM rag_passage, unnest(vector) AS term
WHERE generation_id = %s GROUP BY generation_id, term.lexeme
"""
ALL_LANGUAGES = """SELECT generation.language FROM rag_document AS document
  JOIN rag_indexgeneration AS generation ON generation.id = document.live_generation_id"""
LIBRARY_HAVING = "(SELECT kept.passages FROM rag_libraryterm AS kept WHERE kept.lexeme = term.lexeme)"
LANGUAGES = "(SELECT DISTINCT language FROM rag_passage WHERE generation_id = ANY(%(within)s)) AS one"
HAVING = """(SELECT sum(kept.passages) FROM rag_generationterm AS kept
  WHERE kept.generation_id = ANY(%(within)s) AND kept.lexeme = term.lexeme)"""
TOTALS = """
UPDATE rag_indexgeneration AS generation SET passage_count = made.passages, word_count = made.words,
  language = made.language
FROM (
  SELECT count(*) AS passages, coalesce(sum(word_count), 0) AS words,
    coalesce(mode() WITHIN GROUP (ORDER BY language), '') AS language
  FROM rag_passage WHERE generation_id = %s
) AS made WHERE generation.id = %s
"""


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
        vector=vector_of(cut.language, folded),
        embedding=embedding,
    )


def vector_of(language: str, folded: str) -> Func:
    """The terms of a text as ``library.search.cut.spaced`` gives it, read by its language (two letters)."""
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


def of_generations(generations: Sequence[IndexGeneration], question: str) -> Statistics:
    """What ``question`` asks for in ``generations`` taken together, read by each of their languages, and how rare each
    lexeme is there (0 where they do not have it); one query."""
    values = {"within": [generation.pk for generation in generations]}
    having = texts.asked(question, languages=LANGUAGES, having=HAVING, values=values)
    return Statistics(
        sum(generation.passage_count for generation in generations),
        sum(generation.word_count for generation in generations),
        {lexeme: int(passages or 0) for lexeme, passages in having.items()},
    )


def of_library(lexemes: Sequence[str]) -> Statistics:
    """How rare ``lexemes`` are in all that answers now, as it was last added up; one query."""
    found = {term.lexeme: term for term in LibraryTerm.objects.filter(lexeme__in=["", *lexemes])}
    whole = found.pop("", LibraryTerm())
    return Statistics(whole.passages, whole.words, {lexeme: term.passages for lexeme, term in found.items()})


def fold_changes(*, seconds: float = SECONDS) -> int:
    """Add up what changed since the last time, for at most about ``seconds``; returns how many changes.

    Killed half-way, or run twice at once, it loses nothing.
    """
    return CHANGES.add_up(until=time.monotonic() + seconds)
