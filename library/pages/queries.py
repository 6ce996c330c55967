"""What the pages of the whole library show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Book
from catalog.pages import shelves
from circulation.models import Hold, HoldState, Loan
from library.jobs.models import Job, JobState
from rag.models import Document

ASKABLE = 6
NEWEST = POPULAR = 12  # fills whole rows of two, three, four and six


@dataclass(frozen=True)
class DeskCounts:
    """What waits for the staff, in numbers."""

    requested: int
    ready: int
    lent: int
    overdue: int
    running_jobs: int


def newest_books(user: Any) -> Sequence[shelves.Shelved]:
    """The books last added that ``user`` may see, newest first, with their authors; three queries."""
    return shelves.newest(user, NEWEST)


def popular_books(user: Any) -> Sequence[shelves.Shelved]:
    """The books borrowed most that ``user`` may see; three queries."""
    return shelves.popular(user, POPULAR)


def askable_books(user: Any) -> Sequence[shelves.Shelved]:
    """The books last added that ``user`` may ask, for their text is read; three queries."""
    askable = Document.objects.visible_to(user).exclude(live_generation=None)
    books = Book.objects.visible_to(user).filter(pk__in=askable.values("book"))
    return shelves.newest_of(books, ASKABLE, reason=_("Answers with its own pages"))


def desk_counts(*, at: datetime | None = None) -> DeskCounts:
    """What waits for the staff at this moment; three queries."""
    at = at or timezone.now()
    holds = Hold.objects.aggregate(
        requested=Count("pk", filter=Q(state=HoldState.REQUESTED)), ready=Count("pk", filter=Q(state=HoldState.READY))
    )
    loans = Loan.objects.open().aggregate(lent=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=at)))
    jobs = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    return DeskCounts(**holds, **loans, running_jobs=jobs)


def greeting(*, at: datetime | None = None) -> str:
    """``morning``, ``afternoon`` or ``evening`` by the library's clock."""
    hour = timezone.localtime(at).hour
    return "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
