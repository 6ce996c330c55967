"""Lending: the rules and the calendar, the loans and the holds."""

from circulation.models.calendar import (
    CalendarException,
    CalendarVersion,
    LibraryClock,
    OpeningHours,
    RedatedLoan,
    Redating,
    Term,
)
from circulation.models.feeds import CalendarAddress
from circulation.models.holds import BOUND_HOLD_STATES, OPEN_HOLD_STATES, Hold, HoldQuerySet, HoldState
from circulation.models.loans import Loan, LoanQuerySet, LoanRenewal, LoanStatus, Override, Verb
from circulation.models.rules import (
    AtClosing,
    DueMode,
    HardDueMode,
    LendingSettings,
    LoanRule,
    LoanUnit,
    OverduePolicy,
    RenewFrom,
)

__all__ = [
    "BOUND_HOLD_STATES",
    "OPEN_HOLD_STATES",
    "AtClosing",
    "CalendarAddress",
    "CalendarException",
    "CalendarVersion",
    "DueMode",
    "HardDueMode",
    "Hold",
    "HoldQuerySet",
    "HoldState",
    "LendingSettings",
    "LibraryClock",
    "Loan",
    "LoanQuerySet",
    "LoanRenewal",
    "LoanRule",
    "LoanStatus",
    "LoanUnit",
    "OpeningHours",
    "OverduePolicy",
    "Override",
    "RedatedLoan",
    "Redating",
    "RenewFrom",
    "Term",
    "Verb",
]
