"""What must be true of every library: each statement gives the rows that break it, so each must give none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ask = Callable[[str], list[tuple[Any, ...]]]

INVARIANTS = {
    "an open loan has its copy on loan, or lost": """
        SELECT loan.id FROM circulation_loan AS loan JOIN catalog_copy AS copy ON copy.id = copy_id
        WHERE returned_at IS NULL AND copy.status NOT IN ('on_loan', 'lost')""",
    "a copy on loan has one open loan": """
        SELECT copy.id FROM catalog_copy AS copy WHERE status = 'on_loan' AND 1 <> (
          SELECT count(*) FROM circulation_loan WHERE copy_id = copy.id AND returned_at IS NULL)""",
    "no copy has two open loans": """
        SELECT copy_id FROM circulation_loan WHERE returned_at IS NULL GROUP BY copy_id HAVING count(*) > 1""",
    "counters of copies count": """
        SELECT book.id FROM catalog_book AS book WHERE (total_copies, available_copies) <> (
          SELECT count(*) FILTER (WHERE status NOT IN ('lost', 'missing', 'withdrawn')),
                 count(*) FILTER (WHERE status = 'available' AND NOT not_for_loan)
          FROM catalog_copy WHERE book_id = book.id)""",
    "facts of books follow them": """
        SELECT book.id FROM catalog_book AS book LEFT JOIN catalog_bookfacts AS facts ON facts.book_id = book.id
        WHERE facts.book_id IS NULL OR (facts.is_available, facts.has_copies, facts.is_suppressed)
          <> (book.available_copies > 0, book.total_copies > 0, book.is_suppressed)""",
    "terms of the catalogue are those of a count from scratch": """
        WITH counted AS (
          SELECT lexeme, sum(books) AS books, sum(as_word) AS as_word, sum(words) AS words FROM (
            SELECT lexeme, books, as_word, words FROM catalog_term
            UNION ALL SELECT lexeme, books, as_word, words FROM catalog_termchange
          ) AS one GROUP BY lexeme HAVING (sum(books), sum(as_word), sum(words)) <> (0, 0, 0)
        ), scratch AS (
          SELECT lexeme, sum(books) AS books, sum(as_word) AS as_word, sum(words) AS words FROM (
            SELECT term.lexeme, 1 AS books, 0 AS as_word, 0 AS words FROM catalog_bookfacts, unnest(vector) AS term
              WHERE NOT is_suppressed AND left(term.lexeme, 1) <> '~'
            UNION ALL SELECT term.lexeme, 0, 1, 0 FROM catalog_book,
              unnest(to_tsvector('pg_catalog.simple', concat_ws(' ', search_a, search_b, search_c))) AS term
              WHERE NOT is_suppressed
            UNION ALL SELECT '', 1, 0, words FROM catalog_bookfacts WHERE NOT is_suppressed
          ) AS one GROUP BY lexeme
        )
        SELECT lexeme FROM counted FULL JOIN scratch USING (lexeme)
        WHERE (counted.books, counted.as_word, counted.words)
          IS DISTINCT FROM (scratch.books, scratch.as_word, scratch.words)""",
    "terms of passages are those of a count from scratch": """
        WITH counted AS (
          SELECT lexeme, sum(passages) AS passages FROM (
            SELECT lexeme, passages FROM rag_libraryterm UNION ALL SELECT lexeme, passages FROM rag_librarytermchange
          ) AS one WHERE lexeme <> '' GROUP BY lexeme HAVING sum(passages) <> 0
        ), scratch AS (
          SELECT term.lexeme, count(*) AS passages FROM rag_document AS document
          JOIN rag_passage AS passage ON passage.generation_id = document.live_generation_id,
          unnest(passage.vector) AS term GROUP BY term.lexeme
        )
        SELECT lexeme FROM counted FULL JOIN scratch USING (lexeme)
        WHERE counted.passages IS DISTINCT FROM scratch.passages""",
    "a generation that answers has all its passages": """
        SELECT generation.id FROM rag_indexgeneration AS generation WHERE state = 'ready' AND passage_count <> (
          SELECT count(*) FROM rag_passage WHERE generation_id = generation.id)""",
    "a document's live generation is ready and its own": """
        SELECT document.id FROM rag_document AS document JOIN rag_indexgeneration AS generation
        ON generation.id = live_generation_id WHERE state <> 'ready' OR generation.document_id <> document.id""",
    "every constraint holds for every row": """
        SELECT conname FROM pg_constraint WHERE NOT convalidated
          AND connamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)""",
    "every index is valid": "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid OR NOT indisready",
    "every trigger is on": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'",
}


def broken(ask: Ask, media: Path) -> dict[str, list[Any]]:
    """Every invariant that does not hold, with the first rows that break it, and every file that is not its row's."""
    found = {name: rows[:5] for name, query in INVARIANTS.items() if (rows := ask(query))}
    wrong = [
        name
        for name, size, digest in ask("SELECT file, size, sha256 FROM catalog_bookfile")
        if not (media / name).is_file()
        or (media / name).stat().st_size != size
        or hashlib.sha256((media / name).read_bytes()).hexdigest() != digest
    ]
    return found | ({"stored files are those of their rows": wrong[:5]} if wrong else {})
