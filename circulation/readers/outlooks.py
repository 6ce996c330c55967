"""Where holds stand in their queues and when the books may come: one query for all books that are asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from circulation.explain.sentences import reader_sentence
from circulation.models import WAITING_HOLD_STATES, Hold
from circulation.rules import CopyToHold, Waiter
from circulation.rules.holds.estimate import CopyAway, Outlook, Pace, expected_on
from circulation.rules.holds.serving import against_serving, could_serve
from circulation.rules.matrix import RuleRow, resolve
from circulation.state import queue as lines
from library.core import days
from library.core.database.raw_rows import fetch

SEEN = timedelta(days=365)  # loans that ended since then tell how long one takes
MOST_SEEN = 20  # the latest of them
# Of each book: its copies, each with its open loan and the hold that it is bound to; who waits; how long loans took.
OUTLOOK = f"""
SELECT book.id,
  (SELECT json_agg(json_build_array(copy.id, copy.barcode, copy.branch_id, copy.item_type_id, copy.status,
                     copy.not_for_loan, loan.due_at, loan.claimed_returned_at IS NOT NULL, bound.id IS NOT NULL,
                     least(bound.shelf_until, bound.wanted_until)) ORDER BY copy.id)
   FROM catalog_copy AS copy
   LEFT JOIN circulation_loan AS loan ON loan.copy_id = copy.id AND loan.returned_at IS NULL
   LEFT JOIN circulation_hold AS bound ON bound.copy_id = copy.id
     AND bound.state IN ('requested', 'in_transit', 'ready')
   WHERE copy.book_id = book.id),
  (SELECT json_agg(json_build_array(ceil(extract(epoch FROM seen.returned_at - seen.due_at) / 86400),
                     extract(epoch FROM seen.returned_at - seen.checked_out_at) / 86400))
   FROM (SELECT loan.returned_at, loan.due_at, loan.checked_out_at FROM circulation_loan AS loan
         JOIN catalog_copy AS copy ON copy.id = loan.copy_id
         WHERE copy.book_id = book.id AND loan.returned_at >= %(since)s
         ORDER BY loan.returned_at DESC LIMIT {MOST_SEEN}) AS seen),
  {lines.WAITING.replace("%(book)s", "book.id")}
FROM catalog_book AS book WHERE book.id = ANY(%(books)s)"""


@dataclass
class _Book:
    """What was read of one book."""

    copies: list[tuple[CopyToHold, CopyAway]]
    seen: list[tuple[float, float]]  # of each loan that ended of late: days after its due date, days in all
    line: lines.BookQueue
    today: date
    _fits: dict[tuple[int, int], bool] = field(default_factory=dict)

    def servable(self, waiter: Waiter) -> list[tuple[CopyToHold, CopyAway]]:
        """The copies that could serve the hold, and may come."""
        return [(copy, away) for copy, away in self.copies if copy.may_come and self._fit(copy, waiter)]

    def _fit(self, copy: CopyToHold, waiter: Waiter) -> bool:
        if waiter.copy not in {None, copy.id}:
            return False
        key = copy.id, waiter.patron.tier
        if key not in self._fits:
            anybody = Waiter(waiter.id, waiter.patron, waiter.pickup)
            self._fits[key] = could_serve(copy, anybody, self.line.rules_of(waiter.patron.tier))
        return self._fits[key]

    def active(self) -> list[Waiter]:
        """Who waits and does not sleep, in the order of their places."""
        return [waiter for waiter in self.line.queue if not waiter.sleeps(self.today)]

    def outlook(self, waiter: Waiter) -> Outlook:
        """Where one of those who wait stands."""
        if waiter.sleeps(self.today):
            return Outlook()
        servable = self.servable(waiter)
        rivals = [other for other in self.active() if any(self._fit(copy, other) for copy, _away in servable)]
        against = tuple(map(reader_sentence, against_serving(waiter, today=self.today)))
        if not servable:
            return Outlook(against=against)
        place = next((number for number, other in enumerate(rivals, start=1) if other.id == waiter.id), 1)
        pace = self._pace(servable[0][0], waiter)
        on = expected_on([away for _copy, away in servable], place - 1, pace, today=self.today) if pace else None
        return Outlook(place, len(rivals), on, against)

    def _pace(self, copy: CopyToHold, waiter: Waiter) -> Pace | None:
        """By the rules for this reader; None where they lend no such copy."""
        rows: Sequence[RuleRow] = self.line.rules_of(waiter.patron.tier)
        values = resolve(rows, branch=copy.branch, tier=waiter.patron.tier, item_type=copy.item_type)
        if not values.loan_period.value:
            return None
        period = values.loan_period.value if values.loan_unit.value == "days" else 1
        offsets = tuple(int(late) for late, _days in self.seen)
        taken = sum(days_ for _late, days_ in self.seen)
        return Pace(period, values.hold_pickup_days.value, len(self.seen), taken, offsets)


def outlooks(holds: Iterable[Hold], *, at: datetime | None = None) -> dict[UUID, Outlook]:
    """Of those among ``holds`` that wait in a queue, by their ids. One query, however many they are."""
    at = at or timezone.now()
    wanted: dict[int, set[UUID]] = defaultdict(set)
    for hold in holds:
        if hold.state in WAITING_HOLD_STATES:
            wanted[hold.book_id].add(hold.pk)
    if not wanted:
        return {}
    books = _read(wanted, at=at)
    return {
        waiter.id: book.outlook(waiter)
        for pk, book in books.items()
        for waiter in book.line.queue
        if waiter.id in wanted[pk]
    }


def with_outlooks(holds: Iterable[Hold], *, at: datetime | None = None) -> list[Hold]:
    """``holds``, those that wait in a queue with their ``outlook``. One query."""
    rows = list(holds)
    found = outlooks(rows, at=at)
    for hold in rows:
        hold.outlook = found.get(hold.pk)
    return rows


def _read(books: Iterable[int], *, at: datetime) -> dict[int, _Book]:
    today = days.today(at)
    rows = fetch(OUTLOOK, {"books": list(books), "since": at - SEEN})
    return {
        pk: _Book(
            [_copy(*one) for one in copies or ()],
            [tuple(one) for one in seen or ()],
            lines.read(waiting, version),
            today,
        )
        for pk, copies, seen, waiting, version in rows
    }


def _copy(
    pk: int,
    barcode: str,
    branch: int,
    item_type: int | None,
    status: str,
    not_for_loan: bool,
    due_at: str | None,
    is_claimed: bool,
    is_held: bool,
    shelf_until: str | None,
) -> tuple[CopyToHold, CopyAway]:
    """One that its reader says is back is away for nobody knows how long: it serves nobody until it is found."""
    known = "missing" if is_claimed else status
    due = days.date_of(datetime.fromisoformat(due_at)) if due_at else None
    until = date.fromisoformat(shelf_until) if shelf_until else None
    copy = CopyToHold(pk, barcode, branch, item_type, known, not_for_loan)
    return copy, CopyAway(known, due, until, is_held)
