"""From the values of the rules to what the arithmetic of due dates needs."""

from __future__ import annotations

from circulation.rules.due_date import LoanTerms
from circulation.rules.matrix import RuleValues


def loan_terms(values: RuleValues) -> LoanTerms | None:
    """For a check-out; None where no rule gives a loan period (0 is none, too)."""
    return _terms(values, values.loan_period.value) if values.loan_period.value else None


def renewal_terms(values: RuleValues) -> LoanTerms | None:
    """For a renewal: its own period, where 0 is a value, else the loan period; None where there is neither."""
    own = values.renewal_period.value
    return loan_terms(values) if own is None else _terms(values, own)


def _terms(values: RuleValues, period: int) -> LoanTerms:
    return LoanTerms(
        period=period,
        unit=values.loan_unit.value,
        due_mode=values.due_mode.value,
        hard_due_date=values.hard_due_date.value,
        hard_due_mode=values.hard_due_mode.value,
        by_term_end=values.due_by_term_end.value,
        at_closing=values.hourly_at_closing.value,
    )
