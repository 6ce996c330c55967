"""Pages of a PDF as pictures, as they are printed. Runs in a reading process of its own."""

from __future__ import annotations

import io
import math
from typing import IO, Any

from rag.ingest.formats.pdf import Pdf
from rag.ingest.model.raw import Facts

MOST_PIXELS = 8_000_000  # of a picture: a page that is a long strip gets a smaller one
LONGEST_SIDE = 16_000  # pixels; WebP has 16,383 at most
QUALITY, EFFORT = 80, 3  # of WebP, from 0 to 100 and from 0 (quick) to 6 (small)


class DrawnPdf:
    """An open PDF whose pages are drawn. Errors on opening: ``FileRefused``."""

    def __init__(self, file: IO[bytes], *, most_pages: int) -> None:
        self._pdf = Pdf(file, most_pages=most_pages)
        self.facts: Facts = self._pdf.facts

    def draw(self, number: int, width: int) -> bytes:
        """The page ``number``, from 1, as it is shown: turned, and no more of it than its crop box. WebP, ``width``
        pixels wide, or less where the page is so long that it would have too many."""
        from PIL import Image

        pixels = self._pdf.pixels(number, _scale(self._pdf.page(number).rect, width))
        picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
        kept = io.BytesIO()
        picture.save(kept, "WEBP", quality=QUALITY, method=EFFORT)
        return kept.getvalue()


def _scale(rect: Any, width: int) -> float:
    """Pixels per point."""
    wide, high = max(float(rect.width), 1.0), max(float(rect.height), 1.0)
    return min(width / wide, math.sqrt(MOST_PIXELS / (wide * high)), LONGEST_SIDE / max(wide, high))
