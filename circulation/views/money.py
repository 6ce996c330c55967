"""What a reader owes and has paid, on a page of their own."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Patron
from circulation.models import Credit, Refund
from circulation.money import receipts, statements
from circulation.money.online.provider import is_set_up
from circulation.readers.patron_lookup import own_patron
from circulation.views.desk import current_reader
from circulation.views.people import back_to
from library.core.errors import NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import form_once

A_PAGE = 20


@require_safe
@login_required
def my_charges(request: HttpRequest) -> HttpResponse:
    """The reader's own charges and payments, with what is owed in all."""
    patron = own_patron(user_of(request))
    if "paid" in request.GET:
        messages.info(request, _("Thank you. The payment shows here as soon as the provider has told us of it."))
    shown = shown_of(request, patron) | {"can_pay_online": is_set_up()}
    return render(request, "circulation/my_charges.html", shown)


def shown_of(request: HttpRequest, patron: Patron) -> dict[str, object]:
    """What every page about a reader's money shows; a constant number of queries."""
    return {
        "balance": statements.balance_of(patron.pk),
        "open": statements.open_charges(patron),
        "charges": Paginator(statements.charges_of(patron), A_PAGE).get_page(request.GET.get("page")),
        "payments": Paginator(statements.credits_of(patron), A_PAGE).get_page(request.GET.get("payments")),
        "refunds": statements.refunds_of(patron)[:A_PAGE],
    }


@require_safe
@login_required
def statement(request: HttpRequest) -> HttpResponse:
    """All that is open, as a PDF: the reader's own, or for staff that of the reader in the address."""
    return _as_pdf(receipts.statement_pdf(_whose(request)), "statement")


@require_safe
@login_required
def receipt(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt with this number, of a payment or a refund, as a PDF. Readers see their own, staff all."""
    return _as_pdf(receipts.pdf_of(_receipt(request, number)), f"receipt-{number}")


@require_POST
@login_required
def send_receipt(request: HttpRequest, number: int) -> HttpResponse:
    """Send a receipt to its reader by e-mail, once for each time that the button was shown."""
    found = _receipt(request, number)
    form_once(request, lambda: bool(receipts.send(found)))
    messages.success(request, _("The receipt is on its way."))
    return redirect(back_to(request) or "circulation:my-charges")


@require_POST
@login_required
def send_statement(request: HttpRequest) -> HttpResponse:
    """Send the statement to its reader by e-mail."""
    patron = _whose(request)
    form_once(request, lambda: bool(receipts.send_statement(patron)))
    messages.success(request, _("The statement is on its way."))
    return redirect(back_to(request) or "circulation:my-charges")


def _whose(request: HttpRequest) -> Patron:
    if "reader" not in request.GET or not request.user.has_perm("circulation.view_charge"):
        return own_patron(user_of(request))
    reader = current_reader(request)
    if reader is None:
        raise NotFound
    return reader


def _receipt(request: HttpRequest, number: int) -> Credit | Refund:
    found = receipts.by_number(number)
    if found is None:
        raise NotFound
    patron = found.patron_id if isinstance(found, Credit) else found.credit.patron_id
    if patron != user_of(request).pk and not request.user.has_perm("circulation.view_credit"):
        raise NotFound
    return found


def _as_pdf(content: bytes, name: str) -> HttpResponse:
    disposition = f'inline; filename="{name}.pdf"'
    return HttpResponse(content, content_type="application/pdf", headers={"Content-Disposition": disposition})
