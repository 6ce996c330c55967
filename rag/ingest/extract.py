"""One page of a PDF as lines in reading order. Workers only, pure of Django."""

from __future__ import annotations

from typing import Any

from rag.ingest.layout import frame, hidden, labels, order, paragraphs, pieces, segments
from rag.ingest.layout.words import tidy
from rag.ingest.raw import Line, RawPage

__all__ = ["arrange", "needs_ocr", "page_text", "read_page", "tidy"]

# PyMuPDF's stext flags: white space kept, ligatures expanded; vectors tell of rules and boxes.
PRESERVE_WHITESPACE, COLLECT_VECTORS = 2, 1024
# MuPDF's infinite rectangle: without it, words off the page are listed but not their looks.
EVERYWHERE = (-0x80000000, -0x80000000, 0x7FFFFF80, 0x7FFFFF80)
FLAGS = PRESERVE_WHITESPACE | COLLECT_VECTORS


def read_page(page: Any) -> RawPage:
    """``page`` (a ``pymupdf.Page``) with its lines in reading order, running headers and footers too.

    Errors: what MuPDF raises for a page that it cannot read (``RuntimeError``, ``ValueError``).
    """
    raw = RawPage(width=page.rect.width, height=page.rect.height, label=labels.label(page))
    runs, shapes = pieces.painted(page.get_textpage(clip=EVERYWHERE, flags=FLAGS))
    runs, was_hidden = hidden.without_hidden(page, runs, shapes)
    if was_hidden:
        raw.notes.append("hidden_text")
    runs = frame.shown(runs, page.rotation_matrix)
    main = frame.main_turn(runs)
    turns = sorted({frame.turn(run.direction) for run in runs}, key=lambda turn: (turn != main, turn))
    for turn in turns:
        raw.lines += _turned([run for run in runs if frame.turn(run.direction) == turn], turn, raw)
    raw.source = "text" if raw.lines else "none"
    return raw


def _turned(runs: list[pieces.Run], turn: int, raw: RawPage) -> list[Line]:
    """The lines of all text that is turned alike: ordered where it is upright, with boxes of the page as shown."""
    width, height = raw.width, raw.height
    found = []
    for run in runs:
        upright = [(text, frame.into(box, turn, width, height), look) for text, box, look in run.words]
        if piece := pieces.piece(run.block, upright):
            found.append(piece)
    lines = _ordered(found, width if turn in (1, 3) else height)
    if turn in (1, 2, 3):
        for word in (word for line in lines for word in line.words):
            box = word.x0, word.y0, word.x1, word.y1
            word.x0, word.y0, word.x1, word.y1 = frame.out_of(box, turn, width, height)
    return lines


def arrange(lines: list[Line], height: float) -> list[Line]:
    """Upright pieces of lines in any order (of a recogniser, say) as printed lines in reading order.

    ``height``: the page's. The words' boxes tell where each piece stands.
    """
    found = [
        pieces.Piece(line.words, *line.box, line.size, line.bold, line.italic, font=line.font, block=number)
        for number, line in enumerate(lines)
        if line.words
    ]
    return _ordered(found, height)


def _ordered(found: list[pieces.Piece], height: float) -> list[Line]:
    lines: list[Line] = []
    for column in order.columns(segments.segments(found), height):
        lines += paragraphs.lines(column)
    return lines


def needs_ocr(page: Any, raw: RawPage) -> bool:
    """Whether the page shows something but holds no text that could be read: its picture must be read instead."""
    text = "".join(line.text for line in raw.lines)
    letters = sum(sign.isalnum() for sign in text)
    if letters >= 3 and letters >= 0.3 * len(text):
        return False
    return bool(page.get_images() or page.get_bboxlog())


def page_text(page: Any) -> str:
    """The page's lines in reading order, one per line; an empty line where a paragraph, heading or listing ends."""
    raw = read_page(page)
    parts = [("\n\n" if line.starts else "\n") + line.text for line in raw.lines]
    return "".join(parts).strip("\n")
