"""The texts of the demonstration books, as they are read before they are set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import FOLDER
from demo.figures import DRAWINGS
from demo.manuscript import Figure, Heading, Paragraph, curl, parse, words_of

FRONT = "---\ntitle: The Cell\nauthor: Ann Lee\nyear: 2024\n---\n"
TEXTS = st.text("ab'\"*([ \n“’é", max_size=60)
OUR_BOOKS = sorted((FOLDER / "books").glob("*.md"))


def plain(words):
    """A text as it is read, without its faces."""
    return " ".join("".join(run.text for run in word) for word in words)


def in_italics(words):
    return [run.text for word in words for run in word if run.face == "italic"]


def chapter(text):
    (only,) = parse(f"{FRONT}\n# Cells\n\n{text}\n").chapters
    return only.blocks


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ('He said "cells".', "He said “cells”."),
        ('"Cells" they are', "“Cells” they are"),
        ('two ("small") rooms', "two (“small”) rooms"),
        ('see ["cells"]', "see [“cells”]"),
        ('*"Omnis cellula"* is Latin', "*“Omnis cellula”* is Latin"),
        ("the cell's wall", "the cell’s wall"),
        ("the cells' walls", "the cells’ walls"),
        ("'tis a cell", "‘tis a cell"),
        ("he said 'cell' twice", "he said ‘cell’ twice"),
        ("\"'Cell' is short,\" he said", "“‘Cell’ is short,” he said"),
        ("first\n'cell'", "first\n‘cell’"),
        ("", ""),
        ("“printed” already’s", "“printed” already’s"),
    ],
)
def test_quotation_marks_are_printed_ones(typed, printed):
    assert curl(typed) == printed


@given(TEXTS)
def test_nothing_but_quotation_marks_is_ever_changed(text):
    printed = curl(text)
    assert not set(printed) & {"'", '"'}
    assert len(printed) == len(text)
    assert all(new == old for new, old in zip(printed, text, strict=True) if old not in "'\"")
    assert curl(printed) == printed


def test_what_stands_between_asterisks_is_in_italics():
    words = words_of("a *small room* for monks")
    assert plain(words) == "a small room for monks"
    assert in_italics(words) == ["small", "room"]


def test_a_part_of_a_word_may_be_in_italics():
    (word,) = words_of("*cell*like")
    assert [(run.text, run.face) for run in word] == [("cell", "italic"), ("like", "roman")]


def test_within_italics_it_goes_back_to_upright():
    words = words_of("drawn by *Hooke* himself", "italic")
    assert [run.text for word in words for run in word if run.face == "roman"] == ["Hooke"]
    assert in_italics(words) == ["drawn", "by", "himself"]


def test_bold_words_have_their_italics_too():
    (one, two) = words_of("the *cell*", "bold")
    assert (one[0].face, two[0].face) == ("bold", "italic")


@given(TEXTS)
def test_no_letter_of_a_text_is_lost_or_comes_twice(text):
    assert ["".join(run.text for run in word) for word in words_of(text)] == [
        token.replace("*", "") for token in curl(text).split()
    ]


def test_the_front_matter_names_the_book():
    book = parse(FRONT.replace("The Cell", "The Reader's Cell: A Life") + "\n# Cells\n\nText.\n")
    assert (book.title, book.author, book.year) == ("The Reader’s Cell: A Life", "Ann Lee", "2024")


@pytest.mark.parametrize("missing", ["title", "author", "year"])
def test_a_book_without_title_author_or_year_is_no_book(missing):
    front = "".join(line for line in FRONT.splitlines(keepends=True) if not line.startswith(missing))
    with pytest.raises(KeyError, match=missing):
        parse(f"{front}\n# Cells\n\nText.\n")


@pytest.mark.parametrize("begin", ["Text.", "## A section", "- one\n- two", "![A cell](figure:cell)"])
def test_a_text_before_the_first_chapter_is_refused(begin):
    with pytest.raises(ValueError, match="must begin with a chapter"):
        parse(f"{FRONT}\n{begin}\n\n# Cells\n")


def test_chapters_keep_their_order_and_their_own_text():
    book = parse(f"{FRONT}\n# Hooke's cells\n\nFirst.\n\n# Division\n\n## How\n\nSecond.\n\nThird.\n")
    assert [one.title for one in book.chapters] == ["Hooke’s cells", "Division"]
    assert [len(one.blocks) for one in book.chapters] == [1, 3]


def test_a_chapter_may_be_empty():
    (first, second) = parse(f"{FRONT}\n# One\n\n# Two\n\nText.\n").chapters
    assert (first.blocks, len(second.blocks)) == ([], 1)


def test_a_section_has_a_heading_with_printed_marks():
    assert chapter("## A 'small' room") == [Heading("A ‘small’ room")]


def test_lines_of_one_paragraph_run_on():
    (block,) = chapter("Cells are\nsmall and\nmany.")
    assert isinstance(block, Paragraph)
    assert (plain(block.words), block.bullet) == ("Cells are small and many.", False)


@pytest.mark.parametrize("gap", ["\n\n", "\n\n\n\n", "\n \n", "\n\t \n"])
def test_any_empty_line_parts_paragraphs(gap):
    assert [plain(block.words) for block in chapter(f"One.{gap}Two.")] == ["One.", "Two."]


def test_each_line_of_a_list_is_an_entry():
    blocks = chapter("- Cells *divide*.\n- Cells die.")
    assert [(plain(block.words), block.bullet) for block in blocks] == [("Cells divide.", True), ("Cells die.", True)]
    assert in_italics(blocks[0].words) == ["divide"]


def test_a_figure_is_named_and_its_words_are_in_italics():
    (block,) = chapter("![A cell, after *Hooke* (1665) [redrawn]](figure:cell)")
    assert isinstance(block, Figure)
    assert (block.name, plain(block.caption)) == ("cell", "A cell, after Hooke (1665) [redrawn]")
    assert "Hooke" not in in_italics(block.caption)


@pytest.mark.parametrize("text", ["see ![A cell](figure:cell)", "![](figure:cell)", "![A cell](https://example.org)"])
def test_what_is_no_figure_is_text(text):
    (block,) = chapter(text)
    assert isinstance(block, Paragraph)


@pytest.mark.parametrize("path", OUR_BOOKS, ids=lambda path: path.stem)
def test_our_books_use_figures_that_are_drawn_and_close_their_italics(path):
    book = parse(path.read_text())
    blocks = [block for one in book.chapters for block in one.blocks]

    assert book.chapters
    assert {block.name for block in blocks if isinstance(block, Figure)} <= DRAWINGS.keys()
    assert all(any(isinstance(block, Paragraph) for block in one.blocks) for one in book.chapters)
    for line in path.read_text().splitlines():
        assert line.count("*") % 2 == 0, line
    assert len({one.title for one in book.chapters}) == len(book.chapters)


def test_every_drawing_is_in_a_book():
    used = "".join(path.read_text() for path in OUR_BOOKS)
    assert [name for name in DRAWINGS if f"(figure:{name})" not in used] == []
