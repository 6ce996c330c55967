"""Keeping the term statistics in step with the books: what triggers append is added up here, a batch at a time."""

from __future__ import annotations

import json
import time

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from catalog.search.words.spelling import deletes

ROWS, WORDS = 50_000, 2_000  # in one transaction
SECONDS = 3  # the worker that mails codes has other work, too
LOCK = "catalog.term_changes"
# A change and what it adds to leave and arrive in one statement, so that nothing is lost or counted twice. The batch is
# a range that ends at one number: whatever the planner believes of the table's size, no row is compared with others.
FOLD = """
WITH taken AS (
  DELETE FROM catalog_termchange WHERE id <= (
    SELECT max(id) FROM (SELECT id FROM catalog_termchange ORDER BY id LIMIT %s) AS first
  )
  RETURNING lexeme, books, as_word, words
), summed AS (
  SELECT lexeme, sum(books) AS books, sum(as_word) AS as_word, sum(words) AS words FROM taken GROUP BY lexeme
), written AS (
  INSERT INTO catalog_term AS term (lexeme, books, as_word, words)
  SELECT lexeme, books, as_word, words FROM summed WHERE books <> 0 OR as_word <> 0 OR words <> 0 ORDER BY lexeme
  ON CONFLICT (lexeme) DO UPDATE SET
    books = term.books + excluded.books, as_word = term.as_word + excluded.as_word,
    words = term.words + excluded.words,
    deletes = CASE WHEN term.as_word + excluded.as_word > 0 THEN term.deletes END
  RETURNING lexeme, books, as_word, words
)
SELECT (SELECT count(*) FROM taken),
  (SELECT coalesce(array_agg(lexeme), '{}') FROM written WHERE books = 0 AND as_word = 0 AND words = 0)
"""
FORGET = "DELETE FROM catalog_term WHERE lexeme = ANY(%s) AND books = 0 AND as_word = 0 AND words = 0"
UNPREPARED = "SELECT lexeme FROM catalog_term WHERE deletes IS NULL AND as_word > 0 ORDER BY lexeme LIMIT %s"
PREPARE = """
UPDATE catalog_term AS term SET deletes = made.deletes
FROM jsonb_to_recordset(%s::jsonb) AS made(lexeme text, deletes text[])
WHERE term.lexeme = made.lexeme AND term.as_word > 0
"""


def fold_changes(*, seconds: float = SECONDS) -> int:
    """Add up what changed since the last time, for at most about ``seconds``; returns how many changes.

    Killed half-way, or run twice at once, it loses nothing: each batch is one transaction, and one at a time has it.
    """
    until = time.monotonic() + seconds
    folded = 0
    while time.monotonic() < until and (batch := _fold_batch()):
        folded += batch
    while time.monotonic() < until and _prepare_batch():
        pass
    return folded


def _fold_batch() -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_ours(cursor):
            return 0
        cursor.execute(FOLD, [ROWS])
        number, empty = cursor.fetchone()
        if empty:
            cursor.execute(FORGET, [empty])
        return int(number)


def _prepare_batch() -> int:
    """Make the deletes of words that may be suggested; short words and numbers get none."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _is_ours(cursor):
            return 0
        cursor.execute(UNPREPARED, [WORDS])
        words = [word for (word,) in cursor.fetchall()]
        if words:
            cursor.execute(PREPARE, [json.dumps([{"lexeme": word, "deletes": deletes(word)} for word in words])])
        return len(words)


def _is_ours(cursor: CursorWrapper) -> bool:
    cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
    return bool(cursor.fetchone()[0])
