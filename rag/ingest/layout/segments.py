"""Pieces put together to what stands without a wide gap: a whole line of a column, a cell of a table."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from rag.ingest.layout.pieces import CAPITAL_GAP, DROPPED, LayoutPiece
from rag.ingest.layout.words import is_split_capital
from rag.ingest.model.raw import PageWord

# In parts of the letters' size:
WORD_GAP = 0.12  # less is no space, even where the file paints the parts of a word one by one
SEGMENT_GAP = 0.6  # more may be the white between columns or cells
SPACED_LETTERS = 5  # as many single letters in a row are a word printed wide
MARKER_GAP = 3.0
TORN = 1.5  # more does not belong together, even where the file paints it as one line
MARKER = re.compile(r"^(?:[•‣⁃◦●○■□▪▫◆◇▶►➢⚫✓✔❖·*–—-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxlc]{1,5})[.)]|\[\d{1,3}\])$")


def segments(pieces: Iterable[LayoutPiece]) -> list[LayoutPiece]:
    """``pieces`` cut at wide gaps and joined across narrow ones, from the top."""
    parts = [part for piece in pieces for part in _torn(piece)]
    found: list[LayoutPiece] = []
    recent: list[LayoutPiece] = []
    for part in sorted(parts, key=lambda p: (round((p.y0 + p.y1) / 2 / 3), p.x0)):
        recent = [other for other in recent if other.y1 > part.y0 - part.height]
        neighbour = next((other for other in recent if level(other, part) and _touch(other, part)), None)
        if neighbour is None:
            found.append(part)
            recent.append(part)
        else:
            _absorb(neighbour, part)
    for segment in found:
        if len(segment.words) >= SPACED_LETTERS:
            _close_up(segment)
    return _with_markers(found)


def _with_markers(found: list[LayoutPiece]) -> list[LayoutPiece]:
    """Bullets and numbers of a list put before their items, from the right: *1. (a)* may stand before one."""
    taken: set[int] = set()
    for marker in sorted(found, key=lambda p: -p.x0):
        if len(marker.words) > 1 or not MARKER.match(marker.words[0].text):
            continue
        others = (p for p in found if p is not marker and id(p) not in taken)
        beside = [p for p in others if 0 <= p.x0 - marker.x1 < MARKER_GAP * max(p.size, 6) and level(marker, p)]
        if beside:
            item = min(beside, key=lambda p: p.x0)
            size, bold, mono = item.size, item.bold, item.mono
            _absorb(item, marker)
            item.size, item.bold, item.mono = size, bold, mono
            taken.add(id(marker))
    return [piece for piece in found if id(piece) not in taken]


def _close_up(segment: LayoutPiece) -> None:
    """Words printed with wide spaces between their letters become words again."""
    words = segment.words
    if sum(len(word.text) == 1 and word.text.isalpha() for word in words) < 0.8 * len(words):
        return
    gaps = [right.x0 - left.x1 for left, right in pairwise(words)]
    usual = sorted(gaps)[len(gaps) // 3]
    closed = [words[0]]
    for gap, word in zip(gaps, words[1:], strict=True):
        if gap < 1.6 * usual + 0.05 * segment.size:
            last = closed[-1]
            closed[-1] = PageWord(last.text + word.text, last.x0, min(last.y0, word.y0), word.x1, max(last.y1, word.y1))
        else:
            closed.append(word)
    segment.words = closed


def level(one: LayoutPiece, other: LayoutPiece) -> bool:
    """Whether two pieces stand on one baseline."""
    overlap = min(one.y1, other.y1) - max(one.y0, other.y0)
    return overlap > 0.55 * min(one.height, other.height)


def _touch(one: LayoutPiece, other: LayoutPiece) -> bool:
    gap = max(one.x0, other.x0) - min(one.x1, other.x1)
    return -0.5 * max(one.size, other.size) < gap < SEGMENT_GAP * min(one.size, other.size)


def _torn(piece: LayoutPiece) -> list[LayoutPiece]:
    """A piece cut where its words stand far apart."""
    if piece.whole:
        return [piece]
    parts: list[list[PageWord]] = [[piece.words[0]]]
    for word in piece.words[1:]:
        if word.x0 - parts[-1][-1].x1 > TORN * piece.size:
            parts.append([])
        parts[-1].append(word)
    if len(parts) == 1:
        return [piece]
    return [of_words(words, piece) for words in parts]


def of_words(words: list[PageWord], like: LayoutPiece) -> LayoutPiece:
    """A piece of these words that looks like another."""
    return LayoutPiece(
        words,
        min(w.x0 for w in words),
        min(w.y0 for w in words),
        max(w.x1 for w in words),
        max(w.y1 for w in words),
        like.size,
        like.bold,
        like.italic,
        like.mono,
        like.font,
        like.block,
    )


def _absorb(piece: LayoutPiece, part: LayoutPiece) -> None:
    """``part`` becomes the end or the beginning of ``piece``; the parts of one word become a word."""
    left, right = (piece, part) if piece.x0 <= part.x0 else (part, piece)
    last, first = left.words[-1], right.words[0]
    if _is_one_word(left, right):
        whole = PageWord(
            last.text + first.text, last.x0, min(last.y0, first.y0), max(last.x1, first.x1), max(last.y1, first.y1)
        )
        words = [*left.words[:-1], whole, *right.words[1:]]
    else:
        words = [*left.words, *right.words]
    if len(part.words) > len(piece.words):
        piece.font = part.font
    letters = len(piece.text), len(part.text)
    piece.mono = (piece.mono * letters[0] + part.mono * letters[1]) / sum(letters)
    is_capital = left.size > DROPPED * right.size and len(left.words) == 1
    piece.size = right.size if is_capital else max(piece.size, part.size)
    piece.words = words
    piece.x0, piece.y0 = min(piece.x0, part.x0), min(piece.y0, part.y0)
    piece.x1, piece.y1 = max(piece.x1, part.x1), max(piece.y1, part.y1)
    piece.bold, piece.italic = piece.bold and part.bold, piece.italic and part.italic


def _is_one_word(left: LayoutPiece, right: LayoutPiece) -> bool:
    """Whether the last word of ``left`` goes on in ``right``."""
    last, first = left.words[-1], right.words[0]
    gap, size = first.x0 - last.x1, min(left.size, right.size)
    if left.size > DROPPED * right.size and len(left.words) == 1:
        return gap < CAPITAL_GAP * size and is_split_capital(last.text, first.text)
    return abs(last.y1 - first.y1) < 0.2 * size and -0.25 * size < gap < WORD_GAP * size
