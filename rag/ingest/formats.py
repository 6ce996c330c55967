"""Which source reads a file: by its content. Runs in the reading process."""

from __future__ import annotations

from typing import IO, Any

from catalog import filekinds
from rag.ingest.reader import Refused, Source


def opened(file: IO[bytes], settings: dict[str, Any]) -> Source:
    """``file`` ready to be read. Errors: ``Refused``."""
    head = file.read(filekinds.HEAD)
    file.seek(0)
    if not head:
        raise Refused("file_empty")
    kind = filekinds.kind_of(head)
    if settings["media_type"] != kind.media_type:  # taken in by its head, and none after all
        raise Refused("not_a_pdf" if settings["media_type"] == filekinds.PDF else "file_of_unknown_kind")
    if kind.media_type == filekinds.EPUB:
        from rag.ingest.epub import Epub

        return Epub(file, most_pages=settings["most_pages"])
    if kind.media_type == filekinds.TEXT:
        from rag.ingest.plain import PlainText

        return PlainText(file, most_pages=settings["most_pages"])
    from rag.ingest.pdf import Pdf

    return Pdf(file, most_pages=settings["most_pages"])


def pictures(file: IO[bytes], settings: dict[str, Any]) -> Source:
    """A PDF whose pages are recognised in their pictures. Errors: ``Refused``."""
    from rag.ingest.ocr import Recognised

    return Recognised(file, settings)
