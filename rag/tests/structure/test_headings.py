"""Headings found in the text alone: looks, numbers, and what is none."""

from __future__ import annotations

from collections.abc import Sequence

from rag.ingest.cleaning import Survey
from rag.ingest.model.clean import CleanSection
from rag.ingest.model.raw import RawPage
from rag.ingest.structure.sections import sections
from rag.tests.pdfs import CHAPTERS
from rag.tests.raw_pages import Press

PROSE = [paragraph for chapter in CHAPTERS for paragraph in chapter]


def found(pages: Sequence[RawPage]) -> list[CleanSection]:
    survey = Survey()
    for number, page in enumerate(pages, start=1):
        survey.see(number, page)
    return sections((), [(number, survey.clean(number, page)) for number, page in enumerate(pages, start=1)])


def titles(pages: Sequence[RawPage]) -> list[tuple[int, str]]:
    return [(section.page, section.title) for section in found(pages)]


def filled(press: Press, n: int) -> Press:
    return press.paragraph(PROSE[n % 8]).paragraph(PROSE[(n + 3) % 8]).paragraph(PROSE[(n + 5) % 8])


def test_large_headings_are_found_with_their_pages_and_levels():
    pages = []
    for n in range(9):
        press = Press()
        if n % 3 == 0:
            press.heading(f"The Book of Chapter {'ABC'[n // 3]}", size=20)
        press.heading(f"Of Matters {'ABCDEFGHI'[n]}", size=13)
        pages.append(filled(press, n).page)
    sections_found = found(pages)
    assert len(sections_found) == 12
    assert [s.level for s in sections_found[:4]] == [1, 2, 2, 2]
    assert sections_found[5].path == ("The Book of Chapter B", "Of Matters D")


def test_bold_headings_of_the_size_of_the_text_are_found():
    pages = [filled(filled(Press(), n).heading(f"A small matter {n}", size=10), n + 1).page for n in range(6)]
    assert titles(pages) == [(n + 1, f"A small matter {n}") for n in range(6)]


def test_headings_in_another_font_are_found():
    pages = [
        filled(Press().heading(f"Matter {'ABCDEF'[n]}x", size=10, bold=False, font="Sans"), n).page for n in range(6)
    ]
    assert len(titles(pages)) == 6


def test_heading_of_two_lines_is_one():
    title = "A Very Long Title of a Chapter That Does Not Fit Into One Line and Goes On in the Next"
    pages = [filled(Press().heading(title if n == 2 else f"Short Title {n}", size=16), n).page for n in range(5)]
    assert titles(pages)[2] == (3, title)


def test_number_over_a_title_belongs_to_it():
    pages = []
    for n in range(6):
        press = Press().heading(f"Chapter {n + 1}", size=16).heading(f"Of the {PROSE[n].split()[0]} Matter", size=22)
        pages.append(filled(press, n).page)
    assert titles(pages)[1] == (2, f"Chapter 2 Of the {PROSE[1].split()[0]} Matter")
    assert len(titles(pages)) == 6
    large = [filled(Press().heading(str(n + 1), size=60).heading("Of Some Matter", size=22), n).page for n in range(6)]
    assert titles(large) == [(n + 1, f"{n + 1} Of Some Matter") for n in range(6)]


def test_chapters_without_titles_are_found():
    pages = [
        filled(Press().heading(f"CHAPTER {roman}", size=16), n).page for n, roman in enumerate(["I", "II", "III", "IV"])
    ]
    assert [title for _, title in titles(pages)] == ["CHAPTER I", "CHAPTER II", "CHAPTER III", "CHAPTER IV"]


def test_numbered_headings_in_the_look_of_the_text_are_found_by_their_order():
    numbers = ["1.1", "1.2", "1.2.1", "1.2.2", "1.3", "2.1"]
    pages = [filled(Press().lines(f"{number} Of a matter"), n).page for n, number in enumerate(numbers)]
    assert [title.split()[0] for _, title in titles(pages)][:5] == numbers[:5]


def test_captions_running_bold_and_drop_capitals_are_no_headings():
    pages = []
    for n in range(8):
        press = filled(Press(), n).paragraph(f"Figure {n}. Of something", bold=True)
        press.paragraph("Note well that this bold paragraph is a whole sentence of the text.", bold=True)
        pages.append(filled(press, n + 1).page)
    for page in pages:
        first = page.lines[0]
        first.size = 30.0
        first.words[0].y1 = first.words[0].y0 + 30
    assert titles(pages) == []


def test_lines_of_a_table_of_contents_are_no_headings_but_its_title_is():
    contents = Press().heading("Contents", size=18)
    for n in range(12):
        contents.lines(f"{n + 1} Chapter of some matter . . . . . . . . . . . {5 + 7 * n}")
        contents.page.lines[-1].bold = True
    pages = [contents.page, *(filled(Press().heading(f"{n + 1} Of Matter", size=18), n).page for n in range(5))]
    assert titles(pages) == [(1, "Contents"), *((n + 2, f"{n + 1} Of Matter") for n in range(5))]


def test_title_page_gives_one_heading_and_stands_above_nothing():
    cover = Press().heading("A History of Rain", size=36).heading("Second edition", size=18).heading("A. Drop", size=20)
    pages = [cover.page, *(filled(Press().heading(f"Of Rain {'abcde'[n]}", size=16), n).page for n in range(5))]
    sections_found = found(pages)
    assert [s.title for s in sections_found][:2] == ["A History of Rain", "Of Rain a"]
    assert all(s.level == 1 for s in sections_found)


def test_recognised_pages_whose_sizes_waver_give_only_what_is_clearly_larger():
    pages = []
    for n in range(10):
        press = Press()
        if n % 2 == 0:
            press.heading(f"Of Matter {'abcde'[n // 2]}", size=17 + n % 3, bold=False, font="")
        filled(press, n)
        page = press.page
        for place, line in enumerate(page.lines):
            line.font = ""
            line.size += [0.0, 0.6, -0.5, 1.0, -0.8][(place + n) % 5]
        page.source = "ocr"
        pages.append(page)
    assert [page for page, _ in titles(pages)] == [1, 3, 5, 7, 9]


def test_section_that_the_file_names_is_a_heading_with_and_without_its_words_on_the_page():
    pages = [filled(Press(), n).page for n in range(3)]
    pages[1] = filled(Press().lines("Of Whales"), 1).page
    for page, title in zip(pages, ["Foreword", "Of Whales", ""], strict=True):
        page.width = page.height = 0.0
        page.title = title
    assert titles(pages) == [(1, "Foreword"), (2, "Of Whales")]


def test_labels_of_drawings_formulas_and_letters_of_an_index_are_no_headings():
    pages = []
    for n in range(8):
        press = filled(Press(), n)
        for text in ("P y P", "x = 2 y", "3 a2 b", "A", "see www.example.org", "Figure 3"):
            press.heading(text, size=13)
        pages.append(filled(press.heading(f"4.{n + 1} Go", size=13), n + 1).page)
    assert [title for _, title in titles(pages)] == [f"4.{n + 1} Go" for n in range(8)]


def test_statements_with_numbers_are_no_sections_unless_they_are_larger_than_the_text():
    def pages(size: float) -> list[RawPage]:
        return [filled(filled(Press(), n).heading(f"Lemma {n + 1}", size=size), n + 2).page for n in range(8)]

    assert titles(pages(10)) == []
    assert len(titles(pages(14))) == 8
