"""Copies on the shelves. Circulation moves their status while they are lent or asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from catalog import checks
from catalog.errors import BarcodeTaken, CopyInCirculation, CopyInUse
from catalog.models import Book, Branch, Copy, CopyStatus
from library.core.errors import InvalidInput

# What stands in the catalogue's own power to say of a copy. The others follow from a loan or a hold.
SHELF_STATUSES = (
    CopyStatus.AVAILABLE, CopyStatus.IN_REPAIR, CopyStatus.DAMAGED, CopyStatus.MISSING, CopyStatus.LOST,
    CopyStatus.WITHDRAWN,
)  # fmt: skip


def add_copy(
    *,
    book: Book,
    branch: Branch,
    barcode: str,
    shelf_mark: str = "",
    status: str = CopyStatus.AVAILABLE,
    not_for_loan: bool = False,
) -> Copy:
    """Put one more copy of ``book`` on the shelf of ``branch``. Errors: ``InvalidInput``, ``BarcodeTaken``."""
    kept = checks.checked({"barcode": barcode, "shelf_mark": shelf_mark}, checks.COPY)
    if status not in CopyStatus.values:
        raise InvalidInput(fields={"status": [_("There is no such status.")]})
    copy = Copy(book=book, branch=branch, status=status, not_for_loan=not_for_loan, **kept)
    return _saved(copy, None)


def change_copy(*, copy: Copy, changes: Mapping[str, Any]) -> Copy:
    """Write only ``changes`` (field names and values), so that what circulation did meanwhile stays.

    Errors: ``CopyInCirculation`` for a status that is not the catalogue's to change, ``InvalidInput``,
    ``BarcodeTaken``.
    """
    kept = dict(changes) | checks.checked({k: v for k, v in changes.items() if k in checks.COPY}, checks.COPY)
    return _saved(copy, kept)


def delete_copy(*, copy: Copy) -> None:
    """Delete a copy that was never lent or asked for. Errors: ``CopyInUse`` (withdraw it instead)."""
    try:
        with transaction.atomic():
            Book.objects.select_for_update(no_key=True).get(pk=copy.book_id)
            copy.delete()
    except (models.ProtectedError, IntegrityError) as still:
        raise CopyInUse(barcode=copy.barcode) from still


def _saved(copy: Copy, changes: Mapping[str, Any] | None) -> Copy:
    try:
        with transaction.atomic():
            # The order of locks is book, then copy: the counters' trigger touches the book.
            Book.objects.select_for_update(no_key=True).get(pk=copy.book_id)
            if changes is None:
                copy.save(force_insert=True)
            else:
                _apply(copy, changes)
    except IntegrityError as clash:
        if "copy_barcode_unique" not in str(clash):
            raise
        taken = BarcodeTaken(barcode=copy.barcode)
        taken.fields = {"barcode": [taken.detail]}
        raise taken from clash
    return copy


def _apply(copy: Copy, changes: Mapping[str, Any]) -> None:
    now = Copy.objects.select_for_update(no_key=True).get(pk=copy.pk)
    if "status" in changes and changes["status"] != now.status and now.status not in SHELF_STATUSES:
        raise CopyInCirculation(barcode=now.barcode, status=now.get_status_display())
    for name, value in changes.items():
        setattr(copy, name, value)
    if changes:
        copy.save(update_fields=[*changes])
