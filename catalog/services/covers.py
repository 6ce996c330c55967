"""What staff do with the cover of a book."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.covers import keeping, making
from catalog.covers.pictures import made_anew
from catalog.errors import NoSuchCover
from catalog.locks import lock_book
from catalog.models import Book, BookFile, Cover, CoverSource
from library.activity import services as activity
from library.core.errors import InvalidInput
from library.jobs.models import Job


def upload_cover(*, book: Book, upload: File[bytes], by: User | None) -> Cover:
    """Make the picture in ``upload`` the cover of ``book``, before all others.

    Errors: ``InvalidInput`` on the field ``picture`` where it is no picture, too large or too small; ``StorageFull``.
    Then everything is as before.
    """
    try:
        pictures = made_anew(upload, size=upload.size or 0)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0], fields={"picture": fault.messages}) from fault
    with transaction.atomic():
        lock_book(book.pk)
        cover = Cover.objects.filter(book=book, source=CoverSource.UPLOADED).first() or Cover(
            book=book, source=CoverSource.UPLOADED
        )
        cover.added_by, cover.is_refused = by, False
        keeping.keep(cover, pictures)
        activity.record(actor=by, verb="book.cover_uploaded", object=book)
    return cover


@transaction.atomic
def remove_cover(*, book: Book, by: User | None) -> None:
    """Take away the cover that staff uploaded; the next one is shown. Errors: ``NoSuchCover``."""
    cover = _locked(book, CoverSource.UPLOADED)
    keeping.drop(cover)
    activity.record(actor=by, verb="book.cover_removed", object=book)


@transaction.atomic
def refuse_cover(*, book: Book, source: CoverSource, by: User | None, is_refused: bool = True) -> Cover:
    """Do not show this cover, or show it again. Another picture that its source has one day is not refused.

    Errors: ``NoSuchCover`` where there is no picture of that source.
    """
    cover = _locked(book, source)
    if not cover.key:
        raise NoSuchCover
    if cover.is_refused != is_refused:
        cover.is_refused = is_refused
        cover.save(update_fields=["is_refused"])
        keeping.choose(book.pk)
        verb = "book.cover_refused" if is_refused else "book.cover_allowed"
        activity.record(actor=by, verb=verb, object=book, data={"source": str(source)})
    return cover


@transaction.atomic
def make_cover(*, book: Book, source: CoverSource, by: User | None) -> Job:
    """Have a worker look the cover up, or draw the first page, again. Errors: ``InvalidInput`` where the book has no
    ISBN or no file."""
    book = lock_book(book.pk)
    if source == CoverSource.UPLOADED:
        raise InvalidInput(_("A cover is uploaded by its file."), fields={"source": [_("Upload a picture.")]})
    if not making.made_of(Cover(book=book, source=source)):
        lacking = _("The book has no ISBN.") if source == CoverSource.LOOKED_UP else _("The book has no digital file.")
        raise InvalidInput(lacking, fields={"source": [lacking]})
    return making.want(book=book, source=source, by=by)


@transaction.atomic
def first_page_of_new_file(*, book_file: BookFile, **_given: Any) -> None:
    """A book has a new file: what was drawn of the former one goes, and a worker draws its first page."""
    cover = Cover.objects.filter(book=book_file.book_id, source=CoverSource.FIRST_PAGE).first()
    if cover is not None and cover.made_of != book_file.sha256:
        keeping.drop(cover)
    making.want(book=book_file.book, source=CoverSource.FIRST_PAGE)


def _locked(book: Book, source: CoverSource) -> Cover:
    lock_book(book.pk)
    cover = Cover.objects.filter(book=book, source=source).first()
    if cover is None:
        raise NoSuchCover
    return cover
