"""A PDF as a source of pages. Runs in the reading process."""

from __future__ import annotations

import sys
from typing import IO, Any

from rag.ingest.layout import extract
from rag.ingest.model.raw import Facts, OutlineMark, RawPage
from rag.ingest.model.safe_text import plain, short
from rag.ingest.sandbox.reader import FileRefused

END_MARKER = b"%%EOF"
TAIL = 2048  # bytes at the end in which a whole PDF has its end marker
MOST_MARKS = 20_000  # of an outline
PAGES_PER_SHRINK = 32  # after so many pages MuPDF forgets the fonts and pictures that it keeps
NAMED = 4  # the kind of a link whose place is counted from the foot of the page


def engine() -> Any:
    """PyMuPDF without the layout models that it loads where they are installed (a second, 80 MB)."""
    for name in ("pymupdf.layout", "pymupdf4llm"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # how an import is made to fail
    import pymupdf

    tools: Any = pymupdf.TOOLS
    tools.mupdf_display_errors(False)
    tools.mupdf_display_warnings(False)
    found: Any = pymupdf
    return found


class Pdf:
    """An open PDF. Errors on opening: ``FileRefused``."""

    def __init__(self, file: IO[bytes], *, most_pages: int) -> None:
        self._file = file
        self._engine = engine()
        self._document = self._opened(file)
        notes = self._checked(most_pages)
        self.facts = Facts(
            pages=self._document.page_count,
            outline=self._outline(),
            notes=notes,
            title=short(self._metadata("title")),
            language=self._language(),
        )

    def read(self, number: int) -> RawPage:
        """The page ``number``, from 1."""
        if number % PAGES_PER_SHRINK == 0:
            self._engine.TOOLS.store_shrink(100)
        page = self.page(number)
        raw = extract.read_page(page)
        if extract.needs_ocr(page, raw):
            raw.notes.append("needs_ocr")
        return raw

    def page(self, number: int) -> Any:
        """The ``pymupdf.Page``."""
        return self._document.load_page(number - 1)

    def label(self, page: Any) -> str:
        """The number printed on it, where the file says so."""
        return short(page.get_label(), 20)

    def picture(self, page: Any, *, scale: float, turn: int) -> Any:
        """The page at ``scale`` pixels per point, turned clockwise by ``turn`` degrees: uint8 of shape (height, width,
        3), blue first."""
        import numpy as np

        matrix = self._engine.Matrix(scale, scale).prerotate(turn)
        pixels = page.get_pixmap(matrix=matrix, colorspace=self._engine.csRGB, alpha=False)
        rows = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.width, 3)
        return np.ascontiguousarray(rows[:, :, ::-1])

    def pixels(self, number: int, scale: float) -> Any:
        """The page ``number``, from 1, as a ``pymupdf.Pixmap`` of red, green and blue at ``scale`` pixels per point."""
        matrix = self._engine.Matrix(scale, scale)
        return self.page(number).get_pixmap(matrix=matrix, colorspace=self._engine.csRGB, alpha=False)

    def _opened(self, file: IO[bytes]) -> Any:
        try:
            return self._engine.open(f"/dev/fd/{file.fileno()}", filetype="pdf")
        except (self._engine.FileDataError, self._engine.EmptyFileError, RuntimeError, ValueError) as fault:
            if "malloc" in str(fault) or "memory" in str(fault):
                raise FileRefused("file_bomb") from None
            raise FileRefused("file_broken" if self._has_end() else "file_cut_off") from None

    def _checked(self, most_pages: int) -> tuple[str, ...]:
        document = self._document
        if not document.is_pdf:
            raise FileRefused("not_a_pdf")
        if document.needs_pass and not document.authenticate(""):
            raise FileRefused("file_encrypted")
        if document.is_repaired and not self._has_end():
            raise FileRefused("file_cut_off")
        if document.page_count <= 0:
            raise FileRefused("no_pages")
        if document.page_count > most_pages:
            raise FileRefused("too_many_pages", pages=document.page_count, most=most_pages)
        return ("repaired",) if document.is_repaired else ()

    def _has_end(self) -> bool:
        size = self._file.seek(0, 2)
        self._file.seek(max(size - TAIL, 0))
        return END_MARKER in self._file.read(TAIL)

    def _metadata(self, name: str) -> str:
        return str((self._document.metadata or {}).get(name) or "")

    def _language(self) -> str:
        try:
            language = str(self._document.language or "")[:2].lower()
        except Exception:  # what a broken catalogue makes of it
            return ""
        return language if language.isascii() and language.isalpha() and len(language) == 2 else ""

    def _outline(self) -> tuple[OutlineMark, ...]:
        try:
            entries = self._document.get_toc(simple=False)
        except Exception:  # an outline that cannot be read is none
            return ()
        pages = self._document.page_count
        marks = [self._mark(entry, pages) for entry in entries[:MOST_MARKS]]
        return tuple(mark for mark in marks if mark.title)

    def _mark(self, entry: list[Any], pages: int) -> OutlineMark:
        level, title, page, target = entry
        page = page if isinstance(page, int) and 1 <= page <= pages else 0
        y = None
        if page and isinstance(target, dict) and target.get("to") is not None:
            y = float(target["to"].y)
            try:
                y = self._document.page_cropbox(page - 1).height - y if target.get("kind") == NAMED else y
            except Exception:  # a page whose box is broken
                y = None
        return OutlineMark(level=max(1, int(level)), title=plain(str(title))[:300], page=page, y=y)
