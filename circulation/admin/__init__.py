"""Lending in the admin: rules and calendar to edit, loans and holds to look at.

What happens to them happens at the desk.
"""

from circulation.admin.exceptions import CalendarExceptionAdmin, TermAdmin
from circulation.admin.holds import HoldAdmin
from circulation.admin.hours import OpeningHoursAdmin
from circulation.admin.ledger import (
    ChargeAdmin,
    CreditAdmin,
    GivingBackAdmin,
    PaymentAttemptAdmin,
    PaymentKindAdmin,
    RefundAdmin,
)
from circulation.admin.loans import LoanAdmin
from circulation.admin.redating import RedatingAdmin
from circulation.admin.rules import LendingSettingsAdmin, LoanRuleAdmin

__all__ = [
    "CalendarExceptionAdmin",
    "ChargeAdmin",
    "CreditAdmin",
    "GivingBackAdmin",
    "HoldAdmin",
    "LendingSettingsAdmin",
    "LoanAdmin",
    "LoanRuleAdmin",
    "OpeningHoursAdmin",
    "PaymentAttemptAdmin",
    "PaymentKindAdmin",
    "RedatingAdmin",
    "RefundAdmin",
    "TermAdmin",
]
