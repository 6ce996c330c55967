"""Sections from the outline, or from headings."""

from __future__ import annotations

from rag.ingest.model.clean import CleanPage, CleanSection, PageHeading, WordBox
from rag.ingest.model.raw import OutlineMark
from rag.ingest.structure.sections import sections
from rag.ingest.structure.titles import folded

TEXT = (
    "So much was said before.\n\n2.1 Whales & Seals\n\nThe whale is large. Trees are tall.\n\nTrees\n\nTrees are tall."
)


def page(text: str, *titles: tuple[str, int]) -> CleanPage:
    heads = [PageHeading(text.index(title), text.index(title) + len(title), title, rank) for title, rank in titles]
    return CleanPage(text, [], heads)


def paths(found: list[CleanSection]) -> list[tuple[str, ...]]:
    return [section.path for section in found]


def test_title_of_the_outline_is_found_on_its_page():
    marks = [OutlineMark(1, "Animals", 1), OutlineMark(2, "Whales & seals", 2), OutlineMark(2, "Trees", 2)]
    found = sections(marks, [(1, page("Animals\n\nText.")), (2, page(TEXT))])
    assert [(s.page, s.start) for s in found] == [(1, 0), (2, TEXT.index("2.1")), (2, TEXT.index("Trees\n"))]
    assert paths(found)[1] == ("Animals", "Whales & seals")
    assert [s.level for s in found] == [1, 2, 2]


def test_title_that_is_not_on_its_page_begins_at_the_height_that_the_outline_says_or_at_the_top():
    boxes = [WordBox(0, 2, 70, 100, 80, 110), WordBox(26, 29, 70, 300, 80, 310)]
    marks = [OutlineMark(1, "Fish", 1), OutlineMark(1, "Birds", 1, 290.0)]
    found = sections(marks, [(1, CleanPage(TEXT, boxes))])
    assert [s.start for s in found] == [0, 26]


def test_entry_that_leads_to_the_page_before_its_heading_is_put_right():
    marks = [OutlineMark(1, "Fish", 1), OutlineMark(1, "Birds", 1)]
    found = sections(marks, [(1, page("Fish\n\nText.", ("Fish", 1))), (2, page("Birds\n\nText.", ("Birds", 1)))])
    assert [(s.title, s.page) for s in found] == [("Fish", 1), ("Birds", 2)]


def test_same_title_twice_on_a_page_is_found_twice():
    text = "Exercises\n\nOne.\n\nBirds\n\nExercises\n\nTwo."
    heads = [PageHeading(0, 9, "Exercises", 2), PageHeading(24, 33, "Exercises", 2)]
    marks = [OutlineMark(1, "Exercises", 1), OutlineMark(1, "Birds", 1), OutlineMark(1, "Exercises", 1)]
    found = sections(marks, [(1, CleanPage(text, [], heads))])
    assert [text[s.start :][:5] for s in found] == ["Exerc", "Birds", "Exerc"]
    assert found[2].start == 24


def test_outline_that_only_names_pages_or_files_is_none():
    pages = [(1, page("Fish\n\nText.", ("Fish", 1))), (2, page("Birds\n\nText.", ("Birds", 1)))]
    for titles in (("Page 1", "Page 2"), ("scan0001.tif", "scan0002.tif"), ("1", "2")):
        marks = [OutlineMark(1, title, number) for number, title in enumerate(titles, start=1)]
        assert [s.title for s in sections(marks, pages)] == ["Fish", "Birds"]
    nowhere = [OutlineMark(1, "Fish", 0), OutlineMark(1, "Birds", 0)]
    assert [s.title for s in sections(nowhere, pages)] == ["Fish", "Birds"]


def test_outline_of_one_entry_gives_way_to_the_headings_of_a_long_book():
    pages = [(n, page(f"Chapter {n}\n\nText.", (f"Chapter {n}", 1))) for n in range(1, 31)]
    assert len(sections([OutlineMark(1, "The whole book", 1)], pages)) == 30
    assert len(sections([OutlineMark(1, "The whole book", 1)], pages[:5])) == 1


def test_numbers_say_how_deep_headings_are():
    titles = [
        ("Preface", 2),
        ("Part I Animals", 1),
        ("1 Whales", 2),
        ("1.1 Blue", 3),
        ("1.1.1 Size", 4),
        ("Food", 5),
        ("1.2 Grey", 3),
        ("2 Seals", 2),
        ("Part II Plants", 1),
        ("3 Trees", 2),
        ("Appendix A Tables", 2),
        ("Index", 2),
    ]
    found = sections((), [(n, page(title, (title, rank))) for n, (title, rank) in enumerate(titles, start=1)])
    assert [s.level for s in found] == [1, 1, 2, 3, 4, 5, 3, 2, 1, 2, 2, 2]
    assert found[5].path == ("Part I Animals", "1 Whales", "1.1 Blue", "1.1.1 Size", "Food")


def test_looks_say_how_deep_headings_without_numbers_are():
    titles = [("A Book", 1), ("Whales", 2), ("Blue", 3), ("Grey", 3), ("Seals", 2), ("Ringed", 3)]
    found = sections((), [(n, page(title, (title, rank))) for n, (title, rank) in enumerate(titles, start=1)])
    assert paths(found)[1:] == [("Whales",), ("Whales", "Blue"), ("Whales", "Grey"), ("Seals",), ("Seals", "Ringed")]


def test_book_without_headings_has_no_sections():
    assert sections((), [(1, page("Text."))]) == []
    assert sections((), []) == []


def test_titles_are_the_same_whatever_their_number_case_and_signs():
    assert folded("3.2. Newton’s  Method") == folded("NEWTON'S METHOD")
    assert folded("Chapter 4: Äpfel") == folded("apfel")
    assert folded("1984") == "1984"


def test_volume_on_the_title_page_is_the_book_and_stands_above_nothing():
    titles = [
        ("A Manual", 1),
        ("Volume I: Basics", 1),
        ("Chapter 1 Whales", 1),
        ("1.1 Blue", 2),
        ("Chapter 2 Seals", 1),
    ]
    found = sections((), [(n, page(title, (title, rank))) for n, (title, rank) in enumerate(titles, start=1)])
    assert [s.level for s in found] == [1, 1, 1, 2, 1]
