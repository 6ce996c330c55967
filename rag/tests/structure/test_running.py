"""Running lines go, the book stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from rag.ingest.cleaning import Survey
from rag.ingest.model.raw import RawPage
from rag.tests.pdfs import CHAPTERS
from rag.tests.raw_pages import Press

BODY = ["\n\n".join(paragraphs) for paragraphs in CHAPTERS]
SENTENCE = "Remember that every rule has its exception, and that this one is no exception to it."
ROMAN = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"]
HEAD, FOOT = 40, 760


def cleaned(pages: Sequence[RawPage]) -> list[str]:
    survey = Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    return [survey.clean(number, page).text for number, page in enumerate(pages, start=1)]


def book(
    count: int, edges: Callable[[Press, int], object], label: Callable[[int], str] = lambda n: ""
) -> list[RawPage]:
    """Pages of the four chapters in turn; ``edges`` prints what runs above and below them."""
    pages = []
    for n in range(count):
        press = Press(label(n))
        for paragraph in CHAPTERS[n % 4]:
            press.paragraph(paragraph)
        edges(press, n)
        pages.append(press.page)
    return pages


def expected(count: int) -> list[str]:
    return [BODY[n % 4] for n in range(count)]


def test_header_footer_and_page_number_are_dropped_from_every_page():
    pages = book(12, lambda press, n: press.at(HEAD, "A Small Reader", size=9).at(FOOT, str(n + 1)))
    assert cleaned(pages) == expected(12)


def test_left_and_right_pages_may_have_headers_of_their_own():
    heads = ["The Author", "The Title of the Book"]
    pages = book(12, lambda press, n: press.at(HEAD, f"{heads[n % 2]} {n + 20}" if n % 2 else f"{n + 20} {heads[0]}"))
    assert cleaned(pages) == expected(12)


def test_header_that_changes_with_the_chapter_is_dropped():
    pages = book(21, lambda press, n: press.at(HEAD, f"Chapter {1 + n // 7}. Of Things {'ABC'[n // 7]}"))
    assert cleaned(pages) == expected(21)


def test_header_of_a_chapter_of_one_page_is_known_by_its_place_and_look():
    titles = ["Seals"] * 6 + ["Bears"] + ["Owls"] * 6 + ["Mice"] * 2
    pages = book(15, lambda press, n: press.at(HEAD, titles[n], italic=True))
    assert cleaned(pages) == expected(15)


@pytest.mark.parametrize("form", ["STATISTICS{}", "{}STATISTICS", "Of Mills{}", "STATISTIK{}"])
def test_title_and_page_number_may_stand_without_a_space(form):
    pages = book(9, lambda press, n: press.at(HEAD, form.format(n + 339) if n % 2 else "The Author", size=9))
    assert cleaned(pages) == expected(9)


def test_words_that_end_in_numbers_but_count_no_pages_stay():
    heads = ["STATISTICS17", "STATISTICS3", "STATISTICS88", "STATISTICS4"]
    pages = book(4, lambda press, n: press.at(HEAD, heads[n]))
    assert [page.split("\n")[-1] for page in cleaned(pages)] == heads


@pytest.mark.parametrize("form", ["rivers.indd {} 12/3/09 10:2{}:13 AM", "Rivers_4th.qxd  Page {} 12.3.2009 1{}:02"])
def test_slugs_of_printers_are_no_text(form):
    pages = book(5, lambda press, n: press.at(FOOT + 25, form.format(n + 12, n), size=10))
    assert cleaned(pages) == expected(5)


def test_header_whose_title_changes_every_page_is_known_by_its_page_number():
    titles = ["Seals", "Bears", "Owls", "Foxes", "Mice", "Deer", "Hares", "Crows"]
    pages = book(8, lambda press, n: press.at(HEAD, f"{titles[n]} | Page {n + 11}"))
    assert cleaned(pages) == expected(8)
    apart = book(8, lambda press, n: press.at(HEAD, titles[n]).at(HEAD, str(n + 11), x=500))
    assert cleaned(apart) == expected(8)


@pytest.mark.parametrize("form", ["{}", "- {} -", "Page {}", "[{}]", "{} / 340", "Page {} of 340", "A-{}", "3-{}"])
def test_page_numbers_are_dropped_however_they_are_written(form):
    assert cleaned(book(8, lambda press, n: press.at(FOOT, form.format(n + 7)))) == expected(8)


def test_roman_page_numbers_and_those_after_them_are_dropped():
    pages = book(20, lambda press, n: press.at(FOOT, ROMAN[n] if n < 10 else str(n - 9)))
    assert cleaned(pages) == expected(20)


def test_number_of_an_opening_page_stands_elsewhere_and_is_dropped():
    pages = book(12, lambda press, n: press.at(FOOT if n == 5 else HEAD, str(n + 1)))
    assert cleaned(pages) == expected(12)


def test_number_that_the_file_gives_a_page_is_dropped_even_where_it_stands_alone():
    pages = book(2, lambda press, n: press.at(FOOT, ["iii", "17"][n]), label=lambda n: ["iii", "17"][n])
    assert cleaned(pages) == expected(2)


def test_sentence_that_repeats_in_the_body_stays():
    pages = []
    for n in range(12):
        press = Press().at(HEAD, "Header").at(FOOT, str(n))
        press.paragraph(SENTENCE).paragraph(CHAPTERS[n % 4][0]).paragraph(SENTENCE)
        pages.append(press.page)
    for page in cleaned(pages):
        assert page.count(SENTENCE) == 2
        assert "Header" not in page


def test_short_line_that_repeats_above_the_text_of_every_page_stays():
    pages = []
    for n in range(12):
        press = Press().at(HEAD, "Header", size=8)
        press.paragraph("Read this first:").paragraph(CHAPTERS[n % 4][0])
        pages.append(press.page)
    assert all(page.startswith("Read this first:") for page in cleaned(pages))


def test_years_and_numbers_at_the_foot_that_do_not_count_pages_stay():
    years = [1789, 1815, 1830, 1848, 1871]
    pages = book(5, lambda press, n: press.at(FOOT, str(years[n])))
    assert [page.split("\n\n")[-1] for page in cleaned(pages)] == list(map(str, years))


def test_chapter_headings_that_differ_only_in_their_number_stay():
    pages = []
    for n in range(10):
        press = Press().at(FOOT, str(n + 1))
        press.y = HEAD
        pages.append(press.heading(f"Chapter {n + 1}", size=18).paragraph(CHAPTERS[n % 4][0]).page)
    assert [page.split("\n\n")[0] for page in cleaned(pages)] == [f"Chapter {n + 1}" for n in range(10)]


def test_title_of_a_slide_that_goes_on_over_three_pages_stays():
    pages = [Press().at(HEAD, "Results so far", size=24).paragraph(CHAPTERS[n][0]).page for n in range(3)]
    assert all(page.startswith("Results so far") for page in cleaned(pages))


def test_notice_in_the_margin_of_every_page_goes_even_if_it_is_a_sentence():
    notice = "This copy is licensed to the library of the town and may not be sold."
    assert cleaned(book(10, lambda press, n: press.at(FOOT + 20, notice))) == expected(10)
    few = cleaned(book(4, lambda press, n: press.at(FOOT + 20, notice)))
    assert all(page.endswith(notice) for page in few)  # four times may be the author's own


def test_header_and_footer_of_several_rows_go():
    def edges(press: Press, n: int) -> None:
        press.at(28, "National Library", size=8).at(40, f"Report {2020 + n // 6}", size=8)
        press.at(750, "Confidential", size=8).at(764, str(n + 1), size=8)

    assert cleaned(book(12, edges)) == expected(12)


def test_headers_of_a_dictionary_that_never_repeat_go():
    words = ["aback", "badge", "cabin", "dairy", "eager", "fable", "gavel", "habit", "icing", "joker"]
    pages = book(10, lambda press, n: press.at(HEAD, words[n], size=8, bold=True))
    assert cleaned(pages) == expected(10)


def test_short_book_without_running_lines_is_left_alone():
    assert cleaned(book(4, lambda press, n: None)) == expected(4)
    assert cleaned([Press().paragraph("One page only.").page]) == ["One page only."]
    assert cleaned([RawPage(), RawPage(600, 800)]) == ["", ""]


def test_page_with_nothing_but_its_number_is_empty():
    pages = book(6, lambda press, n: press.at(FOOT, str(n + 1)))
    pages[3] = Press().at(FOOT, "4").page
    assert cleaned(pages)[3] == ""


def test_pages_without_measures_lose_what_repeats_at_their_ends():
    pages = book(8, lambda press, n: None)
    for n, page in enumerate(pages):
        page.width = page.height = 0.0
        head, foot = Press().at(0, "RFC 2616 HTTP/1.1").page.lines, Press().at(0, f"Fielding [Page {n + 1}]").page.lines
        page.lines = [*head, *page.lines, *foot]
        for line in page.lines:
            for word in line.words:
                word.x0 = word.x1 = word.y0 = word.y1 = 0.0
    assert cleaned(pages) == expected(8)


def test_same_pages_give_the_same_text():
    pages = book(12, lambda press, n: press.at(HEAD, "A Small Reader").at(FOOT, str(n + 1)))
    assert cleaned(pages) == cleaned(pages)
