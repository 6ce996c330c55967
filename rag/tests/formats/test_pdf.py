"""What a PDF says of itself: its pages, its outline, its title and language, and why it cannot be read."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import pymupdf
import pytest

from catalog.values import file_kinds
from rag.ingest.formats import choice
from rag.ingest.formats.pdf import Pdf
from rag.ingest.model.raw import OutlineMark
from rag.ingest.sandbox.reader import FileRefused
from rag.tests import pdfs

AES_256 = 5  # PyMuPDF's PDF_ENCRYPT_AES_256


@pytest.fixture
def file() -> Iterator[Any]:
    with tempfile.TemporaryFile() as made:
        yield made


def opened(file: Any, document: Any, *, most_pages: int = 100, **options: Any) -> Pdf:
    return raw(file, pdfs.as_bytes(document, **options), most_pages=most_pages)


def raw(file: Any, content: bytes, *, most_pages: int = 100) -> Pdf:
    file.write(content)
    file.flush()
    file.seek(0)
    return Pdf(file, most_pages=most_pages)


def refusal(file: Any, content: bytes, **options: Any) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        raw(file, content, **options)
    return refused.value


def test_title_language_and_pages_are_those_the_file_gives(file):
    document = pdfs.book()
    document.set_metadata({"title": "  On\u202e \x00Whales  "})
    document.set_language("de-AT")
    facts = opened(file, document).facts
    assert (facts.pages, facts.title, facts.language, facts.notes, facts.outline) == (4, "On Whales", "de", (), ())


def test_file_that_says_nothing_of_itself_is_read(file):
    facts = opened(file, pdfs.book()).facts
    assert (facts.title, facts.language) == ("", "")


def test_outline_has_levels_titles_pages_and_heights(file):
    document = pdfs.book()
    target = {"kind": pymupdf.LINK_GOTO, "page": 1, "to": pymupdf.Point(0, 300)}
    document.set_toc([[1, "Plants", 1], [2, "  Blue\n whales ", 2, target], [1, "Nowhere", -1], [1, " ", 3]])
    marks = opened(file, document).facts.outline
    assert [(mark.level, mark.title, mark.page) for mark in marks] == [
        (1, "Plants", 1),
        (2, "Blue whales", 2),
        (1, "Nowhere", 0),
    ]
    assert marks[1].y == pytest.approx(300, abs=2)
    assert marks[2] == OutlineMark(1, "Nowhere", 0)


def test_pages_are_read_by_their_numbers_and_a_blank_one_is_empty(file):
    document = pdfs.book([pdfs.WHALES, []], header="", footer="")
    book = opened(file, document)
    assert book.read(1).lines[0].text.startswith("The blue whale is the largest animal")
    blank = book.read(2)
    assert (blank.lines, blank.source, blank.notes) == ([], "none", [])


def test_picture_of_a_page_is_marked_for_recognition_and_a_photograph_is_not(file):
    document: Any = pymupdf.open()
    printed = pdfs.book([pdfs.WHALES])[0].get_pixmap(dpi=100)
    document.new_page().insert_image(pymupdf.Rect(0, 0, 595, 842), pixmap=printed)
    drawn = pymupdf.Pixmap(pymupdf.csGRAY, pymupdf.IRect(0, 0, 60, 80), False)
    drawn.clear_with(250)
    drawn.set_rect(pymupdf.IRect(10, 10, 40, 30), (10,))
    document.new_page().insert_image(pymupdf.Rect(0, 0, 595, 842), pixmap=drawn)
    book = opened(file, document)
    assert [book.read(number).notes for number in (1, 2)] == [["needs_ocr"], []]


def test_picture_of_a_page_is_as_large_as_asked_and_turned(file):
    document = pdfs.book()
    document.set_page_labels([{"startpage": 0, "prefix": "B-", "style": "D", "firstpagenum": 5}])
    book = opened(file, document)
    page = book.page(2)
    assert book.label(page) == "B-6"
    height, width, colours = book.picture(page, scale=0.5, turn=0).shape
    assert (height, width, colours) == (421, 298, 3)
    assert book.picture(page, scale=0.5, turn=90).shape == (width, height, 3)


@pytest.mark.parametrize(("most", "is_read"), [(4, True), (3, False)])
def test_file_has_as_many_pages_as_allowed_and_no_more(file, most, is_read):
    content = pdfs.as_bytes(pdfs.book())
    if is_read:
        assert raw(file, content, most_pages=most).facts.pages == 4
    else:
        refused = refusal(file, content, most_pages=most)
        assert (refused.code, refused.values) == ("too_many_pages", {"pages": 4, "most": 3})


def test_file_that_needs_a_password_is_refused_and_one_with_an_owners_is_read(file):
    locked = pdfs.as_bytes(pdfs.book(), encryption=AES_256, user_pw="reader", owner_pw="owner")
    assert refusal(file, locked).code == "file_encrypted"


def test_file_with_only_an_owners_password_is_read(file):
    content = pdfs.as_bytes(pdfs.book(), encryption=AES_256, owner_pw="owner")
    assert raw(file, content).facts.pages == 4


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"", file_kinds.PDF, "file_empty"),
        (b"plain words and no more", file_kinds.PDF, "not_a_pdf"),
        (b"%PDF-1.7\n", file_kinds.TEXT, "file_of_unknown_kind"),
        (b"%PDF-1.7\n", file_kinds.EPUB, "file_of_unknown_kind"),
        (b"\x00\x01\x02\x03" * 40, file_kinds.TEXT, "file_of_unknown_kind"),
    ],
)
def test_file_that_is_not_what_it_was_taken_in_as_is_refused(file, content, media_type, code):
    file.write(content)
    file.seek(0)
    with pytest.raises(FileRefused) as refused:
        choice.opened(file, {"media_type": media_type, "most_pages": 10})
    assert refused.value.code == code


def test_text_is_read_by_what_reads_texts(file):
    file.write(b"Whales eat krill.")
    file.seek(0)
    book = choice.opened(file, {"media_type": file_kinds.TEXT, "most_pages": 10})
    assert book.read(1).lines[0].text == "Whales eat krill."
