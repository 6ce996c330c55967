"""The desk's verbs in the admin: lend a copy, take one back, and what may be done with the loans that are ticked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from catalog.models import Branch
from circulation import services
from circulation.desk import scanning
from circulation.explain import due_words
from circulation.forms import SCAN_LENGTH, OverrideForm, ScanForm
from circulation.models import Loan
from circulation.reports.filters import ByCodeOrId
from circulation.views.people import add_refusal
from library.core.errors import Level, LibraryError, Reason
from library.core.http.api import user_of
from library.core.http.idempotency import form_once


def _branch(label: Any) -> ByCodeOrId:
    return ByCodeOrId(Branch.objects.all(), label=label, empty_label=gettext_lazy("where the copy belongs"))


class LendForm(OverrideForm):
    """A copy, a card, and what is set aside."""

    copy = forms.CharField(label=gettext_lazy("Barcode"), max_length=SCAN_LENGTH)
    card = forms.CharField(label=gettext_lazy("Card"), max_length=SCAN_LENGTH)
    branch = _branch(gettext_lazy("Lent at"))
    field_order = ["copy", "card", "branch", "override", "comment", "due_on", "due_time"]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["comment"].required = False  # only where something is set aside: the service says so

    def main_fields(self) -> list[forms.BoundField]:
        """What every loan needs."""
        return [self["copy"], self["card"], self["branch"]]

    def by_hand_fields(self) -> list[forms.BoundField]:
        """What goes with setting aside."""
        return [self["comment"], self["due_on"], self["due_time"]]


class TakeBackForm(ScanForm):
    """A copy, and how it came back."""

    branch = _branch(gettext_lazy("Taken back at"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        del self.fields["meant"]  # here it is always a copy
        self.fields["scan"].label = gettext_lazy("Barcode")


class LendingViews(admin.ModelAdmin[Any]):
    """Two pages beside the list, and what can be done with the ticked loans. Each is one call of a service."""

    change_list_template = "admin/circulation/loan/change_list.html"
    actions = ["renew_ticked", "take_back_ticked", "claim_ticked", "lose_ticked"]

    def get_urls(self) -> list[Any]:
        door = self.admin_site.admin_view
        return [
            path("lend/", door(self.lend_view), name="circulation_loan_lend"),
            path("take-back/", door(self.take_back_view), name="circulation_loan_take_back"),
            *super().get_urls(),
        ]

    def has_desk_permission(self, request: HttpRequest) -> bool:
        """Asked by the actions: whether this user may change loans."""
        return request.user.has_perm("circulation.change_loan")

    def lend_view(self, request: HttpRequest) -> HttpResponse:
        """Lend a copy; a refusal lists every reason, to be ticked where it can be set aside."""
        if not request.user.has_perm("circulation.add_loan"):
            raise PermissionDenied
        form, reasons = LendForm(request.POST if request.method == "POST" else None), []
        if request.method == "POST" and form.is_valid():
            try:
                told = form_once(request, lambda: _lend(form.cleaned_data, by=user_of(request))).body
            except LibraryError as refusal:
                reasons = _overridable(refusal)
                add_refusal(form, refusal, named={"due_at": "due_on"})
            else:
                self._tell(request, told)
                return redirect("admin:circulation_loan_lend")
        return self._page(request, "lend", _("Lend a copy"), form, reasons=reasons)

    def take_back_view(self, request: HttpRequest) -> HttpResponse:
        """Take a copy back, and say where it goes."""
        if not self.has_desk_permission(request):
            raise PermissionDenied
        form = TakeBackForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                told = form_once(request, lambda: _take_back(form, by=user_of(request))).body
            except LibraryError as refusal:
                add_refusal(form, refusal, named={"returned_at": "returned_on"})
            else:
                self._tell(request, told)
                return redirect("admin:circulation_loan_take_back")
        return self._page(request, "take_back", _("Take back a copy"), form)

    @admin.action(description=gettext_lazy("Renew the ticked loans"), permissions=["desk"])
    def renew_ticked(self, request: HttpRequest, loans: QuerySet[Loan]) -> None:
        self._each(request, loans, lambda loan, by: services.renew(loan=loan, by=by), _("renewed"))

    @admin.action(description=gettext_lazy("Take back the copies of the ticked loans"), permissions=["desk"])
    def take_back_ticked(self, request: HttpRequest, loans: QuerySet[Loan]) -> None:
        self._each(request, loans, _take_back_of, _("taken back"))

    @admin.action(description=gettext_lazy("Note that the reader says it is back"), permissions=["desk"])
    def claim_ticked(self, request: HttpRequest, loans: QuerySet[Loan]) -> None:
        self._each(request, loans, lambda loan, by: services.claim_returned(loan=loan, by=by), _("noted"))

    @admin.action(description=gettext_lazy("Declare the copies of the ticked loans lost"), permissions=["desk"])
    def lose_ticked(self, request: HttpRequest, loans: QuerySet[Loan]) -> None:
        self._each(request, loans, lambda loan, by: services.declare_lost(loan=loan, by=by), _("declared lost"))

    def _each(
        self, request: HttpRequest, loans: QuerySet[Loan], work: Callable[[Loan, User], Any], done_word: str
    ) -> None:
        """Do it to each for itself; of those that are refused all reasons are told."""
        done = 0
        for loan in loans.select_related("copy__book", "patron__user").order_by("due_at", "id"):
            try:
                work(loan, user_of(request))
                done += 1
            except LibraryError as refusal:
                self._tell(request, [["warning", f"{loan.copy.book.title}: {' '.join(refusal.sentences)}"]])
        if done:
            counted = ngettext("%(count)d loan: %(done)s.", "%(count)d loans: %(done)s.", done)
            self._tell(request, [["success", counted % {"count": done, "done": done_word}]])

    def _tell(self, request: HttpRequest, told: Iterable[Iterable[str]]) -> None:
        for tone, sentence in told:
            messages.add_message(request, getattr(messages, tone.upper()), sentence)

    def _page(
        self, request: HttpRequest, name: str, title: str, form: forms.Form, *, reasons: Iterable[Reason] = ()
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": title,
            "form": form,
            "reasons": reasons,
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, f"admin/circulation/loan/{name}.html", context, status=status)


def _lend(given: dict[str, Any], *, by: User) -> list[list[str]]:
    loan = services.check_out(
        copy=given["copy"],
        patron=given["card"],
        by=by,
        branch=given["branch"],
        override=given["override"],
        comment=given["comment"],
        due_at=given["due_at"],
    )
    told = _("Lent: %(title)s to %(reader)s, %(due)s.") % {
        "title": loan.copy.book.title,
        "reader": loan.patron.user,
        "due": due_words.due_until(loan),
    }
    return [["success", told], *(["warning", reason.detail] for reason in loan.alerts)]


def _take_back(form: TakeBackForm, *, by: User) -> list[list[str]]:
    given = form.cleaned_data
    said = scanning.TakingBack(form.returned_at, given["is_damaged"])
    outcome = scanning.take_back(given["scan"], by=by, branch=given["branch"], said=said)
    tone = "success" if outcome.tone == "good" else "warning"
    return [[tone, f"{outcome.word}: {' · '.join(outcome.lines)}"]]


def _take_back_of(loan: Loan, by: User) -> None:
    if loan.returned_at is None:
        services.check_in(copy=loan.copy, loan=loan, by=by)


def _overridable(refusal: LibraryError) -> list[Reason]:
    """The reasons that may be ticked; none where one is impossible."""
    if any(reason.level == Level.IMPOSSIBLE for reason in refusal.reasons):
        return []
    return [reason for reason in refusal.reasons if reason.level == Level.OVERRIDABLE]
