"""Addresses that mail does not reach: marked by what the mail service says, looked at before a letter is sent.

The mark says nothing about what somebody asks for now: one-time codes do not pass here.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from library.activity import services as activity
from library.core.database.transactions import take_turns
from library.core.email_addresses import fold
from library.notices.models import AddressMark, MarkReason

if TYPE_CHECKING:
    from accounts.models import User

NOTHING_REACHES = {MarkReason.BOUNCED, MarkReason.REJECTED}


@transaction.atomic
def mark(*, address: str, reason: MarkReason, about: str = "", at: datetime | None = None) -> AddressMark:
    """Write down what a mail service said of ``address``; told twice, or late, it changes nothing.

    ``about``: the group of notices where not all of them are meant. ``at``: when it happened. A mark that staff lifted
    is set again only by what happened after that.
    """
    at = at or timezone.now()
    take_turns(f"address {fold(address)}")
    known = AddressMark.objects.filter(address__iexact=address, about=about).first()
    if known is None:
        return AddressMark.objects.create(address=address, about=about, reason=reason, at=at)
    if known.lifted_at is not None and at > known.lifted_at:
        known.reason, known.at, known.lifted_at, known.lifted_by = reason, at, None, None
        known.save(update_fields=["reason", "at", "lifted_at", "lifted_by"])
    return known


@transaction.atomic
def lift(*, mark: AddressMark, by: User | None, at: datetime | None = None) -> bool:
    """Let letters go to the address again. False where it was lifted before."""
    lifted = AddressMark.objects.filter(pk=mark.pk, lifted_at=None).update(lifted_at=at or timezone.now(), lifted_by=by)
    if lifted:
        activity.record(actor=by, verb="address.mark_lifted", object=mark, data={"reason": mark.reason})
    return bool(lifted)


def marked_groups(address: str) -> frozenset[str]:
    """The groups of notices that do not go to ``address``; the empty word among them: none of all. One query."""
    rows = AddressMark.objects.filter(address__iexact=address, lifted_at=None)
    return frozenset(rows.values_list("about", flat=True)) if address else frozenset()


def is_unreachable(address: str) -> bool:
    """Whether letters to ``address`` come back."""
    return "" in marked_groups(address)


def unreachable_among(addresses: Collection[str]) -> set[str]:
    """Those of ``addresses``, folded, that nothing reaches. One query."""
    rows = AddressMark.objects.filter(lifted_at=None, about="").values_list("address", flat=True)
    wanted = {fold(address) for address in addresses}
    return wanted & {fold(address) for address in rows.filter(address__in=list(addresses))} if wanted else set()
