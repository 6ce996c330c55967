"""What readers do with holds: ask for a book, and whatever may be done until they have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from catalog.models import Book, Branch
from catalog.redirects import visible_book
from circulation import services
from circulation.explain import due_words
from circulation.explain import sentences as explaining
from circulation.forms import PickupForm, PlaceHoldForm, SuspendForm
from circulation.models import Hold
from circulation.readers.patron_lookup import own_patron
from circulation.views.people import back_to
from library.core.errors import InvalidInput, LibraryError, NotFound
from library.core.http.api import user_of
from library.core.http.idempotency import form_once


@require_POST
def place_hold(request: HttpRequest) -> HttpResponse:
    """Ask for a book to be fetched at a branch, from the book's page."""
    form = PlaceHoldForm(request.POST)
    form.is_valid()
    wish = form.cleaned_data
    book = visible_book(wish["book"], request.user) if {"book", "branch"} <= wish.keys() else None
    branch = Branch.objects.filter(pk=wish["branch"]).first() if book else None
    if book is None or branch is None:
        raise NotFound
    if not request.user.is_authenticated:
        return redirect_to_login(book.get_absolute_url())
    try:
        _check(form)
        said = form_once(request, lambda: _placed(request, book, branch, wish)).body
    except LibraryError as refusal:
        return _refused(request, book, refusal)
    messages.success(request, said, extra_tags="good")
    return redirect(book)


def _placed(request: HttpRequest, book: Book, branch: Branch, wish: dict[str, Any]) -> str:
    dates = {name: wish[name] for name in ("wanted_from", "wanted_until")}
    patron = own_patron(user_of(request))
    hold = services.place_hold(book=book, patron=patron, branch=branch, by=user_of(request), copy=wish["copy"], **dates)
    return _("Requested. %(state)s.") % {"state": due_words.hold(hold)}


def _refused(request: HttpRequest, book: Book, refusal: LibraryError) -> HttpResponse:
    told = [explaining.reader_sentence(reason) for reason in refusal.reasons] or [refusal.detail]
    return render(request, "circulation/request_refused.html", {"book": book, "sentences": told}, status=422)


@require_POST
@login_required
def cancel_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Cancel a hold: the reader's own, or any by staff. Of what is ready its reader asks for it."""

    def work(hold: Hold) -> str:
        ended = services.cancel_hold(hold=hold, by=user_of(request)).ended_at is not None
        return _("Cancelled: %(title)s.") if ended else _("We were told that you do not want it any more: %(title)s.")

    return _done(request, pk, work)


@require_POST
@login_required
def suspend_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a hold sleep."""
    form = SuspendForm(request.POST)

    def work(hold: Hold) -> str:
        _check(form)
        services.suspend_hold(hold=hold, by=user_of(request), **form.cleaned_data)
        return _("It sleeps, and keeps its place: %(title)s.")

    return _done(request, pk, work)


@require_POST
@login_required
def resume_hold(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Wake it."""

    def work(hold: Hold) -> str:
        services.resume_hold(hold=hold, by=user_of(request))
        return _("It goes on: %(title)s.")

    return _done(request, pk, work)


@require_POST
@login_required
def change_pickup(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fetch it at another branch."""
    form = PickupForm(request.POST)

    def work(hold: Hold) -> str:
        _check(form)
        services.change_pickup(hold=hold, by=user_of(request), branch=form.cleaned_data["branch"])
        return _("Changed: %(title)s.")

    return _done(request, pk, work)


def _done(request: HttpRequest, pk: UUID, work: Callable[[Hold], str]) -> HttpResponse:
    """Do it to a hold that the user may see, and say so where they came from."""
    hold = Hold.objects.visible_to(request.user).with_names().filter(pk=pk).first()
    if hold is None:
        raise NotFound
    messages.success(request, work(hold) % {"title": hold.book.title}, extra_tags="good")
    return redirect(back_to(request) or "circulation:my-loans")


def _check(form: Form) -> None:
    """Errors: ``InvalidInput`` with what is wrong in the form."""
    if not form.is_valid():
        wrong = {name: [str(sentence) for sentence in told] for name, told in form.errors.items()}
        raise InvalidInput(next(iter(wrong.values()))[0], fields=wrong)
