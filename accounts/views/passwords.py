"""A new password in the browser: for who forgot the old one, and for who is signed in."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import errors, forms
from accounts.limits import services as limits
from accounts.services import credentials
from accounts.sessions import services as sessions
from accounts.sessions.device_cookies import device_of
from accounts.views import common
from library.core.errors import LibraryError
from library.core.http.api import user_of

RESETTING = "accounts.resetting"


@common.for_visitors
def reset(request: HttpRequest) -> HttpResponse:
    """First step: the address. The answer is the same whether or not it has an account."""
    form = forms.EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        try:
            credentials.ask_to_reset(email=email, client=limits.client_of(request), device=device_of(request, email))
        except errors.CodeTooSoon as refusal:
            messages.info(request, refusal.detail)
        request.session[RESETTING] = email
        return redirect("accounts:reset-confirm")
    return common.show(request, "reset", form)


@common.for_visitors
def reset_confirm(request: HttpRequest) -> HttpResponse:
    """Second step: the code from the mail and a new password. Ends at the sign-in page."""
    email = request.session.get(RESETTING)
    if email is None:
        return redirect("accounts:reset")
    form = forms.ResetForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            credentials.reset(
                email=email,
                digits=form.cleaned_data["code"],
                password=form.cleaned_data["password"],
                client=limits.client_of(request),
                device=device_of(request, email),
            )
        except LibraryError as refusal:
            form.show(refusal)
        else:
            request.session.flush()
            messages.success(request, _("Your password is changed, and you are signed out everywhere. Sign in again."))
            return redirect("accounts:sign-in")
    return common.show(request, "reset_confirm", form, email=email)


@common.for_visitors
def reset_resend(request: HttpRequest) -> HttpResponse:
    """Another code to the same address."""
    email = request.session.get(RESETTING)
    if email is None or request.method != "POST":
        return redirect("accounts:reset-confirm" if email else "accounts:reset")
    try:
        credentials.ask_to_reset(email=email, client=limits.client_of(request), device=device_of(request, email))
    except errors.CodeTooSoon as refusal:
        return common.show(request, "reset_confirm", forms.ResetForm(), refusal=refusal, email=email)
    messages.info(request, _("We have sent another code. Only the newest one works."))
    return redirect("accounts:reset-confirm")


@never_cache
@sensitive_post_parameters("old_password", "password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """For who is signed in and knows the present password. This browser stays signed in, nothing else does."""
    form = forms.PasswordChangeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = credentials.change_password(
                user=user_of(request),
                old_password=form.cleaned_data["old_password"],
                password=form.cleaned_data["password"],
                this_session=sessions.this_session(request),
                device=device_of(request, user_of(request).address),
            )
        except LibraryError as refusal:
            form.show(refusal)
        else:
            update_session_auth_hash(request, user)  # gives the session a new key
            messages.success(request, _("Your password is changed. Wherever else you were signed in, you are not now."))
            return redirect("accounts:sessions")
    return common.show(request, "password", form)
