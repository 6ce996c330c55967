"""Text that a reader of the printed page would not see. It is left out, since nobody could check a quote of it.

What gives hidden text away is looked for in what the page paints (cheap, on every page). Whether it is really hidden is
then asked of the page's picture: text that can be taken away without changing the picture is not seen.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from rag.ingest.layout.pieces import Box, PaintedLine, PaintedShape, Word3, moved
from rag.ingest.writing.bidi import has_leftwards

LEAST_SIZE = 2.0  # points
LEAST_AREA = 4.0  # points: anything thinner is a rule, and hides nothing
CLIP = 2 | 64  # PyMuPDF's stext flags: white space kept, nothing that is clipped away
FAINT = 10  # of 255: less is as good as transparent
ALIKE = 24  # of 255: colours less apart than that cannot be told apart
WHITE = 0xFFFFFF
PICTURES = ("fill-image", "fill-imgmask")
FILLED, STROKED, CLIPPED = 16, 32, 64  # bits of a span's char_flags
SEEN = 40  # of 255: between the lightest and the darkest of what is no blank page
DIFFERENT = 12  # of 255: a pixel has changed
SCANNED = 0.6  # share of a page that the picture of a scanned page covers at least
MOST_STROKES = 30  # of an ornament or a frame
MOST_PIXELS = 1500  # of a picture's longer side
SHARED = 0.6  # of the letters of the shorter of two words that can be one
HIDDEN, OFF_PAGE = "hidden_text", "off_page"
Logged = tuple[str, Box]  # an entry of MuPDF's log of what is painted, in order


def without_hidden(
    page: Any, runs: Sequence[PaintedLine], shapes: Sequence[PaintedShape]
) -> tuple[list[PaintedLine], list[str]]:
    """The runs with what is seen of them, and notes of what was left out: ``off_page``, ``hidden_text``.

    The unseen text that a recogniser puts over (or under) the picture of a scanned page is that page's text, and stays.
    """
    judge = Judge(page, runs, shapes)
    everything = _only(runs, lambda word: holds(judge.page_box, word[1]))
    notes = (
        [OFF_PAGE]
        if len(everything) < len(runs) or any(a is not b for a, b in zip(runs, everything, strict=True))
        else []
    )
    runs = _unclipped(page, everything)
    kept: list[PaintedLine] = []
    doubtful: list[Box] = []
    dropped = len(runs) < len(everything) or any(a is not b for a, b in zip(runs, everything, strict=True))
    for run in runs:
        if judge.is_plain(run):
            kept.append(run)
            continue
        verdicts = [judge.verdict(word, run) for word in run.words]
        if not all(verdicts):
            dropped = dropped or False in verdicts
            doubtful += [word[1] for word, verdict in zip(run.words, verdicts, strict=True) if verdict is None]
            words = [word for word, verdict in zip(run.words, verdicts, strict=True) if verdict is not False]
            run = PaintedLine(run.block, run.direction, words, run.order, whole=run.whole)
        if run.words:
            kept.append(run)
    if doubtful and (unseen := _unseen(page, doubtful)):
        dropped = True
        for run in kept:
            run.words = [word for word in run.words if word[1] not in unseen]
    return [run for run in kept if run.words], [*notes, *([HIDDEN] if dropped else [])]


def _unclipped(page: Any, runs: Sequence[PaintedLine]) -> Sequence[PaintedLine]:
    """The runs without words that a clipping path (or the page's edge) cuts off.

    What is left of a page once all is cut off tells by its words and their boxes: another layer may have other words
    in the same places. A word of which only a part was cut off is kept if its middle still is there.
    """
    clipped = page.get_textpage(flags=CLIP)
    letters = sum(len(part) for part in clipped.extractText().split())
    if letters >= sum(len(part) for run in runs for text, _, _ in run.words for part in text.split()):
        return runs
    left: Counter[tuple[str, Box]] = Counter()
    for x0, y0, x1, y1, text, *_ in clipped.extractWORDS():
        left[text, _near((x0, y0, x1, y1))] += 1
    whole = {id(word) for run in runs for word in run.words if _taken(left, word)}
    parts = [(text, box) for (text, box), count in left.items() if count]
    return _only(runs, lambda word: id(word) in whole or _is_partly_seen(word, parts))


def _only(runs: Sequence[PaintedLine], stays: Callable[[Word3], bool]) -> list[PaintedLine]:
    """The runs with those words that stay; one that keeps all of them as it is."""
    found = []
    for run in runs:
        words = [word for word in run.words if stays(word)]
        if len(words) == len(run.words):
            found.append(run)
        elif words:
            found.append(PaintedLine(run.block, run.direction, words, run.order, whole=run.whole))
    return found


def _near(box: Box) -> Box:
    return round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1)


def _taken(left: Counter[tuple[str, Box]], word: Word3) -> bool:
    """Whether ``word`` is among what is left, from which it is then taken."""
    key = word[0], _near(word[1])
    if left[key] <= 0:
        return False
    left[key] -= 1
    return True


def _is_partly_seen(word: Word3, parts: Sequence[tuple[str, Box]]) -> bool:
    """Whether one of ``parts`` is what a clipping path left of ``word``, or is printed together with it."""
    return any(holds(box, word[1]) and _is_of(text, word[0]) for text, box in parts)


def _is_of(part: str, word: str) -> bool:
    """Whether ``part`` can be what is left of ``word``. MuPDF orders letters from the right otherwise than we do."""
    if part in word or word in part:
        return True
    if not has_leftwards(word):
        return False
    one, other = (Counter(unicodedata.normalize("NFKC", text)) for text in (part, word))
    return (one & other).total() > SHARED * min(one.total(), other.total())


class Judge:
    """Says of each word whether it is seen, from what the page paints."""

    def __init__(self, page: Any, runs: Sequence[PaintedLine], shapes: Sequence[PaintedShape]) -> None:
        self.page_box: Box = tuple(page.rect * page.derotation_matrix)
        self.least_size = min(LEAST_SIZE, max(page.rect.width, page.rect.height) / 400)
        self.log = Log(page)
        self.areas = [s for s in shapes if s.is_opaque and min(s.box[2] - s.box[0], s.box[3] - s.box[1]) > LEAST_AREA]
        self.last_area = max((area.order for area in self.areas), default=-1)
        self.colors = {area.color for area in self.areas} | {WHITE}
        self.has_ink = bool(shapes)
        self.seen_at_all = any(_is_painted(look) for run in runs for _, _, look in run.words)
        self._alike: dict[int, bool] = {}

    def is_plain(self, run: PaintedLine) -> bool:
        """Whether all of a run is seen for sure, at a glance."""
        if self.log.has_pictures or run.order < self.last_area:
            return False
        x0, y0, x1, y1 = self.page_box
        looks = {id(look): look for _, _, look in run.words}.values()
        return all(self._is_plain_look(look) for look in looks) and all(
            x0 <= box[0] and box[2] <= x1 and y0 <= box[1] and box[3] <= y1 for _, box, _ in run.words
        )

    def _is_plain_look(self, look: dict[str, Any]) -> bool:
        if look["alpha"] <= FAINT or look["size"] < self.least_size or not look["char_flags"] & FILLED:
            return False
        return not self._is_suspicious(look["color"])

    def _is_suspicious(self, color: int) -> bool:
        """Whether something on the page, or its paper, is of that colour."""
        if color not in self._alike:
            self._alike[color] = any(_alike(color, other) for other in self.colors)
        return self._alike[color]

    def verdict(self, word: Word3, run: PaintedLine) -> bool | None:
        """Whether a word is seen; ``None`` where only the page's picture can tell."""
        _, box, look = word
        if not holds(self.page_box, box) or look["size"] < self.least_size:
            return False
        if not _is_painted(look):
            return self._is_recognised(box)
        if look["char_flags"] & (STROKED | CLIPPED):
            return True
        if look["alpha"] <= FAINT:
            return False
        covering = self.log.covering_pictures(box)
        if covering:
            return True if any(self.is_scan(picture) for picture in covering) else None
        if run.order < self.last_area and any(a.order > run.order and holds(a.box, box) for a in self.areas):
            return None
        return self._stands_out(box, look["color"], run.order)

    def _is_recognised(self, box: Box) -> bool:
        """Whether unpainted text belongs to a picture of it, or to a page that is drawn without any letters."""
        over_picture = any(holds(picture, box) for picture in self.log.pictures)
        return over_picture or (self.has_ink and not self.seen_at_all)

    def _stands_out(self, box: Box, color: int, order: int) -> bool | None:
        if not self._is_suspicious(color):
            return True
        under = [area for area in self.areas if area.order < order and holds(area.box, box)]
        if not _alike(color, under[-1].color if under else WHITE):
            return True
        return None if self.log.anything_under(box) else False

    def is_scan(self, picture: Box) -> bool:
        """Whether a picture is that of the whole page."""
        x0, y0, x1, y1 = self.page_box
        width = min(picture[2], x1) - max(picture[0], x0)
        height = min(picture[3], y1) - max(picture[1], y0)
        return width * height > SCANNED * (x1 - x0) * (y1 - y0)


class Log:
    """What the page paints, in order; read only where it is asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.has_pictures = bool(page.get_images())
        self._painted: list[Logged] | None = None

    @property
    def painted(self) -> list[Logged]:
        if self._painted is None:
            self._painted = self.page.get_bboxlog()
        return self._painted

    @property
    def pictures(self) -> list[Box]:
        return [box for kind, box in self.painted if kind in PICTURES] if self.has_pictures else []

    def covering_pictures(self, box: Box) -> list[Box]:
        """The pictures painted over ``box`` after the text in it."""
        if not self.has_pictures:
            return []
        over = [i for i, (kind, at) in enumerate(self.painted) if kind == "fill-image" and holds(at, box)]
        if not over:
            return []
        last = max((i for i, (kind, at) in enumerate(self.painted) if "text" in kind and holds(at, box)), default=None)
        return [self.painted[i][1] for i in over if last is not None and i > last]

    def anything_under(self, box: Box) -> bool:
        """Whether something is painted where ``box`` is, but for text."""
        return any("text" not in kind and holds(at, box) for kind, at in self.painted)


def holds(outer: Box, inner: Box) -> bool:
    """Whether the middle of ``inner`` is in ``outer``."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def _is_painted(look: dict[str, Any]) -> bool:
    return bool(look["char_flags"] & (FILLED | STROKED | CLIPPED))


def _alike(one: int, other: int) -> bool:
    return all(abs((one >> shift & 255) - (other >> shift & 255)) < ALIKE for shift in (0, 8, 16))


def _unseen(page: Any, boxes: Sequence[Box]) -> set[Box]:
    """Those of ``boxes`` (of the page before it is turned) whose text can go without changing the page's picture."""
    import pymupdf

    scale = min(1.5, MOST_PIXELS / max(page.rect.width, page.rect.height, 1))
    matrix: Any = pymupdf.Matrix(scale, scale)  # type: ignore[no-untyped-call]  # untyped
    bare = _without_text(page)
    whole, rest = (p.get_pixmap(matrix=matrix, colorspace="gray", annots=False) for p in (page, bare))
    turned = tuple(page.rotation_matrix * matrix)
    return {box for box in boxes if not _differ(whole, rest, moved(box, turned))}


def _without_text(page: Any) -> Any:
    """A copy of the page in a file of its own, without any text."""
    import pymupdf

    copy: Any = pymupdf.open()  # type: ignore[no-untyped-call]  # untyped
    copy.insert_pdf(page.parent, from_page=page.number, to_page=page.number, annots=False, links=False)
    bare = copy[0]
    bare.add_redact_annot(bare.rect * bare.derotation_matrix, fill=False)
    bare.apply_redactions(images=0, graphics=0, text=0)
    return bare


def is_scanned(page: Any) -> bool:
    """Whether a picture fills the page."""
    judge = Judge(page, (), ())
    return any(judge.is_scan(picture) for picture in judge.log.pictures)


def is_drawn(page: Any) -> bool:
    """Whether the page is a picture, or as many strokes as make letters drawn without a font."""
    painted = page.get_bboxlog()
    return any(kind in PICTURES for kind, _ in painted) or sum("text" not in kind for kind, _ in painted) > MOST_STROKES


def shows_something(page: Any) -> bool:
    """Whether there is anything to see on the page."""
    scale = min(0.5, MOST_PIXELS / max(page.rect.width, page.rect.height, 1))
    import pymupdf

    matrix: Any = pymupdf.Matrix(scale, scale)  # type: ignore[no-untyped-call]  # untyped
    samples = page.get_pixmap(matrix=matrix, colorspace="gray", annots=False).samples
    return bool(samples) and max(samples) - min(samples) > SEEN


def _differ(whole: Any, rest: Any, box: Box) -> bool:
    """Whether two pictures differ inside ``box``."""
    x0, x1 = max(int(box[0]), 0), min(int(box[2]) + 1, whole.width, rest.width)
    left, right = whole.samples_mv, rest.samples_mv
    for y in range(max(int(box[1]), 0), min(int(box[3]) + 1, whole.height, rest.height)):
        one = left[y * whole.stride + x0 : y * whole.stride + x1]
        other = right[y * rest.stride + x0 : y * rest.stride + x1]
        if one != other and any(abs(a - b) > DIFFERENT for a, b in zip(one, other, strict=True)):
            return True
    return False
