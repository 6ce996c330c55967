"""Pages of the real books are read whole, in one order, without a word taken for hidden."""

from __future__ import annotations

import unicodedata
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from rag.ingest.layout.extract import needs_ocr, read_page
from rag.ingest.layout.words import tidy

PDFS = Path(__file__).parents[4] / "shared" / "data" / "pdf"
BOOKS = ["category-theory-for-programmers", "riscv-privileged", "riscv-spec-unprivileged", "sicp"]
STEP = 7  # every so many pages
MOST_MARKS = 8  # digits in marks of notes on one page

pytestmark = pytest.mark.data


@pytest.fixture(params=BOOKS)
def pages(request: pytest.FixtureRequest) -> Any:
    document: Any = pymupdf.open(PDFS / f"{request.param}.pdf")
    return [document[number] for number in range(0, document.page_count, STEP)]


def plain(text: str) -> str:
    """Powers as the digits that they are set with."""
    return unicodedata.normalize("NFKC", text)


def test_every_letter_of_a_real_book_is_read(pages):
    """But for the digits by which notes are marked."""
    for page in pages:
        read = read_page(page)
        said = Counter(plain("".join(tidy(word[4]) for word in page.get_text("words", flags=2))))
        got = Counter(plain("".join(word.text for line in read.lines for word in line.words)))
        assert set(said - got) <= set("0123456789"), page.number
        assert (said - got).total() <= MOST_MARKS, page.number
        assert set(got - said) <= {" ", "|"}, page.number
        assert read.notes == []
        assert not needs_ocr(page, read)


def test_lines_of_a_real_page_go_down_and_its_words_to_the_right(pages):
    for page in pages:
        lines = [line for line in read_page(page).lines if line.kind != "row"]
        for line in lines:
            assert all(left.x0 <= right.x0 for left, right in pairwise(line.words)), line.text
        ups = sum(below.box[1] < above.box[1] - 2 for above, below in pairwise(lines))
        assert ups <= 2, page.number  # these books are set in one column
