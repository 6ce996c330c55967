"""Whether a picture may hold writing, before a recogniser is started for it: seconds of computing and much memory.

Writing is strokes: thin marks against their ground, changing many times both along a line and across it, one beside
the other. Paper, shadows, specks, rules and smooth photographs have none of that; where it is doubtful, the recogniser
decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rag.ingest.writing.letters import Box

LONGER = 1100  # pixels of the picture's longer side
THIN = 9  # pixels: the most that a stroke is wide
CONTRAST = 36  # of 255, between a stroke and its ground
CELL = 8  # pixels
SIZES = 4  # of the picture, each half of the one before: large letters are small in a small one
LEAST_CHANGES = 3  # from stroke to ground or back, along and across, in a cell
STRETCH = 16  # cells (they overlap by half) beside or above each other …
LEAST_BESIDE = 5  # … of which so many have strokes


def may_hold_writing(page: Any, known: Iterable[Box] = ()) -> bool:
    """Whether ``page`` (a ``pymupdf.Page``) shows anything like strokes of writing outside ``known`` boxes."""
    import numpy as np

    scale = LONGER / max(page.rect.width, page.rect.height, 1)
    import pymupdf

    matrix: Any = pymupdf.Matrix(scale, scale)  # type: ignore[no-untyped-call]  # untyped
    pixels = page.get_pixmap(matrix=matrix, colorspace="gray", alpha=False, annots=False)
    rows = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.stride)[:, : pixels.width]
    return has_strokes(_without(rows, [[int(side * scale) for side in box] for box in known]))


def _without(picture: Any, boxes: Sequence[Sequence[int]]) -> Any:
    """``picture`` with paper in the place of ``boxes`` (pixels)."""
    import numpy as np

    if boxes:
        picture = picture.copy()
        paper = np.median(picture)
        for x0, y0, x1, y1 in boxes:
            picture[max(y0 - 1, 0) : y1 + 2, max(x0 - 1, 0) : x1 + 2] = paper
    return picture


def has_strokes(picture: Any) -> bool:
    """Whether a grey ``picture`` (uint8 of shape (height, width)) holds strokes beside each other, of letters of any
    size."""
    if min(picture.shape) < CELL:
        return True  # too small to tell
    return any(_holds_strokes(one) for one in _smaller(picture))


def _smaller(picture: Any) -> Iterator[Any]:
    """``picture``, half of its size, and so on."""
    import numpy as np

    for _ in range(SIZES):
        if min(picture.shape) < CELL:
            return
        yield picture
        height, width = (side // 2 * 2 for side in picture.shape)
        fours = picture[:height, :width].reshape(height // 2, 2, width // 2, 2)
        picture = fours.mean(axis=(1, 3), dtype=np.float32).astype(np.uint8)


def _holds_strokes(picture: Any) -> bool:
    strokes = _strokes(picture)
    cells = (_changes(strokes, 1) >= LEAST_CHANGES) & (_changes(strokes, 0) >= LEAST_CHANGES)
    return max(_most_in_a_row(cells, axis) for axis in (0, 1)) >= LEAST_BESIDE


def _strokes(picture: Any) -> Any:
    """Where something thin is darker, or lighter, than what is around it."""
    import numpy as np

    closed = _extreme(_extreme(picture, np.maximum), np.minimum)
    opened = _extreme(_extreme(picture, np.minimum), np.maximum)
    return (closed - picture >= CONTRAST) | (picture - opened >= CONTRAST)


def _extreme(picture: Any, chosen: Any) -> Any:
    """The lightest or darkest pixel within ``THIN`` around each."""
    import numpy as np

    half = THIN // 2
    for axis in (0, 1):
        width = [(half, half) if axis == one else (0, 0) for one in (0, 1)]
        padded = np.pad(picture, width, mode="edge")
        length = picture.shape[axis]
        found = picture
        for shift in range(THIN):
            found = chosen(found, padded[shift : shift + length] if axis == 0 else padded[:, shift : shift + length])
        picture = found
    return picture


def _changes(strokes: Any, axis: int) -> Any:
    """In each cell (they overlap by half) how often stroke and ground change along ``axis``."""
    import numpy as np

    changes = np.zeros(strokes.shape, np.uint16)
    if axis == 1:
        changes[:, 1:] = strokes[:, 1:] != strokes[:, :-1]
    else:
        changes[1:] = strokes[1:] != strokes[:-1]
    half = CELL // 2
    height, width = (side // half for side in strokes.shape)
    parts = (
        changes[: height * half, : width * half].reshape(height, half, width, half).sum(axis=(1, 3), dtype=np.uint16)
    )
    return parts[1:, 1:] + parts[:-1, 1:] + parts[1:, :-1] + parts[:-1, :-1]


def _most_in_a_row(cells: Any, axis: int) -> int:
    """The most of them in any stretch of ``STRETCH`` along ``axis``."""
    import numpy as np

    sums = np.cumsum(cells, axis=axis, dtype=np.int32)
    before = np.zeros_like(sums)
    if axis == 0:
        before[STRETCH:] = sums[:-STRETCH]
    else:
        before[:, STRETCH:] = sums[:, :-STRETCH]
    return int((sums - before).max(initial=0))
