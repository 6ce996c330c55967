"""Words and marks stand where the picture shows them, however the page is turned or cropped."""

from __future__ import annotations

import io
import re
from typing import Any

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingest.cleaning.flow import WordCounts, flow
from rag.ingest.formats.drawn import LONGEST_SIDE, MOST_PIXELS, DrawnPdf
from rag.ingest.layout.extract import read_page
from rag.ingest.model.clean import WordBox, packed_boxes
from rag.models import Page
from rag.reading.overlay import Overlay, Rect, overlay_of, words_layer

LINES = {"Whales breathe air.": (60, 80), "Krill feeds them": (150, 140), "in every ocean": (60, 170)}
WIDTH = 600  # pixels


def made_pdf(rotation: int, cropped: bool) -> bytes:
    """A page with three lines, turned; cropped, or in a box that does not begin at 0, 0."""
    import pymupdf

    document: Any = pymupdf.open()
    page = document.new_page(width=300, height=220)
    for text, place in LINES.items():
        page.insert_text(place, text, fontsize=12)
    if cropped:
        page.set_cropbox(pymupdf.Rect(40, 50, 290, 190))
    else:
        page.set_mediabox(pymupdf.Rect(-70, -30, 320, 260))
    page.set_rotation(rotation)
    content: bytes = document.tobytes()
    return content


def read(content: bytes) -> Page:
    """The first page, as it is kept."""
    import pymupdf

    raw = read_page(pymupdf.open("pdf", content)[0])
    clean = flow(raw, set(), [], WordCounts())
    return Page(number=1, text=clean.text, boxes=packed_boxes(clean.boxes), width=raw.width, height=raw.height)


def ink(content: bytes, tmp_path: Any) -> Any:
    """Where the picture of the first page is dark: booleans of shape (height, width)."""
    import numpy as np
    from PIL import Image

    path = tmp_path / "one.pdf"
    path.write_bytes(content)
    with path.open("rb") as file:
        picture = Image.open(io.BytesIO(DrawnPdf(file, most_pages=10).draw(1, WIDTH)))
    assert picture.format == "WEBP"
    return np.asarray(picture.convert("L")) < 128


def shares(rect: Rect, overlay: Overlay, shape: tuple[int, int]) -> tuple[slice, slice]:
    """The pixels that a rectangle covers, from its share of the page; a pixel more at each side."""
    down, across = shape[0] / overlay.height, shape[1] / overlay.width
    rows = slice(max(int(rect.y * down) - 1, 0), int((rect.y + rect.height) * down) + 2)
    return rows, slice(max(int(rect.x * across) - 1, 0), int((rect.x + rect.width) * across) + 2)


@pytest.mark.parametrize("cropped", [True, False])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_marks_cover_the_ink_of_their_words_and_no_other(rotation, cropped, tmp_path):
    content = made_pdf(rotation, cropped)
    page, dark = read(content), ink(content, tmp_path)
    assert dark.shape[1] == pytest.approx(WIDTH, abs=1)
    overlay = overlay_of(page)
    assert overlay is not None
    assert dark.shape[0] / dark.shape[1] == pytest.approx(overlay.height / overlay.width, rel=0.01)
    left = dark.copy()
    for word in " ".join(LINES).split():
        start = (page.text or "").index(word)
        (rect,) = overlay.rects(start, start + len(word))
        area = shares(rect, overlay, dark.shape)
        assert dark[area].sum() > 20, f"{word} has no ink"
        left[area] = False
    assert dark.sum() > 500
    assert left.sum() <= 0.01 * dark.sum(), "ink that belongs to no word"


@pytest.mark.parametrize(("width", "height"), [(100, 14_000), (14_000, 100), (14_000, 14_000), (3, 3)])
def test_page_of_any_shape_gets_a_picture_that_is_not_too_large(tmp_path, width, height):
    import pymupdf
    from PIL import Image

    document: Any = pymupdf.open()
    document.new_page(width=width, height=height)
    path = tmp_path / "strip.pdf"
    path.write_bytes(document.tobytes())
    with path.open("rb") as file:
        picture = Image.open(io.BytesIO(DrawnPdf(file, most_pages=10).draw(1, 1600)))
    assert picture.width * picture.height <= MOST_PIXELS * 1.01
    assert max(picture.size) <= LONGEST_SIDE + 1


def box(start: int, end: int, x0: float, y0: float, x1: float, y1: float | None = None) -> WordBox:
    return WordBox(start, end, x0, y0, x1, y0 + 10 if y1 is None else y1)


TEXT = "Light falls on optimized leaves."
BOXES = [
    box(0, 5, 10, 10, 40),
    box(6, 11, 44, 10, 70),
    box(12, 14, 74, 10, 84),
    box(15, 24, 88, 10, 128),  # parted by the line's end: "opti-"
    box(15, 24, 10, 24, 60),  # "mized"
    box(25, 32, 64, 24, 100),
]


def overlay(text: str = TEXT, boxes: list[WordBox] | None = None) -> Overlay:
    boxes = BOXES if boxes is None else boxes
    return Overlay(200, 300, boxes, words_layer(text, boxes))


def test_stretch_is_one_rectangle_a_line():
    assert overlay().rects(6, 32) == [Rect(44, 10, 84, 10), Rect(10, 24, 90, 10)]


def test_part_of_a_word_marks_the_word_and_no_neighbour():
    assert overlay().rects(7, 9) == [Rect(44, 10, 26, 10)]
    assert overlay().rects(5, 6) == []


def test_stretch_whose_place_nobody_knows_is_drawn_nowhere():
    assert overlay(boxes=BOXES[:2]).rects(25, 32) == []
    assert overlay().rects(40, 50) == []


def spans(layer: str) -> list[list[tuple[int, str]]]:
    """Each line's words with their offsets."""
    tree = html5lib.parseFragment(f"<svg>{layer}</svg>", namespaceHTMLElements=False)
    lines = [element for element in tree.iter() if str(element.tag).endswith("text")]
    return [[(int(word.get("data-at")), word.text or "") for word in line] for line in lines]


def test_words_stand_in_their_lines_with_their_offsets():
    lines = spans(overlay().words)
    assert [[text for _at, text in line] for line in lines] == [["Light", "falls", "on", "opti"], ["mized", "leaves."]]
    assert [at for line in lines for at, _text in line] == [0, 6, 12, 15, 19, 25]


def test_each_sign_that_has_a_place_is_there_once():
    for line in spans(overlay().words):
        assert all(TEXT[at : at + len(text)] == text for at, text in line)
    assert "".join(text for line in spans(overlay().words) for _at, text in line) == TEXT.replace(" ", "")


def test_words_without_spaces_between_them_get_none():
    layer = words_layer("光合成 です", [box(0, 1, 0, 0, 10), box(1, 3, 10, 0, 30), box(4, 6, 34, 0, 50)])
    assert re.sub(r"<[^>]+>", "", layer) == "光合成 です"


def test_signs_that_html_means_otherwise_are_text():
    layer = words_layer('<b>&"', [box(0, 5, 0, 0, 10)])
    assert spans(layer) == [[(0, '<b>&"')]]
    assert "<b>" not in layer


def test_page_without_boxes_or_without_a_size_has_no_overlay():
    boxes = packed_boxes(BOXES)
    assert overlay_of(Page(text=TEXT, boxes=None, width=200, height=300)) is None
    assert overlay_of(Page(text=TEXT, boxes=packed_boxes([]), width=200, height=300)) is None
    assert overlay_of(Page(text=TEXT, boxes=boxes, width=0, height=300)) is None
    assert overlay_of(Page(text=TEXT, boxes=boxes, width=200, height=300)) is not None


@given(
    st.text(max_size=40),
    st.lists(st.tuples(*[st.integers(0, 60)] * 2, *[st.floats(-10, 1000, width=32)] * 4), max_size=12),
)
def test_whatever_boxes_an_old_index_has_the_page_is_shown(text, values):
    boxes = [WordBox(*one) for one in values]
    words_layer(text, boxes)
    for rect in Overlay(100, 100, boxes, words_layer("", [])).rects(0, 60):
        assert rect.height == rect.height
