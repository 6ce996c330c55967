"""A word that the end of a page parts is whole on the page on which it begins; all others stay where they stand."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.cleaning.flow import WordCounts
from rag.ingest.cleaning.over_pages import with_whole_words
from rag.ingest.model.clean import CleanPage, PageHeading, WordBox

COPY = "Whoever wrote it has the copy-"
RIGHT = "right in it, by law. The end."


def page(text: str, *titles: str) -> CleanPage:
    """A page whose words all have places: the number of the word from the left."""
    found = list(re.finditer(r"\S+", text))
    boxes = [WordBox(word.start(), word.end(), number, 0, number + 1, 1) for number, word in enumerate(found)]
    headings = [PageHeading(text.index(title), text.index(title) + len(title), title, 1) for title in titles]
    return CleanPage(text, boxes, headings)


def read(*pages: CleanPage, seen: str = "") -> list[CleanPage]:
    words = WordCounts()
    words.seen.update(seen.split())
    given_ = list(with_whole_words(enumerate(pages), words))
    assert [number for number, _page in given_] == list(range(len(pages)))
    return [one for _number, one in given_]


def texts(*pages: str, seen: str = "") -> list[str]:
    return [one.text for one in read(*map(page, pages), seen=seen)]


def test_word_is_whole_on_the_page_on_which_it_begins():
    assert texts(COPY, RIGHT) == ["Whoever wrote it has the copyright", "in it, by law. The end."]
    assert texts("the copy\u00ad", "right.") == ["the copyright.", ""]


@pytest.mark.parametrize(
    "notes", ["1 A note.", "1 A note.\n\n2 Another, that is longer.", "* By the editor.", "Figure 2. A page."]
)
@pytest.mark.parametrize(
    "figure", ["", "Figure 3. A long caption of a figure, with as many words as it may have.", "x\n\ny"]
)
def test_notes_and_figures_may_stand_between_its_parts(notes, figure):
    first, second = texts(f"{COPY}\n\n{notes}", f"{figure}\n\n{RIGHT}".lstrip())
    assert first == f"Whoever wrote it has the copyright\n\n{notes}"
    assert second == f"{figure}\n\nin it, by law. The end.".lstrip()


def test_pages_of_figures_alone_may_stand_between_its_parts():
    assert texts(COPY, "Figure 3. Whales.", "", RIGHT)[0].endswith("copyright")
    assert texts(COPY, "A", "B", "C", RIGHT)[0].endswith("copy-"), "not for ever"
    assert (
        texts(COPY, "Prose that has nothing to do with any figure, and goes on for quite a while here.", RIGHT)[0]
        == COPY
    )


@pytest.mark.parametrize(
    ("seen", "word"),
    [
        ("well-known", "well-known"),
        ("wellknown", "wellknown"),
        ("well well known known", "well-known"),
        ("", "wellknown"),
    ],
)
def test_hyphen_stays_where_the_book_writes_it(seen, word):
    assert texts("It is well-", "known.", seen=seen)[0] == f"It is {word}."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("It is pre-", "and post-war."),
        ("It is a -", "mark."),
        ("It is copy", "right."),
        (COPY, "Right in it."),
        (COPY, "3 rights."),
        (COPY, ""),
        ("Numbers 1-", "right."),
        (f"{COPY}\n\nA paragraph of text that ends.", RIGHT),
        (COPY, f"A paragraph of text that is longer than any label of a figure can be, so it is text.\n\n{RIGHT}"),
    ],
)
def test_what_is_no_parted_word_stays(before, after):
    assert texts(before, after) == [before, after]


def test_pages_whose_words_have_no_places_stay():
    pages = [CleanPage(COPY), CleanPage(RIGHT)]
    assert read(*pages) == pages
    assert read(page(COPY), CleanPage(RIGHT))[0].text == COPY


def test_places_and_headings_go_along():
    first, second = read(page(f"Law\n\n{COPY}\n\n1 A note.", "Law"), page(f"{RIGHT}\n\nWhales\n\nThey sing.", "Whales"))
    assert [first.text[box.start : box.end] for box in first.boxes] == first.text.split()
    assert [second.text[box.start : box.end] for box in second.boxes] == second.text.split()
    assert [box.x0 for box in second.boxes] == list(range(1, 10)), "each word where it stood"
    for one in (first, second):
        assert [one.text[head.start : head.end] for head in one.headings] == [head.title for head in one.headings]


def test_heading_at_the_head_of_the_next_page_ends_the_search():
    pages = [page(COPY), page("whales\n\nThey sing.", "whales")]
    assert read(*pages) == pages


@given(st.lists(st.text(alphabet="ab-\n .1A", max_size=20), min_size=1, max_size=5))
def test_whatever_the_pages_no_letter_is_lost_and_every_place_is_that_of_a_word(pages):
    found = read(*map(page, pages))
    letters = [sorted(re.sub(r"[\s-]", "", "".join(text))) for text in (pages, [one.text for one in found])]
    assert letters[0] == letters[1]
    for one in found:
        assert all(len(one.text[box.start : box.end].split()) == 1 for box in one.boxes)
