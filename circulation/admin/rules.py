"""The rows of the rule matrix."""

from __future__ import annotations

from django.contrib import admin

from circulation.models import LoanRule


@admin.register(LoanRule)
class LoanRuleAdmin(admin.ModelAdmin[LoanRule]):
    list_display = ["__str__", "loan_period", "max_loans"]
    list_filter = ["branch", "tier"]
    list_select_related = ["branch", "tier"]
