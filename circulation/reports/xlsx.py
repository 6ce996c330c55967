"""Loans as a spreadsheet (XLSX), where a barcode stays the text that it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from circulation.models import Loan, LoanQuerySet
from circulation.reports import csv as csv_file
from library.core.errors import LibraryError

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000  # loans; a sheet has 1,048,576 rows, and somebody waits while they are written
FIRST_YEAR = 1900  # that a spreadsheet can count from
WIDTH, MOMENT = 18, "yyyy-mm-dd hh:mm"  # of a column, in letters; of a date


class TooManyRows(LibraryError):
    """More loans than a spreadsheet is made of."""

    code = "too_many_rows"
    message = gettext_lazy(
        "A spreadsheet is made of at most {most} loans. "
        "Narrow the list, for example by due dates, or take the CSV file."
    )
    status = 422


def check(loans: LoanQuerySet) -> None:
    """Errors: ``TooManyRows``."""
    if loans.order_by()[: MOST_ROWS + 1].count() > MOST_ROWS:
        raise TooManyRows(most=f"{MOST_ROWS:,}")


def loans_as_xlsx(batches: Iterable[Sequence[Loan]], *, at: datetime) -> IO[bytes]:
    """A file which the caller closes: a frozen row of names, then one for each loan, as seen at ``at``.

    Rows go to the disk as they come, so that many fit into little memory.
    """
    with ExitStack() as opened:
        file = opened.enter_context(TemporaryFile())
        with TemporaryDirectory(prefix="lyceum-") as folder:
            _write(file, folder, (csv_file.row(loan, at) for batch in batches for loan in batch))
        opened.pop_all()
    return file


def _write(file: IO[bytes], folder: str, rows: Iterable[Sequence[csv_file.Cell]]) -> None:
    from xlsxwriter import Workbook

    with Workbook(file, {"constant_memory": True, "tmpdir": folder}) as book:
        sheet, moment = book.add_worksheet(_("Loans")), book.add_format({"num_format": MOMENT})
        names = csv_file.names()
        sheet.set_column(0, len(names) - 1, WIDTH)
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(names):
            sheet.write_string(0, column, name, book.add_format({"bold": True}))
        for number, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _fill(sheet, number, column, cell, moment)


def _fill(sheet: Worksheet, row: int, column: int, cell: csv_file.Cell, moment: Format) -> None:
    """By the type of ``cell`` alone: ``Worksheet.write`` makes formulas and links of text that looks like them."""
    if isinstance(cell, datetime) and cell.year >= FIRST_YEAR:
        sheet.write_datetime(row, column, cell, moment)
    elif isinstance(cell, int):
        sheet.write_number(row, column, cell)
    elif cell is not None:
        sheet.write_string(row, column, str(cell))
