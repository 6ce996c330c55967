"""Books set as PDFs."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from demo import FOLDER
from demo.build import BASE_FONTS, build_book
from demo.manuscript import curl

TEXT = """---
title: The Reader's Cell
author: Ann Lee
year: 2024
---

# Of "Cells"

## Small rooms

Robert Hooke called them *cells*, for they were like the rooms of monks.

- Every living thing is made of cells.
- Every cell comes from a cell.

![A cell that divides](figure:mitosis)

# Division

## In four steps

They divide.
"""
ASKED = "¿Qué se divide? ¡La célula, señora!"
SPANISH = TEXT.replace("year: 2024", "year: 2024\nlanguage: es").replace("They divide.", ASKED)
OUR_BOOKS = sorted(path for path in (FOLDER / "books").glob("*.md") if (FOLDER / "files" / f"{path.stem}.pdf").exists())
ARABIC = TEXT.replace("year: 2024", "year: 2024\nlanguage: ar").replace("![A cell that divides](figure:mitosis)", "")


@pytest.fixture
def opened():
    """Opens what was built, and closes it."""
    import pymupdf

    documents = []

    def open_(path):
        documents.append(pymupdf.open(path))
        return documents[-1]

    yield open_
    for document in documents:
        document.close()


@pytest.fixture
def built(tmp_path, opened):
    (tmp_path / "cell.md").write_text(TEXT)
    target = tmp_path / "not" / "yet" / "there" / "cell.pdf"
    pages = build_book(tmp_path / "cell.md", target)
    document = opened(target)
    assert pages == len(document)
    return document


def test_it_names_itself_and_no_day(built):
    told = built.metadata
    assert (told["title"], told["author"]) == ("The Reader’s Cell", "Ann Lee")
    assert told["creationDate"] == told["modDate"] == "D:20240101000000Z"


def test_its_contents_are_the_readers_outline(built):
    assert [(level, title) for level, title, _page in built.get_toc()] == [
        (1, "Of “Cells”"),
        (2, "Small rooms"),
        (1, "Division"),
        (2, "In four steps"),
    ]
    for _level, title, page in built.get_toc():
        assert title in built[page - 1].get_text()


def test_the_printed_contents_lead_where_they_say(built):
    (table,) = [page for page in built if page.get_text().startswith("Contents")]
    links = [link["page"] + 1 for link in table.get_links()]
    assert links == [page for _level, _title, page in built.get_toc()]


def test_its_text_can_be_read_and_searched_word_by_word(built):
    text = " ".join("".join(page.get_text() for page in built).split())
    assert "Robert Hooke called them cells, for they were like the rooms of monks." in text
    assert "• Every cell comes from a cell." in text
    assert "A cell that divides" in text
    assert "Anaphase" in text


def test_its_drawings_are_lines_and_every_letter_brings_its_font(built):
    (page,) = [page for page in built if "Anaphase" in page.get_text()]
    assert len(page.get_drawings()) > 20
    for number in range(len(built)):
        for font in built.get_page_fonts(number):
            assert built.extract_font(font[0])[3], f"{font[3]} is not in the file"


def test_italics_are_set_in_italics(built):
    spans = [
        span
        for page in built
        for block in page.get_text("dict")["blocks"]
        for line in block.get("lines", ())
        for span in line["spans"]
    ]
    assert {span["font"].lower().find("ital") >= 0 for span in spans if span["text"].strip() == "cells"} == {True}


def test_the_same_text_gives_the_same_bytes(tmp_path):
    (tmp_path / "cell.md").write_text(TEXT)
    for name in ("one.pdf", "two.pdf"):
        build_book(tmp_path / "cell.md", tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_text_that_cannot_be_read_leaves_no_file(tmp_path):
    (tmp_path / "cell.md").write_text(TEXT.replace("figure:mitosis", "figure:unicorn"))
    with pytest.raises(KeyError, match="unicorn"):
        build_book(tmp_path / "cell.md", tmp_path / "cell.pdf")
    assert not (tmp_path / "cell.pdf").exists()


def test_a_spanish_book_speaks_spanish_and_keeps_its_accents(tmp_path, opened):
    (tmp_path / "cell.md").write_text(SPANISH)
    build_book(tmp_path / "cell.md", tmp_path / "cell.pdf")
    document = opened(tmp_path / "cell.pdf")
    text = " ".join("".join(page.get_text() for page in document).split())

    assert document.language == "es"
    assert "Índice" in text
    assert "Capítulo 1" in text
    assert "Primera edición, 2024." in text
    assert ASKED in text
    assert not {"Contents", "Chapter", "First"} & set(text.split())


def test_a_book_in_a_language_that_the_house_does_not_speak_is_refused(tmp_path):
    (tmp_path / "cell.md").write_text(SPANISH.replace("language: es", "language: tlh"))
    with pytest.raises(KeyError, match="tlh"):
        build_book(tmp_path / "cell.md", tmp_path / "cell.pdf")


@pytest.mark.parametrize("source", OUR_BOOKS, ids=lambda path: path.stem)
def test_every_letter_of_a_book_is_in_its_type(source):
    import pymupdf

    fonts = [pymupdf.Font(name) for name in BASE_FONTS.values()]
    letters = {letter for letter in curl(source.read_text()) if not letter.isspace()}
    assert sorted(letter for letter in letters for font in fonts if not font.has_glyph(ord(letter))) == []


@pytest.mark.parametrize("source", OUR_BOOKS, ids=lambda path: path.stem)
def test_the_books_of_the_collection_are_set_from_their_texts(source, tmp_path, opened):
    build_book(source, tmp_path / "now.pdf")
    now, kept = opened(tmp_path / "now.pdf"), opened(FOLDER / "files" / f"{source.stem}.pdf")
    assert now.get_toc() == kept.get_toc()
    assert [page.get_text() for page in now] == [page.get_text() for page in kept]


def test_the_command_sets_every_text_and_says_so(tmp_path, monkeypatch, capsys):
    (tmp_path / "books").mkdir()
    for name in ("b-cell", "a-cell"):
        (tmp_path / "books" / f"{name}.md").write_text(TEXT)
    (tmp_path / "books" / "c-cell.md").write_text(ARABIC)
    (tmp_path / "books" / "notes.txt").write_text("no book")
    monkeypatch.setattr("demo.management.commands.build_books.FOLDER", tmp_path)
    call_command("build_books")
    assert capsys.readouterr().out.splitlines() == [
        "a-cell.pdf: 5 pages",
        "b-cell.pdf: 5 pages",
        "c-cell.epub: 2 chapters",
    ]
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == [
        "a-cell.pdf",
        "b-cell.pdf",
        "c-cell.epub",
    ]
