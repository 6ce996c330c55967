"""From PDF pages to text, with real PDFs."""

from __future__ import annotations

from typing import Any

import pymupdf
import pytest

from rag.ingest import cleaning
from rag.ingest.layout import extract
from rag.ingest.model.raw import RawPage, packed, unpacked
from rag.tests import pdfs


def read(document: Any) -> list[RawPage]:
    return [extract.read_page(page) for page in document]


def cleaned(document: Any) -> list[str]:
    pages = read(document)
    survey = cleaning.Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    return [survey.clean(number, page).text for number, page in enumerate(pages, start=1)]


def test_running_lines_are_gone_from_a_real_pdf_and_the_text_is_whole():
    for number, page in enumerate(cleaned(pdfs.book(repeat=3))):
        assert "A Small Reader" not in page
        assert page == "\n\n".join(pdfs.CHAPTERS[number // 3])


def test_paragraphs_begin_where_they_are_parted():
    (page,) = read(pdfs.book([pdfs.WHALES], header="", footer=""))
    assert [line.text.split()[0] for line in page.lines if line.starts] == ["The", "Whales"]


def test_columns_are_read_one_after_the_other():
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((60, 90, 280, 700), " ".join(pdfs.PLANTS), fontsize=11)
    page.insert_textbox((320, 90, 540, 700), " ".join(pdfs.WHALES), fontsize=11)
    flowed = cleaned(document)[0].replace("\n", " ")
    assert flowed.index("Chlorophyll") < flowed.index("blue whale")
    assert "Calvin cycle. Chlorophyll is the green pigment" in flowed


def test_page_written_from_the_foot_upwards_is_read_from_the_top():
    document = pymupdf.open()
    page = document.new_page()
    for step in range(6):
        page.insert_text((72, 700 - 80 * step), f"Paragraph {6 - step} stands here.")
    (found,) = read(document)
    assert [line.text for line in found.lines] == [f"Paragraph {n} stands here." for n in range(1, 7)]


def test_page_without_text_is_empty():
    document = pymupdf.open()
    document.new_page().draw_rect((10, 10, 100, 100))
    (page,) = read(document)
    assert (page.lines, page.source) == ([], "none")


def test_page_comes_back_as_it_was_kept():
    for page in read(pdfs.book()):
        assert unpacked(packed(page)) == page


@pytest.mark.parametrize(
    ("raw", "tidied"),
    [("a\u00a0 \tb", "a b"), ("e\u0301", "é"), ("x\u200by\x00", "xy"), ("\uf0a7 point", "point"), ("\n", "")],
)
def test_signs_are_tidied(raw, tidied):
    assert extract.tidy(raw) == tidied


def test_ligatures_are_expanded():
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    writer.append((72, 72), "a \ufb01ne \ufb02ow", font=pymupdf.Font("helv"))
    writer.write_text(page)
    assert [line.text for page in read(document) for line in page.lines] == ["a fine flow"]
