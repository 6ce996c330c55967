"""How many loans there are, and were."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from circulation.explain.due_words import SOON
from circulation.models import LoanQuerySet
from library.core import days


@dataclass(frozen=True)
class LoanCounts:
    """Loans by status, in all, and how many different books they were of. ``due_soon``: of the active ones."""

    active: int
    overdue: int
    returned: int
    total: int
    due_soon: int
    books: int

    @property
    def out(self) -> int:
        """Loans that are not returned."""
        return self.active + self.overdue


def count_loans(loans: LoanQuerySet, *, at: datetime) -> LoanCounts:
    """Count ``loans`` as seen at ``at``, in one query."""
    is_out, is_late = Q(returned_at=None), Q(due_at__lt=at, lost_at=None)
    found = loans.order_by().aggregate(
        active=Count("pk", filter=is_out & ~is_late),
        overdue=Count("pk", filter=is_out & is_late),
        returned=Count("pk", filter=~is_out),
        total=Count("pk"),
        due_soon=Count("pk", filter=is_out & ~is_late & Q(due_at__lt=_end_of_soon(at))),
        books=Count("copy__book", distinct=True),
    )
    return LoanCounts(**found)


def _end_of_soon(at: datetime) -> datetime:
    return days.start_of(days.today(at) + timedelta(days=SOON + 1))
