"""Which source reads a file: by its content. Runs in the reading process."""

from __future__ import annotations

from typing import IO, Any

from catalog.values import file_kinds
from rag.ingest.sandbox.reader import DrawableFile, FileRefused, OpenedFile


def opened(file: IO[bytes], settings: dict[str, Any]) -> OpenedFile:
    """``file`` ready to be read. Errors: ``FileRefused``."""
    head = file.read(file_kinds.HEAD)
    file.seek(0)
    if not head:
        raise FileRefused("file_empty")
    kind = file_kinds.kind_of(head)
    if settings["media_type"] != kind.media_type:  # taken in by its head, and none after all
        raise FileRefused("not_a_pdf" if settings["media_type"] == file_kinds.PDF else "file_of_unknown_kind")
    if kind.media_type == file_kinds.EPUB:
        from rag.ingest.formats.epub.book import Epub

        return Epub(file, most_pages=settings["most_pages"])
    if kind.media_type == file_kinds.TEXT:
        from rag.ingest.formats.plain import PlainText

        return PlainText(file, most_pages=settings["most_pages"])
    from rag.ingest.formats.pdf import Pdf

    return Pdf(file, most_pages=settings["most_pages"])


def pictures(file: IO[bytes], settings: dict[str, Any]) -> OpenedFile:
    """A PDF whose pages are recognised in their pictures. Errors: ``FileRefused``."""
    from rag.ingest.formats.ocr import Recognised

    return Recognised(file, settings)


def drawings(file: IO[bytes], settings: dict[str, Any]) -> DrawableFile:
    """A PDF whose pages are drawn as pictures, or an EPUB whose cover is. Errors: ``FileRefused``."""
    if settings["media_type"] == file_kinds.EPUB:
        from rag.ingest.formats.epub.cover_picture import CoverOfEpub

        return CoverOfEpub(file)
    from rag.ingest.formats.drawn import DrawnPdf

    return DrawnPdf(file, most_pages=settings["most_pages"])
