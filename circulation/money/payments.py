"""Money that comes in and goes out, and what the library gives up. Every surface comes through here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron, User
from circulation import errors
from circulation.models import Charge, ChargeKind, Credit, CreditKind, PaymentKind, Refund
from circulation.models.ledger import TEXT_LENGTH
from circulation.money import lines, lost
from circulation.money.lines import CreditShare
from circulation.rules import amounts
from circulation.rules.amounts import NOTHING
from circulation.state import locks
from library.activity import services as activity
from library.core.errors import InvalidInput, NotFound
from library.profile import services as profile


@locks.transaction_tried_again
def charge(*, patron: Patron, amount: Decimal, text: str, by: User | None, at: datetime | None = None) -> Charge:
    """Let a patron owe ``amount`` for what ``text`` says, such as a card. Free credit is taken at once.

    Errors: ``AmountInvalid``, ``ReasonRequired``.
    """
    at, text = at or timezone.now(), checked_reason(text, field="text")
    amount = checked_amount(amount)
    held = lost.lock_to_pay(patron.pk)
    made = lines.add_charge(patron=patron.pk, kind=ChargeKind.FEE, amount=amount, text=text, by=by, at=at)
    lost.settled(patron, held, by=by, at=at)
    _record("charge.made", patron, made, amount, by=by, at=at)
    return made


@locks.transaction_tried_again
def pay(
    *,
    patron: Patron,
    amount: Decimal,
    kind: PaymentKind,
    by: User | None,
    charges: Collection[UUID] = (),
    at: datetime | None = None,
) -> Credit:
    """Enter money that came in, as one numbered payment; ``by`` None: it came online.

    It goes to ``charges``, evenly where it is less than these are open, else to what is oldest first; the rest is
    credit. A lost copy that is paid in full ends its loan. Errors: ``AmountInvalid``; ``NotFound`` for a charge of
    another.
    """
    at, amount = at or timezone.now(), checked_amount(amount)
    held = lost.lock_to_pay(patron.pk)
    open_ = _open(patron, charges)
    return enter(patron, amount, open_, kind=kind, by=by, is_chosen=bool(charges), held=held, at=at)


def enter(
    patron: Patron,
    amount: Decimal,
    open_: Mapping[UUID, Decimal],
    *,
    kind: PaymentKind,
    by: User | None,
    is_chosen: bool,
    held: lost.ToPay,
    at: datetime,
) -> Credit:
    """Write a payment for the lines in ``open_``, under the locks: evenly where chosen, else in their order."""
    credit = lines.add_credit(patron=patron.pk, kind=CreditKind.PAYMENT, amount=amount, payment_kind=kind, by=by, at=at)
    digits = profile.current().digits
    shares = amounts.evenly(amount, open_, digits) if is_chosen else amounts.oldest_first(amount, open_)
    lines.allocate((CreditShare(pk, credit.pk, share) for pk, share in shares.items()), at=at)
    lost.settled(patron, held, by=by, at=at)
    credit.refresh_from_db()
    _record("payment.taken", patron, credit, amount, by=by, at=at)
    return credit


def _open(patron: Patron, charges: Collection[UUID]) -> dict[UUID, Decimal]:
    """What is open of a patron's charges, the oldest first; only these, where some were chosen."""
    rows = Charge.objects.filter(patron=patron)
    if charges:
        rows = rows.filter(pk__in=charges)
        if rows.count() < len(set(charges)):
            raise NotFound
    return {line.pk: line.left for line in rows.open().oldest_first()}


@locks.transaction_tried_again
def waive(
    *, charge: Charge, by: User, reason: str, amount: Decimal | None = None, at: datetime | None = None
) -> Credit:
    """Give up ``amount`` of a charge, or all that is left of it. What of it was paid becomes free credit of the
    patron; the waiver itself is never paid out.

    Errors: ``ReasonRequired``, ``AmountInvalid``; ``MoreThanCharged`` where less is left to be given up.
    """
    at, reason = at or timezone.now(), checked_reason(reason)
    held = lost.lock_to_pay(charge.patron_id)
    line = Charge.objects.select_related("patron__user").get(pk=charge.pk)
    amount = _to_give_up(line, line.left if amount is None else amount)
    lines.give_up(line, amount, kind=CreditKind.WAIVER, reason=reason, by=by, at=at)
    lost.settled(line.patron, held, by=by, at=at)
    _record("charge.waived", line.patron, line, amount, by=by, at=at)
    return Credit.objects.filter(patron=line.patron_id, kind=CreditKind.WAIVER).latest("at", "id")


@locks.transaction_tried_again
def refund(
    *,
    patron: Patron,
    amount: Decimal,
    kind: PaymentKind,
    by: User | None,
    reason: str,
    at: datetime | None = None,
) -> list[Refund]:
    """Pay out free credit that came from payments, of the newest payment first: one refund for each.

    Errors: ``AmountInvalid``, ``ReasonRequired``, ``MoreThanPaid``.
    """
    at, amount, reason = at or timezone.now(), checked_amount(amount), checked_reason(reason)
    lost.lock_to_pay(patron.pk)
    return _refund(patron, amount, kind=kind, by=by, reason=reason, at=at)


@locks.transaction_tried_again
def refund_charge(
    *,
    charge: Charge,
    amount: Decimal,
    kind: PaymentKind,
    by: User,
    reason: str,
    at: datetime | None = None,
) -> list[Refund]:
    """Take a charge back, or ``amount`` of it, after it was paid, and pay that out.

    Errors: as ``waive`` and ``refund``; ``MoreThanPaid`` where less of it was paid.
    """
    at, amount, reason = at or timezone.now(), checked_amount(amount), checked_reason(reason)
    held = lost.lock_to_pay(charge.patron_id)
    line = Charge.objects.select_related("patron__user").get(pk=charge.pk)
    paid = line.settled - lines.given_up(line.pk)
    if amount > paid:
        raise errors.MoreThanPaid(amount=_plain(paid))
    lines.release(line.pk, amount, at=at)
    line.refresh_from_db()
    lines.give_up(line, amount, kind=CreditKind.CANCELLATION, reason=reason, by=by, at=at)
    lost.settled(line.patron, held, by=by, at=at)
    _record("charge.cancelled", line.patron, line, amount, by=by, at=at)
    return _refund(line.patron, amount, kind=kind, by=by, reason=reason, at=at)


def _refund(
    patron: Patron, amount: Decimal, *, kind: PaymentKind, by: User | None, reason: str, at: datetime
) -> list[Refund]:
    free = Credit.objects.free().filter(patron=patron, kind=CreditKind.PAYMENT).order_by("-at", "-id")
    left = {credit: credit.left for credit in free}
    if sum(left.values(), NOTHING) < amount:
        raise errors.MoreThanPaid(amount=_plain(sum(left.values(), NOTHING)))
    made = [
        Refund.objects.create(
            credit=credit,
            amount=share,
            payment_kind=kind,
            number=lines.next_number(),
            reason=reason,
            at=at,
            by=by,
        )
        for credit, share in amounts.oldest_first(amount, left).items()
    ]
    for row in made:
        _record("payment.refunded", patron, row, row.amount, by=by, at=at)
    return made


def _to_give_up(line: Charge, amount: Decimal) -> Decimal:
    left = line.amount - lines.given_up(line.pk)
    if amount > left or not left:
        raise errors.MoreThanCharged(amount=_plain(left))
    return checked_amount(amount)


def checked_amount(amount: Decimal) -> Decimal:
    """What may be entered. Errors: ``AmountInvalid`` for nothing, less, too much, or a part of the smallest unit."""
    digits = profile.current().digits
    if not amount.is_finite() or not NOTHING < amount <= amounts.MOST or amounts.rounded(amount, digits) != amount:
        raise errors.AmountInvalid(fields={"amount": [str(errors.AmountInvalid.message)]})
    return amount


def checked_reason(text: str, *, field: str = "reason") -> str:
    """What somebody wrote, without spaces around. Errors: ``ReasonRequired``, ``InvalidInput`` where it is too long."""
    bare = " ".join(text.split())
    if not bare:
        raise errors.ReasonRequired(fields={field: [str(errors.ReasonRequired.message)]})
    if len(bare) > TEXT_LENGTH:
        raise InvalidInput(fields={field: [_("At most %(count)d characters.") % {"count": TEXT_LENGTH}]})
    return bare


def _plain(amount: Decimal) -> str:
    return amounts.plain(amount, profile.current().digits)


def _record(
    verb: str, patron: Patron, row: Charge | Credit | Refund, amount: Decimal, *, by: User | None, at: datetime
) -> None:
    activity.record(actor=by, verb=verb, object=row, subject=patron.user, data={"amount": _plain(amount)}, at=at)


def total(lines_: Iterable[Charge]) -> Decimal:
    """What is still to be paid of these."""
    return sum((line.left for line in lines_), NOTHING)
