"""Whether a picture may hold writing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pymupdf
import pytest

from rag.ingest.layout.strokes import has_strokes, may_hold_writing

SHAPE = (1100, 850)


def noise(level: int = 240, spread: float = 4.0) -> Any:
    return np.clip(level + np.random.default_rng(1).normal(0, spread, SHAPE), 0, 255).astype(np.uint8)


def specks() -> Any:
    picture, chance = noise(), np.random.default_rng(2)
    for _ in range(60):
        y, x = chance.integers(0, SHAPE[0] - 4), chance.integers(0, SHAPE[1] - 4)
        picture[y : y + 3, x : x + 2] = 60
    return picture


def photograph() -> Any:
    y, x = np.mgrid[0 : SHAPE[0], 0 : SHAPE[1]]
    waves = 128 + 80 * np.sin(x / 90) + 40 * np.cos(y / 60) + np.random.default_rng(3).normal(0, 5, SHAPE)
    picture = waves.clip(0, 255).astype(np.uint8)
    picture[300:600, 200:500] = 40
    return picture


def shadow() -> Any:
    picture = noise()
    picture[:, :14] = 30
    picture[:60] = (picture[:60] * np.linspace(0.3, 1, 60)[:, None]).astype(np.uint8)
    return picture


@pytest.mark.parametrize("picture", [noise(), noise(30), specks(), photograph(), shadow()])
def test_paper_shadows_specks_and_photographs_hold_none(picture):
    assert not has_strokes(picture)


def written(text: str, *, size: float, rotation: int = 0, ink: float = 0.0, paper: float = 1.0) -> Any:
    """A file whose page is a picture of ``text``."""
    document: Any = pymupdf.open()
    original = document.new_page()
    original.draw_rect(original.rect, color=(paper,) * 3, fill=(paper,) * 3)
    original.insert_text((60, 300), text, fontsize=size, color=(ink,) * 3)
    picture = original.get_pixmap(dpi=150)
    scanned: Any = pymupdf.open()
    page = scanned.new_page()
    page.insert_image(page.rect, pixmap=picture)
    page.set_rotation(rotation)
    return scanned


@pytest.mark.parametrize("size", [7, 10, 18, 36, 90])
@pytest.mark.parametrize("rotation", [0, 90])
def test_letters_of_any_size_are_noticed(size, rotation):
    assert may_hold_writing(written("A word" if size > 50 else "Only these words", size=size, rotation=rotation)[0])


@pytest.mark.parametrize(("ink", "paper"), [(1.0, 0.0), (0.55, 0.85), (0.0, 0.4)])
def test_letters_of_any_shade_are_noticed(ink, paper):
    assert may_hold_writing(written("Only these few words", size=11, ink=ink, paper=paper)[0])


def test_words_that_are_known_do_not_count():
    scanned = written("Only these few words", size=11)
    page = scanned[0]
    assert not may_hold_writing(page, [(55, 285, 300, 310)])
    assert may_hold_writing(page, [(55, 585, 300, 610)])


@pytest.mark.parametrize("shape", [(3, 3), (8, 200), (200, 8), (1, 900)])
def test_picture_too_small_to_tell_is_left_to_the_recogniser_and_none_breaks_it(shape):
    assert has_strokes(np.full(shape, 255, np.uint8)) is (min(shape) < 8)
