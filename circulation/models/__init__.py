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
from circulation.models.holds import (
    BOUND_HOLD_STATES,
    LAST_DAY,
    OPEN_HOLD_STATES,
    WAITING_HOLD_STATES,
    Hold,
    HoldQuerySet,
    HoldState,
)
from circulation.models.loans import Loan, LoanQuerySet, LoanRenewal, LoanStatus, Override, Verb
from circulation.models.rules import (
    AtClosing,
    CopyLevelHolds,
    DueMode,
    HardDueMode,
    LendingSettings,
    LoanRule,
    LoanUnit,
    OnShelfHolds,
    OverduePolicy,
    RenewFrom,
)

__all__ = [
    "BOUND_HOLD_STATES",
    "LAST_DAY",
    "OPEN_HOLD_STATES",
    "WAITING_HOLD_STATES",
    "AtClosing",
    "CalendarAddress",
    "CalendarException",
    "CalendarVersion",
    "CopyLevelHolds",
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
    "OnShelfHolds",
    "OpeningHours",
    "OverduePolicy",
    "Override",
    "RedatedLoan",
    "Redating",
    "RenewFrom",
    "Term",
    "Verb",
]
