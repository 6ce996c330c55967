"""Letters to people without an e-mail address: staff print them, hand them over or post them, and say so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from library.activity import services as activity
from library.core.errors import LibraryError
from library.notices import outbox
from library.notices.models import Notice, NoticeState

AT_ONCE = 20


@dataclass(frozen=True)
class PrintedLetter:
    """A letter as it is printed."""

    notice: Notice
    subject: str
    body: str


def waiting() -> int:
    """How many letters wait to be printed."""
    return Notice.objects.to_print().count()


def to_print(*, most: int = AT_ONCE) -> list[PrintedLetter]:
    """The oldest letters that wait to be printed. One whose cause is no more is given up instead."""
    found = []
    for row in Notice.objects.to_print()[:most]:
        try:
            found.append(PrintedLetter(row, *outbox.written(row)))
        except LibraryError as refusal:
            Notice.objects.filter(pk=row.pk, state=NoticeState.PAPER).update(
                state=NoticeState.FAILED, error=type(refusal).__name__
            )
    return found


@transaction.atomic
def printed(*, ids: Collection[UUID], by: User, at: datetime | None = None) -> int:
    """Staff printed the letters with these ids: their words are forgotten. Gives how many waited still."""
    at, rows = at or timezone.now(), Notice.objects.to_print().filter(pk__in=ids).select_for_update(of=("self",))
    done = list(rows)
    Notice.objects.filter(pk__in=[row.pk for row in done]).update(state=NoticeState.PRINTED, sent_at=at, context={})
    for row in done:
        activity.record(actor=by, verb="letter.printed", subject=row.user, data={"kind": row.kind}, at=at)
    return len(done)
