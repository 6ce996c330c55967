"""Lines of a page on which something is written from right to left, made of single letters.

MuPDF turns such lines round by rules of its own, parts them where a number or a Latin word stands in them, and loses
letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import Any

from rag.ingest.layout import frame
from rag.ingest.layout.pieces import TEXT, PaintedLine
from rag.ingest.writing import bidi
from rag.ingest.writing.letters import JOINERS, SMALL, UNKNOWN, Glyph, letters, parted, word
from rag.ingest.writing.note_marks import NOTE

KEEP_LIGATURES, AS_PAINTED = 1, 2048  # of PyMuPDF's stext flags: one sign for one shape; not what the file says of it
TORN = 1.5  # of the letters' size: white that parts a line
JOINED = 0.75  # … and across which two parts of one line belong together
OVERLAP = 0.5  # of the lower one's height that two parts of one line have in common
SPACE = " "
FEW = 0.5  # so many letters from the right for one from the left make a block one of such writing, on a page of it
CLEARLY = 2.0  # times as many letters one way as the other
CLOSING = frozenset(".,:;!?،؛؟۔…")
Lines = Sequence[dict[str, Any]]  # blocks of MuPDF's ``rawdict``


@dataclass(slots=True)
class Strip:
    """Letters beside each other on one line, in the order of their places along ``direction``."""

    letters: list[Glyph]
    direction: tuple[float, float]
    block: int
    order: int
    top: float  # across the direction
    foot: float

    @property
    def start(self) -> float:
        return self.letters[0].start

    @property
    def end(self) -> float:
        return max(letter.end for letter in self.letters[-3:])

    @property
    def size(self) -> float:
        return float(self.letters[0].look["size"])


def lines(page: Any, clip: Any, flags: int, matrix: Sequence[float]) -> list[PaintedLine] | None:
    """The lines of ``page``, but for slanted ones: each whole, its words in the order in which they are read; ``None``
    where shapes stand for whole words, and their places tell nothing.

    ``matrix``: the page's own turn. ``clip`` and ``flags`` are PyMuPDF's.
    """
    shown, said = (
        page.get_textpage(clip=clip, flags=flags | KEEP_LIGATURES | more).extractRAWDICT()["blocks"]
        for more in (AS_PAINTED, 0)
    )
    pieces = list(_pieces(shown, matrix))
    if any(_is_phrase(glyph.text) for piece in pieces for glyph in piece.letters):
        return None
    sides = _sides(pieces)
    strips = _joined(pieces)
    _mend(strips, [glyph for strip in _pieces(said, matrix) for glyph in strip.letters])
    runs = (_runs_leftwards(_text(strip), block=sides.blocks[strip.block], page=sides.page) for strip in strips)
    return [_line(strip, leftwards=leftwards) for strip, leftwards in zip(strips, runs, strict=True)]


def _pieces(blocks: Lines, matrix: Sequence[float]) -> Iterator[Strip]:
    """MuPDF's lines, cut where wide white is in them."""
    index = 0
    for order, block in enumerate(blocks):
        if block["type"] != TEXT:
            continue
        for line in block["lines"]:
            direction = _direction(line, matrix)
            if frame.turn(direction) != frame.SLANTED:
                for part in _torn(letters(line, direction)):
                    yield _strip(part, direction, index, order)
        index += 1


def _is_phrase(text: str) -> bool:
    """Whether what one shape stands for has a space in it, or letters of both directions."""
    return len(text) > 1 and (" " in text.strip() or text[-1].isspace() or all(bidi.counted(text)))


def _direction(line: dict[str, Any], matrix: Sequence[float]) -> tuple[float, float]:
    """Where a line runs to. Recognisers let hidden letters from the right run backwards; nobody reads upside down."""
    u, v = line["dir"]
    text = "".join(char["c"] for span in line["spans"] for char in span["chars"])
    right, left = bidi.counted(text)
    if right > left and frame.turned_by((u, v), matrix) == frame.HALF:
        return -u, -v
    return u, v


def _torn(line: Sequence[Glyph]) -> Iterator[list[Glyph]]:
    part: list[Glyph] = []
    for letter in line:
        if part and letter.start - part[-1].end > TORN * letter.look["size"]:
            yield part
            part = []
        part.append(letter)
    if any(not letter.text.isspace() for letter in part):
        yield part


def _strip(part: list[Glyph], direction: tuple[float, float], block: int, order: int) -> Strip:
    spans = [_across(letter, direction) for letter in part]
    return Strip(part, direction, block, order, min(top for top, _ in spans), max(foot for _, foot in spans))


def _across(letter: Glyph, direction: tuple[float, float]) -> tuple[float, float]:
    x0, y0, x1, y1 = letter.box
    u, v = (round(part) for part in direction)
    top, foot = sorted((y0 * u - x0 * v, y1 * u - x1 * v))
    return top, foot


@dataclass(frozen=True)
class Sides:
    """Which blocks of a page run from right to left, and whether most of the page does."""

    page: bool
    blocks: dict[int, bool]


def _sides(pieces: Sequence[Strip]) -> Sides:
    """What most of their letters do; on a page of such writing, many of a block's."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for piece in pieces:
        for side, count in enumerate(bidi.counted(_text(piece))):
            counts[piece.block][side] += count
    rights, lefts = (sum(count[side] for count in counts.values()) for side in (0, 1))
    factor = FEW if rights > lefts else 1.0
    return Sides(rights > lefts, {block: right > factor * left for block, (right, left) in counts.items()})


def _text(strip: Strip) -> str:
    return "".join(letter.text for letter in strip.letters)


def _runs_leftwards(text: str, *, block: bool, page: bool) -> bool:
    """Whether a line (as it stands, from the left) runs from right to left, in a block and on a page that do or do not.

    Sentences end where they are closed. A line that begins and ends as the page does runs as it does; one nearly all
    of whose letters run one way runs that way.
    """
    text = text.strip()
    right, left = bidi.counted(text)
    closes = text[:1] in CLOSING, text[-1:] in CLOSING
    if not right:
        return block and closes == (True, False)
    if closes[0] != closes[1]:
        return closes[0]
    ends = bidi.both_ends(text)
    if ends == page:
        return page
    mostly = left > CLEARLY * right if block else right > CLEARLY * left
    return block != (mostly and ends == (not block))


def _joined(pieces: Sequence[Strip]) -> list[Strip]:
    """Pieces that stand beside each other on one line as one: MuPDF parts lines where the writing turns."""
    found: list[Strip] = []
    for piece in sorted(pieces, key=attrgetter("start")):
        beside = [strip for strip in found if _is_beside(strip, piece)]
        if not beside:
            found.append(piece)
            continue
        strip = max(beside, key=attrgetter("end"))
        if len(piece.letters) > len(strip.letters):
            strip.block = piece.block
        strip.letters = sorted(strip.letters + piece.letters, key=attrgetter("middle"))
        strip.order = min(strip.order, piece.order)
        strip.top, strip.foot = min(strip.top, piece.top), max(strip.foot, piece.foot)
    return sorted(found, key=attrgetter("order"))


def _is_beside(strip: Strip, piece: Strip) -> bool:
    if strip.direction != piece.direction:
        return False
    overlap = min(strip.foot, piece.foot) - max(strip.top, piece.top)
    if overlap < OVERLAP * min(strip.foot - strip.top, piece.foot - piece.top):
        return False
    size = min(strip.size, piece.size)
    return -JOINED * size < piece.start - strip.end < JOINED * size


def _mend(strips: Sequence[Strip], said: Sequence[Glyph]) -> None:
    """Shapes without a letter, and spaces that only keep letters from joining, as the file says what they are.

    Only these: what MuPDF makes of more than one letter for a shape is out of place, or lost.
    """
    letters_said, joiners = (
        {_place(glyph): glyph.text for glyph in said if (glyph.text in JOINERS) is joins and not glyph.text.isspace()}
        for joins in (False, True)
    )
    for glyph in (glyph for strip in strips for glyph in strip.letters):
        if glyph.text == UNKNOWN:
            glyph.text = letters_said.get(_place(glyph), UNKNOWN)
        elif glyph.text.isspace():
            glyph.text = joiners.get(_place(glyph), glyph.text)


def _place(glyph: Glyph) -> tuple[int, int]:
    return round(glyph.box[0]), round(glyph.box[1])


def _line(strip: Strip, *, leftwards: bool) -> PaintedLine:
    spaced: list[Glyph | None] = []
    for part in parted(strip.letters):
        spaced += [None, *part] if spaced else part
    signs = [SPACE if letter is None else letter.text for letter in spaced]
    mixed = leftwards or bidi.has_leftwards("".join(signs))
    order = bidi.read_places(signs, leftwards=leftwards) if mixed else list(enumerate(signs))
    words: list[list[Glyph]] = [[]]
    for place, sign in order:
        letter = spaced[place]
        if letter is None:
            words.append([])
        else:
            letter.text = bidi.unshaped(sign)
            words[-1].append(letter)
    said = [word(part) for whole in words if whole for part in _without_mark(whole)]
    return PaintedLine(strip.block, strip.direction, said, strip.order, whole=True)


def _without_mark(letters: list[Glyph]) -> Iterator[list[Glyph]]:
    """A word, and the mark of a note behind it as a word of its own."""
    for place, (one, other) in enumerate(pairwise(letters), start=1):
        if other.look["size"] <= SMALL * one.look["size"] and NOTE.match(
            "".join(part.text for part in letters[place:])
        ):
            yield letters[:place]
            yield letters[place:]
            return
    yield letters
