"""Plain texts: their encoding, their headings, their paragraphs."""

from __future__ import annotations

import io

import pytest

from rag.ingest.formats.flowing import clean
from rag.ingest.formats.plain import PlainText
from rag.ingest.sandbox.reader import Refused

PROSE = (
    "It was the best of times, it was the worst of times, it was the age\n"
    "of wisdom and of reason for all, and it was also the age of foolish-\n"
    "ness, it was the epoch of belief."
)


def opened(text: str | bytes, most_pages: int = 100) -> PlainText:
    content = text.encode() if isinstance(text, str) else text
    return PlainText(io.BytesIO(content), most_pages=most_pages)


def texts(book: PlainText) -> list[str]:
    return [clean(book.read(number)).text for number in range(1, book.facts.pages + 1)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_each_usual_encoding_is_read(encoding):
    text = "Fünf Äpfel fielen über Nacht, sagte sie – „und keiner war süß“.\r\n\r\nEnde."
    assert texts(opened(text.encode(encoding))) == [
        "Fünf Äpfel fielen über Nacht, sagte sie – „und keiner war süß“.\n\nEnde."
    ]


def test_wrapped_lines_become_paragraphs_and_verse_keeps_its_lines():
    verse = "Tyger Tyger,\nburning bright,\nIn the forests\nof the night;"
    assert texts(opened(f"{PROSE}\n\n{verse}\n\n{PROSE}"))[0].split("\n\n") == [
        "It was the best of times, it was the worst of times, it was the age of wisdom and of reason for all, "
        "and it was also the age of foolishness, it was the epoch of belief.",
        verse,
        "It was the best of times, it was the worst of times, it was the age of wisdom and of reason for all, "
        "and it was also the age of foolishness, it was the epoch of belief.",
    ]


def test_indented_lines_are_a_listing():
    book = opened(f"{PROSE}\n\n    if whale:\n        dive()\n\n{PROSE}")
    assert "    if whale:\n        dive()" in texts(book)[0]


@pytest.mark.parametrize(
    ("heading", "level", "title"),
    [
        ("CHAPTER IV. Of the Sea", 1, "CHAPTER IV. Of the Sea"),
        ("Chapter 4", 1, "Chapter 4"),
        ("# Whales", 1, "Whales"),
        ("Whales and men\n==============", 1, "Whales and men"),
        ("THE WHITENESS OF THE WHALE", 1, "THE WHITENESS OF THE WHALE"),
        ("3.1 On krill", 1, "3.1 On krill"),
        ("XII.", 1, "XII."),
        ("Act II", 1, "Act II"),
    ],
)
def test_headings_are_found(heading, level, title):
    book = opened(f"{PROSE}\n\n{heading}\n\n{PROSE}")
    assert [(mark.level, mark.title) for mark in book.facts.outline] == [(level, title)]
    assert title in texts(book)[book.facts.outline[0].page - 1].split("\n")


@pytest.mark.parametrize(
    "line",
    ["He said so.", "Chapter and verse are quoted, as they should be, by everybody who was ever there:", "3.5 kg,"],
)
def test_what_only_looks_like_a_heading_is_none(line):
    assert opened(f"{PROSE}\n\n{line}\n\n{PROSE}").facts.outline == ()


def test_parts_and_chapters_have_levels():
    book = opened(f"PART ONE\n\nChapter 1\n\n{PROSE}\n\nChapter 2\n\n{PROSE}\n\nPART TWO\n\nChapter 3\n\n{PROSE}")
    assert [mark.level for mark in book.facts.outline] == [1, 2, 2, 1, 2]


def test_pages_have_about_five_hundred_words_and_begin_at_headings():
    chapter = "\n\n".join([PROSE] * 40)
    book = opened(f"Chapter 1\n\n{chapter}\n\nChapter 2\n\n{chapter}")
    pages = texts(book)
    assert all(30 <= len(page.split()) <= 900 for page in pages)
    assert sum(len(page.split()) >= 400 for page in pages) >= 4
    assert [page.split("\n")[0] for page in pages if page.startswith("Chapter")] == ["Chapter 1", "Chapter 2"]
    assert sum(page.count("best of times") for page in pages) == 80


def test_form_feeds_part_the_pages():
    assert texts(opened("one\ftwo\n\nmore\f\ffour\f")) == ["one", "two\n\nmore", "", "four"]


def test_repeated_lines_stay():
    """Nothing runs along the edges of a text, so nothing is taken for it."""
    book = opened("\f".join(f"The same first line\n\nText {n}." for n in range(30)))
    assert all(page.startswith("The same first line") for page in texts(book))


def test_signs_that_nobody_sees_go():
    assert texts(opened("A\u200bsoft\u00ad word \ue000and \ufeffmore.")) == ["Asoft word and more."]


@pytest.mark.parametrize(("text", "why"), [(" \n\n \n", "no_text"), (b"\0\1\2" * 99, "file_of_unknown_kind")])
def test_what_is_no_text_has_a_code(text, why):
    with pytest.raises(Refused) as refusal:
        opened(text)
    assert refusal.value.code == why


def test_too_long_a_text_is_refused():
    with pytest.raises(Refused) as refusal:
        opened("\f".join("page" for _ in range(101)))
    assert (refusal.value.code, refusal.value.values) == ("too_many_pages", {"pages": 101, "most": 100})
