"""What the library says of itself: read by letters, receipts and page heads, changed by administrators."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from library.activity import services as activity
from library.core.database.transactions import on_rollback
from library.core.errors import InvalidInput
from library.profile.logos import as_png
from library.profile.models import LibraryProfile
from library.profile.signals import currency_wanted

if TYPE_CHECKING:
    from accounts.models import User

REMEMBERED_SECONDS = 30.0
_remembered: tuple[float | None, LibraryProfile | None] = (None, None)


def current() -> LibraryProfile:
    """The library's own row as it is now; what a new library has where there is none. One query."""
    return LibraryProfile.objects.filter(pk=1).first() or LibraryProfile(pk=1)


def for_pages(*, may_ask: bool = True) -> LibraryProfile:
    """The same for the head of a page, where it may be half a minute old: no query then.

    Without ``may_ask``, and where the database is away: as it was known last, however long ago.
    """
    at, known = _remembered
    if may_ask and (at is None or time.monotonic() - at > REMEMBERED_SECONDS):
        with suppress(DatabaseError):
            return remember(current())
    return known or LibraryProfile(pk=1)


def remember(profile: LibraryProfile) -> LibraryProfile:
    """Let ``for_pages`` of this process give ``profile`` for a while."""
    global _remembered
    _remembered = (time.monotonic(), profile)
    return profile


class CurrencyStands(InvalidInput):
    """Sums are kept without their currency: they would all mean something else."""

    code = "currency_stands"
    message = _("Sums are kept in {currency} already: the currency cannot be changed any more.")


def check_currency(wanted: str, *, was: str | None = None) -> None:
    """Errors: ``CurrencyStands`` for another currency once sums are kept. The database refuses it too."""
    was = was or current().currency
    if wanted != was and any(kept for _receiver, kept in currency_wanted.send(LibraryProfile)):
        sentence = str(CurrencyStands.message).format(currency=was)
        raise CurrencyStands(sentence, fields={"currency": [sentence]})


@transaction.atomic
def save(
    *, profile: LibraryProfile, by: User, logo: File[bytes] | None = None, without_logo: bool = False
) -> LibraryProfile:
    """Write what the library says of itself; ``logo`` takes the place of the one there.

    Errors: ``ValidationError`` for a logo that is no picture, or too large; ``CurrencyStands``.
    """
    old = LibraryProfile.objects.select_for_update().filter(pk=1).first() or LibraryProfile()
    check_currency(profile.currency, was=old.currency)
    profile.logo = old.logo.name
    if logo is not None:
        profile.logo.save("", as_png(logo), save=False)
        on_rollback(partial(default_storage.delete, str(profile.logo)))
    elif without_logo:
        profile.logo = ""
    profile.save()
    if old.logo and old.logo.name != profile.logo.name:
        transaction.on_commit(partial(default_storage.delete, str(old.logo)), robust=True)
    names = [field.name for field in LibraryProfile._meta.fields if not field.primary_key]
    changed = [name for name in names if getattr(old, name) != getattr(profile, name)]
    activity.record(actor=by, verb="library.changed", object=profile, data={"fields": ", ".join(changed)})
    transaction.on_commit(partial(remember, profile), robust=True)
    return profile
