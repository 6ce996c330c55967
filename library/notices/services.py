"""What people are told: a row in the outbox, in the transaction of its cause.

A cause that is rolled back tells nobody. A kept one is told by a worker (``library.notices.outbox``), woken after the
commit or, should Redis be away, by the sweep. Which kinds there are, and where their letters are, ``kinds`` knows.
One-time codes alone do not pass through here: no table may hold them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from library.activity import values
from library.core import days
from library.core import email_addresses as addresses
from library.core.background import wake as waking
from library.notices import bell, kinds, preferences
from library.notices.models import LetterWish, Notice, NoticeState
from library.notices.words import freeze, naming, thaw

if TYPE_CHECKING:
    from accounts.models import User

DIGEST_TIME = time(7, 0)  # by the library's clock


@transaction.atomic
def queue(
    *,
    kind: str,
    user: User | None = None,
    to: str = "",
    dedupe: str | None = None,
    at: datetime | None = None,
    **context: values.Value,
) -> Notice:
    """Let ``user``, or whoever reads the address ``to``, be told of something of this kind, with ``context`` as words.

    ``dedupe`` names the cause (``loan:<id>:2026-11-21:overdue_1``): a second notice with the same name is not written,
    and the first is given back. What ``user`` chose decides whether it goes by a letter at once, in the digest or not
    at all, and whether their bell rings. Who has no address is told on paper. The mail server's faults never reach the
    caller. Errors: ``InvalidInput`` where ``to`` is no address; ``ValueError``, ``TypeError``, ``TemplateDoesNotExist``
    for faults of the caller.
    """
    if (user is None) == (to == ""):
        raise ValueError("A notice goes either to a user or to an address.")
    told = kinds.get(kind)
    now, wish = at or timezone.now(), preferences.wish_of(user, told.group_of_choice)
    row = Notice(user=user, to=_address(to), kind=kind, context=freeze(context), dedupe=dedupe, created_at=now)
    _plan(row, told, wish, now=now)
    Notice.objects.bulk_create([row], ignore_conflicts=dedupe is not None)
    if dedupe is not None:
        written = Notice.objects.get(dedupe=dedupe)
        if written.pk != row.pk:
            return written
    if user is not None and wish.bell and told.says is not None:
        bell.ring(user=user, kind=kind, context=row.context, cause=dedupe, at=now)
    if row.due_at is not None and row.due_at <= now:
        transaction.on_commit(wake, robust=True)
    return row


def _plan(row: Notice, kind: kinds.NoticeKind, wish: preferences.Wish, *, now: datetime) -> None:
    """By which way it goes, when, and with what else."""
    row.gather, row.due_at, row.state = kind.gathers if row.user else "", None, NoticeState.PAPER
    if row.user is not None and wish.letters == LetterWish.NEVER:
        row.state = NoticeState.UNWANTED
    elif row.user is not None and row.user.email is None:
        pass
    elif wish.letters == LetterWish.DIGEST and kind.says is not None:
        row.state, row.gather, row.due_at = NoticeState.WAITING, kinds.DIGEST, next_digest(now)
    else:
        row.state, row.due_at = NoticeState.WAITING, now + kind.wait


def next_digest(now: datetime) -> datetime:
    """When the next letter of the day goes out."""
    today = days.moment(days.today(now), DIGEST_TIME)
    return today if today > now else days.moment(days.today(now) + timedelta(days=1), DIGEST_TIME)


def words_of(row: Notice) -> dict[str, Any]:
    """Everything that the letter may say: its context, ``at`` (when its cause was), and ``name``, whom to greet."""
    at_sending = kinds.get(row.kind).at_sending
    more = at_sending(row) if at_sending else {}
    name = values.one_line(row.user.get_short_name()) if row.user else ""
    return {"at": row.created_at, "name": name, **thaw(row.context), **more}


@transaction.atomic
def forget(*, user: UUID, about: Iterable[object]) -> int:
    """Delete what ``user`` was told, or is to be told, for a cause that names one of these keys, also from behind the
    bell; how many notices that were."""
    keys = [str(key) for key in about]
    bell.forget(user=user, about=keys)
    mine = Notice.objects.filter(user=user, dedupe__isnull=False)
    return mine.filter(naming("dedupe", keys)).delete()[0] if keys else 0


def wake() -> bool:
    """Send the message that lets a worker look into the outbox. False where the broker is away."""
    return waking.wake("send_notices", expires=60)


def _address(to: str) -> str:
    return addresses.clean(to) if to else ""
