"""Taking loans and holds of the past off their readers: a reader at a time, each in one transaction.

What leads back goes with them: renewals, comments, letters, bell, record of activity, kept answers, lines of reports;
the moments, cut to the day; who stood at the desk; and the id, which tells when it was made, so who came just before.
Money keeps its own time: its lines stay with their reader and lose the loan.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Patron
from accounts.people.nobody import NOBODY, nobody
from circulation.forgetting.monthly import count_months, counted_until
from circulation.models import (
    Charge,
    Hold,
    HoldQuerySet,
    LendingSettings,
    Loan,
    LoanQuerySet,
    LoanRenewal,
    Override,
    RedatedLoan,
)
from circulation.state import locks
from library.activity import services as activity
from library.core import days
from library.core.privacy import kept_answers
from library.jobs import nightly
from library.jobs import privacy as reports
from library.jobs.models import NightlyReport
from library.notices import services as notices

TASK = "forget_past_loans"
AT_ONCE = 1000  # loans or holds of one reader in one transaction; the rest is for the next run
DAY = "date_trunc('day', {0} AT TIME ZONE %(zone)s) AT TIME ZONE %(zone)s"
END = "(date_trunc('day', {0} AT TIME ZONE %(zone)s) + interval '1 day - 1 microsecond') AT TIME ZONE %(zone)s"
MOMENTS = ("checked_out_at", "returned_at", "checked_in_at", "renewed_at", "claimed_returned_at", "lost_at")
CUT = f"""
UPDATE circulation_loan SET id = gen_random_uuid(), patron_id = %(nobody)s, checked_out_by_id = NULL,
    returned_by_id = NULL, explanation = '{{}}', due_at = {END.format("due_at")},
    {", ".join(f"{moment} = {DAY.format(moment)}" for moment in MOMENTS)}
WHERE id = ANY (%(loans)s) RETURNING id"""
# A trigger notes when a due date was moved; here nobody moved one.
UNMOVED = "UPDATE circulation_loan SET due_changes = 0, due_changed_at = NULL WHERE id = ANY (%(loans)s)"


def forget_past(*, at: datetime | None = None) -> NightlyReport | None:
    """Take the loans and holds off their readers that ended so many days ago as the library says; None: it says none.

    Each reader is a transaction of its own. Months are counted first: a loan keeps its reader until the month is over
    in which it began.
    """
    at = at or timezone.now()
    ended_before = _ended_before(at)
    if ended_before is None:
        return None
    count_months(at=at)
    readers = _readers(at=at, ended_before=ended_before)
    return nightly.walk(TASK, readers, lambda pk: forget_past_of(pk, at=at), at=at)


def forget_past_of(patron: UUID, *, at: datetime) -> bool:
    """As ``forget_past``, for one reader, in the transaction that is open. Whether there was anything to forget."""
    ended_before = _ended_before(at)
    held = locks.locking(Patron.objects.filter(pk=patron, keeps_history=False)).first()
    if ended_before is None or held is None or patron == NOBODY:
        return False
    fit = locks.locking(past_loans(at=at, ended_before=ended_before).filter(patron=patron))
    loans = list(fit.values_list("pk", flat=True).order_by("pk")[:AT_ONCE])
    gone = locks.locking(past_holds(ended_before=ended_before).filter(patron=patron))
    holds = list(gone.values_list("pk", flat=True).order_by("pk")[:AT_ONCE])
    if not loans and not holds:
        return False
    _scrub_beside(held, loans, holds)
    Hold.objects.filter(pk__in=holds).delete()
    _cut_off(loans)
    return True


def past_loans(*, at: datetime, ended_before: datetime) -> LoanQuerySet:
    """Loans that came back before, began in a month that is counted, and of which nothing is owed."""
    ended = Loan.objects.filter(returned_at__lt=ended_before, checked_out_at__lt=days.start_of(counted_until(at)))
    owed = Charge.objects.open().filter(loan=OuterRef("pk"))
    return ended.exclude(patron=NOBODY).exclude(Exists(owed))


def past_holds(*, ended_before: datetime) -> HoldQuerySet:
    """Holds that ended before, however."""
    return Hold.objects.filter(ended_at__lt=ended_before)


def _ended_before(at: datetime) -> datetime | None:
    after = LendingSettings.objects.values_list("anonymise_after_days", flat=True).first()
    return None if after is None else days.start_of(days.today(at) - timedelta(days=after))


def _readers(*, at: datetime, ended_before: datetime) -> QuerySet[Patron]:
    """Those of whom there is something to forget."""
    loans = past_loans(at=at, ended_before=ended_before).filter(patron=OuterRef("pk"))
    holds = past_holds(ended_before=ended_before).filter(patron=OuterRef("pk"))
    return Patron.objects.filter(Q(Exists(loans)) | Q(Exists(holds)), keeps_history=False).exclude(pk=NOBODY)


def _scrub_beside(patron: Patron, loans: Sequence[UUID], holds: Sequence[UUID]) -> None:
    """What other tables say of these loans and holds."""
    things = {"circulation.loan": loans, "circulation.hold": holds}
    for made_of_loan in (LoanRenewal, Override, RedatedLoan):
        made_of_loan._default_manager.filter(loan__in=loans).delete()
    _scrub_charges(loans)
    for label, keys in things.items():
        activity.cut_off(label=label, keys=keys, person=patron.pk)
        written = LogEntry.objects.filter(object_id__in=[str(key) for key in keys], content_type=_kind(label))
        written.update(object_id=None, object_repr="", change_message="")
    notices.forget(user=patron.pk, about=[*loans, *holds])
    reports.forget_rows([*loans, *holds, patron.pk])
    kept_answers.forget_mentions([str(patron.pk), patron.card_number, *(str(key) for key in (*loans, *holds))])


def _scrub_charges(loans: Sequence[UUID]) -> None:
    """Charges stay with their reader as long as the ledger keeps them, and no longer say for which book they were."""
    of_loans = Charge.objects.filter(loan__in=loans)
    charges = list(of_loans.values_list("pk", flat=True))
    of_loans.update(loan=None, text="")
    activity.strip(label="circulation.charge", keys=charges)


def _cut_off(loans: Sequence[UUID]) -> None:
    if not loans:
        return
    nobody()
    values: dict[str, Any] = {"loans": list(loans), "nobody": NOBODY, "zone": str(days.zone())}
    with connection.cursor() as cursor:
        cursor.execute(CUT, values)
        cursor.execute(UNMOVED, {"loans": [key for (key,) in cursor.fetchall()]})


def _kind(label: str) -> ContentType:
    return ContentType.objects.get_by_natural_key(*label.split("."))
