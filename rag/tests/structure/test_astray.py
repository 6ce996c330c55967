"""Entries of an outline whose titles stand on another page than they say."""

from __future__ import annotations

import pytest

from rag.ingest.model.clean import CleanPage, PageHeading
from rag.ingest.model.raw import OutlineMark
from rag.ingest.structure.astray import AHEAD
from rag.ingest.structure.sections import sections

TEXT = "Much is said of the mill here."


def book(titles: dict[int, tuple[str, ...]], *, pages: int = 12, headings: bool = True) -> list[tuple[int, CleanPage]]:
    """Pages with titles over paragraphs."""
    found = []
    for number in range(1, pages + 1):
        text, heads = TEXT, []
        for title in titles.get(number, ()):
            start = len(text) + 2
            text += f"\n\n{title}\n\n{TEXT}"
            heads.append(PageHeading(start, start + len(title), title, 2))
        found.append((number, CleanPage(text, [], heads if headings else [])))
    return found


def placed(marks: list[OutlineMark], pages: list[tuple[int, CleanPage]]) -> list[tuple[str, int]]:
    """Each section and its page. That its title stands where it begins is checked for those that were found."""
    texts = dict(pages)
    found = sections(marks, pages)
    for section in found:
        begins = texts[section.page].text[section.start :]
        assert section.start == 0 or begins.startswith(section.title)
    return [(section.title, section.page) for section in found]


def marks(*entries: tuple[str, int]) -> list[OutlineMark]:
    return [OutlineMark(1, title, page, 100.0) for title, page in entries]


@pytest.mark.parametrize("headings", [True, False])
def test_titles_without_numbers_are_looked_for_behind_the_last_numbered_one(headings):
    """As LaTeX and pandoc lead them: all to the anchor of *Rivers*."""
    outline = marks(("Rivers", 2), ("Exercises", 2), ("Notes", 2), ("Mills", 8), ("Exercises", 8), ("Index", 8))
    pages = book(
        {2: ("Rivers",), 4: ("Exercises",), 6: ("Notes",), 8: ("Mills",), 9: ("Exercises", "Index")}, headings=headings
    )
    wanted = [("Rivers", 2), ("Exercises", 4), ("Notes", 6), ("Mills", 8), ("Exercises", 9), ("Index", 9)]
    assert placed(outline, pages) == wanted


def test_two_of_one_title_are_found_one_after_the_other():
    outline = marks(("Rivers", 2), ("Exercises", 2), ("Exercises", 2))
    found = placed(outline, book({2: ("Rivers",), 5: ("Exercises",), 7: ("Exercises",)}))
    assert found == [("Rivers", 2), ("Exercises", 5), ("Exercises", 7)]


def test_title_of_the_next_chapter_is_not_that_of_this_one():
    outline = marks(("Rivers", 2), ("Exercises", 2), ("Mills", 4), ("Exercises", 6))
    found = placed(outline, book({2: ("Rivers",), 4: ("Mills",), 6: ("Exercises",)}))
    assert found == [("Exercises", 2), ("Rivers", 2), ("Mills", 4), ("Exercises", 6)]


def test_heading_goes_before_a_line_that_says_the_same():
    pages = book({2: ("Rivers",), 6: ("Notes",)})
    pages[3] = (4, CleanPage(f"{TEXT}\n\nNotes\n\n{TEXT}"))
    assert placed(marks(("Rivers", 2), ("Notes", 2)), pages) == [("Rivers", 2), ("Notes", 6)]


@pytest.mark.parametrize("said", ["Notes on the text of this edition.", "See the Notes", "Notes 7"])
def test_line_that_says_more_than_the_title_is_none(said):
    pages = book({2: ("Rivers",)})
    pages[3] = (4, CleanPage(f"{TEXT}\n\n{said}\n\n{TEXT}"))
    assert placed(marks(("Rivers", 2), ("Notes", 2)), pages) == [("Notes", 2), ("Rivers", 2)]


def test_heading_on_the_page_before_is_found_and_none_further_back():
    assert placed(marks(("Notes", 5)), book({4: ("Notes",)})) == [("Notes", 4)]
    assert placed(marks(("Notes", 5)), book({3: ("Notes",)})) == [("Notes", 5)]


def test_title_is_looked_for_in_a_part_of_the_book_only():
    for far, page in ((AHEAD, AHEAD + 1), (AHEAD + 1, 1)):
        pages = book({far + 1: ("Notes",)}, pages=AHEAD + 4)
        assert placed(marks(("Notes", 1)), pages) == [("Notes", page)]


def test_number_case_and_sign_do_not_hide_a_title():
    outline = marks(("Rivers", 1), ("A Proofs of all", 1))
    found = sections(outline, book({1: ("Rivers",), 4: ("PROOFS OF ALL",)}))
    assert [(section.title, section.page) for section in found] == [("Rivers", 1), ("A Proofs of all", 4)]


def test_outline_in_another_order_than_the_book_is_left_as_it_is():
    outline = marks(("Mills", 9), ("Rivers", 2), ("Notes", 2))
    found = placed(outline, book({9: ("Mills",), 2: ("Rivers",), 4: ("Notes",)}))
    assert sorted(found, key=lambda pair: pair[1]) == [("Rivers", 2), ("Notes", 4), ("Mills", 9)]


def test_long_outline_of_one_title_is_put_in_order_at_once():
    outline = marks(("Rivers", 2), *[("Notes", 1)] * 3000)
    found = sections(outline, book(dict.fromkeys(range(2, 40), ("Notes",)), pages=40))
    assert [section.page for section in found if section.start] == list(range(2, 40))
