"""Pages that are only pictures, read by the looks of their characters. Runs in a reading process of its own.

The recogniser (RapidOCR, PP-OCR's small models, in its wheel) reads Chinese, Japanese, English and the languages of
western and central Europe that are written in Latin letters.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import IO, Any

from rag.ingest import extract
from rag.ingest.pdf import Pdf
from rag.ingest.raw import Facts, Line, RawPage, Word
from rag.ingest.reader import Refused

Points = Sequence[Sequence[float]]
LEAST_DPI = 40  # of a page so large that more would be too many pixels
LEAST_SCORE = 0.5  # of a line, from 0 to 1: less is a guess at ornaments
GOOD_SCORE = 0.85  # a page that reads so well stands upright
LEAST_LINES = 3  # on which to judge
TURNS = (0, 90, 270, 180)
POINTS_PER_INCH = 72
WIDE = {"W", "F"}  # signs of writings without spaces between words


class Recognised:
    """An open PDF whose pages are recognised. Errors on opening: ``Refused``."""

    def __init__(self, file: IO[bytes], settings: dict[str, Any]) -> None:
        self._pdf = Pdf(file, most_pages=settings["most_pages"])
        self._dpi, self._pixels = settings["dpi"], settings["pixels"]
        self._recognise = _recogniser()
        self.facts: Facts = self._pdf.facts

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1, upright or turned by quarters, as its picture shows it."""
        page = self._pdf.page(number)
        raw = RawPage(width=page.rect.width, height=page.rect.height, label=self._pdf.label(page))
        scale = self._scale(page.rect)
        best: list[Line] = []
        best_score = 0.0
        for turn in TURNS:
            lines, score, is_upright = self._lines(page, turn, scale)
            if score * _letters(lines) > best_score * _letters(best):
                best, best_score, raw.notes = lines, score, [f"turned_{turn}"] if turn else []
            if is_upright or not lines:
                break
        raw.lines = best
        raw.source = "ocr" if best else "none"
        return raw

    def _scale(self, rect: Any) -> float:
        """Pixels per point: fewer than wanted for a page that would have too many."""
        most = math.sqrt(self._pixels / max(rect.width * rect.height, 1.0))
        scale = min(self._dpi / POINTS_PER_INCH, most)
        if scale * POINTS_PER_INCH < LEAST_DPI:
            raise ValueError("The page is too large for its picture to be read.")
        return float(scale)

    def _lines(self, page: Any, turn: int, scale: float) -> tuple[list[Line], float, bool]:
        """The lines in reading order with boxes on the page as shown, how sure they are, and whether the picture,
        turned by ``turn`` degrees, stands upright."""
        picture = self._pdf.picture(page, scale=scale, turn=turn)
        found = self._recognise(picture)
        if not found:
            return [], 0.0, False
        height = (page.rect.height if turn in (0, 180) else page.rect.width) or 1.0
        kept = [piece for piece in found if piece[1] >= LEAST_SCORE and piece[0]]
        lines = extract.arrange([_line(words, scale) for words, _score, _is_wide in kept], height)
        for word in (word for line in lines for word in line.words):
            word.x0, word.y0, word.x1, word.y1 = _as_shown(word, turn, page.rect.width, page.rect.height)
        score = sum(score for _words, score, _is_wide in found) / len(found)
        wide = sum(is_wide for _words, _score, is_wide in found)
        return lines, score, score >= GOOD_SCORE and wide >= 0.6 * len(found) and len(found) >= LEAST_LINES


Piece = tuple[list[Word], float, bool]  # words with boxes in pixels, how sure they are, whether it is wider than high


def _recogniser() -> Any:
    """A function from a picture (uint8 of shape (height, width, 3), blue first) to its pieces of text."""
    try:
        from rapidocr import RapidOCR
    except ImportError:
        raise Refused("recogniser_missing") from None
    engine = RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )

    def recognise(picture: Any) -> list[Piece]:
        found = engine(picture, return_word_box=True)
        if found is None or found.boxes is None or found.txts is None:
            return []
        return [
            (_words(text, box, parts), float(score), _is_wide(box))
            for text, box, score, parts in zip(found.txts, found.boxes, found.scores, found.word_results, strict=True)
        ]

    return recognise


def _words(text: str, box: Points, parts: Sequence[Any]) -> list[Word]:
    """The words of a piece, each in its box: the recogniser's where they make up the text, else parts of the whole."""
    text = unicodedata.normalize("NFC", text).strip()
    named = [(str(part[0]).strip(), part[2]) for part in parts or () if part and str(part[0]).strip()]
    if "".join(name for name, _box in named) == "".join(text.split()):
        return _by_spaces(text, named)
    x0, y0, x1, y1 = _bounds(box)
    share = (x1 - x0) / max(len(text), 1)
    found, place = [], 0
    for name in text.split():
        place = text.index(name, place)
        found.append(Word(name, x0 + share * place, y0, x0 + share * (place + len(name)), y1))
        place += len(name)
    return found


def _by_spaces(text: str, named: Sequence[tuple[str, Points]]) -> list[Word]:
    """Parts joined to the words that spaces part: the recogniser gives signs of some writings one by one."""
    found: list[Word] = []
    waiting = list(named)
    for name in text.split():
        boxes: list[Points] = []
        length = 0
        while length < len(name) and waiting:
            part, box = waiting.pop(0)
            length += len(part)
            boxes.append(box)
        bounds = [_bounds(box) for box in boxes]
        if bounds:
            x0s, y0s, x1s, y1s = zip(*bounds, strict=True)
            found.append(Word(name, min(x0s), min(y0s), max(x1s), max(y1s)))
    return found


def _line(words: list[Word], scale: float) -> Line:
    scaled = [Word(w.text, w.x0 / scale, w.y0 / scale, w.x1 / scale, w.y1 / scale) for w in words]
    heights = sorted(word.y1 - word.y0 for word in scaled)
    return Line(scaled, size=round(heights[len(heights) // 2] * 0.8, 1))  # a box is a quarter higher than its letters


def _bounds(box: Points) -> tuple[float, float, float, float]:
    xs, ys = [float(point[0]) for point in box], [float(point[1]) for point in box]
    return min(xs), min(ys), max(xs), max(ys)


def _is_wide(box: Points) -> bool:
    x0, y0, x1, y1 = _bounds(box)
    return x1 - x0 > y1 - y0


def _letters(lines: Sequence[Line]) -> int:
    return sum(len(word.text) for line in lines for word in line.words)


def _as_shown(word: Word, turn: int, width: float, height: float) -> tuple[float, float, float, float]:
    """Where a word of the picture turned clockwise by ``turn`` stands on the page, ``width`` by ``height`` points."""
    match turn:
        case 90:
            return word.y0, height - word.x1, word.y1, height - word.x0
        case 180:
            return width - word.x1, height - word.y1, width - word.x0, height - word.y0
        case 270:
            return width - word.y1, word.x0, width - word.y0, word.x1
        case _:
            return word.x0, word.y0, word.x1, word.y1
