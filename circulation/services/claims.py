"""A reader says that it is back; staff say that it never will be."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from catalog.models import CopyStatus
from circulation import errors, signals
from circulation.models import Loan
from circulation.money import fines, lost
from circulation.services import copy_placement
from circulation.state import locks
from library.activity import services as activity
from library.core.errors import NotFound


@locks.transaction_tried_again
def claim_returned(*, loan: Loan, by: User, at: datetime | None = None) -> Loan:
    """Note that the reader says the copy is back though it was never scanned: it counts towards no limit any more.

    Saying it twice changes nothing. Raises ``LoanAlreadyReturned``.
    """
    loan, at = locked_loan(loan), at or timezone.now()
    if loan.claimed_returned_at is None:
        loan.claimed_returned_at = max(at, loan.checked_out_at)
        loan.save(update_fields=["claimed_returned_at"])
        _record(loan, "loan.claimed_returned", by=by, at=at)
    return loan


@locks.transaction_tried_again
def withdraw_claim(*, loan: Loan, by: User, at: datetime | None = None) -> Loan:
    """The reader has it after all. Where nothing was claimed, nothing changes. Raises ``LoanAlreadyReturned``."""
    loan, at = locked_loan(loan), at or timezone.now()
    if loan.claimed_returned_at is not None:
        loan.claimed_returned_at = None
        loan.save(update_fields=["claimed_returned_at"])
        _record(loan, "loan.claim_withdrawn", by=by, at=at)
    return loan


@locks.transaction_tried_again
def declare_lost(*, loan: Loan, by: User, price: Decimal | None = None, at: datetime | None = None) -> Loan:
    """Write the copy off as lost, and charge it: ``price``, else the copy's own, else that of its item type.

    The loan stays open, as what the reader owes, until the copy is found or paid for; its fine stands as it is. Saying
    it twice changes nothing. Raises ``LoanAlreadyReturned``, ``AmountInvalid``.
    """
    loan, at = locked_loan(loan), at or timezone.now()
    if loan.lost_at is None:
        fines.finish(loan, until=max(at, loan.checked_out_at), by=by, at=at)
        loan.lost_at = max(at, loan.checked_out_at)
        loan.save(update_fields=["lost_at"])
        if loan.copy.status == CopyStatus.ON_LOAN:
            copy_placement.set_status(loan.copy, CopyStatus.LOST)
        _record(loan, "loan.declared_lost", by=by, at=at)
        signals.loan_declared_lost.send(Loan, loan=loan, by=by)
        charged = lost.charge_lost(loan, by=by, at=at, price=price)
        if charged.price is None:
            loan.alerts = (errors.LostPriceUnknown.reason(barcode=loan.copy.barcode),)
    return loan


def locked_loan(loan: Loan) -> Loan:
    """An open loan as it is now, with its patron, book and copy locked in that order. Raises ``LoanAlreadyReturned``,
    ``NotFound`` where it is gone.

    A loan's row has no lock of its own: whoever changes it holds the lock of its copy's book.
    """
    patron, copy = locks.patron(loan.patron_id), locks.copy_and_book(loan.copy_id)
    current = Loan.objects.select_related("branch").filter(pk=loan.pk).first()
    if patron is None or copy is None or current is None:
        raise NotFound
    if current.returned_at is not None:
        raise errors.LoanAlreadyReturned
    if current.patron_id != patron.pk:
        raise locks.LostRace
    current.patron, current.copy = patron, copy
    return current


def _record(loan: Loan, verb: str, *, by: User, at: datetime) -> None:
    kept = {"barcode": loan.copy.barcode}
    activity.record(actor=by, verb=verb, object=loan, subject=loan.patron.user, data=kept, at=at)
