"""Pictures of pages: asked for by the web process, which never opens a file, and drawn by a worker.

What is to be drawn stands nowhere but in a message. One that gets lost costs a second: whoever waits asks again.
"""

from __future__ import annotations

import logging
import threading
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.core.cache import cache

from catalog.models import BookFile
from library.core.background import wake
from library.core.errors import LibraryError
from library.core.faults.outages import is_disk_full
from rag import errors, queries
from rag.ingest import stored_file
from rag.ingest.sandbox.process import FileReader
from rag.models import Document, IndexGeneration
from rag.reading import images

log = logging.getLogger(__name__)
TASK = "draw_pages"
ASKED_FOR = 15  # seconds within which a page is asked for once
AT_ONCE = threading.BoundedSemaphore(2)  # of a worker's four threads: letters must not wait for pictures
PictureState = Literal["ready", "missing", "broken", "none"]


def picture_state(generation: IndexGeneration, book_file: BookFile | None, number: int) -> PictureState:
    """How far the picture of a page is; ``none`` where there can be none: the file is no PDF, or not the one that
    ``generation`` was made from."""
    if book_file is None or not book_file.is_pdf or book_file.sha256 != generation.source_sha256:
        return "none"
    return images.state_of(book_file.sha256, number)


def ask_for(document: Document, generation: IndexGeneration, number: int) -> bool:
    """Have a worker draw the page and the next ones, so far as they are missing; whether one was woken."""
    sha256 = generation.source_sha256
    if all(images.state_of(sha256, page) != "missing" for page in _ahead(generation, number)):
        return False
    if not cache.add(_key(sha256, number), True, ASKED_FOR):
        return False
    return wake.wake(TASK, args=[str(document.pk), number], expires=ASKED_FOR)


def draw(document_id: UUID, number: int) -> int:
    """Draw the page ``number`` of a document and those that follow; how many pictures were made.

    A page that cannot be drawn is marked so, and a file too. Where as many as may are being drawn already, nothing is
    done: whoever still waits asks again.
    """
    found = _drawable(document_id)
    if found is None:
        return 0
    generation, book_file = found
    if not AT_ONCE.acquire(blocking=False):
        cache.delete(_key(book_file.sha256, number))
        return 0
    try:
        return _draw(generation, book_file, number)
    except OSError as fault:
        if not is_disk_full(fault):
            raise
        log.error("No picture of a page can be kept: the disk is full.")
        return 0
    finally:
        AT_ONCE.release()


def _drawable(document_id: UUID) -> tuple[IndexGeneration, BookFile] | None:
    document = Document.objects.select_related("book", "live_generation").filter(pk=document_id).first()
    generation = document.live_generation if document is not None else None
    book_file = queries.file_of(document) if document is not None else None
    if generation is None or book_file is None or picture_state(generation, book_file, 1) == "none":
        return None
    return generation, book_file


def _draw(generation: IndexGeneration, book_file: BookFile, number: int) -> int:
    sha256, made = book_file.sha256, 0
    try:
        with stored_file.drawings(book_file) as reader:
            for page in _ahead(generation, number):
                if images.state_of(sha256, page) == "missing":
                    made += _draw_page(reader, sha256, page)
    except LibraryError as refusal:
        log.warning("The pages of a file cannot be drawn: %s", refusal.code)
        if not isinstance(refusal, errors.FileMissing | errors.StoredFileAltered):  # those may come back as they were
            images.mark_broken(sha256)
    images.trim(settings.PAGE_IMAGES_BYTES)
    return made


def _draw_page(reader: FileReader, sha256: str, page: int) -> int:
    """How many pictures of the page were made: all of them or none."""
    try:
        pictures = {width: reader.draw(page, width) for width in images.WIDTHS}
    except errors.ReaderFault:  # told in the log
        pictures = {}
    if not pictures or not all(pictures.values()):
        images.mark_broken(sha256, page)
        return 0
    for width, picture in pictures.items():
        images.keep(sha256, page, width, picture)
    return len(pictures)


def _ahead(generation: IndexGeneration, number: int) -> range:
    """The page and those that are drawn ahead."""
    return range(max(number, 1), min(number + settings.DRAWN_AHEAD, generation.page_count) + 1)


def _key(sha256: str, number: int) -> str:
    return f"page-image:{sha256}:{number}"
