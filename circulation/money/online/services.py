"""An attempt to pay online, and what becomes of it. No request to the provider is made inside a transaction.

A verified payment is always entered, whatever has changed since: what it can settle no more is credit, and a line for
staff. One entry for each payment and each refund of the provider, in whatever order and how often it tells of them.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Patron
from circulation import errors
from circulation.models import (
    AttemptState,
    Charge,
    Credit,
    PaymentAttempt,
    ProviderEvent,
)
from circulation.money import lost, payments, statements
from circulation.money.online import refunds
from circulation.money.online.port import ProviderRefuses, ProviderWord
from circulation.money.online.provider import online_kind, provider, sum_told
from circulation.state import ledger, locks
from library.core.errors import LibraryError, NotFound
from library.profile import services as profile

log = logging.getLogger(__name__)
ASKED_AFTER = timedelta(minutes=15)
ASKED_FOR = timedelta(days=7)
BATCH = 50


def begin(
    *, patron: Patron, key: str, back: str, charges: Collection[UUID] = (), at: datetime | None = None
) -> PaymentAttempt:
    """Send a reader to pay what they owe, or these of their charges. ``key``: of the press; a repeat of it gives the
    same attempt, and asks the provider for the same. ``back``: where they return to.

    Errors: ``NothingToPay``, ``NotFound`` for a charge of another, ``ProviderRefuses``, ``ProviderDown``.
    """
    takes = provider()
    if takes is None:
        raise NotFound
    attempt = _attempt(patron, key, charges, at=at or timezone.now())
    if attempt.url:
        return attempt
    label = _("Charges of the library %(name)s") % {"name": profile.current().name}
    try:
        begun = takes.begin(attempt, label=label, back=back)
    except ProviderRefuses as refusal:
        waiting = PaymentAttempt.objects.filter(pk=attempt.pk, state=AttemptState.NEW)
        waiting.update(state=AttemptState.FAILED, note=refusal.detail[:300])
        raise
    attempt.provider_id, attempt.url = begun.provider_id, begun.url
    PaymentAttempt.objects.filter(pk=attempt.pk).update(provider_id=begun.provider_id, url=begun.url)
    PaymentAttempt.objects.filter(pk=attempt.pk, state=AttemptState.NEW).update(state=AttemptState.OPEN)
    return attempt


def _attempt(patron: Patron, key: str, charges: Collection[UUID], *, at: datetime) -> PaymentAttempt:
    known = PaymentAttempt.objects.filter(patron=patron, key=key).first()
    if known is not None:
        return known
    chosen = list(Charge.objects.filter(patron=patron, pk__in=charges))
    if len(chosen) < len(set(charges)):
        raise NotFound
    owed = payments.total(chosen) if chosen else ledger.owed(patron.pk)
    if owed <= 0:
        raise errors.NothingToPay
    try:
        with transaction.atomic():
            made = PaymentAttempt.objects.create(
                patron=patron, key=key, amount=owed, currency=profile.current().currency, created_at=at
            )
            made.charges.set(chosen)
            return made
    except IntegrityError:  # the same press in the same moment
        return PaymentAttempt.objects.get(patron=patron, key=key)


def receive(told: ProviderWord, *, at: datetime | None = None) -> None:
    """Take in what the provider told, once. Faults that pass are raised: it tells us again."""
    at = at or timezone.now()
    _receive(told, at=at)


@locks.transaction_tried_again
def _receive(told: ProviderWord, *, at: datetime) -> None:
    row, is_new = ProviderEvent.objects.get_or_create(
        event_id=told.event_id,
        defaults={
            "kind": told.kind,
            "intent": told.intent,
            "refund_id": told.refund_id,
            "units": told.units,
            "currency": told.currency,
            "received_at": at,
        },
    )
    if not is_new and row.handled_at is not None:
        return
    if refunds.take_in(told, at=at) if told.kind in refunds.KINDS else _of_attempt(told, at=at):
        row.handled_at = at
        row.save(update_fields=["handled_at"])


def _of_attempt(told: ProviderWord, *, at: datetime) -> bool:
    attempt = _named(told)
    if attempt is None:
        if told.kind == "paid":
            log.error("The payment provider tells of a payment of nobody: %s.", told.event_id)
        return True
    if told.kind == "paid":
        _enter(attempt, told, at=at)
    elif told.kind in {"ended", "failed"}:
        waiting = PaymentAttempt.objects.filter(pk=attempt.pk, state__in=[AttemptState.NEW, AttemptState.OPEN])
        waiting.update(state=AttemptState.ENDED if told.kind == "ended" else AttemptState.FAILED)
    return True


def _named(told: ProviderWord) -> PaymentAttempt | None:
    rows = PaymentAttempt.objects.select_related("patron__user")
    try:
        found = rows.filter(pk=UUID(told.attempt)).first()
    except ValueError:
        found = None
    return found or (rows.filter(provider_id=told.provider_id).first() if told.provider_id else None)


def _enter(attempt: PaymentAttempt, told: ProviderWord, *, at: datetime) -> None:
    """Enter a payment, unless it was: by the lock of the account, whoever else does it at the same moment."""
    held = lost.lock_to_pay(attempt.patron_id)
    current = PaymentAttempt.objects.get(pk=attempt.pk)
    if current.credit_id is not None:
        return
    amount = sum_told(told)
    theirs = Charge.objects.filter(pk__in=current.charges.values("pk"))
    chosen = {line.pk: line.left for line in theirs.open().oldest_first()}
    open_ = chosen or {line.pk: line.left for line in statements.open_charges(attempt.patron)}
    credit = payments.enter(
        attempt.patron, amount, open_, kind=online_kind(), by=None, is_chosen=bool(chosen), held=held, at=at
    )
    current.credit, current.state, current.intent = credit, AttemptState.PAID, told.intent
    current.provider_id = current.provider_id or told.provider_id or None
    current.note = _to_look_at(current, credit, told)
    current.save(update_fields=["credit", "state", "intent", "provider_id", "note"])
    for late in ProviderEvent.objects.filter(kind="refunded", intent=told.intent, handled_at=None).exclude(intent=""):
        if refunds.take_in(_as_told(late), at=at):
            late.handled_at = at
            late.save(update_fields=["handled_at"])


def _to_look_at(attempt: PaymentAttempt, credit: Credit, told: ProviderWord) -> str:
    """What staff should know of it."""
    if told.currency != attempt.currency or sum_told(told) != attempt.amount:
        return _("Another sum came in than was asked for.")
    return _("More came in than was still to be paid: the rest is credit.") if credit.left else ""


def _as_told(row: ProviderEvent) -> ProviderWord:
    return ProviderWord(
        row.event_id,
        row.kind,
        intent=row.intent,
        refund_id=row.refund_id,
        units=row.units or 0,
        currency=row.currency,
    )


def look_after(*, at: datetime | None = None) -> int:
    """Ask the provider about attempts of which it has told us nothing for a while; how many were settled by that."""
    at, takes, settled = at or timezone.now(), provider(), 0
    if takes is None:
        return 0
    waiting = PaymentAttempt.objects.filter(
        state=AttemptState.OPEN, created_at__lt=at - ASKED_AFTER, created_at__gt=at - ASKED_FOR
    )
    for attempt in waiting.order_by("asked_at", "created_at")[:BATCH]:
        try:
            PaymentAttempt.objects.filter(pk=attempt.pk).update(asked_at=at)
            told = takes.look(attempt)
            if told is not None:
                receive(told, at=at)
                settled += 1
        except LibraryError as fault:
            log.warning("The payment provider did not say how attempt %s stands: %s", attempt.pk, fault.error_code)
        except Exception:
            log.exception("What the payment provider says of attempt %s could not be entered.", attempt.pk)
    return settled
