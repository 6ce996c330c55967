"""Opening the file of a book, and saying in a sentence why one cannot be read. Workers only."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.models import BookFile
from rag import errors

END_MARKER = b"%%EOF"
TAIL = 2048  # bytes at the end in which a whole PDF has its end marker


@contextlib.contextmanager
def opened(book_file: BookFile) -> Iterator[Any]:
    """The PDF as a ``pymupdf.Document`` that can be read. Errors: every ``DocumentUnreadable``."""
    import pymupdf

    tools: Any = pymupdf.TOOLS
    tools.mupdf_display_errors(False)
    tools.mupdf_display_warnings(False)
    try:
        with book_file.file.open("rb") as stored:
            content = stored.read()
    except OSError as fault:
        if isinstance(fault, FileNotFoundError):
            raise errors.FileMissing from None
        raise
    try:
        document: Any = pymupdf.open(stream=content, filetype="pdf")  # type: ignore[no-untyped-call]  # untyped
    except (pymupdf.FileDataError, pymupdf.EmptyFileError, RuntimeError, ValueError):
        raise (errors.NotAPdf if b"%PDF-" not in content[:1024] else errors.FileCutOff) from None
    try:
        _refuse(document, content)
        yield document
    finally:
        document.close()


def _refuse(document: Any, content: bytes) -> None:
    if document.needs_pass and not document.authenticate(""):
        raise errors.FileEncrypted
    if document.is_repaired and END_MARKER not in content[-TAIL:]:
        raise errors.FileCutOff
    if not document.is_pdf:
        raise errors.NotAPdf
    if document.page_count == 0:
        raise errors.NoPages
    if document.page_count > settings.DOCUMENT_MAX_PAGES:
        raise errors.TooManyPages(pages=document.page_count, most=settings.DOCUMENT_MAX_PAGES)


def note_on(document: Any) -> str:
    """What was unusual about a file that could be read all the same, in a sentence; empty where nothing was."""
    return _("The file was damaged but whole; it was repaired while reading.") if document.is_repaired else ""
