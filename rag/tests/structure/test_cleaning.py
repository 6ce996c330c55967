"""Words, paragraphs and headings of a page as readers see them, and what is taken for a running line."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.ingest.cleaning import Survey, with_title
from rag.ingest.cleaning.flow import WordCounts
from rag.ingest.model.clean import CleanPage, PageHeading
from rag.ingest.model.raw import PageWord, RawPage
from rag.tests.pdfs import CHAPTERS
from rag.tests.raw_pages import Press

HEAD, FOOT = 40, 760


def cleaned(pages: Sequence[RawPage]) -> list[CleanPage]:
    survey = Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    return [survey.clean(number, page) for number, page in enumerate(pages, start=1)]


def texts(pages: Sequence[RawPage]) -> list[str]:
    return [page.text for page in cleaned(pages)]


def of_lines(*rows: str) -> str:
    return texts([Press().lines(*rows).page])[0]


def counted(text: str) -> WordCounts:
    counts = WordCounts()
    counts.see(Press().paragraph(text).page)
    return counts


@pytest.mark.parametrize(
    ("said", "is_whole"),
    [
        ("", True),
        ("nucleus", True),
        ("nucle-us", False),
        ("nucleus nucle-us", True),
        ("nucleus nucle-us nucle-us", False),
        ("(Nucleus), nucle-us", True),
        ("nucle us nucle us", False),
        ("nucle us", True),
    ],
)
def test_hyphen_at_the_end_of_a_line_is_what_the_rest_of_the_book_says(said, is_whole):
    assert counted(said).whole("nucle", "us") is is_whole


def test_book_of_very_many_words_goes_on_counting_those_it_knows():
    counts = WordCounts(most=2)
    counts.see(Press().paragraph("one two three two").page)
    assert (counts.seen["two"], counts.seen["three"]) == (2, 0)


@pytest.mark.parametrize(
    ("first", "rest", "text"),
    [
        ("all of the nucle-", "us, they say", "all of the nucleus, they say"),
        ("all of the nucle\u2010", "us they say", "all of the nucleus they say"),
        ("all of the nucle\u00ad", "Us they say", "all of the nucleUs they say"),
        ("all of the nucle-", "Us they say", "all of the nucle-Us they say"),
        ("from pages 10-", "12 they say", "from pages 10-12 they say"),
        ("all the pre-", "or post-war years", "all the pre- or post-war years"),
        ("all the Vor-", "und Nachteile sehen", "all the Vor- und Nachteile sehen"),
        ("all of the nucle -", "us they say", "all of the nucle - us they say"),
        ("all of the nucle-", "“us” they say", "all of the nucle- “us” they say"),
        ("die alte Fluß-", "überquerung ist da", "die alte Flußüberquerung ist da"),
        ("вся старая мель-", "ница стояла тут", "вся старая мельница стояла тут"),
    ],
)
def test_word_that_a_line_break_parts_is_as_it_was_meant(first, rest, text):
    assert of_lines(first, rest) == text


def test_word_of_three_lines_is_mended_twice():
    assert of_lines("all the un-", "be-", "lievable things") == "all the unbelievable things"


sign = st.sampled_from(["mill", "river-", "town.", "The", "a", "pre-", "and", "12", "—", "“old”", "e\u00ad", "Mühle"])


@settings(max_examples=60)
@given(st.lists(st.lists(sign, min_size=1, max_size=6), min_size=1, max_size=5), st.booleans())
def test_whatever_the_lines_no_word_is_lost_and_each_has_its_box(rows, is_code):
    page = Press().lines(*(" ".join(row) for row in rows), kind="code" if is_code else "text").page
    (made,) = cleaned([page])
    kept = "".join(made.text.split()).replace("-", "").replace("\u00ad", "")
    assert kept == "".join("".join(row) for row in rows).replace("-", "").replace("\u00ad", "")
    assert len(made.boxes) == sum(len(row) for row in rows)
    assert all(made.text[box.start : box.end].strip() for box in made.boxes)
    assert [(box.x0, box.y0) for box in made.boxes] == [
        (word.x0, word.y0) for line in page.lines for word in line.words
    ]


def test_bars_between_cells_have_no_box():
    (made,) = cleaned([Press().lines("Name | Size", kind="row").page])
    assert [made.text[box.start : box.end] for box in made.boxes] == ["Name", "Size"]


def headed(*titles: str) -> CleanPage:
    text = "\n\n".join(titles)
    found, at = [], 0
    for title in titles:
        found.append(PageHeading(at, at + len(title), title, 2))
        at += len(title) + 2
    return CleanPage(text, [], found)


def test_section_that_the_file_names_goes_before_the_headings_on_its_page():
    page = headed("Blue", "Grey")
    assert [(head.title, head.start, head.end) for head in with_title(" Of\nWhales ", page)] == [
        ("Of Whales", 0, 0),
        ("Blue", 0, 4),
        ("Grey", 6, 10),
    ]
    assert with_title("blue", page) == page.headings, "it is there already"


def test_section_whose_name_stands_in_the_first_line_is_marked_there():
    page = CleanPage("OF WHALES\nThey swim.", [], [])
    assert with_title("Of Whales", page) == [PageHeading(0, 9, "Of Whales", 1)]
    assert with_title("Of Seals", page) == [PageHeading(0, 0, "Of Seals", 1)]
    assert with_title("Of Seals", CleanPage("")) == [PageHeading(0, 0, "Of Seals", 1)]


def book(count: int, *, head: Sequence[str] = (), foot: Sequence[str] = (), size: float = 9.0) -> list[RawPage]:
    pages = []
    for n in range(count):
        press = Press()
        for paragraph in CHAPTERS[n % 4]:
            press.paragraph(paragraph)
        if head:
            press.at(HEAD, head[n % len(head)], size=size)
        if foot:
            press.at(FOOT, foot[n % len(foot)], size=size)
        pages.append(press.page)
    return pages


@pytest.mark.parametrize(("count", "goes"), [(2, False), (3, True), (4, True)])
def test_line_must_come_back_on_three_pages_to_be_a_running_one(count, goes):
    assert all("Whales and Men" not in text for text in texts(book(count, head=["Whales and Men"]))) is goes


def test_line_on_every_fifth_page_is_no_running_one():
    pages = book(20)
    for page in pages[::5]:
        page.lines.append(Press().at(HEAD, "Whales and Men", size=9).page.lines[0])
    assert sum("Whales and Men" in text for text in texts(pages)) == 4


@pytest.mark.parametrize("numbers", [["7", "3", "9", "1", "5", "2", "8", "4"], ["2024"], ["XX", "CM", "IV", "D"]])
def test_numbers_that_do_not_count_the_pages_stay(numbers):
    kept = texts(book(8, foot=numbers, size=10))
    assert all(text.endswith(numbers[n % len(numbers)]) for n, text in enumerate(kept))


@pytest.mark.parametrize("form", ["{}", "Seite {}", "p. {}", "– {} –", "({})", "{} of 90", "стр. {}"])
def test_numbers_that_do_go(form):
    pages = book(8, foot=[form.format(n + 31) for n in range(8)])
    assert texts(pages) == ["\n\n".join(CHAPTERS[n % 4]) for n in range(8)]


def test_page_numbers_that_begin_again_are_counted_from_there():
    pages = book(16, foot=[str(n % 8 + 1) for n in range(16)])
    assert texts(pages) == ["\n\n".join(CHAPTERS[n % 4]) for n in range(16)]


def test_running_line_from_right_to_left_goes_too():
    pages = book(8, head=["הים והלווייתנים"])
    assert texts(pages) == ["\n\n".join(CHAPTERS[n % 4]) for n in range(8)]


def test_page_that_holds_only_what_runs_is_empty():
    pages = book(8, head=["Whales and Men"])
    pages[4] = Press().at(HEAD, "Whales and Men", size=9).page
    assert texts(pages)[4] == ""


def test_words_of_a_running_line_are_no_words_of_the_text():
    pages = book(8, head=["Whales and Men"], foot=[str(n + 1) for n in range(8)])
    for page in cleaned(pages):
        assert all(page.text[box.start : box.end] not in {"Men", "Whales and"} for box in page.boxes)
        assert "".join(page.text.split()) == "".join(page.text[box.start : box.end] for box in page.boxes)


def test_word_without_a_place_is_read_beside_words_that_have_one():
    page = Press().paragraph("One sentence stands here.").page
    page.lines[0].words.append(PageWord("Really.", 0, 0, 0, 0))
    assert texts([page]) == ["One sentence stands here. Really."]
