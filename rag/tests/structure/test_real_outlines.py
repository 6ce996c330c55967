"""Four real books: their chapters are found in the text alone, their running lines are gone from it.

The outline is the truth. Where it leads to the foot of a page whose last lines were pushed to the next one with their
heading, the heading still is where it is printed: such an entry counts as missed here.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from functools import cache
from typing import Any

import pymupdf
import pytest

from rag.ingest.cleaning import Survey
from rag.ingest.layout.extract import read_page
from rag.ingest.model.clean import CleanPage
from rag.ingest.model.raw import OutlineMark, RawPage
from rag.ingest.structure.sections import sections
from rag.ingest.structure.titles import WORD, fold, folded
from tests.stack import ROOT

FOLDER = ROOT.parent / "shared" / "data" / "pdf"
BOOKS = ("category-theory-for-programmers", "riscv-privileged", "riscv-spec-unprivileged", "sicp")
EDGE = 0.08  # share of a page's height
ON_MANY = 4  # pages
pytestmark = [
    pytest.mark.data,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.exists(), reason="needs ../shared/data"),
]


@cache
def read(name: str) -> tuple[list[RawPage], list[CleanPage], list[OutlineMark]]:
    with pymupdf.open(FOLDER / f"{name}.pdf") as document:
        raw = [read_page(document.load_page(index)) for index in range(document.page_count)]
        outline = [OutlineMark(level, title, page) for level, title, page in document.get_toc()]
    survey = Survey()
    for number, page in enumerate(raw, start=1):
        survey.see(number, page)
    return raw, [survey.clean(number, page) for number, page in enumerate(raw, start=1)], outline


def entry(title: str) -> str:
    """A title without its number; *I Part One* of an outline is *Part I Part One* in print."""
    return re.sub(r"^[ivxlc]+ (?=part )", "", folded(title))


def words(text: str) -> str:
    return " ".join(WORD.findall(fold(text)))


@pytest.mark.parametrize("name", BOOKS)
def test_chapters_and_their_pages_are_found_in_the_text_alone(name):
    _, pages, outline = read(name)
    found = Counter((entry(section.title), section.page) for section in sections((), list(enumerate(pages, start=1))))
    missed = Counter((entry(mark.title), mark.page) for mark in outline) - found
    assert missed.total() <= 0.05 * len(outline), missed


@pytest.mark.parametrize("name", BOOKS)
def test_headings_are_few_and_in_their_places(name):
    _, pages, outline = read(name)
    found = sections((), list(enumerate(pages, start=1)))
    assert len(found) < 2.5 * len(outline)  # the outline leaves out the smallest
    for section in found:
        assert words(pages[section.page - 1].text[section.start : section.start + 300]).startswith(words(section.title))


@pytest.mark.parametrize("name", BOOKS)
def test_outline_is_found_again_in_the_text(name):
    _, pages, outline = read(name)
    found = sections(outline, list(enumerate(pages, start=1)))
    assert len(found) == len(outline)
    starts = [words(pages[section.page - 1].text[section.start : section.start + 300]) for section in found]
    placed = sum(words(section.title) in start for start, section in zip(starts, found, strict=True))
    assert placed >= 0.95 * len(outline)


@pytest.mark.parametrize("name", BOOKS)
def test_no_running_line_is_left_on_any_page(name):
    """By another way than the code's: what stands at the very edge of many pages, or is the page's number."""
    raw, pages, _ = read(name)
    seen: dict[str, set[int]] = defaultdict(set)
    for number, page in enumerate(raw):
        for text in at_the_edge(page):
            seen[masked(text)].add(number)
    many = {shape for shape, numbers in seen.items() if len(numbers) >= ON_MANY and re.search(r"[^\W\d_]{2}", shape)}
    left: list[Any] = []
    for number, (page, clean) in enumerate(zip(raw, pages, strict=True)):
        lines = {line.strip() for line in clean.text.split("\n")}
        left += [(number + 1, text) for text in at_the_edge(page) if masked(text) in many and text in lines]
        outermost = clean.text.split("\n")[:: max(1, clean.text.count("\n"))]
        left += [(number + 1, text) for text in outermost if page.label and text.strip() == page.label]
    assert left == [] or all(is_table_head(text) for _, text in left), left


def at_the_edge(page: RawPage) -> list[str]:
    """The texts of lines in the outermost parts of a page."""
    boxes = [(line.text.strip(), line.box) for line in page.lines]
    return [text for text, box in boxes if box[3] < EDGE * page.height or box[1] > (1 - EDGE) * page.height]


def masked(text: str) -> str:
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", text.casefold())


def is_table_head(text: str) -> bool:
    """A table that goes on at the top of a page repeats its head there: no running line."""
    return "|" in text
