"""Render the demonstration books from Markdown to PDF: ``manage.py build_books`` builds all of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import layout, manuscript
from demo.figures import DRAWINGS, INK, Anchor, Colour, Point

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.manuscript import Face

BASE_FONTS: dict[Face, str] = {"roman": "tiro", "italic": "tiit", "bold": "tibo"}
LABEL_SIZE = 8.5


def build_book(source: Path, target: Path) -> int:
    """Set the Markdown book ``source`` as a PDF at ``target`` and return its number of pages.

    The same source gives the same bytes, whatever the day and the machine, as long as PyMuPDF is the same.
    """
    import pymupdf

    engine: Any = pymupdf
    fonts = {face: engine.Font(name) for face, name in BASE_FONTS.items()}

    @cache  # the words of a book come again and again
    def measure(text: str, face: Face, size: float) -> float:
        return float(fonts[face].text_length(text, fontsize=size))

    book = manuscript.parse(source.read_text(encoding="utf-8"))
    sheets, contents = layout.set_book(book, measure)
    with engine.open() as document:
        for sheet in sheets:
            page = document.new_page(width=layout.WIDTH, height=layout.HEIGHT)
            _draw_sheet(engine, page, sheet, fonts)
        for page, sheet in zip(document, sheets, strict=True):
            for top, bottom, number in sheet.links:
                area = engine.Rect(layout.LEFT, top, layout.RIGHT, bottom)
                goal = engine.Point(0, 0)
                page.insert_link({"kind": engine.LINK_GOTO, "from": area, "page": number - 1, "to": goal})
        document.set_toc([[entry.level, entry.title, entry.page] for entry in contents])
        document.set_metadata(_metadata(book))
        document.set_language(book.language)
        document.subset_fonts()
        target.parent.mkdir(parents=True, exist_ok=True)
        document.save(target, garbage=3, deflate=True, deflate_fonts=True, use_objstms=1, no_new_id=True)
    return len(sheets)


def _metadata(book: manuscript.Manuscript) -> dict[str, str]:
    date = f"D:{book.year}0101000000Z"  # never the day of the build, which would change the bytes
    return {
        "title": book.title,
        "author": book.author,
        "creator": "Lyceum demonstration collection",
        "producer": "PyMuPDF",
        "creationDate": date,
        "modDate": date,
    }


def _draw_sheet(engine: Any, page: Any, sheet: layout.Sheet, fonts: dict[Face, Any]) -> None:
    shape = page.new_shape()
    for rule in sheet.rules:
        shape.draw_line(engine.Point(rule.x, rule.y), engine.Point(rule.x + rule.length, rule.y))
        shape.finish(color=rule.colour, width=0.6)
    marks = list(sheet.marks)
    for name, top in sheet.figures:
        pen = ShapePen(engine, shape, fonts, origin=(layout.LEFT, top))
        DRAWINGS[name].draw(pen)
        marks += pen.labels
    shape.commit()
    for colour, group in groupby(marks, key=lambda mark: mark.colour):
        writer = engine.TextWriter(page.rect)
        for mark in group:
            writer.append(engine.Point(mark.x, mark.y), mark.text, font=fonts[mark.face], fontsize=mark.size)
        writer.write_text(page, color=colour)


@dataclass
class ShapePen:
    """A ``figures.Pen`` that draws on a PyMuPDF shape, with its origin at the figure's top left corner."""

    engine: Any
    shape: Any
    fonts: dict[Face, Any]
    origin: Point
    labels: list[layout.Mark] = field(default_factory=list)

    def _at(self, point: Point) -> Any:
        return self.engine.Point(self.origin[0] + point[0], self.origin[1] + point[1])

    def oval(self, centre: Point, rx: float, ry: float, *, line: Colour, fill: Colour | None = None) -> None:
        """Draw an ellipse with its axes along the page."""
        middle = self._at(centre)
        self.shape.draw_oval(self.engine.Rect(middle.x - rx, middle.y - ry, middle.x + rx, middle.y + ry))
        self.shape.finish(color=line, fill=fill, width=0.8)

    def path(
        self,
        points: Sequence[Point],
        *,
        line: Colour,
        fill: Colour | None = None,
        closed: bool = False,
        smooth: bool = False,
        width: float = 0.8,
    ) -> None:
        """Draw a line through ``points``, as a Catmull-Rom curve where ``smooth``."""
        knots = [*points, points[0]] if closed else [*points]
        for number in range(len(knots) - 1):
            start, end = knots[number], knots[number + 1]
            before = knots[number - 1] if number else (knots[-2] if closed else start)
            after = knots[number + 2] if number + 2 < len(knots) else (knots[1] if closed else end)
            if smooth:
                first = (start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6)
                second = (end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6)
                self.shape.draw_bezier(*(self._at(point) for point in (start, first, second, end)))
            else:
                self.shape.draw_line(self._at(start), self._at(end))
        self.shape.finish(color=line, fill=fill, width=width, closePath=closed, lineCap=1, lineJoin=1)

    def label(self, text: str, at: Point, *, anchor: Anchor = "left", italic: bool = False) -> None:
        """Set a short word with its baseline at ``at``."""
        face: Face = "italic" if italic else "roman"
        shift = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor]
        x = self.origin[0] + at[0] - shift * self.fonts[face].text_length(text, fontsize=LABEL_SIZE)
        self.labels.append(layout.Mark(text, x, self.origin[1] + at[1], face, LABEL_SIZE, INK))
