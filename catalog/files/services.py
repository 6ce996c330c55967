"""The digital file of a book: checked by its first bytes, kept under a random name, gone if its transaction goes."""

from __future__ import annotations

import hashlib
import logging
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.locks import lock_book
from catalog.models import Book, BookFile, random_name
from catalog.signals import book_file_added
from catalog.values.file_kinds import EPUB, HEAD, PDF, SUFFIXES, TEXT, Kind, encoding_of, kind_of
from library.activity import services as activity
from library.core.database.transactions import on_rollback
from library.core.errors import InvalidInput, StorageFull
from library.core.faults.outages import is_disk_full
from library.jobs.models import Job

log = logging.getLogger(__name__)
CHARSETS = {"utf-8-sig": "utf-8", "cp1252": "windows-1252", "utf-16-le": "utf-16le", "utf-16-be": "utf-16be"}
PIECE = 64 * 1024  # bytes; at least ``HEAD``
_KNOWN = "_lyceum_content"


@dataclass(frozen=True)
class Content:
    """What an upload holds. ``charset``: of a text, as the web names it; empty where it is no text further on.

    ``sha256`` is empty where the library cannot read such a file.
    """

    kind: Kind
    charset: str = ""
    sha256: str = ""


def check_upload(upload: File[bytes], *, accepts: Collection[str] = SUFFIXES) -> str:
    """The media type of ``upload`` by its content (a text's with its encoding).

    Errors: ``ValidationError`` where it is empty, too large or none of the types that ``accepts`` names.
    """
    if not upload.size:
        raise ValidationError(_("The file is empty."))
    if upload.size > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 1024**2
        raise ValidationError(_("The file is too large: at most %(limit)d MB.") % {"limit": limit})
    content = content_of(upload)
    kind, charset = content.kind, content.charset
    claimed = _claimed(upload.name or "")
    if kind.media_type == TEXT and claimed:  # almost anything may be a text: here a name that says more is believed
        raise ValidationError(_not_accepted(kind, {claimed}))
    if kind.media_type not in accepts or (kind.media_type == TEXT and not charset):
        raise ValidationError(_not_accepted(kind, accepts))
    return f"{TEXT}; charset={charset}" if charset else kind.media_type


def _claimed(name: str) -> str:
    """PDF or EPUB, where the file's name says that it is one."""
    suffix = PurePath(name).suffix.casefold()
    return next((kind for kind in (PDF, EPUB) if SUFFIXES[kind] == suffix), "")


def content_of(upload: File[bytes]) -> Content:
    """What is in ``upload``, which is read for it once, whoever asks how often, and stands at its beginning after that.

    A form, the API and the service all look at an upload before it is stored; the answer stays with the upload.
    """
    known: Content | None = getattr(upload, _KNOWN, None)
    if known is None:
        known = _read(upload)
        setattr(upload, _KNOWN, known)
    return known


def _read(upload: File[bytes]) -> Content:
    pieces = iter(upload.chunks(PIECE))
    first = next(pieces, b"")
    kind, digest = kind_of(first[:HEAD]), hashlib.sha256()
    if not kind.media_type:  # it will be refused: nobody needs the rest
        upload.seek(0)
        return Content(kind)

    def hashed() -> Iterator[bytes]:
        for piece in chain([first], pieces):
            digest.update(piece)
            yield piece

    found = ""
    if kind.media_type == TEXT:
        found = encoding_of(hashed(), is_whole=True)
    else:
        deque(hashed(), maxlen=0)
    upload.seek(0)
    return Content(kind, charset=CHARSETS.get(found, found), sha256=digest.hexdigest())


def _not_accepted(kind: Kind, accepts: Collection[str]) -> str:
    if set(accepts) == {PDF}:
        said = _("This is not a PDF, whatever its name says.")
    elif set(accepts) == {EPUB}:
        said = _("This is not an EPUB, whatever its name says.")
    else:
        said = _("This is not a PDF, an EPUB or a plain text, whatever its name says.")
    seems = {EPUB: "EPUB", TEXT: ""}.get(kind.media_type, kind.name)
    return f"{said} {_('It begins like a file of the kind %(name)s.') % {'name': seems}}" if seems else said


def refuse_bad_upload(upload: File[bytes]) -> str:
    """``check_upload`` for services. Errors: ``InvalidInput`` on the field ``file``."""
    try:
        return check_upload(upload)
    except ValidationError as fault:
        raise InvalidInput(fault.messages[0], fields={"file": fault.messages}) from fault


@transaction.atomic
def attach_file(*, book: Book, upload: File[bytes], by: User | None) -> Job | None:
    """Make ``upload`` the digital file of ``book`` in place of any earlier one.

    Returns the job that a listener started for it, if any. Errors: ``InvalidInput`` (empty, too large, of
    another kind), ``StorageFull``; in both cases nothing is stored.
    """
    media_type = refuse_bad_upload(upload)
    lock_book(book.pk)  # two uploads for one book take turns
    _forget_file_of(book)
    book_file = BookFile.objects.create(
        book=book,
        original_name=_plain_name(upload.name, media_type),
        media_type=media_type,
        size=upload.size,
        sha256=content_of(upload).sha256,
        file=_store(upload, media_type),
        added_by=by,
    )
    book.digital_file = book_file
    activity.record(actor=by, verb="book.file_attached", object=book, data={"file.new": book_file.original_name})
    answers: list[Any] = [job for _to, job in book_file_added.send(sender=BookFile, book_file=book_file, by=by)]
    return next((job for job in answers if isinstance(job, Job)), None)


def remove_on_commit(book: Book) -> None:
    """Take the stored file of ``book`` from the disk once the current transaction is kept."""
    for name in BookFile.objects.filter(book=book).values_list("file", flat=True):
        transaction.on_commit(partial(_remove, name))


def _forget_file_of(book: Book) -> None:
    remove_on_commit(book)
    BookFile.objects.filter(book=book).delete()


def _store(upload: File[bytes], media_type: str) -> str:
    name = random_name(suffix=_suffix(media_type))
    on_rollback(partial(_remove, name))  # before it is written: half a file must go too
    try:
        return default_storage.save(name, upload)
    except OSError as fault:
        if is_disk_full(fault):
            raise StorageFull from fault
        raise


def _remove(name: str) -> None:
    try:
        default_storage.delete(name)
    except OSError as fault:  # the row is right; a file too many harms nobody
        log.warning("The stored file %s could not be removed: %s", name, fault)


def _suffix(media_type: str) -> str:
    return SUFFIXES[media_type.partition(";")[0]]


def _plain_name(name: str | None, media_type: str) -> str:
    """The name that the file had, as text to show: no folders, no control characters, at most 255 letters."""
    last = (name or "").replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[-255:] or f"book{_suffix(media_type)}"
