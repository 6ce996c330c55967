"""Layers of one page: what is clipped away behind the text that is seen is never woven into it."""

from __future__ import annotations

from typing import Any

import pytest

from rag.ingest.model.raw import RawPage
from rag.tests.layouts import Sheet, prose, words

OLD, NEW = prose(60, 1), prose(60, 2)


def clipped(sheet: Sheet, clip: str = "0 0 1 1") -> None:
    """All that was set until now is seen only inside ``clip`` (x, y, width, height from the foot of the page)."""
    page, document = sheet.page, sheet.document
    page.clean_contents()
    (xref,) = page.get_contents()
    painted = document.xref_stream(xref)
    document.update_stream(xref, f"q {clip} re W n\n".encode() + painted + b"\nQ\n")


def read(old: str, new: str, *, moved: float = 0.0, first: bool = True, **options: Any) -> tuple[list[str], RawPage]:
    """What is read of a page with ``new`` over ``old``, which is clipped away; and what can be seen of it."""
    sheet = Sheet()
    sheet.block((72, 100, 520, 700), old)
    clipped(sheet)
    sheet.said.clear()
    sheet.block((72 + moved, 100 + moved, 520 + moved, 700), new)
    return sheet.said, sheet.read(**options)


@pytest.mark.parametrize("moved", [0.0, 0.4, 3.0, 6.0])
def test_other_words_in_the_same_places_are_left_out(moved):
    seen, page = read(OLD, NEW, moved=moved)
    assert words(page) == seen
    assert page.notes == ["hidden_text"]


@pytest.mark.parametrize("moved", [0.4, 3.0, 6.0])
def test_older_version_of_the_same_text_is_left_out(moved):
    seen, page = read(NEW.replace("winter", "summer").replace(".", ""), NEW, moved=moved)
    assert words(page) == seen


def test_same_text_twice_in_one_place_is_read_once():
    seen, page = read(NEW, NEW)
    assert words(page) == seen


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_layers_of_a_turned_page_are_told_apart(rotation):
    seen, page = read(OLD, NEW, rotation=rotation)
    assert words(page) == seen


def test_layer_that_is_clipped_in_part_keeps_what_is_seen_of_it():
    sheet = Sheet()
    sheet.line(72, 100, "Above the mill.")
    sheet.line(72, 400, "Below the river.", said=False)
    clipped(sheet, "0 600 595 242")
    sheet.line(72, 396, "Instead of it.")
    assert words(sheet.read()) == sheet.said


def test_word_that_is_cut_behind_its_middle_is_kept_whole():
    sheet = Sheet()
    sheet.line(72, 100, "riverbanks of")
    clipped(sheet, "0 0 112 842")
    assert words(sheet.read())[0] == "riverbanks"
