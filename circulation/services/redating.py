"""A closure that comes later: open loans that are due on the closed days move to the next day that is really open.

First a preview, then an order that a job carries out in batches. Every batch looks again, under the locks of lending:
what was renewed or returned meanwhile is left alone, and an order that runs twice moves nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Patron, User
from catalog.models import Book, Branch
from circulation.models import Hold, HoldState, Loan, LoanQuerySet, RedatedLoan, Redating
from circulation.rules.due_date import day_end
from circulation.rules.opening_hours import ONE_DAY, Calendar
from circulation.services.holds.under_locks import locked
from circulation.state import calendars, locks
from library.activity import services as activity
from library.core import days
from library.core.database.transactions import again_after_deadlock
from library.core.errors import InvalidInput
from library.jobs import services as jobs
from library.jobs.job_run import JobRun
from library.jobs.models import Job

KIND = "redate_loans"
BATCH = 50  # loans whose people and books one transaction locks: the desk waits for it a tenth of a second
LONGEST = timedelta(days=731)


@dataclass(frozen=True)
class Move:
    """What would happen to one loan."""

    loan: Loan
    to: datetime
    why: str  # the day is closed


@dataclass(frozen=True)
class DayMoved:
    """What would happen to the loans of one branch that are due on one day."""

    branch: str
    day: date
    to: date
    loans: int
    why: str


@dataclass(frozen=True)
class Closure:
    """Which days are asked about. ``branch`` None: every branch.

    Only days that a dated exception closes; ``is_for_week``: also those that the week closes.
    """

    branch: Branch | None
    first: date
    last: date
    is_for_week: bool = False

    def check(self) -> None:
        """Errors: ``InvalidInput`` where the days are no stretch of at most two years."""
        if self.last < self.first:
            raise InvalidInput(fields={"last": [_("The last day is not before the first.")]})
        if self.last - self.first > LONGEST:
            raise InvalidInput(fields={"last": [_("At most two years at a time.")]})


def closure_of(order: Redating) -> Closure:
    """What was asked for."""
    return Closure(order.branch, order.first_day, order.last_day, order.is_for_week)


class Preview:
    """What a closure would do to due dates, by the calendars of this moment.

    Errors: ``InvalidInput`` for days that cannot be, ``NeverOpens`` where there is no day to move to.
    """

    def __init__(self, closure: Closure) -> None:
        closure.check()
        chosen = None if closure.branch is None else [closure.branch.pk]
        self._calendars = calendars.calendars_of(chosen)
        self._spans = {
            pk: calendars.closed_spans(calendar, closure.first, closure.last, is_for_week=closure.is_for_week)
            for pk, calendar in self._calendars.items()
        }

    def loans(self) -> LoanQuerySet:
        """The open loans that would move, in the order of their due dates. One query when it is read."""
        by_spans: dict[tuple[tuple[date, date], ...], list[int]] = defaultdict(list)
        for pk, spans in self._spans.items():
            if spans:
                by_spans[tuple(spans)].append(pk)
        wanted = Q(pk__in=[])
        for stretches, branches in by_spans.items():
            due = Q()
            for first, last in stretches:
                due |= Q(due_at__gte=days.start_of(first), due_at__lt=days.start_of(last + ONE_DAY))
            wanted |= Q(branch__in=branches) & due
        return Loan.objects.open().filter(wanted).order_by("due_at", "pk")

    def holds(self) -> QuerySet[Hold]:
        """What waits on a hold shelf until one of the days: the pick-up branch is closed then."""
        wanted = Q(pk__in=[])
        for pk, spans in self._spans.items():
            for span in spans:
                wanted |= Q(pickup_branch=pk, shelf_until__range=span)
        return Hold.objects.filter(wanted, state=HoldState.READY).order_by("shelf_until", "pk")

    def shelf_days(self) -> list[DayMoved]:
        """As ``days``, of the last days on hold shelves. One query."""
        rows = self.holds().order_by("shelf_until", "pickup_branch").values_list("pickup_branch", "shelf_until")
        return [
            DayMoved(calendar.branch, day, calendar.next_open(day), count, calendar.why_closed(day))
            for branch, day, count in rows.annotate(count=Count("pk"))
            for calendar in [self._calendars[branch]]
        ]

    def next_open(self, branch: int, day: date) -> date:
        """The next day on which the branch is really open. Errors: ``NeverOpens``."""
        return self._calendars[branch].next_open(day)

    def days(self) -> list[DayMoved]:
        """How many loans each branch has on each of the days, and where they would go. One query."""
        zone = timezone.get_default_timezone()
        rows = (
            self.loans()
            .order_by()
            .annotate(day=TruncDate("due_at", tzinfo=zone))
            .values_list("branch_id", "day")
            .annotate(loans=Count("pk"))
            .order_by("day", "branch_id")
        )
        return [
            DayMoved(calendar.branch, day, calendar.next_open(day), loans, calendar.why_closed(day))
            for branch, day, loans in rows
            for calendar in [self._calendars[branch]]
        ]

    def moves(self, loans: Iterable[Loan]) -> Iterator[Move]:
        """Where each of these loans would go."""
        for loan in loans:
            calendar = self._calendars[loan.branch_id]
            yield Move(loan, moved_due(loan, calendar), calendar.why_closed(days.date_of(loan.due_at)))

    def calendar_of(self, loan: Loan) -> Calendar:
        """The calendar of the branch where it was lent."""
        return self._calendars[loan.branch_id]


def moved_due(loan: Loan, calendar: Calendar) -> datetime:
    """The end of the next open day; a loan by the hour: when the branch opens next. Errors: ``NeverOpens``."""
    if loan.is_hourly:
        return calendar.next_opening(loan.due_at)
    return day_end(calendar.next_open(days.date_of(loan.due_at)), calendar)


@transaction.atomic
def order(*, closure: Closure, by: User, at: datetime | None = None) -> tuple[Redating, Job]:
    """Have the due dates moved by a job. Errors: ``InvalidInput``, ``NeverOpens`` where there is no day to move to."""
    preview = Preview(closure)
    count = sum(day.loans for day in preview.days())
    held = sum(day.loans for day in preview.shelf_days())
    made = Redating.objects.create(
        branch=closure.branch,
        first_day=closure.first,
        last_day=closure.last,
        is_for_week=closure.is_for_week,
        ordered_by=by,
        ordered_at=at or timezone.now(),
    )
    activity.record(
        actor=by,
        verb="due_dates.ordered",
        object=made,
        data={
            "branch": closure.branch.name if closure.branch else "",
            "first_day": closure.first.isoformat(),
            "last_day": closure.last.isoformat(),
            "loans": count,
            "holds": held,
        },
    )
    return made, jobs.enqueue(kind=KIND, subject=made, requested_by=by)


def carry_out(run: JobRun) -> None:
    """Move the loans of the order that ``run`` is about, from where it was left. Errors: ``NeverOpens``."""
    made = Redating.objects.select_related("branch").filter(pk=run.job.subject_id).first()
    if made is None:  # its branch is gone, and nothing can be lent there any more
        return
    done = made.moved.count()
    total = done + _waiting(made).count()
    last: tuple[datetime, UUID] | None = None
    while True:
        chosen = list(_after(_waiting(made), last).values_list("due_at", "pk")[:BATCH])
        if not chosen:
            break
        done += len(chosen)
        _move(run, made, [pk for _due, pk in chosen], done=done, total=max(done, total))
        last = chosen[-1]
    for hold in list(Preview(closure_of(made)).holds().values_list("pk", flat=True)):
        _keep_longer(hold, made)


@locks.transaction_tried_again
def _keep_longer(pk: UUID, made: Redating) -> None:
    """Keep a book on the hold shelf until its branch is open again. Done twice it moves nothing: that day is open."""
    hold, _copy = locked(Hold(pk=pk))
    preview = Preview(closure_of(made))
    if hold.shelf_until is None or not preview.holds().filter(pk=pk).exists():
        return
    hold.shelf_until = preview.next_open(hold.pickup_branch_id, hold.shelf_until)
    hold.save(update_fields=["shelf_until"])


def _waiting(made: Redating) -> LoanQuerySet:
    """What is still to be moved. Once for each order: a day that is closed later still has an order of its own."""
    return Preview(closure_of(made)).loans().exclude(redatings__redating=made)


def _after(loans: LoanQuerySet, last: tuple[datetime, UUID] | None) -> LoanQuerySet:
    """The rest of ``loans``: each is looked at once, moved or not."""
    if last is None:
        return loans
    return loans.filter(Q(due_at__gt=last[0]) | Q(due_at=last[0], pk__gt=last[1]))


@again_after_deadlock
def _move(run: JobRun, made: Redating, pks: list[UUID], *, done: int, total: int) -> None:
    message = ngettext("%(count)d loan looked at", "%(count)d loans looked at", done) % {"count": done}
    with run.checkpoint(done=done, total=total, message=message):
        lock_loans(pks)
        preview = Preview(closure_of(made))
        loans = list(preview.loans().exclude(redatings__redating=made).filter(pk__in=pks))
        moved = []
        for loan in loans:
            before, loan.due_at = loan.due_at, moved_due(loan, preview.calendar_of(loan))
            moved.append(RedatedLoan(redating=made, loan=loan, due_before=before, due_after=loan.due_at))
            loan.explanation = _explained(loan, before, preview.calendar_of(loan))
        Loan.objects.bulk_update(loans, ["due_at", "explanation"])
        RedatedLoan.objects.bulk_create(moved)


def lock_loans(pks: list[UUID]) -> None:
    """Lock people, books and copies of these loans, in that order: every verb that changes a loan waits there."""
    rows = list(Loan.objects.filter(pk__in=pks).values_list("patron_id", "copy__book_id", "copy_id"))
    list(locks.locking(Patron.objects.filter(pk__in={patron for patron, _, _ in rows}).order_by("pk")))
    list(locks.locking(Book.objects.filter(pk__in={book for _, book, _ in rows}).only("pk").order_by("pk")))
    locks.copies({copy for _, _, copy in rows})


def _explained(loan: Loan, before: datetime, calendar: Calendar) -> dict[str, object]:
    """What is known about the due date, with one step more; the steps are those of ``circulation.rules.due_date``."""
    day = days.date_of(before)
    special = calendar.exception_on(day)
    to = loan.due_at.isoformat() if loan.is_hourly else str(days.date_of(loan.due_at))
    step = {"from": str(day), "to": to, "exception": special.name if special else "", "weekday": str(day.weekday())}
    steps = [*loan.explanation.get("steps", []), {"code": "closure", "values": step}]
    return {**loan.explanation, "steps": steps}
