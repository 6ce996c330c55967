"""What people are told by mail: a row in the outbox, in the transaction of its cause.

A cause that is rolled back tells nobody. A kept one is told by a worker (``library.notices.outbox``), woken after the
commit or, should Redis be away, by the sweep. Which kinds there are, and where their letters are, ``kinds`` knows.
One-time codes alone do not pass through here: no table may hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from library.activity import values
from library.core import email_addresses as addresses
from library.core.background import wake as waking
from library.notices import kinds
from library.notices.models import Notice, NoticeState

if TYPE_CHECKING:
    from accounts.models import User

TIME = "$time"


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
    """Let ``user``, or whoever reads the address ``to``, be told by a letter of this kind, with ``context`` as words.

    ``dedupe`` names the cause (``loan:<id>:overdue:2026-11-21``): a second notice with the same name is not written,
    and the first is given back. Who has no address is told on paper (``accounts.services.printed_letters``). The
    mail server's faults never reach the caller. Errors: ``InvalidInput`` where ``to`` is no address; ``ValueError``,
    ``TypeError``, ``TemplateDoesNotExist`` for faults of the caller.
    """
    if (user is None) == (to == ""):
        raise ValueError("A notice goes either to a user or to an address.")
    kinds.get(kind)
    now = at or timezone.now()
    is_paper = user is not None and user.email is None
    row = Notice(
        user=user,
        to=_address(to),
        kind=kind,
        context=freeze(context),
        dedupe=dedupe,
        created_at=now,
        due_at=None if is_paper else now,
        state=NoticeState.PAPER if is_paper else NoticeState.WAITING,
    )
    Notice.objects.bulk_create([row], ignore_conflicts=dedupe is not None)
    if dedupe is not None:
        written = Notice.objects.get(dedupe=dedupe)
        if written.pk != row.pk:
            return written
    transaction.on_commit(wake, robust=True)
    return row


def words_of(row: Notice) -> dict[str, Any]:
    """Everything that the letter may say: its context, ``at`` (when its cause was), and ``name``, whom to greet."""
    at_sending = kinds.get(row.kind).at_sending
    more = at_sending(row) if at_sending else {}
    name = values.one_line(row.user.get_short_name()) if row.user else ""
    return {"at": row.created_at, "name": name, **thaw(row.context), **more}


def wake() -> bool:
    """Send the message that lets a worker look into the outbox. False where the broker is away."""
    return waking.wake("send_notices", expires=60)


def freeze(context: Mapping[str, values.Value]) -> dict[str, Any]:
    """``context`` as JSON keeps it. Errors: as ``plain.checked``."""
    checked = values.checked(context)
    return {
        name: {TIME: value.isoformat()} if isinstance(value, datetime) else value for name, value in checked.items()
    }


def thaw(context: Mapping[str, Any]) -> dict[str, values.Value]:
    """The way back from ``freeze``."""
    return {
        name: datetime.fromisoformat(value[TIME]) if isinstance(value, dict) else value
        for name, value in context.items()
    }


def _address(to: str) -> str:
    return addresses.clean(to) if to else ""
