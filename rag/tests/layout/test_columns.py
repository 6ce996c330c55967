"""Columns, rows and tables told from where pieces of lines stand, without a PDF."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.layout import order, paragraphs, tables
from rag.ingest.layout.extract import arrange
from rag.ingest.layout.pieces import LayoutPiece
from rag.ingest.model.raw import PageLine, PageWord

HEIGHT = 800.0


def at(x: float, y: float, text: str, *, size: float = 10.0, bold: bool = False, mono: float = 0.0) -> LayoutPiece:
    words, start = [], x
    for part in text.split():
        words.append(PageWord(part, start, y, start + size / 2 * len(part), y + size))
        start += size / 2 * (len(part) + 1)
    return LayoutPiece(words, x, y, words[-1].x1, y + size, size, bold, mono=mono)


def read(pieces: Sequence[LayoutPiece], height: float = HEIGHT) -> list[str]:
    return [piece.text for column in order.columns(pieces, height) for row in order.rows(column) for piece in row]


def column(x: float, name: str, count: int, *, y: float = 150.0, step: float = 14.0) -> list[LayoutPiece]:
    return [at(x, y + step * n, f"the {name} line number {n} of the text") for n in range(count)]


def test_two_columns_are_read_one_after_the_other_however_few_lines_they_have():
    left, right = column(60, "left", 3), column(320, "right", 3)
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    assert read(mixed) == [piece.text for piece in [*left, *right]]


def test_two_lines_beside_two_others_are_no_columns():
    left, right = column(60, "left", 2), column(320, "right", 2)
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    assert read(mixed) == [piece.text for piece in mixed]


def test_line_that_crosses_the_gutter_parts_what_stands_above_from_what_stands_below():
    top = [*column(60, "first", 4), *column(320, "second", 4)]
    across = at(60, 230, "a title that runs over both of the columns of this page and is long")
    below = [*column(60, "third", 4, y=260), *column(320, "fourth", 4, y=260)]
    assert read([*below, across, *top]) == [piece.text for piece in [*top, across, *below]]


@given(st.permutations(range(8)))
def test_order_in_which_a_file_paints_is_of_no_account(places):
    whole = [*column(60, "left", 4), *column(320, "right", 4)]
    assert read([whole[place] for place in places]) == [piece.text for piece in whole]


def test_header_and_footer_come_first_and_last_where_white_parts_them():
    body = [*column(60, "left", 20), *column(320, "right", 20)]
    head, foot = at(300, 30, "Rivers"), at(300, 780, "17")
    found = order.columns([foot, *body, head], HEIGHT)
    assert [piece.text for piece in found[0]] == ["Rivers"]
    assert [piece.text for piece in found[-1]] == ["17"]


def test_page_without_anything_has_no_columns():
    assert order.columns([], HEIGHT) == []
    assert order.rows([]) == []
    assert arrange([], HEIGHT) == []
    assert arrange([PageLine([], 10)], HEIGHT) == []


def test_columns_of_numbers_are_no_text():
    left = [at(60, 150 + 14 * n, str(100 + n)) for n in range(6)]
    right = [at(320, 150 + 14 * n, str(200 + n)) for n in range(6)]
    mixed = [piece for pair in zip(left, right, strict=True) for piece in pair]
    assert read(mixed) == [piece.text for piece in mixed]


def table(*rows: Sequence[str], xs: Sequence[float] = (60, 200, 340), step: float = 16.0) -> list[list[LayoutPiece]]:
    return [
        [at(x, 100 + step * number, cell) for x, cell in zip(xs, row, strict=True) if cell]
        for number, row in enumerate(rows)
    ]


def found_rows(lines: Sequence[Sequence[LayoutPiece]]) -> list[list[str]]:
    return [[line.text for line in whole.rows or ()] for _, _, whole in tables.aligned(lines)]


RIVERS = (("Danube", "2850", "Black Sea"), ("Rhine", "1233", "North Sea"), ("Loire", "1006", "Atlantic"))


def test_three_rows_of_cells_below_each_other_are_a_table():
    assert found_rows(table(*RIVERS)) == [[" | ".join(row) for row in RIVERS]]


def test_two_rows_are_none():
    assert found_rows(table(*RIVERS[:2])) == []


def test_rows_far_below_each_other_are_none():
    assert found_rows(table(*RIVERS, step=40.0)) == []


def test_table_says_from_which_row_to_which_it_goes():
    text = [[at(60, 20 + 14 * n, f"a line of running text above the table, number {n}")] for n in range(2)]
    below = [[at(60, 200, "a line of running text that stands below the table here")]]
    ((start, stop, _),) = tables.aligned([*text, *table(*RIVERS), *below])
    assert (start, stop) == (2, 5)


def test_second_line_of_a_cell_belongs_to_its_row():
    lines = table(("Danube", "2850", "Black"), ("", "", "Sea"), *RIVERS[1:], step=12.0)
    assert found_rows(lines) == [["Danube | 2850 | Black Sea", *(" | ".join(row) for row in RIVERS[1:])]]


@pytest.mark.parametrize(
    "rows",
    [
        [(f"{n}.", "an item of a list that goes on for a while") for n in range(1, 5)],
        [("•", "an item of a list that goes on for a while") for _ in range(4)],
        [(f"Of matter {n}", str(5 * n)) for n in range(1, 6)],  # pages, going up: contents
        [("mill", "a house with a wheel in a river which grinds the grain of the whole town")] * 4,
    ],
)
def test_lists_contents_and_glossaries_are_no_tables(rows):
    assert found_rows(table(*rows, xs=(60, 200))) == []


def test_numbers_that_do_not_go_up_are_cells():
    rows = [(f"Of matter {n}", str(number)) for n, number in enumerate((30, 5, 44, 12, 9))]
    assert found_rows(table(*rows, xs=(60, 200))) == [[" | ".join(row) for row in rows]]


def test_listing_is_no_table():
    lines = [
        [at(60, 100 + 14 * n, f"load r{n}", mono=1.0), at(250, 100 + 14 * n, f"comment {n}", mono=1.0)]
        for n in range(5)
    ]
    assert found_rows(lines) == []


def rule(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
    return x0, y0, x1, y1


def grid(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float, float, float]]:
    levels = [rule(xs[0], y, xs[-1], y + 1) for y in ys]
    return levels + [rule(x, ys[0], x + 1, ys[-1]) for x in xs]


def test_cells_between_rules_are_rows_and_empty_ones_keep_their_place():
    cells = [at(65, 105, "a1"), at(165, 105, "b1"), at(165, 135, "b2"), at(265, 135, "c2")]
    (whole,) = tables.ruled(cells, grid((60, 160, 260, 360), (100, 130, 160)))
    assert [line.text for line in whole.rows or ()] == ["a1 | b1 |", "| b2 | c2"]


def test_rules_around_one_text_change_nothing():
    cells = [at(65, 105 + 14 * n, f"a line of a text in a frame, number {n}") for n in range(4)]
    assert tables.ruled(cells, grid((60, 400), (100, 200))) == cells


def test_rules_without_text_between_them_and_text_without_rules_change_nothing():
    cells = [at(65, 105, "a1"), at(165, 105, "b1"), at(265, 105, "c1")]
    assert tables.ruled(cells, []) == cells
    assert tables.ruled(cells, grid((60, 160, 260), (500, 530, 560))) == cells
    assert tables.ruled([], grid((60, 160, 260), (100, 130, 160))) == []


def test_drawing_of_very_many_rules_is_no_table(monkeypatch):
    cells = [at(65, 105, "a1"), at(165, 105, "b1"), at(65, 135, "a2"), at(165, 135, "b2")]
    rules = grid((60, 160, 260), (100, 130, 160))
    assert len(tables.ruled(cells, rules)) == 1
    monkeypatch.setattr(tables, "MOST_RULES", len(rules) - 1)
    assert tables.ruled(cells, rules) == cells


def starts(*pieces: LayoutPiece) -> list[bool]:
    return [line.starts for line in paragraphs.lines(pieces)]


FULL = "the river carried the grain to the mill below"


def test_paragraph_begins_behind_white_an_indent_or_a_short_line():
    assert starts(at(60, 100, FULL), at(60, 112, FULL), at(60, 124, FULL)) == [True, False, False]
    assert starts(at(60, 100, FULL), at(60, 112, FULL), at(60, 136, FULL.capitalize())) == [True, False, True]
    ended = f"{FULL[:-6]} down."
    assert starts(at(60, 100, ended), at(75, 112, FULL.capitalize()), at(60, 124, FULL)) == [True, True, False]
    short = "the end."
    assert starts(at(60, 100, FULL), at(60, 112, short), at(60, 124, FULL.capitalize())) == [True, False, True]


def test_short_line_that_ends_no_sentence_goes_on_in_small_letters():
    assert starts(at(60, 100, FULL), at(60, 112, "the river"), at(60, 124, FULL)) == [True, False, False]


@pytest.mark.parametrize("mark", ["•", "-", "–", "*"])
def test_item_of_a_list_begins_a_paragraph(mark):
    assert starts(at(60, 100, FULL), at(60, 112, f"{mark} {FULL[:30]}"), at(60, 124, FULL)) == [True, True, False]


def test_larger_letters_begin_a_paragraph():
    assert starts(at(60, 100, "The Mill", size=16), at(60, 120, FULL.capitalize()), at(60, 132, FULL))[:2] == [
        True,
        True,
    ]


def test_title_in_the_middle_of_its_column_is_centred():
    lines = paragraphs.lines([at(172, 100, "Of the Mill"), at(60, 130, FULL + FULL), at(60, 142, FULL + FULL)])
    wide = lines[1].box[2] - 60
    assert [line.centred for line in lines] == [abs(172 + 27.5 - (60 + wide / 2)) <= 5, False, False]


def test_listing_is_told_and_indented():
    pieces = [
        at(60, 100, "def f(x):", mono=1.0),
        at(80, 112, "return x", mono=1.0),
        at(60, 140, FULL.capitalize()),
    ]
    lines = paragraphs.lines(pieces)
    assert [(line.kind, line.text) for line in lines] == [
        ("code", "def f(x):"),
        ("code", "    return x"),
        ("text", FULL.capitalize()),
    ]
