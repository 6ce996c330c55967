"""Who takes the money online, if anybody, and what the ledger makes of its sums."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from circulation.models import PaymentKind
from circulation.money.online.port import PaymentProvider, ProviderWord
from circulation.money.online.stripe import Stripe
from circulation.rules import amounts
from library.profile import services as profile

ONLINE = "online"


def provider() -> PaymentProvider | None:
    """Who takes the money; None: nobody is set up."""
    if not settings.STRIPE_KEY or not settings.STRIPE_WEBHOOK_SECRETS:
        return None
    return Stripe(settings.STRIPE_KEY, tuple(settings.STRIPE_WEBHOOK_SECRETS), settings.STRIPE_URL)


def is_set_up() -> bool:
    """Whether readers can pay online."""
    return provider() is not None


def online_kind() -> PaymentKind:
    """The kind of payment that comes in and goes back online."""
    return PaymentKind.objects.get_or_create(code=ONLINE, defaults={"name": "Online", "is_counted": False})[0]


def sum_told(told: ProviderWord) -> Decimal:
    """The sum that the provider names in its smallest units."""
    takes = provider()
    digits = takes.digits(told.currency) if takes is not None else profile.current().digits
    return amounts.of_units(told.units, digits)
