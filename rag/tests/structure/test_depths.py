"""How deep sections lie, where their titles are found, and which outlines are believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.model.clean import CleanPage, CleanSection, PageHeading, WordBox
from rag.ingest.model.raw import OutlineMark
from rag.ingest.structure.sections import find_title, sections


def heading_page(title: str, rank: int) -> CleanPage:
    return CleanPage(title, [], [PageHeading(0, len(title), title, rank)])


def levels(*titles: tuple[str, int]) -> list[int]:
    pages = [(number, heading_page(*title)) for number, title in enumerate(titles, start=1)]
    return [section.level for section in sections((), pages)]


def blank(count: int) -> list[tuple[int, CleanPage]]:
    return [(number, CleanPage("Text.")) for number in range(1, count + 1)]


def test_unnumbered_look_between_two_numbered_ones_is_above_what_is_smaller():
    titles = [("1 Whales", 1), ("A word on krill", 2), ("1.1 Blue", 3), ("1.2 Grey", 3), ("2 Seals", 1)]
    assert levels(*titles) == [1, 2, 3, 3, 1]


def test_look_above_all_numbered_ones_stands_over_them():
    titles = [
        ("The Sea", 1),
        ("1 Whales", 2),
        ("2 Seals", 2),
        ("The Land", 1),
        ("3 Bears", 2),
        ("The Air", 1),
        ("4 Owls", 2),
    ]
    assert levels(*titles) == [1, 2, 2, 1, 2, 1, 2]


def test_plain_number_in_a_deep_look_does_not_lift_it():
    """*3 Steps* among headings of the third level is no chapter."""
    titles = [("1 Whales", 1), ("1.1 Blue", 2), ("1.1.1 Size", 3), ("1.1.2 Food", 3), ("3 Steps", 3), ("2 Seals", 1)]
    assert levels(*titles) == [1, 2, 3, 3, 3, 1]


def test_number_with_a_point_or_a_word_counts_in_any_look():
    titles = [("1 Whales", 1), ("1.1 Blue", 2), ("1.1.1 Size", 3), ("1.1.2 Food", 3), ("Chapter 2 Seals", 3)]
    assert levels(*titles) == [1, 2, 3, 3, 1]


def test_several_parts_stand_above_their_chapters_even_at_the_beginning():
    titles = [("Part I Sea", 1), ("1 Whales", 2), ("Part II Land", 1), ("2 Bears", 2)]
    assert levels(*titles) == [1, 2, 1, 2]


def test_part_that_comes_late_is_a_part_though_it_is_the_only_one():
    titles = [("1 Whales", 2), ("2 Seals", 2), ("3 Krill", 2), ("Part II Land", 1), ("4 Bears", 2)]
    assert levels(*titles) == [1, 1, 1, 1, 2]


def test_title_of_a_section_is_cut_where_it_is_endless():
    found = sections((), [(1, heading_page("x" * 400, 1))])
    assert [len(section.title) for section in found] == [300]
    found = sections([OutlineMark(1, "x" * 400, 1)], blank(1))
    assert (len(found[0].title), len(found[0].path[0])) == (300, 300)


@pytest.mark.parametrize(
    "titles",
    [
        ("Page 1", "Page 2"),
        ("Seite 1", "Seite 2"),
        ("p. 1", "p. 2"),
        ("Slide-1", "Slide-2"),
        ("img_0001.jpg", "img_0002.jpg"),
        ("cover.pdf", "body.pdf"),
        ("12", "13"),
        ("Page 1", "Page 2", "Whales"),
    ],
)
def test_outline_of_names_that_say_nothing_gives_way_to_the_headings(titles):
    marks = [OutlineMark(1, title, number) for number, title in enumerate(titles, start=1)]
    pages = [(number, heading_page(f"Of matter {number}", 1)) for number in (1, 2, 3)]
    assert [section.title for section in sections(marks, pages)] == ["Of matter 1", "Of matter 2", "Of matter 3"]


def test_outline_with_half_of_its_entries_named_is_believed():
    marks = [OutlineMark(1, title, number) for number, title in enumerate(("Page 1", "Whales"), start=1)]
    assert [section.title for section in sections(marks, blank(2))] == ["Page 1", "Whales"]


def test_outline_of_many_entries_that_leads_to_one_page_of_a_long_book_is_none():
    marks = [OutlineMark(1, f"Chapter {number}", 1) for number in (1, 2, 3)]
    pages = [*blank(20), (21, heading_page("Of Whales", 1))]
    assert [section.title for section in sections(marks, pages)] == ["Of Whales"]
    assert len(sections(marks, pages[:20])) == 3


def test_thin_outline_of_a_long_book_is_kept_where_the_text_has_no_more():
    marks = [OutlineMark(1, "Whales", 1), OutlineMark(1, "Seals", 20)]
    assert len(sections(marks, blank(30))) == 2
    more = [(number, heading_page(f"Of matter {number}", 1)) for number in range(1, 31)]
    assert len(sections(marks, more)) == 30


def test_entries_of_an_outline_without_a_title_or_a_page_are_left_out():
    marks = [OutlineMark(1, " \n", 1), OutlineMark(1, "Nowhere", 0), OutlineMark(1, "  On\n Whales ", 1)]
    assert [section.title for section in sections(marks, blank(1))] == ["On Whales"]


def test_entry_beyond_the_last_page_begins_on_the_last():
    assert [section.page for section in sections([OutlineMark(1, "Whales", 9)], blank(3))] == [3]


def test_height_that_the_outline_says_counts_below_what_was_found_before():
    boxes = [WordBox(0, 4, 70, 100, 80, 110), WordBox(10, 15, 70, 300, 80, 310), WordBox(20, 25, 70, 500, 80, 510)]
    text = "Fish      xxxxx     yyyyy"
    marks = [OutlineMark(1, "Fish", 1), OutlineMark(1, "Birds", 1, 0.0), OutlineMark(1, "Bees", 1, 9_000.0)]
    found = sections(marks, [(1, CleanPage(text, boxes))])
    assert [(section.title, section.start) for section in found] == [("Fish", 0), ("Bees", 0), ("Birds", 10)]


@pytest.mark.parametrize(
    ("title", "text", "start"),
    [
        ("Whales", "Of whales.\n\nWhales\n\nText.", 12),
        ("2.1 Whales", "Text.\n\n2.1  WHALES and more", 7),
        ("Whales and Seals", "Whales\nand  seals\n\nText.", 0),
        ("Äpfel", "Text.\nApfel", 6),
        ("Whale's Way", "Whale’s Way", 0),
        ("Whale", "Whales\n\nText.", None),
        ("Whales", "Text of Whales", None),
        ("Whales", "", None),
        ("…", "…", None),
        ("Whales", "3. Whales", 0),
        ("Whales", "Three. Whales", None),
    ],
)
def test_title_is_found_where_a_line_begins_with_it(title, text, start):
    found = find_title(title, CleanPage(text))
    assert (found[0] if found else None) == start


def test_sign_that_only_the_outline_has_does_not_hide_a_heading():
    text = "Text.\n\nProofs"
    assert find_title("A Proofs", CleanPage(text, [], [PageHeading(7, 13, "Proofs", 1)])) == (7, 13)


def test_title_among_the_headings_goes_before_the_same_words_in_the_text():
    text = "Whales\n\nText.\n\nWhales"
    page = CleanPage(text, [], [PageHeading(15, 21, "Whales", 1)])
    assert find_title("Whales", page) == (15, 21)
    assert find_title("Whales", CleanPage(text), behind=6) == (15, 21)
    assert find_title("Whales", CleanPage(text), behind=21) == (0, 6)


marks_ = st.builds(OutlineMark, st.integers(1, 6), st.text("ab 1.", max_size=8), st.integers(0, 6))
pages_ = st.lists(
    st.lists(st.tuples(st.sampled_from(["1 Sea", "1.1 Ice", "Part I", "Owls", "IV. Bees"]), st.integers(1, 4))),
    max_size=4,
)


def built(headings: list[tuple[str, int]]) -> CleanPage:
    text = "\n\n".join(title for title, _ in headings)
    found, at = [], 0
    for title, rank in headings:
        found.append(PageHeading(at, at + len(title), title, rank))
        at += len(title) + 2
    return CleanPage(text, [], found)


@given(st.lists(marks_, max_size=6), pages_)
def test_whatever_the_outline_and_headings_sections_are_in_order_with_whole_paths(marks, headings):
    found = sections(marks, [(number, built(page)) for number, page in enumerate(headings, start=1)])
    assert [(s.page, s.start) for s in found] == sorted((s.page, s.start) for s in found)
    assert all(whole(section) for section in found)


def whole(section: CleanSection) -> bool:
    return section.level == len(section.path) >= 1 and section.path[-1] == section.title and section.page >= 1
