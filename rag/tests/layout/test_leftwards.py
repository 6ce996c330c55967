"""Pages written from right to left, as programs set them."""

from __future__ import annotations

import re
import unicodedata
from importlib.resources import files
from typing import Any

import pymupdf
import pytest
from fpdf import FPDF

from rag.ingest.layout import leftward
from rag.ingest.layout.extract import read_page
from rag.ingest.model.raw import RawPage
from rag.ingest.writing.letters import Glyph

SANS = ("fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf")
ARABIC = ("fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf")
PERSIAN = "تالار کتابخانه در سال 1859 ساخته شد (طبقه دوم). می\u200cخواهم کتاب PDF را بخوانم، لا اله الا الله."
HEBREW = "הספרייה נבנתה בשנת 1859 (קומה שנייה). אני קורא ספר PDF בכל יום."
ENGLISH = "The word كتاب means book, and سلام عليكم is a greeting (السلام)."
LINES = [
    "کتاب نخست در تالار بزرگ است",
    "و هر روز خوانده می شود",
    "تا شب که درها بسته شوند",
    "و نگهبان چراغ را خاموش کند",
]
MORE = ["پیرمرد به باغ رفت", "و زیر درخت نشست", "باران آرام می بارید", "و کسی در راه نبود"]


def looks(text: str, *kept: str) -> str:
    """How ``text`` stands from left to right: turned round, but for what is ``kept``; brackets as they look."""
    turned = text[::-1].translate(str.maketrans("()", ")("))
    for part in kept:
        turned = turned.replace(part[::-1], part)
    return turned


class Sheet:
    """A page that is set sign by sign as it looks."""

    def __init__(self, width: float = 595, height: float = 842) -> None:
        self.document: Any = pymupdf.open()
        self.page = self.document.new_page(width=width, height=height)
        self.font: Any = pymupdf.Font("helv")

    def put(self, right: float, y: float, text: str, *, size: float = 11, morph: Any = None) -> float:
        """``text`` so that it ends at ``right``; gives where it begins."""
        left = right - float(self.font.text_length(text, size))
        writer: Any = pymupdf.TextWriter(self.page.rect)
        writer.append((left, y), text, font=self.font, fontsize=size)
        writer.write_text(self.page, morph=morph)
        return left

    def say(self, text: str) -> None:
        """Name the letters of each shape of ``text``, which was put alone, as browsers do (``/ActualText``)."""
        (number,) = self.page.get_contents()
        drawn = self.document.xref_stream(number).decode()
        start, end = drawn.index("["), drawn.index("]TJ") + 3
        codes = re.findall("[0-9a-f]{4}", drawn[start:end])
        named = zip(text, codes, strict=True)
        parts = [f"/Span<</ActualText<FEFF{letters(sign)}>>>BDC <{code}>Tj EMC" for sign, code in named]
        self.document.update_stream(number, (drawn[:start] + " ".join(parts) + drawn[end:]).encode())

    def read(self, *, rotation: int = 0) -> RawPage:
        self.page.set_rotation(rotation)
        return read_page(pymupdf.open("pdf", self.document.tobytes())[0])


def letters(shape: str) -> str:
    """What a shape stands for, as a PDF says it."""
    return unicodedata.normalize("NFKC", shape).encode("utf-16-be").hex()


def said(page: RawPage) -> list[str]:
    return [line.text for line in page.lines]


def test_letters_kept_by_their_shapes_are_read_in_order():
    sheet = Sheet()
    for place in range(8):
        sheet.put(550, 60 + 16 * place, "\ufead\ufefb\ufe8e\ufe97")
    assert said(sheet.read()) == ["تالار"] * 8


def test_what_a_file_says_of_the_shapes_that_it_has_letters_for_is_left_aside():
    """MuPDF would make "السالم الول" of it: lam and alef change places, and an alef beside them is lost."""
    sheet = Sheet()
    sheet.font = pymupdf.Font(fontfile=str(files(ARABIC[0]).joinpath(ARABIC[1])))
    shown = "السلام الاول".replace("لا", "\ufefb")[::-1]
    sheet.put(550, 60, shown)
    sheet.say(shown)
    assert said(sheet.read()) == ["السلام الاول"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [(PERSIAN.replace("\u200c", "").replace("،", ""), ("1859", "PDF")), (HEBREW, ("1859", "PDF"))],
    ids=["persian", "hebrew"],
)
def test_line_kept_as_it_looks_is_read_as_it_was_typed(text, kept):
    sheet = Sheet()
    sheet.put(560, 60, looks(text, *kept))
    assert said(sheet.read()) == [text]


@pytest.mark.parametrize(("text", "align"), [(PERSIAN, "R"), (ENGLISH, "L")], ids=["persian", "english"])
def test_line_set_by_a_program_that_joins_letters_is_read_as_it_was_typed(text, align):
    """One shape stands for two letters, and a non-joiner is a shape without a look."""
    page = FPDF()
    page.add_page()
    for name, (package, path) in (("sans", SANS), ("arabic", ARABIC)):
        page.add_font(name, fname=str(files(package) / path))
    page.set_font("arabic", size=11)
    page.set_fallback_fonts(["sans"], exact_match=False)
    page.set_text_shaping(True)
    page.multi_cell(190, 8, text, align=align)
    assert said(read_page(pymupdf.open("pdf", bytes(page.output()))[0])) == [text]


def test_page_of_two_columns_is_read_from_the_right_one():
    sheet = Sheet()
    for column, (right, lines) in enumerate([(550, LINES), (280, MORE)]):
        for place, line in enumerate(lines * 3):
            sheet.put(right, 100 + 15 * place, looks(f"{line} {column}{place}", f"{column}{place}"))
    first, second = ([f"{line} {c}{n}" for n, line in enumerate(lines * 3)] for c, lines in ((0, LINES), (1, MORE)))
    assert said(sheet.read()) == first + second


def test_rows_of_a_table_begin_at_the_right():
    sheet = Sheet()
    rows = [["نام", "شهر", "سال"], ["فردوسی", "توس", "1010"], ["حافظ", "شیراز", "1390"], ["سعدی", "شیراز", "1291"]]
    for place, row in enumerate(rows):
        y = 100 + 20 * place
        for cell, right in zip(row, (540, 400, 250), strict=True):
            sheet.put(right, y, looks(cell, cell if cell.isdigit() else ""))
        sheet.page.draw_line((150, y + 6), (550, y + 6))
    sheet.page.draw_line((150, 86), (550, 86))
    assert said(sheet.read()) == [" | ".join(row) for row in rows]


def test_paragraph_of_many_lines_is_one_paragraph():
    sheet = Sheet()
    for place, line in enumerate(LINES[:2] * 4):
        width = float(sheet.font.text_length(line, 11))
        sheet.put(550, 100 + 14 * place, looks(line), size=11 * 400 / width if width > 400 else 11)
    page = sheet.read()
    assert [line.starts for line in page.lines] == [True] + [False] * 7


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_page_that_is_turned_is_read_as_it_is_shown(rotation):
    sheet = Sheet(842, 595) if rotation in (90, 270) else Sheet()
    text, kept = "کتاب PDF در 25 صفحه (نو).", ("PDF", "25")
    writer: Any = pymupdf.TextWriter(sheet.page.rect)
    writer.append((300, 300), looks(text, *kept), font=sheet.font, fontsize=11)
    writer.write_text(sheet.page, morph=(pymupdf.Point(300, 300), pymupdf.Matrix(rotation)))
    assert said(sheet.read(rotation=rotation)) == [text]


def test_unseen_letters_of_a_recogniser_run_backwards():
    """Tesseract lets the text matrix run to the left, so that letters stand in the order in which they are read."""
    sheet = Sheet()
    shape = pymupdf.Matrix(-1, 0, 0, 1, 0, 0)
    for place, line in enumerate(LINES):
        left = 550 - float(sheet.font.text_length(line, 11))
        writer: Any = pymupdf.TextWriter(sheet.page.rect)
        writer.append((550, 100 + 20 * place), line, font=sheet.font, fontsize=11)
        writer.write_text(sheet.page, morph=(pymupdf.Point(550, 100 + 20 * place), shape))
        assert left > 0
    assert said(sheet.read()) == LINES


def test_english_page_keeps_its_direction_and_quotes_run_their_own():
    sheet = Sheet()
    for place in range(4):
        sheet.page.insert_text((50, 60 + 14 * place), f"The {place}th line of an English paragraph, set as usual.")
    sheet.put(350, 140, looks("سلام عليكم يا صديقي (العزيز)."))
    sheet.put(350, 170, "see " + looks("كتاب الشفاء") + ", p. 3")
    assert said(sheet.read())[4:] == ["سلام عليكم يا صديقي (العزيز).", "see كتاب الشفاء, p. 3"]


def test_latin_line_on_a_page_from_the_right_keeps_its_order():
    sheet = Sheet()
    for place, line in enumerate(LINES):
        sheet.put(550, 60 + 14 * place, looks(line))
    sheet.put(550, 140, "Oxford University Press, 2019 (first ed.).")
    assert said(sheet.read())[-1] == "Oxford University Press, 2019 (first ed.)."


def test_mark_of_a_note_is_a_word_of_its_own():
    sheet = Sheet()
    left = sheet.put(550, 100, looks("در این کتاب"))
    sheet.put(left, 96, "3", size=6)
    sheet.put(550, 130, looks("و پایان داستان"))
    page = sheet.read()
    assert [word.text for word in page.lines[0].words] == ["در", "این", "کتاب", "3"]


def test_words_stand_where_they_are_seen():
    sheet = Sheet()
    left = sheet.put(550, 100, looks("کتاب PDF نو", "PDF"))
    first, second, third = sheet.read().lines[0].words
    assert first.x1 == pytest.approx(550, abs=0.5)
    assert third.x0 == pytest.approx(left, abs=0.5)
    assert third.x1 < second.x0 < second.x1 < first.x0


def test_what_the_file_says_of_a_shape_mends_it_where_the_shape_says_nothing():
    """Browsers keep a non-joiner as a space that is said to be one; some shapes have no letter but what is said."""
    look = {"size": 10.0, "chars": []}

    def strip(*signs: str) -> leftward.Strip:
        found = [Glyph(sign, 10 * n, 10 * n + 10, (10 * n, 0, 10 * n + 10, 10), look) for n, sign in enumerate(signs)]
        return leftward.Strip(found, (1.0, 0.0), 0, 0, 0, 10)

    shown = strip("ا", " ", "\ufffd", " ", "\ufffd", "ب")
    leftward._mend([shown], strip("x", "\u200c", "ے", "x", "\ufffd", "x").letters)
    assert [glyph.text for glyph in shown.letters] == ["ا", "\u200c", "ے", " ", "\ufffd", "ب"]


@pytest.mark.parametrize(
    ("text", "phrase"),
    [("لا", False), ("حَ", False), ("حبيبي h", True), ("حبيبي ", True), (" ", False), ("اh", True), ("fi", False)],
)
def test_shape_that_stands_for_words_tells_nothing_of_their_places(text, phrase):
    assert leftward._is_phrase(text) is phrase
