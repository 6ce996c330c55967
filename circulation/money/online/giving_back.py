"""Money of a payment online goes back to where it came from: staff ask, the provider does it, the ledger follows.

The line is written once the provider says that it was done, in its answer or a message, whichever comes first. Where
nothing is known of what it did, it is asked again with the same key, which changes nothing where it had done it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron, User
from circulation import errors
from circulation.models import Credit, GivingBack, GivingBackState, PaymentAttempt
from circulation.money import payments
from circulation.money.online import refunds, services
from circulation.money.online.port import PaymentProvider, ProviderDown, ProviderRefuses, ProviderWord
from circulation.money.online.provider import provider
from circulation.rules import amounts
from circulation.rules.amounts import NOTHING
from circulation.state import ledger, locks
from library.activity import services as activity
from library.core.errors import LibraryError, NotFound
from library.profile import services as profile

log = logging.getLogger(__name__)
ASKED_AFTER = timedelta(minutes=15)
KEY_KEPT = timedelta(hours=23)  # the provider keeps keys for a day: later, a repeat might pay back twice
BATCH = 50
SHOWN = 20


def give_back(
    *, credit: Credit, amount: Decimal, reason: str, key: str, by: User, at: datetime | None = None
) -> GivingBack:
    """Ask the provider to pay ``amount`` of a payment back, as far as it is free credit. ``key``: of the press; a
    repeat of it is the same wish. Gives how it stands; *new*: nothing is known yet, and the library goes on asking.

    Errors: ``NotFound`` for one that did not come online, ``AmountInvalid``, ``ReasonRequired``, ``MoreThanPaid``.
    """
    takes, at = provider(), at or timezone.now()
    if takes is None:
        raise NotFound
    asked = _written(credit, amount, payments.checked_reason(reason), key=key, by=by, at=at)
    if asked.state == GivingBackState.NEW:
        _ask(asked, takes, at=at)
    asked.refresh_from_db()
    return asked


@locks.transaction_tried_again
def _written(credit: Credit, amount: Decimal, reason: str, *, key: str, by: User, at: datetime) -> GivingBack:
    """What is asked for, kept before anybody is asked."""
    attempt = PaymentAttempt.objects.filter(credit=credit).exclude(intent="").first()
    if attempt is None:
        raise NotFound
    ledger.lock_accounts([credit.patron_id])
    known = GivingBack.objects.filter(attempt=attempt, key=key).first()
    if known is not None:
        return known
    left = next((one.left for one in may_go_back(credit.patron_id) if one.credit.pk == credit.pk), NOTHING)
    if payments.checked_amount(amount) > left:
        raise errors.MoreThanPaid(amount=_plain(left))
    made = GivingBack.objects.create(attempt=attempt, key=key, amount=amount, reason=reason, created_at=at, by=by)
    activity.record(
        actor=by,
        verb="refund.asked",
        object=made,
        subject=attempt.patron.user,
        data={"amount": _plain(amount)},
        at=at,
    )
    return made


@dataclass(frozen=True)
class MayGoBack:
    """A payment online, and what of it is free and not on its way back yet."""

    credit: Credit
    left: Decimal


def may_go_back(patron: UUID) -> list[MayGoBack]:
    """Payments online of which something may go back, the newest first. Two queries."""
    rows = Credit.objects.free().filter(patron=patron, attempt__isnull=False).exclude(attempt__intent="")
    waiting = GivingBack.objects.filter(attempt__patron=patron, state__in=refunds.WAITING).order_by()
    on_its_way = dict(waiting.values_list("attempt__credit").annotate(total=Sum("amount")))
    found = [MayGoBack(row, row.left - on_its_way.get(row.pk, NOTHING)) for row in rows.order_by("-at", "-id")[:SHOWN]]
    return [one for one in found if one.left > 0]


def asked_for(patron: Patron) -> list[GivingBack]:
    """What was asked for of a reader's payments, the newest first."""
    rows = GivingBack.objects.filter(attempt__patron=patron).select_related("attempt__credit", "refund", "by")
    return list(rows[:SHOWN])


def _ask(asked: GivingBack, takes: PaymentProvider, *, at: datetime) -> None:
    """Say it to the provider, outside any transaction, and take in what it answers."""
    GivingBack.objects.filter(pk=asked.pk).update(asked_at=at)
    try:
        told = takes.give_back(asked)
    except ProviderRefuses as refusal:
        refunds.refuse(asked, refusal.detail)
    except ProviderDown:
        log.warning("The payment provider did not say whether it paid %s back.", asked.pk)
    else:
        _take_in(asked, told, at=at)


def _take_in(asked: GivingBack, told: ProviderWord, *, at: datetime) -> None:
    """An answer about this one, if it is about its payment at all."""
    attempt = asked.attempt
    if (told.intent, told.currency) != (attempt.intent, attempt.currency):
        log.error("The payment provider answered of another payment than that of %s.", asked.pk)
        return
    services.receive(replace(told, giving_back=str(asked.pk)), at=at)


def look_after(*, at: datetime | None = None) -> int:
    """Ask again about what is not known to be done or refused; how many were settled by that."""
    at, takes, settled = at or timezone.now(), provider(), 0
    if takes is None:
        return 0
    waiting = GivingBack.objects.filter(state__in=refunds.WAITING, asked_at__lt=at - ASKED_AFTER)
    never = GivingBack.objects.filter(state__in=refunds.WAITING, asked_at=None, created_at__lt=at - ASKED_AFTER)
    for asked in (waiting | never).select_related("attempt").order_by("asked_at", "created_at")[:BATCH]:
        try:
            GivingBack.objects.filter(pk=asked.pk).update(asked_at=at)
            _look(asked, takes, at=at)
        except LibraryError as fault:
            log.warning("The payment provider did not say how %s stands: %s", asked.pk, fault.error_code)
        except Exception:
            log.exception("What the payment provider says of %s could not be entered.", asked.pk)
        asked.refresh_from_db(fields=["state"])
        settled += asked.state not in refunds.WAITING
    return settled


def _look(asked: GivingBack, takes: PaymentProvider, *, at: datetime) -> None:
    told = takes.look_for(asked)
    if told is not None:
        _take_in(asked, told, at=at)
    elif asked.state == GivingBackState.NEW and asked.created_at > at - KEY_KEPT:
        _ask(asked, takes, at=at)
    else:
        refunds.refuse(asked, _("The payment provider knows nothing of it: nothing was paid back."))


def _plain(amount: Decimal) -> str:
    return amounts.plain(amount, profile.current().digits)
