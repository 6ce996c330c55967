#!/usr/bin/env bash
# PyMuPDF: where an Arabic PDF says what its shapes stand for, they are read worse than where it says nothing.
#
# One would expect: a file that names the letters of a shape (/ActualText, as Chromium writes it for lam-alef in fonts that
#   have one shape for the two letters) is read at least as well as one that only has the table of its font.
# What happens: MuPDF spreads the letters over the shape from left to right and turns the line round afterwards. So lam and
#   alef change places, and the word for peace becomes the name Salim; and an alef beside such a shape, now beside an alef,
#   is taken for a letter painted twice and is gone. With TEXT_IGNORE_ACTUALTEXT (2048, not in PyMuPDF's defaults) the
#   shape stays one sign, and NFKC makes the right letters of it, as long as TEXT_PRESERVE_LIGATURES (1) is set as well:
#   without it both are torn apart, whatever the file says.
# Version: PyMuPDF 2.0 (MuPDF 1.28.5), fontpkg-noto-sans-arabic 2.12, Python 3.11.
# Seen, defaults: السلام الاول is read as it was written where nothing is said, as السالم الول where it is said.
#   With 2048 both are right; with 2048 and without 1 both are السالم االول.
#   Chromium 156 printing the same words in DejaVu Sans to PDF: the same, السالم الول by default and right with 2048.
# Who meets it: whoever searches or indexes Arabic, Persian or Urdu PDFs that browsers printed: words that no reader types.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check PyMuPDF==2.0 fontpkg-noto-sans-arabic==2.12
"$folder/env/bin/python" - <<'PY'
import re
import sys
import unicodedata
from pathlib import Path

import fontpkg_noto_sans_arabic
import pymupdf

FONT = Path(fontpkg_noto_sans_arabic.__file__).parent / "files" / "NotoSansArabic[wdth,wght].ttf"
TEXT, LAM_ALEF = "السلام الاول", "\ufefb"
DEFAULT = pymupdf.TEXTFLAGS_TEXT


def page(*, says: bool):
    """A line of shapes as they stand from the left; ``says``: each names its letters."""
    sheet = pymupdf.open()
    leaf = sheet.new_page()
    shapes = TEXT.replace("لا", LAM_ALEF)[::-1]
    writer = pymupdf.TextWriter(leaf.rect)
    writer.append((100, 100), shapes, font=pymupdf.Font(fontfile=str(FONT)), fontsize=20)
    writer.write_text(leaf)
    (number,) = leaf.get_contents()
    drawn = sheet.xref_stream(number)
    whole = re.search(rb"\[(.*)\]TJ", drawn, re.DOTALL)
    codes = re.findall(r"....", "".join(re.findall(r"<([0-9a-f]+)>", whole[1].decode())))
    parts = [f"<{code}>Tj" for code in codes]
    if says:
        letters = [shape.replace(LAM_ALEF, "لا").encode("utf-16-be").hex() for shape in shapes]
        named = zip(letters, parts, strict=True)
        parts = [f"/Span<</ActualText<FEFF{name}>>>BDC {part} EMC" for name, part in named]
    sheet.update_stream(number, drawn.replace(whole[0], " ".join(parts).encode()))
    return pymupdf.open("pdf", sheet.tobytes())[0]


def read(leaf, flags: int) -> str:
    return unicodedata.normalize("NFKC", leaf.get_text(flags=flags).strip())


table = {}
for says in (False, True):
    leaf = page(says=says)
    for name, flags in (
        ("defaults", DEFAULT),
        ("and 2048", DEFAULT | pymupdf.TEXT_IGNORE_ACTUALTEXT),
        ("2048 without 1", DEFAULT & ~pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_IGNORE_ACTUALTEXT),
    ):
        table[says, name] = read(leaf, flags)
        print("said" if says else "not said", name, table[says, name], ascii(table[says, name]))
if table[False, "defaults"] != TEXT or {table[says, "and 2048"] for says in (False, True)} != {TEXT}:
    sys.exit("Shapes are no longer read right where what is said of them is left aside: look again at the flags.")
if table[True, "defaults"] == TEXT:
    sys.exit("What a file says of its shapes is read right now: this finding is over.")
if table[True, "defaults"] != "السالم الول":
    sys.exit("What a file says of its shapes is read in another wrong way than when this was written.")
PY
