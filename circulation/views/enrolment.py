"""Registering a reader at the desk."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.errors import LooksLike
from accounts.services.enrolment import PERMISSION
from accounts.services.people import first_tier
from circulation.desk import scanning as desks
from circulation.desk.scanning import DeskOutcome
from circulation.forms import ReaderForm
from circulation.services.readers import register_reader
from circulation.views import shown_once
from circulation.views.desk import desk_address
from library.core import days
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.core.http.idempotency import form_once


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def register(request: HttpRequest) -> HttpResponse:
    """A name is enough. Whoever looks like the newcomer is shown first; ends at the desk with the new reader open."""
    form = ReaderForm(request.POST or None, initial={"tier": first_tier()})
    alike = None
    if form.is_valid():
        try:
            return _registered(request, form)
        except LooksLike as refusal:
            alike = [desks.choice(one) for one in refusal.people]
            form.show(refusal)
        except LibraryError as refusal:
            form.show(refusal)
    form.focus_on_what_is_wrong()
    context = {"form": form, "alike": alike, "today": days.today()}
    return render(request, "circulation/register_reader.html", context, status=422 if form.errors else 200)


def _registered(request: HttpRequest, form: ReaderForm) -> HttpResponse:
    """Errors: as ``register_reader``."""

    def work() -> dict[str, object]:
        reader = register_reader(by=user_of(request), **form.cleaned_data)
        return {"reader": str(reader.pk), "outcome": desks.registered(reader).as_dict()}

    done = form_once(request, work).body
    return shown_once.keep(request, redirect(desk_address(done["reader"])), DeskOutcome.from_dict(done["outcome"]))
