"""Passages of a real book: of one section each, verbatim, inside the window, with nothing of its prose left out."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from library.ai import embeddings
from library.ai.runtimes.local import count_pieces
from rag.ingest.cleaning import Survey
from rag.ingest.layout import extract
from rag.ingest.model.clean import CleanPage, CleanSection
from rag.ingest.model.raw import OutlineMark
from rag.ingest.passages.cut import Cut, cut, embedded
from rag.ingest.structure.sections import sections
from rag.text.passage_parts import joined, parts
from rag.text.sentences import is_contents_line, split, word_count

BOOK = Path(__file__).resolve().parents[4] / "shared" / "data" / "pdf" / "category-theory-for-programmers.pdf"
FIRST, LAST = 7, 90  # its preface and five chapters

pytestmark = [pytest.mark.data, pytest.mark.model]


@pytest.fixture(scope="module")
def book() -> tuple[list[tuple[int, CleanPage]], list[CleanSection]]:
    with pymupdf.open(BOOK) as document:
        raw = [(number, extract.read_page(document[number - 1])) for number in range(FIRST, LAST + 1)]
        outline = [OutlineMark(*entry[:3]) for entry in document.get_toc() if FIRST <= entry[2] <= LAST]
    survey = Survey()
    for number, page in raw:
        survey.see(number, page)
    pages = [(number, survey.clean(number, page)) for number, page in raw]
    return pages, list(sections(tuple(outline), pages))


@pytest.fixture(scope="module")
def found(book) -> list[Cut]:
    pages, marks = book
    return list(cut(iter(pages), marks, model=embeddings.spec()))


def test_each_is_verbatim_and_fits_the_window_with_its_context(book, found):
    texts = {number: page.text for number, page in book[0]}
    assert len(found) > 150
    for one in found:
        assert joined(parts(one.first_page, one.start, one.last_page, one.end, texts), texts) == one.text
    assert max(count_pieces(embeddings.spec(), [embedded(one.context, one.text) for one in found])) <= 256
    assert {one.language for one in found} == {"en"}


def test_none_has_text_of_two_sections(book, found):
    """But for headings that stand right before one another."""
    pages, marks = book
    texts = {number: page.text for number, page in pages}
    for one in found:
        inside = [
            section
            for section in marks
            if (one.first_page, one.start) < (section.page, section.start) < (one.last_page, one.end)
        ]
        for section in inside:
            before = parts(one.first_page, one.start, section.page, section.start, texts)
            assert word_count(joined(before, texts)) < 15


def test_nothing_is_left_out_but_lines_of_contents(book, found):
    kept = {
        (part.page, place)
        for one in found
        for part in parts(one.first_page, one.start, one.last_page, one.end, {n: page.text for n, page in book[0]})
        for place in range(part.start, part.end)
    }
    for number, page in book[0]:
        for span in split(page.text):
            sentence = span.of(page.text)
            if word_count(sentence) >= 4 and not is_contents_line(sentence):
                assert (number, span.start) in kept, sentence


def test_they_are_about_120_words_long(found):
    lengths = sorted(word_count(one.text) for one in found)
    assert 100 <= lengths[len(lengths) // 2] <= 135
    assert sum(length < 20 for length in lengths) <= 0.02 * len(lengths)
