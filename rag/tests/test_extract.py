"""From PDF pages to lines, with real PDFs."""

from __future__ import annotations

from typing import Any

import pymupdf
import pytest

from rag.ingest import cleaning, extract
from rag.tests import pdfs


def texts(document: Any) -> list[str]:
    return [extract.page_text(page) for page in document]


def test_running_lines_are_gone_from_a_real_pdf_and_the_text_is_whole():
    document = pdfs.book(repeat=3)
    cleaned = cleaning.clean(texts(document))
    for number, page in enumerate(cleaned):
        assert "A Small Reader" not in page
        assert page == "\n\n".join(pdfs.CHAPTERS[number // 3])


def test_paragraphs_are_parted_by_an_empty_line():
    (page,) = texts(pdfs.book([pdfs.WHALES], header="", footer=""))
    assert page.count("\n\n") == 1


def test_columns_are_read_one_after_the_other():
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((60, 90, 280, 700), " ".join(pdfs.PLANTS), fontsize=11)
    page.insert_textbox((320, 90, 540, 700), " ".join(pdfs.WHALES), fontsize=11)
    flowed = cleaning.clean(texts(document))[0].replace("\n", " ")
    assert flowed.index("Chlorophyll") < flowed.index("blue whale")
    assert "Calvin cycle. Chlorophyll is the green pigment" in flowed


def test_page_written_from_the_foot_upwards_is_read_from_the_top():
    document = pymupdf.open()
    page = document.new_page()
    for step in range(6):
        page.insert_text((72, 700 - 80 * step), f"Paragraph {6 - step} stands here.")
    (text,) = texts(document)
    assert [line for line in text.split("\n") if line] == [f"Paragraph {n} stands here." for n in range(1, 7)]


def test_page_without_text_is_empty():
    document = pymupdf.open()
    document.new_page().draw_rect((10, 10, 100, 100))
    assert texts(document) == [""]


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
    assert texts(document) == ["a fine flow"]
