"""Another address of one's own, in two steps: the address and the password, then the code from its mail."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import forms
from accounts.limits import services as limits
from accounts.services import own_address
from accounts.sessions import device_cookies
from accounts.sessions import services as sessions
from accounts.views import common
from library.core.errors import LibraryError
from library.core.http.api import user_of

MOVING = "accounts.moving_to"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """First step. Whether the address belongs to somebody is said by its mail alone."""
    user, form = user_of(request), forms.NewAddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            device = device_cookies.device_of(request, user.address)
            own_address.ask(user=user, client=limits.client_of(request), device=device, **form.cleaned_data)
        except LibraryError as refusal:
            form.show(refusal)
        else:
            request.session[MOVING] = form.cleaned_data["email"]
            return redirect("accounts:address-confirm")
    return common.show(request, "address", form)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """Second step. This browser stays signed in, nothing else does."""
    email = request.session.get(MOVING)
    if email is None:
        return redirect("accounts:address")
    user, form = user_of(request), forms.CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = own_address.confirm(
                user=user,
                email=email,
                digits=form.cleaned_data["code"],
                this_session=sessions.this_session(request),
                client=limits.client_of(request),
                device=device_cookies.device_of(request, user.address),
            )
        except LibraryError as refusal:
            form.show(refusal)
        else:
            del request.session[MOVING]
            messages.success(request, _("Mail and codes go to your new address from now on."))
            response = redirect("accounts:preferences")
            device_cookies.mark(response, email=user.address)
            return response
    return common.show(request, "address_confirm", form, email=email)
