"""What the library says of due dates by itself, once a day from ten o'clock on: due soon, overdue, on another day.

Each row is a transaction of its own, and what was told is known by its cause: a run that comes twice, late, beside
another or was killed in the middle tells nothing twice and forgets nothing.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils import timezone

from circulation.models import LendingSettings, Loan, LoanQuerySet, LoanRenewal, RedatedLoan
from circulation.notices import kinds
from circulation.rules import reminders
from library.core import days
from library.jobs import nightly
from library.jobs.models import NightlyReport, RunState
from library.notices import services as notices
from library.notices.models import Notice

TASK, MOVED_TASK = "tell_due_dates", "tell_moved_dates"
FROM = time(10, 0)  # by the library's clock
TOLD_FOR = timedelta(days=7)  # after it moved, a date is news


def tell_of_today(*, at: datetime | None = None) -> list[NightlyReport]:
    """The day's reminders, if it is time for them and no run of today has told all: what failed is tried again."""
    at = at or timezone.now()
    begins = days.moment(days.today(at), FROM)
    if at < begins:
        return []
    done = NightlyReport.objects.filter(started_at__gte=begins, state=RunState.DONE, failed=0)
    over = set(done.values_list("task", flat=True))
    work = {TASK: tell_due_dates, MOVED_TASK: tell_moved_dates}
    return [tell(at=at) for task, tell in work.items() if task not in over]


def tell_due_dates(*, at: datetime) -> NightlyReport:
    """Remind the readers of loans that are due soon or overdue."""
    today, reminder_days = days.today(at), _days()
    return nightly.walk(
        TASK,
        _to_remind(today, reminder_days),
        lambda pk: _remind(pk, today=today, reminder_days=reminder_days, at=at),
        at=at,
    )


def tell_moved_dates(*, at: datetime) -> NightlyReport:
    """Tell readers of a due date that a closure or somebody else than themselves moved, once of each new date."""
    return nightly.walk(MOVED_TASK, _moved(at), lambda pk: _tell_moved(pk, at=at), at=at)


def _days() -> reminders.ReminderDays:
    row = LendingSettings.objects.first() or LendingSettings()
    return reminders.ReminderDays(row.due_soon_days, (row.overdue_1_days, row.overdue_2_days, row.overdue_3_days))


def _reachable() -> LoanQuerySet:
    """Loans that somebody has, as far as anybody knows."""
    return Loan.objects.open().filter(claimed_returned_at=None, lost_at=None)


def _caused(loans: LoanQuerySet, code: Any) -> QuerySet[Any]:
    """With the name that the cause of a notice would have."""
    due = Cast(TruncDate("due_at", tzinfo=days.zone()), CharField())
    named = Concat(Value("loan:"), Cast("pk", CharField()), Value(":"), due, Value(":"), code, output_field=CharField())
    return loans.annotate(cause=named)


def _told(cause: Any) -> Exists:
    return Exists(Notice.objects.filter(dedupe=cause))


def _to_remind(today: date, reminder_days: reminders.ReminderDays) -> QuerySet[Any]:
    """Loans whose reminder of today nobody has written yet."""
    whens, any_of = [], Q(pk__in=[])
    for code, first, last in reminders.windows(today=today, days=reminder_days):
        fits = Q(due_at__lte=days.end_of(last))
        if first is not None:
            fits &= Q(due_at__gte=days.start_of(first))
        whens.append(When(fits, then=Value(code)))
        any_of |= fits
    if not whens:
        return Loan.objects.none()
    step = Case(*whens, output_field=CharField())
    return _caused(_reachable().filter(any_of), step).filter(~_told(OuterRef("cause")))


def _remind(pk: UUID, *, today: date, reminder_days: reminders.ReminderDays, at: datetime) -> bool:
    loan = _found(pk)
    if loan is None:
        return False
    due = days.date_of(loan.due_at)
    code = reminders.reminder_for(due, today=today, days=reminder_days)
    if code is None:
        return False
    known = [kinds.cause(pk, str(due), step) for step in reminders.steps_from(code)]
    if Notice.objects.filter(dedupe__in=known).exists():
        return False
    _write(loan, code, at=at)
    return True


def _moved(at: datetime) -> QuerySet[Any]:
    """Loans that are due on another day since a short while, by a closure or another than their reader."""
    this_date = {"loan": OuterRef("pk"), "due_after": OuterRef("due_at")}
    by_closure = Exists(RedatedLoan.objects.filter(**this_date))
    renewed = LoanRenewal.objects.filter(**this_date)
    by_others = Exists(renewed.filter(Q(by=None) | ~Q(by=OuterRef("patron"))))
    loans = _reachable().filter(due_changed_at__gte=at - TOLD_FOR, due_at__gt=at).filter(by_closure | by_others)
    told = [_told(Concat(OuterRef("cause"), Value(code))) for code in (kinds.DUE_MOVED, reminders.DUE_SOON)]
    return _caused(loans, Value("")).filter(~told[0], ~told[1])


def _tell_moved(pk: UUID, *, at: datetime) -> bool:
    loan = _found(pk)
    if loan is None:
        return False
    _write(loan, kinds.DUE_MOVED, at=at)
    return True


def _found(pk: UUID) -> Loan | None:
    rows = _reachable().select_related("patron__user", "copy__book", "branch")
    return rows.filter(pk=pk).first()


def _write(loan: Loan, code: str, *, at: datetime) -> None:
    notices.queue(
        user=loan.patron.user,
        kind=code,
        dedupe=kinds.cause(loan.pk, str(days.date_of(loan.due_at)), code),
        at=at,
        **kinds.words_of(loan),
    )
