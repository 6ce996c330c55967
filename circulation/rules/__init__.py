"""The rules of lending: plain values in, a due date and every reason out. No query, no clock, no lock.

The order of the reasons and their levels are those of the library's circulation rules; what those leave open is
decided in docs/adr/0015-lending-rules.md.
"""

from circulation.rules.check_out import decide_check_out
from circulation.rules.decision import Decision
from circulation.rules.holds.placing import HoldDecision, OpenHold, RequestState, decide_hold
from circulation.rules.holds.serving import CopyToHold, Waiter
from circulation.rules.limits import counted_loans, loans_and_limit
from circulation.rules.renewal import decide_renewal
from circulation.rules.states import (
    BlockState,
    CheckOutState,
    CopyState,
    LibrarySettings,
    LoanState,
    OpenLoan,
    PatronState,
    RenewalState,
)

__all__ = [
    "BlockState",
    "CheckOutState",
    "CopyState",
    "CopyToHold",
    "Decision",
    "HoldDecision",
    "LibrarySettings",
    "LoanState",
    "OpenHold",
    "OpenLoan",
    "PatronState",
    "RenewalState",
    "RequestState",
    "Waiter",
    "counted_loans",
    "decide_check_out",
    "decide_hold",
    "decide_renewal",
    "loans_and_limit",
]
