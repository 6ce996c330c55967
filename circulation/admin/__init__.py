"""Lending in the admin: the rules to edit, loans and holds to look at. What happens to them happens at the desk."""

from circulation.admin.holds import HoldAdmin
from circulation.admin.loans import LoanAdmin
from circulation.admin.rules import LoanRuleAdmin

__all__ = ["HoldAdmin", "LoanAdmin", "LoanRuleAdmin"]
