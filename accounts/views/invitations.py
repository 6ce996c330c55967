"""Accepting an invitation in the browser. The link's secret is seen once; the session keeps its hash."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from accounts import errors, forms
from accounts.models import Invitation
from accounts.people import usernames
from accounts.services import invitations
from accounts.views import common
from library.core import email_addresses as addresses
from library.core.errors import LibraryError

INVITED = "accounts.invited"
InvitedView = Callable[[HttpRequest, Invitation], HttpResponse]


@never_cache
@require_safe
@sensitive_variables("token")
def accept_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The link in the letter. Looking at it changes nothing: programs that check mail open links too."""
    token_hash = invitations.hash_token(token)
    invitations.opened(token_hash=token_hash)
    request.session[INVITED] = token_hash
    return redirect("accounts:invitation")  # an address without the secret, for history and referrers


def for_invited(view: InvitedView) -> Callable[[HttpRequest], HttpResponse]:
    """A page for a browser that opened a link which still works. Never kept by a cache."""

    @wraps(view)
    def open_or_refuse(request: HttpRequest) -> HttpResponse:
        try:
            invitation = invitations.opened(token_hash=request.session.get(INVITED, ""))
            return view(request, invitation)
        except errors.InvitationGone:
            request.session.pop(INVITED, None)
            raise

    hidden = sensitive_post_parameters("password", "code")(open_or_refuse)
    return cast(
        Callable[[HttpRequest], HttpResponse], never_cache(require_http_methods(["GET", "HEAD", "POST"])(hidden))
    )


@for_invited
def invitation(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """First step: who invites whom to what, and a button that mails the code (again)."""
    is_somebody_else = _is_somebody_else(request, invitation)
    if request.method == "POST" and not is_somebody_else:
        try:
            invitations.ask_for_code(token_hash=invitation.token_hash)
        except errors.CodeTooSoon as refusal:
            messages.info(request, refusal.detail)
        request.session.cycle_key()
        return redirect("accounts:invitation-confirm")
    return common.show(
        request, "invitation", forms.CodeForm(), invitation=invitation, is_somebody_else=is_somebody_else
    )


@for_invited
def invitation_confirm(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Second step: the code, and a name and a password where the address has no account."""
    if _is_somebody_else(request, invitation):
        return redirect("accounts:invitation")
    has_account = invitations.account_of(invitation) is not None
    kind = forms.CodeForm if has_account else forms.RegisterForm
    form = kind(request.POST if request.method == "POST" else None)
    checked = None
    if form.is_valid():
        try:
            accepted = _accept(request, invitation, form.cleaned_data)
        except errors.InvitationGone:
            raise
        except LibraryError as refusal:
            if isinstance(refusal, errors.UsernameTaken):
                checked = usernames.availability(form.cleaned_data["username"])
            form.show(refusal)
        else:
            return _go_on(request, accepted)
    return common.show(
        request, "invitation_confirm", form, email=invitation.email, has_account=has_account, checked=checked
    )


def _accept(request: HttpRequest, invitation: Invitation, given: dict[str, Any]) -> invitations.Accepted:
    newcomer = None
    if "password" in given:
        if given["username"]:
            usernames.check_rate(request)
        newcomer = invitations.Newcomer(given["password"], given["full_name"], given["username"])
    return invitations.accept(token_hash=invitation.token_hash, digits=given["code"], newcomer=newcomer)


def _go_on(request: HttpRequest, accepted: invitations.Accepted) -> HttpResponse:
    request.session.pop(INVITED, None)
    name = {"name": accepted.user}
    if accepted.is_new:
        messages.success(request, _("Welcome, %(name)s. You work here now.") % name)
        return common.enter(request, accepted.user, "")
    if request.user.pk == accepted.user.pk:
        request.session.cycle_key()
        messages.success(request, _("You work here now, %(name)s.") % name)
        return redirect("pages:home")
    # The link and the code prove the mailbox; the account that was there before still asks for its password.
    messages.success(request, _("You work here now, %(name)s. Sign in as always.") % name)
    return redirect("accounts:sign-in")


def _is_somebody_else(request: HttpRequest, invitation: Invitation) -> bool:
    user = request.user
    return user.is_authenticated and addresses.fold(user.address) != addresses.fold(invitation.email)
