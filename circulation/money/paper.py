"""Receipts and statements on paper: one A4 sheet or more, with names in any writing that we have letters for.

The PDF is written in the web process by a light library that is imported on first use. The standard fonts of PDF know
Latin letters alone, so the letters come from font files in wheels; those for Chinese, Japanese and Korean are large and
are read only where a text needs them.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

SANS = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
ARABIC = ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")
EAST_ASIAN = ("cvttf_NotoSansCJK_Regular", "NotoSansCJKtc-Regular.otf")
FIRST_EAST_ASIAN = "\u2e80"  # from here on: radicals, kana, ideographs, Hangul
MARGIN, WIDTH, LINE = 20, 170, 6  # mm


@dataclass(frozen=True)
class Paper:
    """What stands on a sheet: ``facts`` as name and value, ``rows`` under ``heads``, ``sums`` at the end."""

    title: str
    library: str
    address: str = ""
    logo: bytes | None = None  # PNG
    reader: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    heads: Sequence[str] = ()
    widths: Sequence[int] = ()  # parts of the width
    rows: Sequence[Sequence[str]] = field(default_factory=list)
    sums: Sequence[tuple[str, str]] = ()

    def texts(self) -> Iterable[str]:
        """Everything that is written."""
        yield from (self.title, self.library, self.address, *self.reader, *self.heads)
        for pair in (*self.facts, *self.rows, *self.sums):
            yield from pair


def pdf(paper: Paper) -> bytes:
    """The sheet as a PDF file."""
    from fpdf import FPDF

    sheet = FPDF()
    sheet.set_title(paper.title)
    sheet.set_creator("Lyceum")
    sheet.set_margin(MARGIN)
    sheet.set_auto_page_break(True, margin=MARGIN)
    _letters(sheet, paper)
    sheet.add_page()
    _head(sheet, paper)
    _body(sheet, paper)
    return bytes(sheet.output())


def _letters(sheet: Any, paper: Paper) -> None:
    sheet.add_font("sans", "", str(font_file(SANS)))
    sheet.add_font("arabic", "", str(font_file(ARABIC)))
    others = ["arabic"]
    if any(sign >= FIRST_EAST_ASIAN for text in paper.texts() for sign in text):
        sheet.add_font("east_asian", "", str(font_file(EAST_ASIAN)))
        others.append("east_asian")
    sheet.set_fallback_fonts(others, exact_match=False)
    sheet.set_text_shaping(True)
    sheet.set_font("sans", size=10)


@cache
def font_file(font: tuple[str, str]) -> Path:
    """A file in the wheel of a font."""
    package, name = font
    return Path(str(importlib.import_module(package).__file__)).parent / name


def _head(sheet: Any, paper: Paper) -> None:
    if paper.logo is not None:
        sheet.image(io.BytesIO(paper.logo), x=WIDTH, y=MARGIN, h=16, keep_aspect_ratio=True)
    _line(sheet, paper.library, size=13)
    for text in paper.address.splitlines():
        _line(sheet, text, size=9)
    sheet.ln(LINE * 2)
    for text in paper.reader:
        _line(sheet, text)
    sheet.ln(LINE * 2)
    _line(sheet, paper.title, size=16, height=LINE + 3)
    sheet.ln(2)
    for name, value in paper.facts:
        _line(sheet, f"{name}: {value}")
    sheet.ln(LINE)


def _line(sheet: Any, text: str, *, size: int = 10, height: int = LINE) -> None:
    sheet.set_font("sans", size=size)
    sheet.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT", align="L")
    sheet.set_font("sans", size=10)


def _body(sheet: Any, paper: Paper) -> None:
    if paper.rows:
        right = ["L"] * (len(paper.heads) - 1) + ["R"]
        with sheet.table(
            col_widths=tuple(paper.widths) or None,
            text_align=tuple(right),
            borders_layout="HORIZONTAL_LINES",
            line_height=LINE,
            headings_style=_plain(),
        ) as table:
            for row in (paper.heads, *paper.rows):
                table.row([str(cell) for cell in row])
    sheet.ln(LINE)
    for name, value in paper.sums:
        sheet.cell(WIDTH * 3 // 4, LINE + 1, name, align="R")
        sheet.cell(WIDTH // 4, LINE + 1, value, align="R", new_x="LMARGIN", new_y="NEXT")
    sheet.ln(LINE)
    if not paper.rows and not paper.sums:
        _line(sheet, _("Nothing to list."))


def _plain() -> Any:
    """Headings without bold letters, of which there is no file."""
    from fpdf.fonts import FontFace

    return FontFace(emphasis="")
