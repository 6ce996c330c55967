"""Paragraphs become pages, and outlines have no gaps, whatever a file gives."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.formats import flowing
from rag.ingest.formats.pagination import MOST_WORDS, Block, line, paged, tidied
from rag.ingest.model.raw import OutlineMark, PageLine, PageWord, RawPage


def words(count: int) -> str:
    return " ".join(["word"] * count)


def sizes(*blocks: Block) -> list[list[int]]:
    """How many words each block has, page by page."""
    return [[len(block.text.split()) for block in page] for page in paged(blocks).pages]


def test_page_ends_at_the_next_paragraph_behind_five_hundred_words():
    assert sizes(*[Block(words(250)) for _ in range(5)]) == [[250, 250], [250, 250], [250]]
    assert sizes(Block(words(499)), Block(words(250)), Block(words(1))) == [[499, 250], [1]]


def test_page_ends_in_a_paragraph_that_would_make_it_too_long():
    assert sizes(Block(words(400)), Block(words(500), starts=False)) == [[400, 500]]
    assert sizes(Block(words(400)), Block(words(501), starts=False)) == [[400], [501]]


def test_line_that_begins_nothing_stays_on_its_page():
    assert sizes(Block(words(600)), Block(words(5), starts=False)) == [[600, 5]]
    assert sizes(Block(words(600)), Block(words(5))) == [[600], [5]]


def test_endless_paragraph_is_parted():
    assert sizes(Block(words(2 * MOST_WORDS + 1))) == [[MOST_WORDS], [MOST_WORDS], [1]]
    assert sizes(Block(words(MOST_WORDS))) == [[MOST_WORDS]]


def test_heading_begins_a_page_where_the_one_before_has_something_on_it():
    assert sizes(Block(words(30)), Block("Whales", level=1)) == [[30], [1]]
    assert sizes(Block(words(29)), Block("Whales", level=1)) == [[29, 1]]
    assert sizes(Block(words(119)), Block("Whales", level=3)) == [[119, 1]]
    assert sizes(Block(words(120)), Block("Whales", level=3)) == [[120], [1]]


def test_heading_stays_with_what_it_is_the_heading_of():
    blocks = [Block(words(200)), Block("Part", level=1), Block("Chapter", level=2), Block(words(890))]
    assert sizes(*blocks) == [[200], [1, 1, 890]]


def test_page_begins_where_a_block_says_so():
    assert sizes(Block("one"), Block("two", opens=True), Block("three")) == [[1], [1, 1]]
    assert sizes(Block("Heading", level=1), Block("two", opens=True)) == [[1], [1]]
    assert sizes() == []


def test_names_lead_to_the_page_of_their_block_and_the_first_of_a_name_counts():
    found = paged(
        [
            Block(words(600), anchors=("top", "a")),
            Block(words(1000), anchors=("b",)),
            Block("end", anchors=("a", "c"), opens=True),
        ]
    )
    assert found.anchors == {"top": 1, "a": 1, "b": 2, "c": 4}


def test_title_and_outline_of_pages_are_those_of_their_headings():
    found = paged([Block("Sea", level=1), Block("Whales", level=2), Block("text"), Block("no more", opens=True)])
    assert (found.raw(1).title, found.raw(2).title) == ("Sea", "")
    assert found.headings() == [OutlineMark(1, "Sea", 1), OutlineMark(2, "Whales", 1)]
    assert paged([Block("x" * 400, level=1)]).headings()[0].title == "x" * 300


def test_line_of_a_listing_keeps_the_spaces_before_it():
    assert line(Block("\tif x:", kind="code")).text == "    if x:"
    assert line(Block("  if  x:", kind="code")).text == "  if x:"
    assert line(Block("  text")).text == "text"
    assert line(Block("   ", kind="code")).words == []


def test_flowing_page_has_its_headings_by_their_size_and_paragraphs_apart():
    found = paged([Block("Sea", level=1), Block("Ice", level=6), Block("one"), Block("two", starts=False)])
    page = flowing.clean(found.raw(1))
    assert page.text == "Sea\n\nIce\n\none\ntwo"
    assert [(head.title, head.rank, page.text[head.start : head.end]) for head in page.headings] == [
        ("Sea", 1, "Sea"),
        ("Ice", 6, "Ice"),
    ]
    assert flowing.clean(RawPage()).text == ""


@pytest.mark.parametrize(("width", "is_flowing"), [(0.0, True), (595.0, False)])
def test_page_without_measures_is_flowing(width, is_flowing):
    assert flowing.is_flowing(RawPage(width=width)) is is_flowing


def test_larger_line_than_any_level_is_of_the_first_rank():
    page = RawPage(lines=[PageLine([PageWord("Sea", 0, 0, 0, 0)], 40.0)])
    assert flowing.clean(page).headings[0].rank == 1


def levels(*given_: int) -> list[int]:
    return [mark.level for mark in tidied(OutlineMark(level, f"t{n}", n + 1) for n, level in enumerate(given_))]


def test_levels_that_are_passed_over_are_closed_up():
    assert levels(1, 3, 3, 6, 2, 1) == [1, 2, 2, 3, 2, 1]
    assert levels(4, 4, 2, 3) == [1, 1, 1, 2]
    assert levels() == []


def test_entries_without_a_title_and_repeated_ones_are_left_out():
    marks = [OutlineMark(1, "Sea", 1), OutlineMark(1, "Sea", 1), OutlineMark(2, "", 2), OutlineMark(1, "Sea", 2)]
    assert tidied(marks) == (OutlineMark(1, "Sea", 1), OutlineMark(1, "Sea", 2))


@given(st.lists(st.integers(1, 6), max_size=12))
def test_no_entry_is_more_than_one_deeper_than_the_one_before(given_):
    found = levels(*given_)
    assert not found or found[0] == 1
    assert all(other <= one + 1 for one, other in pairwise(found))


blocks_ = st.lists(
    st.builds(
        lambda count, level, starts, opens: Block(words(count), "text", level, starts, (), opens),
        st.integers(1, 2000),
        st.sampled_from([0, 0, 0, 1, 2, 5]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=12,
)


@given(blocks_)
def test_nothing_is_lost_and_no_page_is_much_too_long(given_):
    pages = sizes(*given_)
    assert sum(map(sum, pages)) == sum(len(block.text.split()) for block in given_)
    assert all(pages)
    assert all(sum(page) <= 2 * MOST_WORDS + 1200 for page in pages)
