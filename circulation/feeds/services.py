"""A reader's due dates in their calendar program: the entries, and the secret address that leads to them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron
from circulation.feeds import ical
from circulation.models import CalendarAddress, Loan
from library.activity import services as activity

SALT = "circulation.calendar"


@transaction.atomic
def make_address(*, patron: Patron) -> CalendarAddress:
    """A new address for the patron; the one before it ends."""
    CalendarAddress.objects.filter(patron=patron).delete()
    activity.record(actor=patron.user, verb="calendar_address.made", subject=patron.user)
    return CalendarAddress.objects.create(patron=patron)


@transaction.atomic
def end_address(*, patron: Patron) -> None:
    """The patron's address leads nowhere from now on."""
    deleted, _per_model = CalendarAddress.objects.filter(patron=patron).delete()
    if deleted:
        activity.record(actor=patron.user, verb="calendar_address.ended", subject=patron.user)


def token_of(patron: Patron) -> str:
    """The secret part of the patron's address, the same whenever it is shown; empty where there is none."""
    address = CalendarAddress.objects.filter(patron=patron).first()
    return _signer().sign_object([address.pk.hex, patron.user.token_epoch]) if address else ""


def patron_of(token: str) -> Patron | None:
    """Whose address it is. None for one that was never given, or has ended: by its reader, with all their sessions (a
    new password does that too), or with their account.
    """
    try:
        pk, epoch = _signer().unsign_object(token)
        found = CalendarAddress.objects.select_related("patron__user", "patron__tier").get(pk=UUID(pk))
    except (signing.BadSignature, CalendarAddress.DoesNotExist):
        return None
    user = found.patron.user
    return found.patron if user.is_active and user.token_epoch == epoch else None


def _signer() -> signing.Signer:
    """Without the time of signing: an address that a phone has stored must not look new on the page."""
    return signing.Signer(salt=SALT)


def due_dates(loans: Iterable[Loan], *, site: str) -> str:
    """The due dates of ``loans`` as a calendar. ``site``: the address of this library, to lead back to.

    The same loans give the same text whenever it is asked for. A loan that is returned is in it no more: to a program
    that fetches the whole calendar again and again, that says that it is over.
    """
    return ical.calendar((_event(loan, site=site) for loan in loans), name=_("Library: due back"))


def _event(loan: Loan, *, site: str) -> ical.Event:
    local = timezone.localtime(loan.due_at, timezone.get_default_timezone())
    facts = {"barcode": loan.copy.barcode, "branch": loan.copy.branch.name}
    return ical.Event(
        uid=f"loan-{loan.pk}@lyceum",
        when=loan.due_at if loan.is_hourly else local.date(),
        summary=_("Due back: %(title)s") % {"title": loan.copy.book.title},
        description=_("Copy %(barcode)s of %(branch)s.") % facts,
        location=loan.copy.branch.name,
        url=site,
        stamp=loan.due_changed_at or loan.checked_out_at,
        sequence=loan.due_changes,
    )
