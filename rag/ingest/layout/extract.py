"""One page of a PDF as lines in reading order. Workers only, pure of Django."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any

from rag.ingest.layout import frame, hidden, labels, leftward, order, paragraphs, pieces, segments, strokes, tables
from rag.ingest.layout.words import is_garbled, is_leftwards, tidy
from rag.ingest.model.raw import PageLine, RawPage
from rag.ingest.writing import bidi, note_marks

__all__ = ["arrange", "needs_ocr", "read_page", "tidy"]

# PyMuPDF's stext flags: white space kept, ligatures expanded; vectors tell of rules and boxes.
PRESERVE_WHITESPACE, COLLECT_VECTORS = 2, 1024
# MuPDF's infinite rectangle: without it, words off the page are listed but not their looks.
EVERYWHERE = (-0x80000000, -0x80000000, 0x7FFFFF80, 0x7FFFFF80)
FLAGS = PRESERVE_WHITESPACE | COLLECT_VECTORS


LEAST_LETTERS = 3
UNORDERED = "unordered"
FEW_WORDS = 15  # of a stamp or a header on the picture of a page


def read_page(page: Any) -> RawPage:
    """``page`` (a ``pymupdf.Page``) with its lines in reading order, running headers and footers too.

    Errors: what MuPDF raises for a page that it cannot read (``RuntimeError``, ``ValueError``).
    """
    raw = RawPage(width=page.rect.width, height=page.rect.height, label=labels.label(page))
    matrix = tuple(page.rotation_matrix)
    runs, shapes = _painted(page, matrix)
    if is_garbled(text for run in runs for text, _, _ in run.words):
        raw.notes.append("garbled")
    runs, left_out = hidden.without_hidden(page, runs, shapes)
    raw.notes += left_out
    runs = note_marks.settled(runs)
    runs = frame.shown(runs, matrix)
    rules = [pieces.moved(shape.box, matrix) for shape in shapes]
    main = frame.main_turn(runs)
    turns = sorted({frame.turn(run.direction) for run in runs}, key=lambda turn: (turn != main, turn))
    for turn in turns:
        alike = [run for run in runs if frame.turn(run.direction) == turn]
        raw.lines += _turned(alike, rules if turn == main else [], turn, raw)
    raw.source = "text" if raw.lines else "none"
    return raw


def _painted(page: Any, matrix: Sequence[float]) -> tuple[list[pieces.PaintedLine], list[pieces.PaintedShape]]:
    """The lines and shapes of the page; its lines letter by letter where some of it is written from right to left."""
    runs, shapes = pieces.painted(page.get_textpage(clip=EVERYWHERE, flags=FLAGS))
    if any(bidi.has_leftwards(text) for run in runs for text, _, _ in run.words):
        lines = leftward.lines(page, EVERYWHERE, FLAGS, matrix)
        if lines is not None:
            runs = [run for run in runs if frame.turned_by(run.direction, matrix) == frame.SLANTED] + lines
    return runs, shapes


def _turned(runs: list[pieces.PaintedLine], rules: list[pieces.Box], turn: int, raw: RawPage) -> list[PageLine]:
    """The lines of all text that is turned alike: ordered where it is upright, with boxes of the page as shown."""
    width, height = raw.width, raw.height
    angle = frame.tilt(runs, turn) if turn != frame.SLANTED else 0.0

    across = height if turn in (1, 3) else width
    leftwards = is_leftwards("".join(text for run in runs for text, _, _ in run.words))

    def upright(box: pieces.Box) -> pieces.Box:
        box = frame.into(box, turn, width, height)
        box = frame.straightened(box, angle) if angle else box
        return frame.mirrored(box, across) if leftwards else box

    def shown(box: pieces.Box) -> pieces.Box:
        box = frame.mirrored(box, across) if leftwards else box
        return frame.out_of(frame.tilted(box, angle) if angle else box, turn, width, height)

    found = [
        pieces.piece(run.block, [(text, upright(box), look) for text, box, look in run.words], whole=run.whole)
        for run in runs
    ]
    upright_rules = [] if angle else [upright(box) for box in rules]
    lines = _ordered([piece for piece in found if piece], width if turn in (1, 3) else height, upright_rules, raw.notes)
    if angle or leftwards or turn in (1, 2, 3):
        for word in (word for line in lines for word in line.words):
            word.x0, word.y0, word.x1, word.y1 = shown((word.x0, word.y0, word.x1, word.y1))
    return lines


def arrange(lines: list[PageLine], height: float) -> list[PageLine]:
    """Upright pieces of lines in any order (of a recogniser, say) as printed lines in reading order.

    ``height``: the page's. The words' boxes tell where each piece stands.
    """
    found = [
        pieces.LayoutPiece(line.words, *line.box, line.size, line.bold, line.italic, font=line.font, block=number)
        for number, line in enumerate(lines)
        if line.words
    ]
    return _ordered(found, height, [], [])


def _ordered(
    found: list[pieces.LayoutPiece], height: float, rules: list[pieces.Box], notes: list[str]
) -> list[PageLine]:
    """The lines in reading order. No page is lost because we cannot make it out: it then stays as it was painted."""
    as_painted = [(list(piece.words), round(piece.size, 1), piece.bold, piece.italic, piece.font) for piece in found]
    try:
        columns = order.columns(tables.ruled(segments.segments(found), rules), height)
        return [line for column in columns for line in paragraphs.lines(column)]
    except Exception:  # ours, and no damage of the file's
        notes += [UNORDERED] if UNORDERED not in notes else []
        return [PageLine(*look, starts=True) for look in as_painted]


def needs_ocr(page: Any, raw: RawPage) -> bool:
    """Whether the page holds no text that could be read but shows what may be writing: its picture must be read
    instead."""
    if not _lacks_text(page, raw):
        return False
    known = [] if "garbled" in raw.notes else [(w.x0, w.y0, w.x1, w.y1) for line in raw.lines for w in line.words]
    return strokes.may_hold_writing(page, known)


def _lacks_text(page: Any, raw: RawPage) -> bool:
    signs = "".join(word.text for line in raw.lines for word in line.words)
    letters = len(list(islice(filter(str.isalnum, signs), LEAST_LETTERS)))
    if "garbled" in raw.notes or not letters:
        return hidden.shows_something(page)
    if letters < LEAST_LETTERS:
        return hidden.is_drawn(page)
    few = sum(len(line.words) for line in raw.lines) < FEW_WORDS
    return few and bool(page.get_images()) and hidden.is_scanned(page)
