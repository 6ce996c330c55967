"""The bell: what somebody was told in the library itself, and how much of it is unread.

Rows are numbered for each person without gaps, in the order of their commits. A client that knows all up to a number
asks for what came ``since``; whoever pushes only hints at the newest number.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from library.live.nudges import nudge
from library.notices import kinds, words
from library.notices.live_bell import topic_of
from library.notices.models import Bell, BellRow, BellRowQuerySet
from library.notices.words import naming

if TYPE_CHECKING:
    from accounts.models import User

log = logging.getLogger(__name__)
AT_ONCE = 50  # rows that ``since`` gives
COUNTED = """
INSERT INTO notices_bell (user_id, newest, unread) VALUES (%s, 1, 1)
ON CONFLICT (user_id) DO UPDATE SET newest = notices_bell.newest + 1, unread = notices_bell.unread + 1
RETURNING newest"""


@dataclass(frozen=True)
class BellSentence:
    """A row as it is read: its number, the sentence, and where more is to be seen."""

    number: int
    kind: str
    text: str
    url: str
    at: datetime
    is_read: bool


def ring(*, user: User, kind: str, context: dict[str, Any], cause: str | None, at: datetime) -> int:
    """Add a row for ``user``, in the transaction of its cause; gives its number. ``context``: as it is kept."""
    with connection.cursor() as cursor:
        cursor.execute(COUNTED, [user.pk])
        number = int(cursor.fetchone()[0])
    BellRow.objects.bulk_create([BellRow(user=user, number=number, kind=kind, context=context, cause=cause, at=at)])
    nudge(topic_of(user.pk))
    return number


def rows_of(user: User) -> BellRowQuerySet:
    """All of theirs, the newest first."""
    return BellRow.objects.filter(user=user).order_by("-number")


def since(user: User, last: int, *, most: int = AT_ONCE) -> list[BellSentence]:
    """What came after the number ``last``, in its order, at most ``most`` rows at a time. One query."""
    return sentences(BellRow.objects.filter(user=user, number__gt=last).order_by("number")[:most])


def sentences(rows: Iterable[BellRow]) -> list[BellSentence]:
    """Rows in the language of whoever reads them. What no kind can say any more is left out."""
    return [said for row in rows if (said := _said(row)) is not None]


def state_of(user: User) -> Bell:
    """How far the bell of ``user`` has counted, and how much is unread. One query."""
    return Bell.objects.filter(user=user).first() or Bell(user=user)


@transaction.atomic
def mark_read(
    *, user: User, up_to: int | None = None, numbers: Collection[int] = (), at: datetime | None = None
) -> Bell:
    """Mark rows as read: all up to a number, or those named. Gives the bell after it; marking twice changes nothing."""
    bell = Bell.objects.select_for_update(no_key=True).filter(user=user).first()
    if bell is None:
        return Bell(user=user)
    rows = BellRow.objects.unread().filter(user=user)
    chosen = rows.filter(number__in=list(numbers)) if up_to is None else rows.filter(number__lte=up_to)
    if done := chosen.update(read_at=at or timezone.now()):
        bell.unread -= done
        bell.save(update_fields=["unread"])
        nudge(topic_of(user.pk))
    return bell


@transaction.atomic
def take_back(*, causes: Collection[str]) -> int:
    """Remove the rows of these causes, read or not: what they tell of is over, or is to be forgotten."""
    return _remove(BellRow.objects.filter(cause__in=list(causes)))


@transaction.atomic
def forget(*, user: UUID, about: Sequence[str]) -> int:
    """Remove every row of ``user`` whose cause names one of these keys."""
    return _remove(BellRow.objects.filter(naming("cause", about), user=user)) if about else 0


def _remove(rows: BellRowQuerySet) -> int:
    owners = sorted(set(rows.values_list("user", flat=True)))
    list(Bell.objects.select_for_update(no_key=True).filter(user__in=owners).order_by("pk"))
    for owner in owners:
        unread = rows.unread().filter(user=owner).count()
        Bell.objects.filter(user=owner).update(unread=F("unread") - unread)
        nudge(topic_of(owner))
    return rows.delete()[0]


def _said(row: BellRow) -> BellSentence | None:
    kind = kinds.find(row.kind)
    if kind is None or kind.says is None:
        return None
    context = words.thaw(row.context)
    try:
        url = kind.leads_to(context) if kind.leads_to else ""
        return BellSentence(row.number, row.kind, kind.says(context), url, row.at, row.read_at is not None)
    except Exception as fault:  # one row whose words are not what its kind expects must not keep the others unseen
        log.warning("The bell's row %s (%s) cannot be said: %s", row.pk, row.kind, type(fault).__name__)
        return None
