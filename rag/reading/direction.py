"""In which direction the pages of a text follow one another: its own, whatever the library's pages are written in."""

from __future__ import annotations

from itertools import chain

from catalog.templatetags.catalog import WRITTEN_SO
from rag.ingest.writing import bidi
from rag.models import Document, IndexGeneration

SAMPLE = 2_000  # signs of the page that is open


def runs_leftwards(document: Document, generation: IndexGeneration, text: str) -> bool:
    """Whether the page behind this one lies to its left. ``text``: of the page that is open; its letters have the last
    word, for a record may say "ar" of a transliteration."""
    languages = chain([generation.language], [document.language])
    is_written_so = next((language in WRITTEN_SO for language in languages if language), False)
    right, left = bidi.counted(text[:SAMPLE])
    return is_written_so and (right >= left or right + left < SAMPLE // 20)
