"""Books whose pages are read already and not drawn yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catalog.tests.factories import make_book
from rag.ingest.model.clean import WordBox, packed_boxes
from rag.models import Document
from rag.reading import images
from rag.tests import pdfs
from rag.tests.factories import give_file
from rag.tests.texts import answer_from


def make_document(content: bytes | None = None, texts: Sequence[str] = ("one", "two", "three", "four")) -> Document:
    """A book with a PDF, read; each page has its text, and each word of it a box."""
    document = Document.objects.create(book=make_book())
    book_file = give_file(document.book, pdfs.as_bytes(pdfs.book()) if content is None else content)  # type: ignore[arg-type]
    generation = answer_from(document, texts)
    generation.source_sha256 = book_file.sha256
    generation.save()
    for page in generation.pages.all():
        page.width, page.height, page.boxes = 200, 300, packed_boxes(boxes_of(page.text or ""))
        page.save()
    return document


def boxes_of(text: str) -> list[WordBox]:
    """Words one below the other."""
    found, place = [], 0
    for number, word in enumerate(text.split()):
        place = text.index(word, place)
        found.append(WordBox(place, place + len(word), 20, 20 + 12 * number, 20 + 5 * len(word), 30 + 12 * number))
        place += len(word)
    return found


def keep_picture(sha256: str, number: int = 1) -> None:
    """As if a worker had drawn it."""
    for width in images.WIDTHS:
        images.keep(sha256, number, width, f"{number}-{width}".encode())


def sha_of(document: Document) -> Any:
    return document.book.digital_file.sha256  # type: ignore[union-attr]
