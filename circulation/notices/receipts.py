"""Receipts for loans and returns, for those who want them: in the transaction of the desk, and nothing for the rest."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from circulation.models import Loan
from circulation.notices import kinds
from library.activity.values import Value
from library.core import days
from library.notices import services as notices


def of_loan(loan: Loan) -> None:
    """That a copy was lent, until when. ``loan`` with patron, user, copy and book."""
    if loan.patron.wants_receipts:
        _write(loan, kinds.LOAN_RECEIPT, at=loan.checked_out_at)


def of_return(loan: Loan) -> None:
    """That a copy came back."""
    if loan.patron.wants_receipts and loan.returned_at is not None:
        _write(loan, kinds.RETURN_RECEIPT, at=loan.checked_in_at or timezone.now(), returned=loan.returned_at)


def _write(loan: Loan, code: str, *, at: datetime, **words: Value) -> None:
    cause = kinds.cause(loan.pk, str(days.date_of(loan.due_at)), code)
    said: dict[str, Any] = {**kinds.words_of(loan), **words}
    notices.queue(user=loan.patron.user, kind=code, dedupe=cause, at=at, **said)
