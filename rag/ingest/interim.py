"""Until layout's functions are here."""
from __future__ import annotations
from typing import Any
from rag.ingest import extract
from rag.ingest.raw import Line, RawPage, Word

def read_page(page: Any) -> RawPage:
    text = extract.page_text(page)
    lines = []
    for paragraph in text.split("\n\n"):
        for n, line in enumerate(paragraph.split("\n")):
            if line:
                lines.append(Line([Word(w, 0, 0, 1, 1) for w in line.split()], 10.0, starts=n == 0))
    return RawPage(page.rect.width, page.rect.height, extract.tidy(page.get_label())[:20], "text" if lines else "none", lines)

def needs_ocr(page: Any, raw: RawPage) -> bool:
    return not raw.lines and bool(page.get_images() or page.get_drawings())

if not hasattr(extract, "read_page"):
    extract.read_page = read_page
    extract.needs_ocr = needs_ocr
