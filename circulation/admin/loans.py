"""Loans to look at, with their renewals and overrides."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from circulation.admin.lending import LendingViews
from circulation.models import Loan, LoanQuerySet, LoanRenewal, LoanStatus, Override
from library.core.admin import LENDING, ReadOnlyAdmin


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


class SetAsideFilter(admin.SimpleListFilter):
    title = _("override")
    parameter_name = "override"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("lent or renewed by override"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Loan]) -> QuerySet[Loan]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=Override.objects.values("loan"))


class ToLookAt(admin.TabularInline[Any, Loan]):
    """Rows that belong to a loan."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("circulation.view_loan")  # who may see the loan sees its story


class RenewalInline(ToLookAt):
    model = LoanRenewal
    fields = ["at", "by", "is_automatic", "due_before", "due_after"]
    readonly_fields = ["at", "by", "is_automatic", "due_before", "due_after"]
    verbose_name_plural = _("renewals")


class OverrideInline(ToLookAt):
    model = Override
    fields = ["at", "by", "verb", "told", "comment", "due_at"]
    readonly_fields = ["at", "by", "verb", "told", "comment", "due_at"]
    verbose_name_plural = _("overrides")

    @admin.display(description=_("reasons set aside"))
    def told(self, override: Override) -> str:
        return " ".join(str(reason.get("detail", "")) for reason in override.reasons)


@admin.register(Loan)
class LoanAdmin(LendingViews, ReadOnlyAdmin):
    part, place = LENDING, 0
    list_display = ["book", "copy", "patron", "lent", "due", "standing", "renewals"]
    list_filter = [
        StatusFilter,
        "copy__branch",
        "branch",
        "patron__tier",
        "copy__item_type",
        SetAsideFilter,
        ("claimed_returned_at", admin.EmptyFieldListFilter),
        ("lost_at", admin.EmptyFieldListFilter),
        "due_at",
        "checked_out_at",
    ]
    list_select_related = ["copy__book", "patron__user"]
    search_fields = [
        "copy__barcode",
        "copy__barcode_folded__exact",
        "patron__card_number",
        "patron__card_folded__exact",
        "copy__book__title",
    ]
    date_hierarchy = "checked_out_at"
    inlines = [RenewalInline, OverrideInline]

    @admin.display(description=_("book"))
    def book(self, loan: Loan) -> str:
        return loan.copy.book.title

    @admin.display(description=_("lent"), ordering="checked_out_at")
    def lent(self, loan: Loan) -> str:
        return _day(loan.checked_out_at)

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, loan: Loan) -> str:
        return _day(loan.due_at)

    @admin.display(description=_("status"))
    def standing(self, loan: Loan) -> str:
        """The status, with the day of a return and what was noted."""
        day = _day(loan.returned_at) if loan.returned_at else ""
        notes = [
            _("claimed returned") if loan.claimed_returned_at and not loan.returned_at else "",
            _("declared lost") if loan.lost_at else "",
        ]
        said = f"{loan.status.label} {day}".strip()
        return ", ".join([said, *(str(note) for note in notes if note)])


def _day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "DATE_FORMAT")
