"""Copies that are lost: what they cost, what is undone when they turn up, and the loan that ends once they are paid."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Patron, User
from catalog.models import Book, Copy
from circulation import errors, signals
from circulation.models import Charge, ChargeKind, CreditKind, LendingSettings, Loan
from circulation.money import lines, statements
from circulation.rules import amounts
from circulation.rules.amounts import NOTHING
from circulation.state import ledger, locks
from library.activity import services as activity
from library.activity import values
from library.core.database.raw_rows import fetch
from library.core.errors import Reason
from library.notices import services as notices
from library.profile import services as profile

CHARGED = "lost_charged"  # the kind of the notice
# What a payment may change besides the ledger: lost loans that are still to be paid, and the queues that the patron
# stands in, whom a debt may keep from being served.
AFFECTED = """
SELECT copy.book_id, copy.id FROM circulation_charge AS line
JOIN circulation_loan AS loan ON loan.id = line.loan_id JOIN catalog_copy AS copy ON copy.id = loan.copy_id
WHERE line.patron_id = %s AND line.kind = 'lost' AND line.settled < line.amount AND loan.returned_at IS NULL
UNION ALL
SELECT hold.book_id, NULL FROM circulation_hold AS hold
JOIN accounts_patron AS patron ON patron.user_id = hold.patron_id JOIN accounts_tier AS tier ON tier.id = patron.tier_id
WHERE hold.patron_id = %s AND hold.ended_at IS NULL AND hold.state = 'queued' AND tier.debt_limit IS NOT NULL"""
LIMIT = "SELECT tier.debt_limit FROM accounts_patron AS patron JOIN accounts_tier AS tier ON tier.id = patron.tier_id"


@dataclass(frozen=True)
class LostCharged:
    """What a lost copy was charged; ``price`` None: nobody knows what it costs."""

    price: Decimal | None = None
    fee: Decimal = NOTHING

    @property
    def total(self) -> Decimal:
        return (self.price or NOTHING) + self.fee


def charge_lost(loan: Loan, *, by: User | None, at: datetime, price: Decimal | None = None) -> LostCharged:
    """Charge what replacing the copy costs, and the fee for it. ``price``: as staff say; else the copy's, else that of
    its item type. The caller holds patron, book and copy; the account is locked here."""
    digits = profile.current().digits
    price = replacement_price(loan.copy) if price is None else price
    fee = LendingSettings.objects.values_list("lost_processing_fee", flat=True).first() or NOTHING
    charged = LostCharged(None if price is None else amounts.rounded(price, digits), amounts.rounded(fee, digits))
    ledger.lock_accounts([loan.patron_id])
    for kind, amount in ((ChargeKind.LOST, charged.price), (ChargeKind.PROCESSING, charged.fee)):
        if amount:
            lines.add_charge(patron=loan.patron_id, kind=kind, amount=amount, loan=loan, by=by, at=at)
    end_paid_loans([loan.patron_id], by=by, at=at, locked=[loan.copy_id])
    if charged.total:
        _tell(loan, charged, at=at)
    return charged


def _tell(loan: Loan, charged: LostCharged, *, at: datetime) -> None:
    library = profile.current()
    notices.queue(
        user=loan.patron.user,
        kind=CHARGED,
        dedupe=f"loan:{loan.pk}:{CHARGED}:{at.isoformat()}",
        at=at,
        title=loan.copy.book.title,
        amount=statements.in_words(charged.total, library.currency, library.digits),
    )


def replacement_price(copy: Copy) -> Decimal | None:
    """The copy's, else that of its item type; None: nobody knows."""
    if copy.price is not None:
        return copy.price
    return copy.item_type.price if copy.item_type is not None else None


class ToPay(NamedTuple):
    """What is locked for a payment: the copies of lost loans; and whether a debt stood against the patron before."""

    copies: frozenset[int]
    owes_too_much: bool


def lock_to_pay(patron: UUID) -> ToPay:
    """Lock what a payment may change, then the account. ``settled`` is to be called at the end.

    One more that is declared lost meanwhile is met when its charge is settled: ``end_paid_loans`` begins anew then.
    """
    rows = fetch(AFFECTED, [patron, patron])
    copies = frozenset(copy for _book, copy in rows if copy is not None)
    if rows:
        list(locks.locking(Book.objects.filter(pk__in={book for book, _copy in rows}).only("pk").order_by("pk")))
        locks.copies(copies)
    ledger.lock_accounts([patron])
    return ToPay(copies, bool(rows) and _owes_too_much(patron))


def settled(patron: Patron, held: ToPay, *, by: User | None, at: datetime) -> None:
    """What follows from lines that were written: loans that are paid for end, and who was passed over is served."""
    end_paid_loans([patron.pk], by=by, at=at, locked=held.copies)
    if held.owes_too_much and not _owes_too_much(patron.pk):
        signals.debt_settled.send(Patron, patron=patron, at=at)


def _owes_too_much(patron: UUID) -> bool:
    ((limit,),) = fetch(f"{LIMIT} WHERE patron.user_id = %s", [patron])
    return limit is not None and ledger.owed(patron) > limit


def end_paid_loans(patrons: Collection[UUID], *, by: User | None, at: datetime, locked: Collection[int]) -> None:
    """End each loan that was declared lost and whose charge is settled now: that loan alone. Its copy stays lost.

    Errors: ``LostRace`` where the copy of one is not among those ``locked``.
    """
    paid = Charge.objects.filter(patron__in=patrons, kind=ChargeKind.LOST, loan__returned_at=None)
    paid = paid.filter(loan__lost_at__isnull=False).exclude(pk__in=Charge.objects.open())
    for line in paid.select_related("loan__copy", "loan__patron__user"):
        loan = line.loan
        assert loan is not None  # its charge was found by it
        if loan.copy_id not in locked:
            raise locks.LostRace
        loan.returned_at, loan.returned_by = max(at, loan.checked_out_at), by
        loan.save(update_fields=["returned_at", "returned_by"])
        kept: dict[str, values.Value] = {"barcode": loan.copy.barcode, "returned": loan.returned_at, "paid": True}
        activity.record(actor=by, verb="loan.closed", object=loan, subject=loan.patron.user, data=kept, at=at)
        signals.loan_closed.send(Loan, loan=loan, by=by, was_lost=True)


def turned_up(copy: Copy, *, by: User | None, at: datetime) -> Iterator[Reason]:
    """Undo the newest charge for a lost copy that lies on the desk, and say what became of what was paid.

    Nobody is credited where the person is gone; taking it back goes on all the same. The caller holds book and copy.
    """
    loan = (
        Loan.objects.filter(copy=copy, lost_at__isnull=False)
        .select_related("patron__user")
        .order_by("-lost_at", "-pk")
        .first()
    )
    if loan is None:
        return
    is_known = loan.patron_id is not None and loan.patron.user.is_active
    if not is_known:
        yield errors.LostPaidByUnknown.reason(barcode=copy.barcode)
        return
    ledger.lock_accounts([loan.patron_id])
    line = Charge.objects.filter(loan=loan, kind=ChargeKind.LOST).order_by("-at", "-pk").first()
    if line is not None:
        yield from _undone(line, loan, by=by, at=at)


def _undone(line: Charge, loan: Loan, *, by: User | None, at: datetime) -> Iterator[Reason]:
    left = line.amount - lines.given_up(line.pk)
    if not left:
        return
    reason = _("The copy has turned up.")
    paid = lines.give_up(line, left, kind=CreditKind.CANCELLATION, reason=reason, by=by, at=at)
    digits = profile.current().digits
    kept: dict[str, values.Value] = {"amount": amounts.plain(left, digits), "paid": amounts.plain(paid, digits)}
    activity.record(actor=by, verb="charge.cancelled", object=line, subject=loan.patron.user, data=kept, at=at)
    told: dict[str, Any] = {"reader": str(loan.patron.user), **kept}
    yield errors.LostChargeUndone.reason(**told)
