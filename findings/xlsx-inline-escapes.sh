#!/usr/bin/env bash
# XlsxWriter and openpyxl: the same text comes back otherwise from a file written with little memory than from an ordinary one.
#
# One would expect: whether a spreadsheet is written row by row (constant_memory) or from memory changes nothing about the
#   text of its cells.
# What happens: XLSX escapes control signs, and what looks like such an escape, as _xHHHH_. XlsxWriter writes texts into
#   the table of shared strings, or in constant_memory mode into the cells themselves ("inline"), escaped in both.
#   openpyxl undoes the escapes of shared strings only, so a text with a control sign, or one that holds _x0041_ by itself,
#   is read with the escapes in it from a file that was written row by row.
# Version: XlsxWriter 3.3.1, openpyxl 3.1.5, Python 3.11.
# Seen: "Sorrow_x0041_Tale" read back as itself from memory, as "Sorrow_x005F_x0041_Tale" row by row.
# Who meets it: whoever exports many rows with bounded memory and reads them again (tests, imports, a second library);
#   titles in old catalogues carry control signs from MARC.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check XlsxWriter==3.3.1 openpyxl==3.1.5
"$folder/env/bin/python" - <<'PY'
import io
import sys

import openpyxl
import xlsxwriter

TEXT = "Sorrow_x0041_Tale"


def read_back(*, row_by_row: bool) -> str:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"constant_memory": row_by_row}) as book:
        book.add_worksheet().write_string(0, 0, TEXT)
    return openpyxl.load_workbook(file).active["A1"].value


whole, rows = read_back(row_by_row=False), read_back(row_by_row=True)
print(repr(whole), repr(rows))
if whole != TEXT:
    sys.exit("The ordinary file no longer gives the text back: look again at both libraries.")
if rows == TEXT:
    sys.exit("A file written row by row now gives the text back as well: this finding is over.")
PY
