"""Lending in the admin: the rules to edit, loans and holds to look at. What happens to them happens at the desk."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from circulation.models import Hold, Loan, LoanQuerySet, LoanRule, LoanStatus


@admin.register(LoanRule)
class LoanRuleAdmin(admin.ModelAdmin[LoanRule]):
    list_display = ["__str__", "loan_period", "max_loans"]
    list_filter = ["branch", "tier"]
    list_select_related = ["branch", "tier"]


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows to look at: only services change them."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StatusFilter(admin.SimpleListFilter):
    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LoanStatus.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Loan]) -> QuerySet[Loan]:
        wanted = self.value()
        if wanted not in LoanStatus.values:
            return queryset
        return cast(LoanQuerySet, queryset).with_status(LoanStatus(wanted), at=timezone.now())


@admin.register(Loan)
class LoanAdmin(ReadOnlyAdmin):
    list_display = ["book", "copy", "patron", "checked_out_at", "due_at", "returned_at"]
    list_filter = [StatusFilter, "copy__branch", "checked_out_at"]
    list_select_related = ["copy__book", "patron__user"]
    search_fields = ["copy__barcode", "patron__card_number", "copy__book__title"]
    date_hierarchy = "checked_out_at"

    @admin.display(description=_("book"))
    def book(self, loan: Loan) -> str:
        return loan.copy.book.title


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["book", "patron", "pickup_branch", "state", "placed_at", "ready_at", "ended_at"]
    list_filter = ["state", "pickup_branch", "placed_at"]
    list_select_related = ["book", "patron__user", "pickup_branch"]
    search_fields = ["copy__barcode", "patron__card_number", "book__title"]
