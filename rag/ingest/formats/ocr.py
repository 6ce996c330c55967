"""Pages that are only pictures, read by the looks of their characters. Runs in a reading process of its own.

The recogniser (RapidOCR, PP-OCR's small models, in its wheel) reads Chinese, Japanese, English and the languages of
western and central Europe that are written in Latin letters.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from rag.ingest.formats.pdf import Pdf
from rag.ingest.layout import extract
from rag.ingest.model.raw import Facts, PageLine, PageWord, RawPage
from rag.ingest.sandbox.reader import Refused

Points = Sequence[Sequence[float]]
SMALL = 1_500_000  # pixels of a page whose picture may hold more
LEAST_SCORE = 0.7  # of a line, from 0 to 1: less is a guess at ornaments
LEAST_SURE = 0.88  # of a page, by its letters: less is a writing unknown here (Hebrew has .6, poor scans .98)
GOOD_SCORE = 0.85  # a page that reads so well stands upright
LEAST_LINES = 3  # on which to judge
LOOKED_AT = 1280  # pixels of the longer side in which lines are looked for; they are read in the whole picture
SAMPLE = 6  # lines by which a page is turned
POINTS_PER_INCH = 72


@dataclass(frozen=True)
class OcrPiece:
    """A line of text, or part of one, as the recogniser found it in a picture."""

    words: list[PageWord]  # with boxes in pixels
    score: float  # how sure it is, from 0 to 1
    is_wide: bool


class Recognised:
    """An open PDF whose pages are recognised. Errors on opening: ``Refused``."""

    def __init__(self, file: IO[bytes], settings: dict[str, Any]) -> None:
        self._pdf = Pdf(file, most_pages=settings["most_pages"])
        self._dpi, self._pixels = settings["dpi"], settings["pixels"]
        self._recognise = Recogniser()
        self.facts: Facts = self._pdf.facts

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1, upright or turned by quarters, as its picture shows it."""
        page = self._pdf.page(number)
        raw = RawPage(width=page.rect.width, height=page.rect.height, label=self._pdf.label(page))
        scale = self._scale(page)
        found = self._recognise(self._pdf.picture(page, scale=scale, turn=0))
        turn = 0 if _reads_well(found) else self._turn(page, scale)
        if turn:
            found = self._recognise(self._pdf.picture(page, scale=scale, turn=turn))
            raw.notes.append("turned")
        if _is_guessed(found):
            raw.notes.append("not_recognised")
        else:
            raw.lines = self._lines(found, page.rect, scale, turn)
        raw.source = "ocr" if raw.lines else "none"
        return raw

    def _turn(self, page: Any, scale: float) -> int:
        """By how many degrees the page must be turned clockwise to stand upright, judged by a few of its lines."""
        best, best_score = 0, 0.0
        for turn in (0, 90):
            picture = self._pdf.picture(page, scale=scale, turn=turn)
            for more, score in self._recognise.both_ways(picture):
                if score > best_score:
                    best, best_score = turn + more, score
        return best

    def _scale(self, page: Any) -> float:
        """Pixels per point: fewer than wanted for a page that would have too many, as many as its picture has where
        the page is small."""
        area = max(float(page.rect.width * page.rect.height), 1.0)
        scale = self._dpi / POINTS_PER_INCH
        if scale**2 * area < SMALL:
            own = max((image[2] / max(page.rect.width, 1.0) for image in page.get_images()), default=0.0)
            scale = max(scale, min(own, math.sqrt(SMALL / area)))
        return float(min(scale, math.sqrt(self._pixels / area)))

    def _lines(self, found: Sequence[OcrPiece], rect: Any, scale: float, turn: int) -> list[PageLine]:
        """``found`` as lines in reading order, with boxes on the page as shown."""
        kept = [_line(piece.words, scale) for piece in found if piece.score >= LEAST_SCORE and piece.words]
        lines = extract.arrange(kept, float(rect.width if turn in (90, 270) else rect.height))
        for word in (word for line in lines for word in line.words):
            word.x0, word.y0, word.x1, word.y1 = _as_shown(word, turn, rect.width, rect.height)
        return lines


def _reads_well(found: Sequence[OcrPiece]) -> bool:
    """Whether a picture must have stood upright: its lines are wide, and sure."""
    if len(found) < LEAST_LINES:
        return False
    score = sum(piece.score for piece in found) / len(found)
    return score >= GOOD_SCORE and sum(piece.is_wide for piece in found) >= 0.6 * len(found)


def _is_guessed(found: Sequence[OcrPiece]) -> bool:
    """Whether what was made out of a page is next to nothing but guesses: no text is better than a wrong one."""
    letters = [sum(len(word.text) for word in piece.words) for piece in found]
    sure = sum(piece.score * number for piece, number in zip(found, letters, strict=True))
    return sure < LEAST_SURE * sum(letters)


class Recogniser:
    """RapidOCR. Pictures are uint8 of shape (height, width, 3), blue first. Errors: ``Refused`` where it is missing."""

    def __init__(self) -> None:
        try:
            import cv2
            from rapidocr import RapidOCR
        except ImportError:
            raise Refused("recogniser_missing") from None
        cv2.setNumThreads(1)  # the process may start no more
        self._engine: Any = RapidOCR(
            params={
                "Global.log_level": "critical",
                "Det.limit_type": "max",
                "Det.limit_side_len": LOOKED_AT,
                "Global.use_cls": False,  # whole pages are turned, not lines
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        )

    def __call__(self, picture: Any) -> list[OcrPiece]:
        """The pieces of text in ``picture``, with boxes in pixels."""
        found = self._engine(picture, use_det=True, use_cls=False, use_rec=True, return_word_box=True)
        if found is None or found.boxes is None or found.txts is None:
            return []
        return [
            OcrPiece(_words(text, box, parts), float(score), _is_wide(box))
            for text, box, score, parts in zip(found.txts, found.boxes, found.scores, found.word_results, strict=True)
        ]

    def both_ways(self, picture: Any) -> list[tuple[int, float]]:
        """How sure a few lines are as ``picture`` stands (0) and with it turned upside down (180 degrees)."""
        found = self._engine(picture, use_det=True, use_cls=False, use_rec=False)
        boxes = [] if found is None or found.boxes is None else [_bounds(box) for box in found.boxes if _is_wide(box)]
        boxes.sort(key=lambda box: (box[0] - box[2], box))  # the widest first
        chosen = [picture[int(y0) : int(y1) + 1, int(x0) : int(x1) + 1] for x0, y0, x1, y1 in boxes[:SAMPLE]]
        return [(0, self._sure(chosen)), (180, self._sure([line[::-1, ::-1] for line in chosen]))]

    def _sure(self, lines: Sequence[Any]) -> float:
        """The mean score of ``lines``, weighed by how many there are and how much they say."""
        total = 0.0
        for line in lines:
            found = self._engine(line.copy(), use_det=False, use_cls=False, use_rec=True)
            if found is not None and found.txts:
                total += float(found.scores[0]) * len(found.txts[0])
        return total


def _words(text: str, box: Points, parts: Sequence[Any]) -> list[PageWord]:
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
        found.append(PageWord(name, x0 + share * place, y0, x0 + share * (place + len(name)), y1))
        place += len(name)
    return found


def _by_spaces(text: str, named: Sequence[tuple[str, Points]]) -> list[PageWord]:
    """Parts joined to the words that spaces part: the recogniser gives signs of some writings one by one."""
    found: list[PageWord] = []
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
            found.append(PageWord(name, min(x0s), min(y0s), max(x1s), max(y1s)))
    return found


def _line(words: list[PageWord], scale: float) -> PageLine:
    scaled = [PageWord(w.text, w.x0 / scale, w.y0 / scale, w.x1 / scale, w.y1 / scale) for w in words]
    heights = sorted(word.y1 - word.y0 for word in scaled)
    return PageLine(
        scaled, size=round(heights[len(heights) // 2] * 0.8, 1)
    )  # a box is a quarter higher than its letters


def _bounds(box: Points) -> tuple[float, float, float, float]:
    xs, ys = [float(point[0]) for point in box], [float(point[1]) for point in box]
    return min(xs), min(ys), max(xs), max(ys)


def _is_wide(box: Points) -> bool:
    x0, y0, x1, y1 = _bounds(box)
    return x1 - x0 > y1 - y0


def _as_shown(word: PageWord, turn: int, width: float, height: float) -> tuple[float, float, float, float]:
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
