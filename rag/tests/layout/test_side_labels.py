"""Labels in the middle beside lines of text, as in the left cell of a box of two."""

from __future__ import annotations

from typing import Any

import pytest

from rag.ingest.layout import paragraphs
from rag.ingest.layout.pieces import LayoutPiece
from rag.tests.layout.test_columns import at
from rag.tests.layouts import Sheet, prose, words, wrapped


def box(label: str, lines: int, *, rules: bool = True, size: float = 10.0) -> Sheet:
    """A box of two cells between paragraphs: a label of one or more lines (parted by /) and text."""
    sheet, leading, top = Sheet(), 1.3 * size, 220.0
    sheet.block((60, 60, 535, 200), prose(80, 1))
    foot = top + (lines + 1) * leading
    if rules:
        sheet.page.draw_rect((60, top, 535, foot))
        sheet.page.draw_line((160, top), (160, foot))
    names = label.split("/")
    for number, name in enumerate(names):
        sheet.line(75, (top + foot + size) / 2 + (number - (len(names) - 1) / 2) * leading, name, size=size)
    for number, line in enumerate(wrapped(prose(20 * lines, 2), 360, size, "helv")[:lines]):
        sheet.line(170, top + (number + 1) * leading, line, size=size)
    sheet.block((60, foot + 20, 535, 800), prose(80, 3))
    return sheet


@pytest.mark.parametrize("rules", [True, False])
@pytest.mark.parametrize("lines", [3, 4, 5, 9])
@pytest.mark.parametrize("size", [8.0, 12.0])
def test_label_is_read_before_the_text_beside_it(lines, rules, size):
    sheet = box("Of mills", lines, rules=rules, size=size)
    assert words(sheet.read()) == sheet.said


def test_label_of_two_lines_stays_together():
    sheet = box("Of mills/and rivers", 7)
    assert words(sheet.read()) == sheet.said


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_page_may_be_turned(rotation):
    sheet = box("Of mills", 5)
    assert words(sheet.read(rotation=rotation)) == sheet.said


FULL = "the river carried the grain to the mill below"


def read(*pieces: LayoutPiece) -> list[str]:
    return [line.text for line in paragraphs.lines(pieces)]


def lines(*, count: int = 5, x: float = 160, leading: float = 12, **options: Any) -> list[LayoutPiece]:
    return [at(x, 100 + leading * n, f"{FULL} {n}", **options) for n in range(count)]


def test_word_before_the_first_line_stays_there():
    assert read(at(60, 100, "Mill"), *lines())[0] == f"Mill {FULL} 0"


def test_line_set_out_between_others_is_no_label():
    text = [at(80, 100 + 12 * n, f"call {n}", mono=1.0) for n in (0, 1, 3, 4)]
    assert read(*text, at(60, 124, "}", mono=1.0)) == ["    call 0", "    call 1", "}", "    call 3", "    call 4"]


def test_drop_capital_is_no_label():
    large = at(60, 100, "T", size=34)
    assert read(large, *lines(x=85, count=5))[0].startswith("T")


def test_many_words_beside_text_are_no_label():
    many = at(10, 124, "a b c d e f g h i j k l", size=10)
    assert read(many, *lines())[:2] == [f"{FULL} 0", f"{FULL} 1"]


def test_two_labels_below_each_other_have_texts_of_their_own():
    first, second = lines(count=3), [at(160, 200 + 12 * n, f"{FULL} {n + 3}") for n in range(3)]
    found = read(at(60, 112, "Mill"), *first, at(60, 212, "River"), *second)
    assert found == ["Mill", *(f"{FULL} {n}" for n in range(3)), "River", *(f"{FULL} {n}" for n in range(3, 6))]


def test_cells_of_a_table_are_no_labels():
    """One whose last cells wrap and whose first ones stand in the middle."""
    cells = [("Mill", "grinds the grain"), ("River", "carries it down"), ("Bridge", "crosses the river")]
    table = [at(x, 100 + 14 * n, said) for n, row in enumerate(cells) for x, said in zip((60, 160), row, strict=True)]
    wrapped_cell = [at(160, 142, "and has three arches"), at(60, 156, "Harbour"), at(160, 156, "all the boats of")]
    found = read(*table, *wrapped_cell, at(160, 170, "the town lie there"))
    assert all(f"{name} | " in " ".join(found) for name in ("Mill", "River", "Bridge", "Harbour"))
