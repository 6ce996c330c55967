"""The rule matrix as a matrix: scopes down, parameters across, edited in place; and what would hold for whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Tier
from catalog.models import Branch, ItemType
from circulation import queries, services
from circulation.admin.matrix_forms import ROWS_A_PAGE, MatrixForm
from circulation.explain import sentences
from circulation.models import LendingSettings, LoanRule, MonthlyLoans
from circulation.rules import Decision
from circulation.rules.matrix import DEFAULTS, resolve
from library.core.admin import LENDING, RULES, ReadOnlyAdmin
from library.core.errors import LibraryError
from library.core.http.api import user_of


class ScopeForm(forms.Form):
    """Whom and what somebody asks about."""

    branch = forms.ModelChoiceField(Branch.objects.all(), label=_("branch that owns the copy"), empty_label=None)
    tier = forms.ModelChoiceField(Tier.objects.all(), label=_("tier of the reader"), empty_label=None)
    item_type = forms.ModelChoiceField(
        ItemType.objects.all(), label=_("item type"), required=False, empty_label=_("ordinary book")
    )


@admin.register(LoanRule)
class LoanRuleAdmin(admin.ModelAdmin[LoanRule]):
    part, place = RULES, 0

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """All rows in one form; with POST they are saved together."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        rows = list(queries.matrix())
        page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
        plain = queries.rule_rows()
        if request.method != "POST":
            return self._page(request, MatrixForm(rows, plain, list(page)), page)
        if not self._may_edit(request):
            raise PermissionDenied
        matrix = MatrixForm(rows, plain, list(page), request.POST)
        if not matrix.is_valid:
            return self._page(request, matrix, page, status=422)
        return self._saved(request, matrix)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new row is the last line of the matrix."""
        return HttpResponseRedirect(f"{self._address}#new")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """A row is changed in the matrix."""
        return HttpResponseRedirect(self._address)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A row is removed in the matrix."""
        return HttpResponseRedirect(self._address)

    @property
    def _address(self) -> str:
        return reverse("admin:circulation_loanrule_changelist")

    def _may_edit(self, request: HttpRequest) -> bool:
        """Whoever edits the matrix adds and removes rows in it, too."""
        return (
            self.has_change_permission(request)
            and self.has_add_permission(request)
            and self.has_delete_permission(request)
        )

    def _saved(self, request: HttpRequest, matrix: MatrixForm) -> HttpResponse:
        try:
            count = services.save_matrix(
                changed=matrix.changed,
                added=matrix.added,
                removed=matrix.removed,
                seen=request.POST.get("seen", ""),
                by=user_of(request),
            )
        except LibraryError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            sentence = ngettext("%(count)d row was saved.", "%(count)d rows were saved.", count)
            done = sentence % {"count": count} if count else _("Nothing was changed.")
            self.message_user(request, str(done), messages.SUCCESS if count else messages.INFO)
        return HttpResponseRedirect(request.get_full_path())

    def _page(self, request: HttpRequest, matrix: MatrixForm, page: Any, status: int = 200) -> HttpResponse:
        rows = list(queries.matrix()) if status != 200 else page.paginator.object_list
        asked = ScopeForm(request.GET if "tier" in request.GET else None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The rules of lending"),
            "matrix": matrix,
            "page": page,
            "may_edit": self._may_edit(request),
            "seen": services.matrix_version(rows),
            "parameters": [(name, sentences.NAMES[name]) for name in DEFAULTS],
            "shown": "all" if matrix.errors else "loan",
            "asked": asked,
            "explained": _explained(asked, matrix) if asked.is_valid() else None,
            "nothing_for_everyone": not any(row.loan_period and row.is_for_everyone for row in rows),
        }
        return TemplateResponse(request, "admin/circulation/loanrule/matrix.html", context, status=status)


def _explained(asked: ScopeForm, matrix: MatrixForm) -> list[tuple[sentences.ExplanationLine, str]]:
    """What would hold for the branch, tier and item type asked about, and where the row stands that says so."""
    scope = {name: thing.pk if thing else None for name, thing in asked.cleaned_data.items()}
    values = resolve(queries.rule_rows(tier=scope["tier"]), **scope)
    lines = sentences.value_lines(sentences.kept(Decision(values=values)))
    return [(line, matrix.address(line.row) if line.row else "") for line in lines]


@admin.register(LendingSettings)
class LendingSettingsAdmin(admin.ModelAdmin[LendingSettings]):
    """The one row of settings: no list leads to it."""

    part, place = RULES, 1
    fieldsets = [
        (None, {"fields": ["overdue_policy", "one_copy_per_book"]}),
        (
            _("What stands against a reader stops"),
            {"fields": ["blocks_stop_placing", "blocks_stop_serving", "blocks_stop_borrowing"]},
        ),
        (_("Privacy"), {"fields": ["anonymise_after_days"]}),
        (_("Popular books"), {"fields": ["high_demand_holds", "high_demand_days"]}),
        (_("Reminders"), {"fields": ["due_soon_days", "overdue_1_days", "overdue_2_days", "overdue_3_days"]}),
        (_("Fines"), {"fields": ["max_total_fines", "lost_processing_fee"]}),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:circulation_lendingsettings_change", args=[1]))

    def save_model(self, request: HttpRequest, obj: LendingSettings, form: Any, change: bool) -> None:
        services.save_settings(settings=obj, by=user_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(MonthlyLoans)
class MonthlyLoansAdmin(ReadOnlyAdmin):
    """What stays of loans when their readers are forgotten."""

    part, place, called = LENDING, 8, _("Loans by month and tier")
    list_display = ("month", "by_tier", "loans")
    list_filter = ("tier",)
    list_select_related = ("tier",)
    date_hierarchy = "month"

    @admin.display(description=_("tier"), ordering="tier__name")
    def by_tier(self, row: MonthlyLoans) -> str:
        return row.tier.name if row.tier else str(_("all others together"))
