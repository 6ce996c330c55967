"""Whatever stands wherever on a page: it is read without a fault of ours, and every word of it once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ingest.cleaning import Survey
from rag.ingest.layout import extract, order, paragraphs, tables
from rag.ingest.layout.pieces import Box, LayoutPiece
from rag.ingest.layout.segments import segments
from rag.ingest.model.raw import OutlineMark, PageLine, PageWord, RawPage
from rag.ingest.structure.sections import sections
from rag.tests.layouts import Sheet, words

WIDTH, HEIGHT = 600.0, 800.0
SAID = ("the", "mill", "rivers", "carried", "1", "42", "iv", "|", "•", "(a)", "A", "self-", "=", "…", "Chapter", "2.1")


def piece(x: float, y: float, said: str, size: float = 10.0, *, mono: float = 0.0, thin: bool = False) -> LayoutPiece:
    """``thin``: a font of shapes that are said to have no width."""
    words, start = [], x
    for text in said.split():
        words.append(PageWord(text, start, y, start + (0 if thin else size / 2 * len(text)), y + size))
        start += size / 2 * (len(text) + 0.5)
    return LayoutPiece(words, x, y, words[-1].x1, y + size, size, mono=mono)


sizes = st.sampled_from([0.0, 0.4, 8.0, 10.0, 10.0, 10.0, 12.0, 30.0])
said = st.lists(st.sampled_from(SAID), min_size=1, max_size=8).map(" ".join)
places = st.integers(0, 24).map(lambda n: n * 25.0)


@st.composite
def blocks(draw: st.DrawFn) -> list[LayoutPiece]:
    """Lines of one or several columns that begin at the same places: text, cells, captions, labels of a plot."""
    xs = draw(st.lists(places, min_size=1, max_size=4, unique=True))
    y, size, leading = draw(places), draw(sizes), draw(st.sampled_from([0.0, 0.5, 1.2, 1.2, 2.5]))
    mono, thin = draw(st.sampled_from([0.0, 0.0, 0.5, 1.0])), draw(st.integers(0, 9)) == 0
    found = []
    for _ in range(draw(st.integers(1, 5))):
        found += [piece(x + draw(st.sampled_from([0, 0, 10])), y, draw(said), size, mono=mono, thin=thin) for x in xs]
        y += leading * size
    return found


layouts = st.lists(blocks(), max_size=4).map(lambda found: [piece for block in found for piece in block])


@st.composite
def rules(draw: st.DrawFn) -> list[Box]:
    """A grid, or some of one."""
    xs, ys = (sorted(draw(st.lists(places, max_size=4, unique=True))) for _ in range(2))
    levels = [(xs[0] - 5, y, xs[-1], y + 1) for y in ys if len(xs) > 1]
    return levels + [(x - 5, ys[0], x - 4, ys[-1]) for x in xs if len(ys) > 1]


def read(pieces: Sequence[LayoutPiece], drawn: Sequence[Box] = ()) -> list[PageLine]:
    """As ``rag.ingest.layout.extract`` puts pieces in order."""
    found = order.columns(tables.ruled(segments(pieces), drawn), HEIGHT)
    return [line for column in found for line in paragraphs.lines(column)]


def signs(said: str) -> Counter[str]:
    """Bars are left out: tables have their own between cells."""
    return Counter("".join(said.split()).replace("|", ""))


def read_signs(lines: Sequence[PageLine]) -> Counter[str]:
    return signs(" ".join(line.text for line in lines))


def written(pieces: Sequence[LayoutPiece]) -> Counter[str]:
    return signs(" ".join(piece.text for piece in pieces))


@settings(max_examples=150)
@given(layouts, rules())
def test_every_word_is_read_once(pieces, drawn):
    said = written(pieces)
    assert read_signs(read(pieces, drawn)) == said


marks = st.builds(OutlineMark, st.integers(1, 3), said, st.integers(0, 4), st.sampled_from([None, 0.0, 100.0]))


@settings(max_examples=60)
@given(st.lists(layouts, max_size=3), st.lists(marks, max_size=4), st.sampled_from([0.0, HEIGHT]))
def test_book_of_such_pages_has_text_and_sections_on_its_pages(layouts, outline, height):
    survey, pages = Survey(), [RawPage(WIDTH, height, "", "text", read(pieces)) for pieces in layouts]
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    clean = [survey.clean(number, page) for number, page in enumerate(pages, start=1)]
    for raw, told in zip(pages, clean, strict=True):
        assert signs(told.text) <= read_signs(raw.lines)
        assert all(told.text[box.start : box.end].strip() for box in told.boxes)
    for section in sections(outline, list(enumerate(clean, start=1))):
        assert 1 <= section.page <= max(len(pages), 1)
        assert section.start <= (len(clean[section.page - 1].text) if clean else 0)


def level(*said: str, y: float, xs: Sequence[float], size: float = 10.0) -> list[LayoutPiece]:
    return [piece(x, y, text, size) for x, text in zip(xs, said, strict=True)]


def test_columns_are_parted_where_they_were_found_to_stand():
    """White that reaches far to the right above them says nothing of where the two columns below it part."""
    pieces = [
        *level("the", "mill", y=180, xs=(110, 585), size=12),
        *level("the", "…", y=194.4, xs=(110, 575), size=12),
        *level("rivers (a) rivers iv mill mill", "2.1 the", y=250.8, xs=(475, 585)),
        *level("mill carried (a) |", "1 rivers the mill | (a)", y=262.8, xs=(475, 575)),
        *level("mill Chapter 1 rivers the", "rivers rivers mill the A", y=274.8, xs=(475, 575)),
    ]
    assert read_signs(read(pieces)) == written(pieces)


def test_row_of_a_table_may_hold_nothing_but_a_bar():
    cells = [("Danube", "2850"), ("|",), ("Rhine", "1233"), ("Loire", "1006")]
    pieces = [p for n, row in enumerate(cells) for p in level(*row, y=100 + 16 * n, xs=(60, 200)[: len(row)])]
    grid = [(55.0, y, 300.0, y + 1) for y in (97, 113, 129, 145, 161)] + [
        (x, 97.0, x + 1, 161.0) for x in (55, 190, 299)
    ]
    assert [line.text for line in read(pieces, grid)] == ["Danube | 2850", "| |", "Rhine | 1233", "Loire | 1006"]


@pytest.mark.parametrize("lower", [0.0, 2.0, -2.0])
def test_item_may_have_two_numbers_before_it(lower):
    pieces = [piece(60, 100, "1."), piece(80, 100 + lower, "(a)"), piece(110, 100, "the mill carried the rivers")]
    assert [line.text for line in read(pieces)] == ["1. (a) the mill carried the rivers"]


def test_number_without_width_is_no_item_of_its_own():
    assert [line.text for line in read([piece(60, 100, "•", thin=True)])] == ["•"]


def test_letters_smaller_than_a_point_are_read():
    pieces = [p for n in range(6) for p in level("the mill", "the rivers", y=20 + 0.5 * n, xs=(5, 6.85), size=0.4)]
    assert read_signs(read(pieces)) == written(pieces)


def test_page_that_we_cannot_make_out_is_read_as_it_was_painted(monkeypatch):
    def fault(pieces, height):
        raise IndexError

    monkeypatch.setattr(order, "columns", fault)
    sheet = Sheet()
    sheet.line(72, 200, "Second the mill")
    sheet.line(72, 100, "First the river", size=14)
    sheet.line(300, 500, "Beside both", rotate=90)
    page = sheet.read()
    assert (words(page), page.notes, page.source) == (sheet.said, ["unordered"], "text")
    assert [line.size for line in page.lines] == [10, 14, 10]
    assert [line.text for line in extract.arrange(page.lines, HEIGHT)] == [line.text for line in page.lines]
