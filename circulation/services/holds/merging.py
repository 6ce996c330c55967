"""Two records become one, and so do their queues."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from accounts.models import Tier
from catalog.models import Book
from circulation.models import BOUND_HOLD_STATES, Hold, HoldState
from circulation.rules.matrix import is_reached, look_up
from circulation.services.holds.under_locks import end, record
from circulation.state import locks
from circulation.state.remembered_rules import rule_rows
from circulation.state.snapshot import FURTHEST_ON
from library.core.database.raw_rows import execute

# One queue of two: by when they were placed. What is bound to a copy has no place and stays as it is.
BY_AGE = """
UPDATE circulation_hold AS hold SET position = ranked.place
FROM (SELECT id, row_number() OVER (ORDER BY placed_at, id) AS place
      FROM circulation_hold WHERE book_id = %s AND position IS NOT NULL) AS ranked
WHERE ranked.id = hold.id"""


def move_holds(*, kept: Book, merged: Book, at: datetime | None = None) -> None:
    """Let all holds of ``merged`` be holds of ``kept``, whose locks the caller has: their records are becoming one.

    Of the holds of one patron as many stay as the rules let them have on one book, those that are furthest on first,
    then the oldest; the others are cancelled and their copies serve the next in line.
    """
    at = at or timezone.now()
    both = Hold.objects.open().filter(book__in=[kept, merged]).select_related("copy", "patron__user", "patron__tier")
    for patron in dict.fromkeys(hold.patron_id for hold in locks.holds(both)):
        holds = list(both.filter(patron=patron).order_by("pk"))  # as they are now: each that ends may serve another
        if len({hold.book_id for hold in holds}) > 1:
            _cancel_those_above(holds, at=at)
    Hold.objects.filter(book=merged).update(book=kept)
    execute(BY_AGE, [kept.pk])


def _cancel_those_above(holds: list[Hold], *, at: datetime) -> None:
    limit = _most_per_book(holds[0].patron.tier)
    ordered = sorted(holds, key=lambda hold: (FURTHEST_ON.index(hold.state), hold.placed_at, hold.pk))
    above = [hold for number, hold in enumerate(ordered) if is_reached(limit, number)]
    for hold in reversed(above):  # what waits ends before what is served: it shall not be served on its way out
        copy = locks.copy(hold.copy_id) if hold.copy_id and hold.state in BOUND_HOLD_STATES else None
        end(hold, copy, HoldState.CANCELLED, at=at)
        record(hold, "hold.cancelled", by=None, at=at)


def _most_per_book(tier: Tier) -> int:
    """How many holds a patron may have on one book, whatever branch or type: the row for the tier, or for everyone."""
    limit: int = look_up(rule_rows(tier=tier.pk), "holds_per_book", branch=None, tier=tier.pk).value
    return limit
