"""What the provider tells of money that went back: one line for each refund of it, whoever began it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from circulation.models import Credit, GivingBack, GivingBackState, PaymentAttempt, Refund
from circulation.money import lines, lost
from circulation.money.online.port import ProviderWord
from circulation.money.online.provider import online_kind, sum_told
from circulation.rules import amounts
from library.activity import services as activity
from library.core.database.raw_rows import fetch
from library.profile import services as profile

KINDS = {"refunded", "not_refunded", "to_be_refunded"}  # of what is told, that is about refunds
WAITING = (GivingBackState.NEW, GivingBackState.OPEN)
# What a credit has given to charges, the newest first: what a refund of the provider takes off again.
GAVE = """
SELECT charge_id, sum(amount) FROM circulation_allocation WHERE credit_id = %s
GROUP BY charge_id HAVING sum(amount) > 0 ORDER BY max(at) DESC, charge_id DESC"""


def take_in(told: ProviderWord, *, at: datetime) -> bool:
    """Enter money that the provider gave back, once for each of its ids, or note that it will, or did not.

    False: it is of a payment that is not known yet. The caller is in a transaction; the account is locked here.
    """
    attempt = PaymentAttempt.objects.filter(intent=told.intent, credit__isnull=False).first() if told.intent else None
    if attempt is None:
        return told.kind != "refunded"
    lost.lock_to_pay(attempt.patron_id)
    asked = _asked(told, attempt)
    if told.kind != "refunded":
        _note(asked, told)
        return True
    row = Refund.objects.filter(provider_id=told.refund_id).first() or _enter(attempt, told, asked, at=at)
    if row is not None and asked is not None and asked.refund_id is None:
        asked.state, asked.refund, asked.provider_id = GivingBackState.DONE, row, told.refund_id
        asked.note = "" if row.amount == asked.amount else _("Another sum went back than was asked for.")
        asked.save(update_fields=["state", "refund", "provider_id", "note"])
    return True


def refuse(asked: GivingBack, why: str) -> None:
    """Nothing went back. What is settled by now stays so."""
    waiting = GivingBack.objects.filter(pk=asked.pk, state__in=WAITING)
    waiting.update(state=GivingBackState.FAILED, note=why[:300])


def _asked(told: ProviderWord, attempt: PaymentAttempt) -> GivingBack | None:
    """What staff asked for, where it was they; it is theirs by our id, or by that of the provider."""
    rows = GivingBack.objects.filter(attempt=attempt)
    try:
        found = rows.filter(pk=UUID(told.giving_back)).first()
    except ValueError:
        found = None
    return found or rows.filter(provider_id=told.refund_id).first()


def _note(asked: GivingBack | None, told: ProviderWord) -> None:
    if asked is None:
        return
    if told.kind == "to_be_refunded":
        waiting = GivingBack.objects.filter(pk=asked.pk, state__in=WAITING)
        waiting.update(state=GivingBackState.OPEN, provider_id=told.refund_id)
    elif asked.refund_id is None:
        refuse(asked, _("The payment provider could not pay it back."))
    else:
        note = _("The payment provider says now that it was not paid back after all.")
        GivingBack.objects.filter(pk=asked.pk).update(note=note)


def _enter(attempt: PaymentAttempt, told: ProviderWord, asked: GivingBack | None, *, at: datetime) -> Refund | None:
    """The line of it; None: all of the payment had gone back before."""
    credit = Credit.objects.select_related("patron__user").get(attempt=attempt)
    amount = min(sum_told(told), credit.amount - credit.refunded)
    if amount <= 0:
        return None
    taken_off = max(Decimal(0), amount - credit.left)
    gave = dict(fetch(GAVE, [credit.pk]))
    shares = amounts.oldest_first(taken_off, gave)
    lines.allocate((lines.CreditShare(line, credit.pk, -share) for line, share in shares.items()), at=at)
    row = Refund.objects.create(
        credit=credit,
        amount=amount,
        payment_kind=online_kind(),
        number=lines.next_number(),
        reason=asked.reason if asked is not None else _("Paid back by the payment provider"),
        provider_id=told.refund_id,
        at=at,
        by=asked.by if asked is not None else None,
    )
    if taken_off:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(note=_("Paid back: what it had settled is open again."))
    said = {"amount": amounts.plain(amount, profile.current().digits)}
    activity.record(actor=row.by, verb="payment.refunded", object=row, subject=credit.patron.user, data=said, at=at)
    return row
