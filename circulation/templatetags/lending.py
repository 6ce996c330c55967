"""Loans and holds in words, for templates of this app and of higher ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django import template
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from circulation.explain import due_words as words
from circulation.models import Hold, Loan
from circulation.money.statements import Balance, in_words

register = template.Library()


@register.filter
def due_words(loan: Loan) -> str:
    """When the loan is due, in words."""
    return words.due(loan, at=timezone.now())


@register.filter
def due_tone(loan: Loan) -> str:
    """The class of the chip that shows it."""
    return words.due_tone(loan, at=timezone.now())


@register.filter
def hold_words(hold: Hold) -> str:
    """What a reader should know of the hold."""
    return words.hold(hold)


@register.filter
def day_words(moment: datetime) -> str:
    """The library's date of a moment, in words."""
    return words.day(moment)


@register.filter
def moment_words(moment: datetime) -> str:
    """The library's date and time of a moment, in words."""
    return words.moment(moment)


@register.filter
def money(amount: Decimal, balance: Balance) -> str:
    """A sum in the currency of ``balance``."""
    return in_words(amount, balance.currency, balance.digits)


@register.filter
def ago(moment: datetime) -> str:
    """``just now``, ``5 minutes ago``, ``2 hours, 10 minutes ago``."""
    if timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _("%(age)s ago") % {"age": timesince(moment)}
