"""Pictures stored with their row, or not at all; and which of a book's covers is shown.

Names of files say whose and of what content they are. So a worker that is killed between a file and its row leaves
nothing that its next attempt does not find and write anew.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from catalog.covers.pictures import CoverPictures
from catalog.models import Book, Cover, CoverSource, CoverState, WhyNone, cover_name
from library.core.database.transactions import on_rollback
from library.core.errors import StorageFull
from library.core.faults.outages import is_disk_full

log = logging.getLogger(__name__)
SIZES = ("large", "medium", "small", "jpeg")
ORDER = (CoverSource.UPLOADED, CoverSource.LOOKED_UP, CoverSource.FIRST_PAGE)
SUFFIXES = {"jpeg": "jpg"}
UNSURE = {WhyNone.AWAY, WhyNone.BUSY}  # nobody said that there is none


def keep(cover: Cover, pictures: CoverPictures, *, made_of: str = "") -> None:
    """Make ``pictures`` those of ``cover``, in a transaction that holds the book's lock. Another picture than the one
    that staff refused is not refused. Errors: ``StorageFull``; then no file is left.
    """
    before = names(cover)
    if cover.key != pictures.key:
        cover.is_refused = False
    for size, content in pictures.sizes.items():
        setattr(cover, size, _stored(_name(cover, pictures.key, size), content))
    cover.key, cover.width, cover.height = pictures.key, pictures.width, pictures.height
    cover.state, cover.why_none, cover.made_of, cover.tried_at = CoverState.READY, "", made_of, timezone.now()
    cover.save()
    _remove_on_commit(set(before) - set(names(cover)))
    choose(cover.book_id)


def keep_none(cover: Cover, why: WhyNone, *, made_of: str = "") -> None:
    """Write down that there is no picture; one that is there stays where nobody said that it is wrong."""
    cover.tried_at = timezone.now()
    if why in UNSURE and cover.key and cover.made_of == made_of:
        cover.state = CoverState.READY
        cover.save(update_fields=["state", "tried_at"])
        return
    empty(cover)
    cover.state, cover.why_none, cover.made_of = CoverState.NONE, why, made_of
    cover.save()
    choose(cover.book_id)


def empty(cover: Cover) -> None:
    """Take its picture away, on the disk once the transaction is kept. The row is not saved."""
    _remove_on_commit(names(cover))
    for size in SIZES:
        setattr(cover, size, "")
    cover.key, cover.made_of, cover.width, cover.height, cover.is_refused = "", "", None, None, False


@transaction.atomic
def drop(cover: Cover) -> None:
    """Delete ``cover`` with its pictures: its source is asked anew."""
    Book.objects.select_for_update(no_key=True).filter(pk=cover.book_id).first()
    _remove_on_commit(names(cover))
    Cover.objects.filter(pk=cover.pk).delete()
    choose(cover.book_id)


def choose(book_id: int) -> None:
    """Let the book show the first of its covers that there is and that staff have not refused."""
    found = Cover.objects.filter(book=book_id, is_refused=False).exclude(key="")
    keys = dict(found.values_list("source", "key"))
    key = next((keys[source] for source in ORDER if source in keys), "")
    Book.objects.filter(pk=book_id).exclude(cover_key=key).update(cover_key=key)


def remove_all_on_commit(book: Book) -> None:
    """Take all pictures of ``book`` from the disk once the current transaction is kept."""
    for cover in Cover.objects.filter(book=book):
        _remove_on_commit(names(cover))


def move_all(kept: Book, merged: Book, *, takes_file: bool) -> None:
    """What two records that become one keep: of each source the cover that ``kept`` has, else that of ``merged``; and
    the first page of the file that stays."""
    ours, theirs = ({cover.source: cover for cover in book.covers.all()} for book in (kept, merged))
    for source, cover in theirs.items():
        takes = takes_file if source == CoverSource.FIRST_PAGE else not (source in ours and ours[source].key)
        loser = ours.get(source) if takes else cover
        if loser is not None:
            _remove_on_commit(names(loser))
            loser.delete()
        if takes:
            cover.book = kept
            cover.save(update_fields=["book"])
    if takes_file and CoverSource.FIRST_PAGE in ours and CoverSource.FIRST_PAGE not in theirs:
        _remove_on_commit(names(ours[CoverSource.FIRST_PAGE]))
        ours[CoverSource.FIRST_PAGE].delete()
    choose(kept.pk)


def names(cover: Cover) -> list[str]:
    """The stored files of ``cover``."""
    return [name for size in SIZES if (name := str(getattr(cover, size) or ""))]


def _name(cover: Cover, key: str, size: str) -> str:
    """In one of 256 folders, so that none grows too long."""
    own = cover.pk.hex
    return cover_name(cover, f"{own[-2:]}/{own}-{key}-{size}.{SUFFIXES.get(size, 'webp')}")


def _stored(name: str, content: bytes) -> str:
    if _is_there(name, len(content)):
        return name
    on_rollback(partial(_remove, name))  # before it is written: half a file must go too
    try:
        default_storage.delete(name)  # of an attempt that was cut off
        return default_storage.save(name, ContentFile(content))
    except OSError as fault:
        if is_disk_full(fault):
            raise StorageFull from fault
        raise


def _is_there(name: str, size: int) -> bool:
    try:
        return default_storage.size(name) == size
    except OSError:
        return False


def _remove_on_commit(old: Iterable[str]) -> None:
    for name in old:
        transaction.on_commit(partial(_remove, name))


def _remove(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError as fault:  # the row is right; a file too many harms nobody
        log.warning("The picture %s could not be removed: %s", name, fault)
