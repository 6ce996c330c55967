"""Loans and holds of the past lose their reader; what the library counts stays."""

from circulation.forgetting.monthly import count_months
from circulation.forgetting.past import forget_past, forget_past_of

__all__ = ["count_months", "forget_past", "forget_past_of"]
