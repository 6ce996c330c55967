"""The first page of a book's file as the picture of its cover, drawn in a reading process of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable

from catalog.models import BookFile
from catalog.values.file_kinds import TEXT
from library.core.errors import LibraryError
from rag.ingest import stored_file

log = logging.getLogger(__name__)
WIDTH = 1000  # pixels: the largest size of a cover has 800


def drawn(book_file: BookFile, watch: Callable[[], None]) -> bytes | None:
    """The first page of a PDF, the cover of an EPUB, as WebP; nothing where there is none, or the file cannot be read.

    ``watch`` is called twice a second meanwhile, and may raise to end it.
    """
    if book_file.media_type.startswith(TEXT):
        return None
    try:
        with stored_file.drawings(book_file, watch) as reader:
            reader.open()
            return reader.draw(1, WIDTH) or None
    except LibraryError as refusal:  # of the file; those of a job are no ``LibraryError``
        log.info("No first page of book %s: %s", book_file.book_id, refusal.error_code)
        return None
