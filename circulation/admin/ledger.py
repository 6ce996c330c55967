"""The ledger to look at, and kinds of payment to edit. What happens to money happens at the desk.

One page lets fines that run follow an edit of the past in a calendar, after showing what would become of them.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from circulation.admin.loans import ToLookAt
from circulation.models import Allocation, Charge, Credit, GivingBack, PaymentAttempt, PaymentKind, Refund
from circulation.money import moved
from library.core.admin import LENDING, RULES, ReadOnlyAdmin
from library.core.http.api import user_of

OF_READER = ["patron__card_number", "patron__card_folded__exact", "patron__user__full_name"]


class SettledInline(ToLookAt):
    """What settles a charge, or what a credit settles."""

    model = Allocation
    fields = ["at", "charge", "credit", "amount"]
    readonly_fields = ["at", "charge", "credit", "amount"]
    verbose_name_plural = gettext_lazy("settled")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("circulation.view_charge")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("charge", "credit")


@admin.register(Charge)
class ChargeAdmin(ReadOnlyAdmin):
    part, place = LENDING, 10
    list_display = ["at", "patron", "kind", "about", "amount", "left", "is_running"]
    list_filter = ["kind", "is_running", "at"]
    list_select_related = ["patron__user", "loan__copy__book"]
    search_fields = [*OF_READER, "text", "loan__copy__barcode", "loan__copy__book__title"]
    date_hierarchy = "at"
    inlines = [SettledInline]
    change_list_template = "admin/circulation/charge/change_list.html"

    @admin.display(description=gettext_lazy("for"))
    def about(self, line: Charge) -> str:
        return line.about

    @admin.display(description=gettext_lazy("to pay"))
    def left(self, line: Charge) -> Any:
        return line.left

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.moved_view)
        return [path("moved/", view, name="circulation_charge_moved"), *super().get_urls()]

    def moved_view(self, request: HttpRequest) -> HttpResponse:
        """Which fines that run a calendar says otherwise by now; POST lets them follow it."""
        if not request.user.has_perm("circulation.move_fines"):
            raise PermissionDenied
        if request.method == "POST":
            count = moved.move(by=user_of(request))
            sentence = ngettext("%(count)d fine was set anew.", "%(count)d fines were set anew.", count)
            messages.success(request, sentence % {"count": count})
            return HttpResponseRedirect(reverse("admin:circulation_charge_changelist"))
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": _("Fines after an edit of the past"),
            "found": moved.preview(),
        }
        return TemplateResponse(request, "admin/circulation/charge/moved.html", context)


@admin.register(Credit)
class CreditAdmin(ReadOnlyAdmin):
    part, place = LENDING, 11
    list_display = ["at", "patron", "kind", "payment_kind", "number", "amount", "left", "refunded", "by"]
    list_filter = ["kind", "payment_kind", "at"]
    list_select_related = ["patron__user", "payment_kind", "by"]
    search_fields = [*OF_READER, "number", "reason"]
    date_hierarchy = "at"
    inlines = [SettledInline]

    @admin.display(description=gettext_lazy("left"))
    def left(self, row: Credit) -> Any:
        return row.left


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    part, place = LENDING, 12
    list_display = ["at", "whose", "payment_kind", "number", "amount", "reason", "by"]
    list_filter = ["payment_kind", "at"]
    list_select_related = ["credit__patron__user", "payment_kind", "by"]
    search_fields = ["number", "reason", "credit__patron__card_number", "credit__patron__user__full_name"]
    date_hierarchy = "at"

    @admin.display(description=gettext_lazy("reader"))
    def whose(self, row: Refund) -> str:
        return str(row.credit.patron)


class ToLookAtFilter(admin.SimpleListFilter):
    """Payments of which staff should know something."""

    title = gettext_lazy("to look at")
    parameter_name = "look"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("to look at"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.exclude(note="") if self.value() == "yes" else queryset


@admin.register(PaymentAttempt)
class PaymentAttemptAdmin(ReadOnlyAdmin):
    part, place = LENDING, 13
    list_display = ["created_at", "patron", "amount", "currency", "state", "note"]
    list_filter = [ToLookAtFilter, "state", "created_at"]
    list_select_related = ["patron__user"]
    search_fields = [*OF_READER, "provider_id", "intent"]
    fields = ["created_at", "patron", "amount", "currency", "state", "note", "provider_id", "intent", "credit"]
    date_hierarchy = "created_at"


@admin.register(GivingBack)
class GivingBackAdmin(ReadOnlyAdmin):
    part, place = LENDING, 14
    list_display = ["created_at", "whose", "amount", "reason", "state", "note", "by"]
    list_filter = [ToLookAtFilter, "state", "created_at"]
    list_select_related = ["attempt__patron__user", "by"]
    search_fields = ["provider_id", "reason", "attempt__patron__card_number", "attempt__patron__user__full_name"]
    fields = ["created_at", "attempt", "amount", "reason", "state", "note", "provider_id", "refund", "by"]
    date_hierarchy = "created_at"

    @admin.display(description=gettext_lazy("reader"))
    def whose(self, row: GivingBack) -> str:
        return str(row.attempt.patron)


@admin.register(PaymentKind)
class PaymentKindAdmin(admin.ModelAdmin[PaymentKind]):
    part, place = RULES, 3
    list_display = ["name", "code", "is_counted", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: PaymentKind | None = None) -> Any:
        """The code is what payments are entered by."""
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: PaymentKind | None = None) -> bool:
        """One that is no longer in use is marked so: payments name it."""
        return False
