"""Pages without print: sections of an EPUB or of a plain text. Their lines are whole paragraphs, and nothing runs along
their edges, so nothing is left out."""

from __future__ import annotations

from rag.ingest.model.clean import CleanPage, PageHeading
from rag.ingest.model.raw import RawPage

BODY_SIZE = 10.0  # points, as if: larger lines are headings
HEADING_SIZES = (24.0, 20.0, 17.0, 15.0, 13.0, 12.0)  # of the six levels


def is_flowing(page: RawPage) -> bool:
    """Whether nothing on the page has a place."""
    return page.width == 0


def clean(page: RawPage) -> CleanPage:
    """The text of the page: a line each for its lines, paragraphs parted by an empty line."""
    parts: list[str] = []
    headings: list[PageHeading] = []
    starts: list[int] = []
    length = 0
    for line in page.lines:
        text = line.text
        gap = ("\n\n" if line.starts else "\n") if parts else ""
        start = length + len(gap)
        length = start + len(text)
        parts += [gap, text]
        starts.append(start)
        if line.size > BODY_SIZE:
            rank = 1 + sum(line.size < size for size in HEADING_SIZES)
            headings.append(PageHeading(start, length, text, rank))
    begins = [(min(starts[line] + at, length), number) for line, at, number in page.begins if line < len(starts)]
    return CleanPage("".join(parts), headings=headings, begins=begins)
