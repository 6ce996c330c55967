"""In which direction the pages of a text follow one another: its own, whatever the library's pages are written in."""

from __future__ import annotations

from catalog.templatetags.catalog import WRITTEN_SO
from rag.ingest.writing import bidi
from rag.models import Document, IndexGeneration

SAMPLE = 2_000  # signs of the page that is open


def runs_leftwards(document: Document, generation: IndexGeneration, text: str) -> bool:
    """Whether the page behind this one lies to its left.

    The language of most passages says so, and the record's. Where these differ, or nothing was detected, the letters of
    ``text``, the page that is open, decide: a record may say "ar" of a transliteration.
    """
    detected, recorded = generation.language in WRITTEN_SO, document.language in WRITTEN_SO
    if generation.language and detected == recorded:
        return detected
    right, left = bidi.counted(text[:SAMPLE])
    return right > left if right != left else detected
