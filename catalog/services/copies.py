"""Copies on the shelves. Circulation moves their status while they are lent or asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog import copy_status, validation
from catalog.copy_status import SHELF_STATUSES
from catalog.errors import BarcodeIsCard, BarcodeTaken, CopyInCirculation, CopyInUse, CopyStillLent
from catalog.locks import lock_book
from catalog.models import Book, Branch, Copy, CopyStatus, ItemType
from catalog.services import history
from catalog.signals import copies_freed
from library.core.database.transactions import constraint_of
from library.core.errors import InvalidInput

# What the database says of a barcode; that it is a card it knows by a trigger of circulation's.
TAKEN = {"copy_barcode_unique": BarcodeTaken, "copy_barcode_is_a_card": BarcodeIsCard}


def add_copy(
    *,
    book: Book,
    branch: Branch,
    barcode: str,
    shelf_mark: str = "",
    status: str = CopyStatus.AVAILABLE,
    not_for_loan: bool = False,
    item_type: ItemType | str | None = None,
    condition: str = "",
    price: Decimal | int | str | None = None,
    by: User | None = None,
) -> Copy:
    """Put one more copy of ``book`` on the shelf of ``branch``.

    ``item_type``: itself or its code; ``price`` in the library's currency. Errors: ``InvalidInput`` with every wrong
    field, also for a status that only lending gives; ``BarcodeTaken``.
    """
    kept = validation.checked(
        {
            "barcode": barcode,
            "shelf_mark": shelf_mark,
            "status": status,
            "not_for_loan": not_for_loan,
            "item_type": item_type,
            "condition": condition,
            "price": price,
        },
        validation.COPY,
    )
    if kept["status"] not in SHELF_STATUSES:
        raise InvalidInput(fields={"status": [_("A new copy cannot be lent or asked for yet.")]})
    copy = Copy(book=book, branch=branch, **kept)
    with _refusals(copy), transaction.atomic():
        lock_book(copy.book_id)  # the order of locks is book, then copy: the counters' trigger touches the book
        copy.save(force_insert=True)
        history.record_copy("added", copy, {}, history.copy_values(copy), by=by)
        _tell_of_freed(copy)
    return copy


def change_copy(*, copy: Copy, changes: Mapping[str, Any], by: User | None = None) -> Copy:
    """Write only ``changes`` (field names and values), so that what circulation did meanwhile stays.

    Errors: ``CopyInCirculation`` for a status that is not the catalogue's to change, ``CopyStillLent`` for that of a
    copy whose loan is open (declared lost), ``CopyMoveImpossible``, ``InvalidInput``, ``BarcodeTaken``.
    """
    kept = dict(changes) | validation.checked(
        {k: v for k, v in changes.items() if k in validation.COPY}, validation.COPY
    )
    if "book" in kept:
        raise TypeError("a copy changes its book through move_copy")
    with _refusals(copy, status=kept.get("status")), transaction.atomic():
        lock_book(copy.book_id)
        now = (
            Copy.objects.select_for_update(no_key=True, of=["self"])
            .select_related("branch", "item_type")
            .get(pk=copy.pk)
        )
        _check_status(now, kept.get("status", now.status))
        before = history.copy_values(now)
        for name, value in kept.items():
            setattr(copy, name, value)
            setattr(now, name, value)
        if kept:
            copy.save(update_fields=[*kept, *(["barcode_folded"] if "barcode" in kept else [])])
        history.record_copy("changed", now, before, history.copy_values(now), by=by)
        copy.status, copy.not_for_loan, copy.book_id = now.status, now.not_for_loan, now.book_id
        _tell_of_freed(copy)
    return copy


@transaction.atomic
def move_copy(*, copy: Copy, book: Book, by: User | None = None) -> Copy:
    """Put ``copy`` under another record, for one that was catalogued under the wrong one.

    Errors: ``CopyInCirculation`` while somebody has it or waits for it; ``NotFound`` where a record is gone.
    """
    for pk in sorted({copy.book_id, book.pk}):
        lock_book(pk)
    now = Copy.objects.select_for_update(no_key=True).get(pk=copy.pk)
    if now.status not in SHELF_STATUSES:
        raise CopyInCirculation(barcode=now.barcode, status=now.get_status_display())
    if now.book_id != book.pk:
        history.record_copy("removed", now, {}, {}, by=by)
        now.book = copy.book = book
        now.save(update_fields=["book"])
        history.record_copy("moved", now, {}, {}, by=by)
        _tell_of_freed(now)
        copy.status = now.status
    return copy


def delete_copy(*, copy: Copy, by: User | None = None) -> None:
    """Delete a copy that was never lent or asked for. Errors: ``CopyInUse`` (withdraw it instead)."""
    try:
        with transaction.atomic():
            lock_book(copy.book_id)
            history.record_copy("deleted", copy, history.copy_values(copy), {}, by=by)
            copy.delete()
    except (models.ProtectedError, IntegrityError) as still:
        raise CopyInUse(barcode=copy.barcode) from still


def _tell_of_freed(copy: Copy) -> None:
    """Whoever waits for the book may take the copy: its status is then another one."""
    if copy.is_free:
        copies_freed.send(Copy, book_id=copy.book_id)
        copy.refresh_from_db(fields=["status"])


def _check_status(now: Copy, wanted: str) -> None:
    if wanted == now.status:
        return
    if now.status not in SHELF_STATUSES:
        raise CopyInCirculation(barcode=now.barcode, status=now.get_status_display())
    if wanted not in copy_status.CATALOGUE[CopyStatus(now.status)]:
        raise copy_status.impossible(now.barcode, now.status, wanted)


@contextmanager
def _refusals(copy: Copy, *, status: str | None = None) -> Iterator[None]:
    """What the database refuses, in words. Outside the transaction that it broke."""
    try:
        yield
    except IntegrityError as clash:
        broken = constraint_of(clash)
        if broken == copy_status.CONSTRAINT and status is not None:
            now = Copy.objects.values_list("status", flat=True).get(pk=copy.pk)
            raise copy_status.impossible(copy.barcode, now, status) from clash
        if broken == copy_status.WHILE_LENT:
            raise CopyStillLent(barcode=copy.barcode) from clash
        if broken not in TAKEN:
            raise
        taken = TAKEN[broken](barcode=copy.barcode)
        taken.fields = {"barcode": [taken.detail]}
        raise taken from clash
