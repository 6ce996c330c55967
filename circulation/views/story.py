"""Why: the page of a loan, and what would happen if a copy were lent to a reader."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from circulation import queries, services
from circulation.explain import loan_history
from circulation.forms import ExplainForm
from circulation.models import Loan
from circulation.views.desk import current_reader, desk_branch, lends_and_takes_back
from library.core.errors import NotFound
from library.core.http.api import user_of

changes_loans = permission_required("circulation.change_loan", raise_exception=True)


@require_safe
@login_required
def loan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One loan: why it is due then, what may still be done, what was done. Readers see their own, staff all."""
    row = _loan(request, pk)
    for_staff = user_of(request).has_perm("circulation.view_loan")
    renewal = services.explain_renewals([row]).get(row.pk) if row.returned_at is None else None
    story = loan_history.of_loan(row, renewal=renewal, for_staff=for_staff)
    return render(
        request,
        "circulation/loan.html",
        {
            "loan": row,
            "story": story,
            "reasons": [(reason, story.sentence(reason, for_staff=for_staff)) for reason in story.reasons],
            "renewal": renewal,
            "for_staff": for_staff,
            "renewals": row.renewal_history.select_related("by"),
            "overrides": row.overrides.select_related("by") if for_staff else (),
        },
    )


@require_POST
@login_required
@changes_loans
def claim(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What staff write down of a loan: the reader says that it is back, or has it after all, or it is lost."""
    row, by = _loan(request, pk), user_of(request)
    match request.POST.get("do"):
        case "claim":
            services.claim_returned(loan=row, by=by)
            messages.success(request, _("Noted: the reader says that it was returned."))
        case "withdraw":
            services.withdraw_claim(loan=row, by=by)
            messages.success(request, _("Noted: the reader has it after all."))
        case "lost":
            lost = services.declare_lost(loan=row, by=by)
            messages.success(request, _("Declared lost. Should it turn up, take it back as usual."))
            for alert in lost.alerts:
                messages.warning(request, alert.detail)
        case _other:
            messages.error(request, _("Choose what to write down."))
    return redirect("circulation:loan", row.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@lends_and_takes_back
def explain(request: HttpRequest) -> HttpResponse:
    """What would happen if a copy were lent to a reader at this desk, and why. Nothing changes.

    A card that is typed becomes the reader's id in the address: addresses are kept in histories and logs.
    """
    form = ExplainForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not form.is_valid():
            return render(request, "circulation/explain.html", {"form": form}, status=422)
        query = urlencode({"reader": form.cleaned_data["card"].pk, "copy": form.cleaned_data["copy"].barcode})
        return redirect(f"{reverse('circulation:explain')}?{query}")
    reader, copy = current_reader(request), queries.find_copy(request.GET.get("copy", "").replace("\0", ""))
    if reader is None or copy is None:
        return render(request, "circulation/explain.html", {"form": form})
    branch = desk_branch(request)
    told = services.explain_check_out(copy=copy, patron=reader, by=user_of(request), branch=branch)
    return render(
        request,
        "circulation/explain.html",
        {
            "form": ExplainForm(initial={"copy": copy.barcode, "card": reader.card_number}),
            "story": loan_history.of_decision(told.decision, for_staff=True),
            "reader": reader,
            "copy": copy,
            "branch": branch or copy.branch,
        },
    )


def _loan(request: HttpRequest, pk: UUID) -> Loan:
    row = (
        Loan.objects.visible_to(request.user)
        .with_names()
        .select_related("patron__tier", "branch", "copy__item_type", "checked_out_by", "returned_by")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise NotFound
    return row
