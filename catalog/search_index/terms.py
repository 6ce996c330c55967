"""Keeping the term statistics in step with the books: what triggers append is added up here, a batch at a time."""

from __future__ import annotations

import json
import time

from django.db import connection, transaction

from catalog.search.words.spelling import deletes
from library.search.term_changes import TermChanges

WORDS = 2_000  # in one transaction
SECONDS = 3  # the worker that mails codes has other work, too
CHANGES = TermChanges(
    changes="catalog_termchange",
    totals="catalog_term",
    numbers=("books", "as_word", "words"),
    derived={"deletes": "CASE WHEN term.as_word + excluded.as_word > 0 THEN term.deletes END"},
)
UNPREPARED = "SELECT lexeme FROM catalog_term WHERE deletes IS NULL AND as_word > 0 ORDER BY lexeme LIMIT %s"
PREPARE = """
UPDATE catalog_term AS term SET deletes = made.deletes
FROM jsonb_to_recordset(%s::jsonb) AS made(lexeme text, deletes text[])
WHERE term.lexeme = made.lexeme AND term.as_word > 0
"""


def fold_changes(*, seconds: float = SECONDS) -> int:
    """Add up what changed since the last time, for at most about ``seconds``; returns how many changes.

    Killed half-way, or run twice at once, it loses nothing.
    """
    until = time.monotonic() + seconds
    added = CHANGES.add_up(until=until)
    while time.monotonic() < until and _prepare_batch():
        pass
    return added


@transaction.atomic
def _prepare_batch() -> int:
    """Make the deletes of words that may be suggested; short words and numbers get none."""
    if not CHANGES.is_our_turn():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(UNPREPARED, [WORDS])
        words = [word for (word,) in cursor.fetchall()]
        if words:
            cursor.execute(PREPARE, [json.dumps([{"lexeme": word, "deletes": deletes(word)} for word in words])])
    return len(words)
