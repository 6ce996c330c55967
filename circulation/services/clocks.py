"""Another time zone of the library: what is due on a day stays due on that day, and ends with it by the new clock."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from accounts.models import User
from circulation.models import LibraryClock, Loan
from circulation.services import redating
from library.activity import services as activity
from library.activity import values
from library.core import days

BATCH = 50  # as ``redating``: the desk waits for one batch


def clock_of_due_dates() -> str:
    """The time zone by which open loans are due; that of the settings where nothing else is known."""
    return LibraryClock.objects.values_list("time_zone", flat=True).first() or settings.TIME_ZONE


def follow_time_zone(*, by: User | None = None) -> int:
    """Let due dates end by the clock of ``settings.TIME_ZONE``; how many loans were moved. Done again it moves none.

    A loan by the hour, or until a moment that somebody chose, is due at the same moment as before.
    """
    old, moved = clock_of_due_dates(), 0
    last: UUID | None = None
    while old != settings.TIME_ZONE and (pks := _next(last)):
        moved += _move(pks, ZoneInfo(old))
        last = pks[-1]
    with transaction.atomic():
        LibraryClock.objects.update_or_create(pk=1, defaults={"time_zone": settings.TIME_ZONE})
        if old != settings.TIME_ZONE:
            data: dict[str, values.Value] = {"old": old, "new": settings.TIME_ZONE, "loans": moved}
            activity.record(actor=by, verb="due_dates.followed_time_zone", data=data)
    return moved


def _next(last: UUID | None) -> list[UUID]:
    waiting = Loan.objects.open().filter(Q() if last is None else Q(pk__gt=last), is_hourly=False)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _move(pks: list[UUID], old: ZoneInfo) -> int:
    redating.lock_loans(pks)
    loans = []
    for loan in Loan.objects.open().filter(pk__in=pks, is_hourly=False):
        day = days.date_of(loan.due_at, by=old)
        to = days.end_of(day)
        if loan.due_at == days.end_of(day, by=old) and to != loan.due_at and to > loan.checked_out_at:
            loan.due_at = to
            loans.append(loan)
    return Loan.objects.bulk_update(loans, ["due_at"])
