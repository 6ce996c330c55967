#!/usr/bin/env bash
# fpdf2: the text of shaped Arabic has control characters in it, so that a name can be read but not found or copied.
#
# One would expect: a PDF whose letters are shaped by HarfBuzz keeps its text, as that of Latin letters, in a table
#   (ToUnicode) from which readers search and copy.
# What happens: Noto Sans Arabic draws a dotted letter as two glyphs, the letter and its dots. fpdf2 writes a line of the
#   table for the first and none for the second, and readers take the second's number for a character: dots become U+0002,
#   U+000A, U+000B … in the middle of the word. Names without such letters come out whole.
# Version: fpdf2 2.8.9, uharfbuzz 0.57.0, fontpkg-noto-sans-arabic 2.12; read by PyMuPDF 2.0 and pypdf 7.1.1; Python 3.11.
# Seen: ليلى الخالدي is read as \u0644\x0b\u064a\u0644\u0649 \u0627\u0644\x07\u062e\u0627\u0644\u062f\x02\u064a by both; محمد whole.
# Who meets it: whoever prints Arabic, Persian or Urdu names on receipts and wants to find them in the files later.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check \
  fpdf2==2.8.9 uharfbuzz==0.57.0 fontpkg-noto-sans-arabic==2.12 PyMuPDF==2.0 pypdf==7.1.1
"$folder/env/bin/python" - <<'PY'
import io
import sys
from pathlib import Path

import fontpkg_noto_sans_arabic
import pymupdf
import pypdf
from fpdf import FPDF

FONT = Path(fontpkg_noto_sans_arabic.__file__).parent / "files" / "NotoSansArabic[wdth,wght].ttf"


def read(name):
    sheet = FPDF()
    sheet.add_font("arabic", "", str(FONT))
    sheet.set_text_shaping(True)
    sheet.add_page()
    sheet.set_font("arabic", size=14)
    sheet.multi_cell(0, 8, name)
    written = bytes(sheet.output())
    by_mupdf = pymupdf.open(stream=written, filetype="pdf")[0].get_text().strip()
    return by_mupdf, pypdf.PdfReader(io.BytesIO(written)).pages[0].extract_text().strip()


dotted, plain = "ليلى الخالدي", "محمد"
for name in (dotted, plain):
    print(ascii(name), "is read as", *map(ascii, read(name)))
if read(plain) != (plain, plain):
    sys.exit("Even letters without dots are no longer read: look again.")
if dotted in read(dotted):
    sys.exit("Dotted letters are read as they were written now: this finding is over.")
if not all(any(sign < " " for sign in text) for text in read(dotted)):
    sys.exit("Something else than control characters stands in the text: look again.")
PY
