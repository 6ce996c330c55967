"""Debts, sums of money and the till."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from circulation.errors.refusal import Refusal
from library.core.errors import InvalidInput, Level, LibraryError


class LostChargeUndone(Refusal):
    code = "lost_charge_undone"
    level = Level.ALERT
    message = _("{reader} no longer owes {amount} for it; {paid} of that was paid and is credit now.")


class LostPaidByUnknown(Refusal):
    code = "lost_paid_by_unknown"
    level = Level.ALERT
    message = _("Copy {barcode} was lost by a reader no longer known: nobody is credited.")


class LatenessCharged(Refusal):
    code = "lateness_charged"
    level = Level.ALERT
    message = _("{amount} to pay for being late.")


class LatenessSuspends(Refusal):
    code = "lateness_suspends"
    level = Level.ALERT
    message = _("The reader may not borrow until {day}, for being late.")


class PatronSuspended(Refusal):
    code = "suspended"
    level = Level.OVERRIDABLE
    message = _("This reader brought something back late and may not borrow until {day}.")
    for_reader = _("You brought something back late and may not borrow until {day}.")


class LostPriceUnknown(Refusal):
    code = "lost_price_unknown"
    level = Level.ALERT
    message = _("Nobody knows what copy {barcode} costs, so nothing was charged for it.")


class DebtLimitExceeded(Refusal):
    code = "debt_limit_exceeded"
    level = Level.OVERRIDABLE
    message = _("This reader owes {owed}; the tier allows {limit}.")
    for_reader = _("You owe {owed}; to borrow, you may owe {limit} at most.")


class AmountInvalid(InvalidInput):
    code = "amount_invalid"
    message = _("Give a sum such as 1.50, more than nothing and in whole coins.")


class ReasonRequired(InvalidInput):
    code = "reason_required"
    message = _("Say why, in a few words.")


class MoreThanCharged(LibraryError):
    code = "more_than_charged"
    message = _("No more than {amount} of it can be given up.")


class MoreThanPaid(LibraryError):
    code = "more_than_paid"
    message = _("No more than {amount} can be paid back.")


class NothingToPay(LibraryError):
    code = "nothing_to_pay"
    message = _("There is nothing to pay.")


class TillChangedMeanwhile(LibraryError):
    code = "till_changed_meanwhile"
    message = _(
        "Money came in, or somebody else closed the till, since this was shown. Nothing was closed: look again."
    )


class NothingInTill(LibraryError):
    code = "nothing_in_till"
    message = _("Nothing came in or went out since the till was closed last.")
