"""Loans as a file of separated values, and the rows of every such file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import regex
from django.utils import timezone
from django.utils.translation import gettext as _

from circulation.models import Loan

BYTE_ORDER_MARK = "\ufeff"  # by which spreadsheet programs know that it is UTF-8
# What spreadsheet programs take for the start of a formula: OWASP, "CSV Injection". They pass over what nobody sees,
# and one that was told another separator begins a cell behind every sign that may be one.
FORMULA = regex.compile(
    r"(^|[;,|\t\r\n\"'])([\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*)(?=[-=+@＝＋－＠])"
)
Cell = str | int | datetime | None
BREAKS = ("\t", "\r", "\n")


def loans_as_csv(batches: Iterable[Sequence[Loan]], *, at: datetime) -> Iterator[bytes]:
    """The file piece by piece: a line of names, then one for each loan, as seen at ``at``."""
    yield (BYTE_ORDER_MARK + _lines([names()])).encode()
    for batch in batches:
        yield _lines([[_text(cell) for cell in row(loan, at)] for loan in batch]).encode()


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Any file piece by piece: a line of names, then the rows."""
    yield (BYTE_ORDER_MARK + _lines([head])).encode()
    for row in rows:
        yield _lines([row]).encode()


def harmless(text: str) -> str:
    """``text`` that no spreadsheet program runs as a formula, whatever separator it takes: an apostrophe stands before
    each sign that would begin one."""
    guarded = FORMULA.sub(r"\1'\2", text)
    return f"'{guarded}" if guarded.startswith(BREAKS) else guarded


def names() -> list[str]:
    """What stands above the columns."""
    return [
        _("loan"),
        _("barcode"),
        _("title"),
        _("item type"),
        _("branch"),
        _("lent at"),
        _("card"),
        _("reader"),
        _("tier"),
        _("lent"),
        _("due"),
        _("returned"),
        _("status"),
        _("renewals"),
        _("claimed returned"),
        _("declared lost"),
    ]


def row(loan: Loan, at: datetime) -> list[Cell]:
    """One loan as seen at ``at``. Codes are text, moments are by the library's clock, to the minute."""
    copy, patron = loan.copy, loan.patron
    return [
        str(loan.pk),
        copy.barcode,
        copy.book.title,
        str(copy.item_type or ""),
        copy.branch.name,
        loan.branch.name,
        patron.card_number,
        str(patron.user),
        patron.tier.name,
        _moment(loan.checked_out_at),
        _moment(loan.due_at),
        _moment(loan.returned_at),
        loan.status_at(at).value,
        loan.renewals,
        _moment(loan.claimed_returned_at),
        _moment(loan.lost_at),
    ]


def _moment(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return timezone.make_naive(at, timezone.get_default_timezone()).replace(second=0, microsecond=0)


def _text(cell: Cell) -> str:
    """As spreadsheets read it."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return "" if cell is None else str(cell)


def _lines(rows: Iterable[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()
