"""What to buy: how many wait for each copy of a book, and the holds that no copy can serve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models.expressions import RawSQL

from accounts.models import Tier
from catalog.models import Branch, ItemType
from circulation.models import Hold, HoldQuerySet
from circulation.rules.holds.serving import GONE, CopyToHold, is_held_for
from circulation.state.remembered_rules import rule_rows
from library.core.database.raw_rows import fetch

CANNOT_COME = (*sorted(GONE), "damaged")
# Books that somebody waits for: how many, how many copies may come, how many wait for each; no copy at all first.
DEMAND = """
SELECT book.id, book.title, waiting.holds, coalesce(here.copies, 0),
  CASE WHEN coalesce(here.copies, 0) > 0 THEN round(waiting.holds::numeric / here.copies, 1) END, waiting.since::date
FROM (SELECT book_id, count(*) AS holds, min(placed_at) AS since FROM circulation_hold
      WHERE position IS NOT NULL GROUP BY book_id) AS waiting
JOIN catalog_book AS book ON book.id = waiting.book_id
LEFT JOIN (SELECT copy.book_id, count(*) AS copies FROM catalog_copy AS copy
           WHERE NOT copy.not_for_loan AND copy.status <> ALL(%(gone)s)
             AND copy.book_id IN (SELECT book_id FROM circulation_hold WHERE position IS NOT NULL)
           GROUP BY copy.book_id) AS here ON here.book_id = waiting.book_id
WHERE waiting.holds >= %(least)s
ORDER BY waiting.holds::numeric / nullif(here.copies, 0) DESC NULLS FIRST, waiting.holds DESC, book.id
LIMIT %(most)s OFFSET %(start)s"""
COUNT = """
SELECT count(*) FROM (SELECT FROM circulation_hold WHERE position IS NOT NULL
                      GROUP BY book_id HAVING count(*) >= %(least)s) AS wanted"""


class Demand(NamedTuple):
    """A book that somebody waits for. ``each``: holds for one copy, to a tenth; None where there is no copy."""

    book: int
    title: str
    holds: int
    copies: int
    each: float | None
    since: object  # the day on which the oldest of the holds was placed


class Demands(Sequence[Demand]):
    """All of them, the greatest need first; read a slice at a time, as a paginator does."""

    def __init__(self, *, least: int = 1) -> None:
        self._least = least

    def __len__(self) -> int:
        return int(fetch(COUNT, {"least": self._least})[0][0])

    def __getitem__(self, wanted: int | slice) -> list[Demand]:  # type: ignore[override]  # slices alone
        if isinstance(wanted, int):
            wanted = slice(wanted, wanted + 1)
        start = wanted.start or 0
        most = None if wanted.stop is None else max(0, wanted.stop - start)
        asked = {"gone": list(CANNOT_COME), "least": self._least, "most": most, "start": start}
        return [Demand(*row) for row in fetch(DEMAND, asked)]

    def in_batches(self, size: int = 500) -> Iterator[list[Demand]]:
        """All, for a file."""
        start = 0
        while batch := self[start : start + size]:
            yield batch
            start += size


# A hold whose book has no copy that could serve it; ``never``: scopes that the rules keep for nobody of a tier.
UNSERVED = """
SELECT hold.id FROM circulation_hold AS hold JOIN accounts_patron AS patron ON patron.user_id = hold.patron_id
WHERE hold.position IS NOT NULL AND NOT EXISTS (
  SELECT FROM catalog_copy AS copy
  WHERE copy.book_id = hold.book_id AND NOT copy.not_for_loan AND copy.status <> ALL(%s)
    AND (NOT hold.is_copy_level OR copy.id = hold.copy_id)
    AND NOT EXISTS (SELECT FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS never(tier, branch, kind)
                    WHERE never.tier = patron.tier_id AND never.branch = copy.branch_id
                      AND never.kind IS NOT DISTINCT FROM copy.item_type_id))"""


def unserved() -> HoldQuerySet:
    """Holds in a queue that no copy of the library can serve: none is left that may be lent, the one that is wanted
    alone is gone, or the rules keep such copies for nobody of the reader's tier. The oldest first."""
    never = _never()
    scopes = [[scope[which] for scope in never] for which in range(3)]
    found = RawSQL(UNSERVED, [list(CANNOT_COME), *scopes])  # noqa: S611 (every value is a parameter)
    return Hold.objects.with_names().filter(pk__in=found).order_by("placed_at", "id")


def _never() -> list[tuple[int, int, int | None]]:
    """Tier, branch and item type of the copies that are kept for nobody of that tier."""
    rows = rule_rows()
    if not any(row.holds_allowed == 0 for row in rows):
        return []
    kinds = [None, *ItemType.objects.values_list("pk", flat=True)]
    branches = list(Branch.objects.values_list("pk", flat=True))
    return [
        (tier, branch, kind)
        for tier in Tier.objects.values_list("pk", flat=True)
        for branch in branches
        for kind in kinds
        if not is_held_for(CopyToHold(0, "", branch, kind), tier, rows)
    ]
