"""In how many texts each word is, without counting them again: changes are appended, and added up a batch at a time.

Whoever changes a text appends rows to a table of changes, in the same transaction: nobody waits for the row of a word
that many texts hold. A task adds them to the totals. A word whose numbers are all back at nothing is forgotten.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from django.db import connection, transaction

from library.core.database.transactions import is_our_turn

ROWS = 50_000  # in one transaction
# A change and what it adds to leave and arrive in one statement, so that nothing is lost or counted twice. The batch is
# a range that ends at one number: whatever the planner believes of the table's size, no row is compared with others.
ADD_UP = """
WITH taken AS (
  DELETE FROM {changes} WHERE id <= (
    SELECT max(id) FROM (SELECT id FROM {changes} ORDER BY id LIMIT %s) AS first
  )
  RETURNING lexeme, {numbers}
), summed AS (
  SELECT lexeme, {sums} FROM taken GROUP BY lexeme
), written AS (
  INSERT INTO {totals} AS term (lexeme, {numbers})
  SELECT lexeme, {numbers} FROM summed WHERE NOT ({nothing}) ORDER BY lexeme
  ON CONFLICT (lexeme) DO UPDATE SET {added}
  RETURNING lexeme, {numbers}
)
SELECT (SELECT count(*) FROM taken), (SELECT coalesce(array_agg(lexeme), '{{}}') FROM written WHERE {nothing})
"""
FORGET = "DELETE FROM {totals} WHERE lexeme = ANY(%s) AND {nothing}"


@dataclass(frozen=True)
class TermChanges:
    """A table of ``changes`` (``id``, ``lexeme`` and ``numbers``) and one of ``totals`` by ``lexeme``.

    ``derived``: further columns of the totals with what they become where a term's numbers change; there ``term`` is
    the row before, ``excluded`` what is added. All of this is part of statements: never what people wrote.
    """

    changes: str
    totals: str
    numbers: tuple[str, ...]
    derived: dict[str, str] = field(default_factory=dict)

    def add_up(self, *, until: float) -> int:
        """Add changes to the totals, for at least one batch if ``until`` (``time.monotonic``) is not over.

        Returns how many changes. Killed half-way, or run twice at once, it loses nothing: each batch is one
        transaction, and one at a time has it.
        """
        added = 0
        while time.monotonic() < until and (batch := self._add_batch()):
            added += batch
        return added

    def is_our_turn(self) -> bool:
        """Whether nobody else works on the totals, and until the transaction ends nobody will."""
        return is_our_turn(self.changes)

    @transaction.atomic
    def _add_batch(self) -> int:
        if not self.is_our_turn():
            return 0
        with connection.cursor() as cursor:
            cursor.execute(self._statement(ADD_UP), [ROWS])
            count, unused = cursor.fetchone()
            if unused:
                cursor.execute(self._statement(FORGET), [unused])
        return int(count)

    def _statement(self, template: str) -> str:
        added = {name: f"term.{name} + excluded.{name}" for name in self.numbers} | self.derived
        return template.format(
            changes=self.changes,
            totals=self.totals,
            numbers=", ".join(self.numbers),
            sums=", ".join(f"sum({name}) AS {name}" for name in self.numbers),
            nothing=" AND ".join(f"{name} = 0" for name in self.numbers),
            added=", ".join(f"{name} = {value}" for name, value in added.items()),
        )
