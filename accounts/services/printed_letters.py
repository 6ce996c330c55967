"""Letters to people whom mail does not reach: staff print them, hand them over or post them, and say so.

All letters are on the one list, whatever they tell of and why they are not mailed: no address, or one whose letters
come back. What is gathered in one mail is one letter on paper too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from library.activity import services as activity
from library.core.errors import LibraryError
from library.notices import kinds, outbox
from library.notices.letters import text as letters
from library.notices.models import Notice, NoticeState

AT_ONCE = 20


@dataclass(frozen=True)
class PrintedLetter:
    """A letter as it is printed, and the ids of the notices that are told by it."""

    notice: Notice
    subject: str
    body: str
    ids: tuple[UUID, ...]


def waiting() -> int:
    """How many notices wait to be printed."""
    return Notice.objects.to_print().count()


def to_print(*, most: int = AT_ONCE) -> list[PrintedLetter]:
    """The oldest letters that wait to be printed. One whose cause is no more is given up instead."""
    found = []
    for together in _together(Notice.objects.to_print()[:most]):
        rows = [row for row in together if _stands(row)]
        if not rows:
            continue
        main = max(rows, key=lambda row: (_weight(row), -row.created_at.timestamp()))
        main.gathered = tuple(row for row in rows if row is not main)
        try:
            found.append(PrintedLetter(main, *letters.written(main), tuple(row.pk for row in rows)))
        except LibraryError as refusal:
            Notice.objects.filter(pk=main.pk, state=NoticeState.PAPER).update(
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


def _together(rows: Iterable[Notice]) -> list[list[Notice]]:
    """What goes in one letter, in the order of the oldest of each."""
    found: dict[tuple[object, ...], list[Notice]] = {}
    for row in rows:
        kind = kinds.find(row.kind)
        word = kind.gathers if kind else ""
        found.setdefault((row.user_id, word) if word else (row.pk,), []).append(row)
    return list(found.values())


def _weight(row: Notice) -> int:
    kind = kinds.find(row.kind)
    return kind.weight if kind else 0


@transaction.atomic
def _stands(row: Notice) -> bool:
    """Whether it is still so; what is not is ended here."""
    if outbox.stands(row):
        return True
    still = Notice.objects.select_for_update(of=("self",)).filter(pk=row.pk, state=NoticeState.PAPER).first()
    if still is not None:
        outbox.overtake(still)
        still.save(update_fields=["state", "due_at", "context"])
    return False
