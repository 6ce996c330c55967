"""What the pages of signing in, registering, resetting and accepting share: who sees them, how they look and end."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import forms
from accounts.models import User
from accounts.sessions import device_cookies
from accounts.sessions import services as sessions
from library.core.errors import LibraryError
from library.core.http.safe_redirects import own_page

REGISTERING = "accounts.registering"
SIGNING_IN = "accounts.signing_in"
View = Callable[[HttpRequest], HttpResponse]


def for_visitors(view: View) -> View:
    """A page for who is not signed in yet; others go on to where they wanted. Never kept by a cache."""

    @wraps(view)
    def go_on_or_show(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            return redirect(next_page(request, wanted(request)))
        return view(request)

    hidden = sensitive_post_parameters("password", "code")(go_on_or_show)
    return cast(View, never_cache(require_http_methods(["GET", "HEAD", "POST"])(hidden)))


def next_page(request: HttpRequest, where: str) -> str:
    """``where`` if it is a page of this library, else the home page: nobody is led elsewhere after signing in."""
    return own_page(request, where) or resolve_url(settings.LOGIN_REDIRECT_URL)


def wanted(request: HttpRequest) -> str:
    """The address to go on to that a form or link brought; it may be any text: ``next_page`` judges it."""
    return request.POST.get("next") or request.GET.get("next") or ""


def enter(request: HttpRequest, user: User, where: str) -> HttpResponse:
    """Sign ``user`` in with this browser, forget what it waited for, and go on to ``where`` (see ``next_page``)."""
    sessions.enter(request, user)
    request.session.pop(SIGNING_IN, None)
    request.session.pop(REGISTERING, None)
    response = redirect(next_page(request, where))
    device_cookies.mark(response, email=user.address)
    return response


def show(
    request: HttpRequest, page: str, form: forms.DescribedForm, *, refusal: LibraryError | None = None, **words: Any
) -> HttpResponse:
    """The page ``accounts/<page>.html``; 422 where the form has errors or there is a ``refusal`` to tell."""
    form.focus_on_what_is_wrong()
    context = {"form": form, "refusal": refusal, "mailbox": _mailbox(), **words}
    return render(request, f"accounts/{page}.html", context, status=422 if form.errors or refusal else 200)


def _mailbox() -> str:
    """Where mail is shown on a library that runs on one machine for trying out; elsewhere nothing."""
    try:
        return reverse("pages:mailbox")
    except NoReverseMatch:
        return ""
