"""The money of the reader who stands at the desk: pay, charge, waive, pay back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Patron
from circulation import money
from circulation.models import Charge, Credit, GivingBack, GivingBackState
from circulation.money import statements
from circulation.money.online import giving_back
from circulation.money.online.provider import is_set_up
from circulation.money_forms import GiveBackForm, GiveUpForm, NewChargeForm, PayBackForm, PaymentForm
from circulation.views.desk import current_reader
from circulation.views.money import shown_of
from circulation.views.people import add_refusal
from library.core.errors import LibraryError, NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import FIELD, KEY_LENGTH, form_once

sees_money = permission_required("circulation.view_charge", raise_exception=True)


@require_safe
@login_required
@sees_money
def reader_money(request: HttpRequest) -> HttpResponse:
    """What the open reader owes, and what can be done about it."""
    return _show(request, _reader(request))


@require_POST
@login_required
@permission_required("circulation.add_credit", raise_exception=True)
def pay(request: HttpRequest) -> HttpResponse:
    """Take money: for the ticked lines, else for the oldest."""
    reader = _reader(request)
    form = PaymentForm(request.POST, lines=statements.open_charges(reader))

    def work(given: dict[str, Any]) -> str:
        chosen = [UUID(pk) for pk in given["charges"]]
        credit = money.pay(
            patron=reader, amount=given["amount"], kind=given["kind"], charges=chosen, by=user_of(request)
        )
        return _("Paid: receipt %(number)d.") % {"number": credit.number or 0}

    return _done(request, reader, "payment", form, work)


@require_POST
@login_required
@permission_required("circulation.add_charge", raise_exception=True)
def charge(request: HttpRequest) -> HttpResponse:
    """Charge the reader for something."""
    reader = _reader(request)

    def work(given: dict[str, Any]) -> str:
        money.charge(patron=reader, by=user_of(request), **given)
        return _("Charged.")

    return _done(request, reader, "fee", NewChargeForm(request.POST), work)


@require_POST
@login_required
@permission_required("circulation.refund_credit", raise_exception=True)
def pay_out(request: HttpRequest) -> HttpResponse:
    """Pay free credit out."""
    reader = _reader(request)

    def work(given: dict[str, Any]) -> str:
        money.refund(patron=reader, by=user_of(request), **given)
        return _("Paid back.")

    return _done(request, reader, "pay_out", PayBackForm(request.POST), work)


@require_POST
@login_required
@permission_required("circulation.waive_charge", raise_exception=True)
def waive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give up a line, or a part of it."""
    line = _line(pk)

    def work(given: dict[str, Any]) -> str:
        money.waive(charge=line, by=user_of(request), **given)
        return _("Waived.")

    return _done(request, line.patron, "waiver", GiveUpForm(request.POST), work, line=line)


@require_POST
@login_required
@permission_required("circulation.refund_credit", raise_exception=True)
def refund(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back a line that was paid, and pay it out."""
    line = _line(pk)

    def work(given: dict[str, Any]) -> str:
        money.refund_charge(charge=line, by=user_of(request), **given)
        return _("Paid back.")

    return _done(request, line.patron, "refund", PayBackForm(request.POST), work, line=line)


@require_POST
@login_required
@permission_required("circulation.refund_credit", raise_exception=True)
def give_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the provider pay back what came in online. Asked outside any transaction: the press has a key."""
    credit = Credit.objects.select_related("patron__user").filter(pk=pk, attempt__isnull=False).first()
    if credit is None:
        raise NotFound
    form, reader = GiveBackForm(request.POST), credit.patron
    if form.is_valid():
        key = request.POST.get(FIELD, "")[:KEY_LENGTH] or str(uuid4())
        wish = {name: form.cleaned_data[name] for name in ("amount", "reason")}
        try:
            asked = giving_back.give_back(credit=credit, key=key, by=user_of(request), **wish)
        except LibraryError as refusal:
            add_refusal(form, refusal)
        else:
            _say(request, asked)
            return redirect(money_address(reader))
    return _show(request, reader, wrong={"give_back": form}, credit=credit, status=422)


def _say(request: HttpRequest, asked: GivingBack) -> None:
    match asked.state:
        case GivingBackState.DONE:
            messages.success(request, _("Paid back."))
        case GivingBackState.FAILED:
            messages.error(request, _("It was not paid back: %(why)s") % {"why": asked.note})
        case _:
            messages.info(request, _("Asked for. It is entered as soon as the provider says that it was done."))


def money_address(reader: Patron) -> str:
    """The page of a reader's money."""
    return f"{reverse('circulation:desk-money')}?reader={reader.pk}"


def _reader(request: HttpRequest) -> Patron:
    reader = current_reader(request)
    if reader is None:
        raise NotFound
    return reader


def _line(pk: UUID) -> Charge:
    line = Charge.objects.with_names().filter(pk=pk).first()
    if line is None:
        raise NotFound
    return line


def _done(
    request: HttpRequest,
    reader: Patron,
    name: str,
    form: forms.Form,
    work: Callable[[dict[str, Any]], str],
    *,
    line: Charge | None = None,
) -> HttpResponse:
    """Do it, once for each time that the form was shown; else show what was typed with every fault."""
    if form.is_valid():
        try:
            sentence = form_once(request, lambda: work(form.cleaned_data)).body
        except LibraryError as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, sentence)
            return redirect(money_address(reader))
    return _show(request, reader, wrong={name: form}, line=line, status=422)


def _show(
    request: HttpRequest,
    reader: Patron,
    *,
    wrong: dict[str, forms.Form] | None = None,
    line: Charge | None = None,
    credit: Credit | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = shown_of(request, reader) | {
        "may_go_back": giving_back.may_go_back(reader.pk) if is_set_up() else [],
        "asked_back": giving_back.asked_for(reader),
        "blank_give_back": GiveBackForm(),
        "wrong_credit": credit.pk if credit else None,
        "wrong_line": line.pk if line else None,
    }
    blank: dict[str, forms.Form] = {
        "payment": PaymentForm(),
        "fee": NewChargeForm(),
        "pay_out": PayBackForm(prefix=None),
        "waiver": GiveUpForm(),
        "refund": PayBackForm(),
        "give_back": GiveBackForm(),
    }
    return render(
        request,
        "circulation/desk_money.html",
        {**shown, "reader": reader, "forms": blank | (wrong or {})},
        status=status,
    )
