"""Registration and sign-in in the browser. What belongs to one browser waits in its anonymous session."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import errors, forms
from accounts.limits import services as limits
from accounts.people import usernames
from accounts.services import people
from accounts.sign_in import steps as signing_in
from accounts.views import common
from library.core import email_addresses as addresses
from library.core.errors import LibraryError


@common.for_visitors
def register(request: HttpRequest) -> HttpResponse:
    """First step: the address."""
    form = forms.EmailForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email = form.cleaned_data["email"]
        try:
            people.ask_to_register(email=email, client=limits.client_of(request))
        except errors.CodeTooSoon as refusal:
            messages.info(request, refusal.detail)
        request.session[common.REGISTERING] = {"email": email, "next": common.wanted(request)}
        return redirect("accounts:register-confirm")
    return common.show(request, "register", form, next=common.wanted(request))


@common.for_visitors
def register_confirm(request: HttpRequest) -> HttpResponse:
    """Second step: the code from the mail, a name and a password. Ends signed in."""
    begun = request.session.get(common.REGISTERING)
    if begun is None:
        return redirect("accounts:register")
    form = forms.RegisterForm(request.POST if request.method == "POST" else None, has_password="kept" in begun)
    checked = None
    if form.is_valid():
        given = form.cleaned_data
        try:
            user = people.register(
                email=begun["email"],
                digits=given["code"],
                password=given["password"],
                full_name=given["full_name"],
                username=given["username"],
                kept_password=begun.get("kept", ""),
                client=limits.client_of(request),
            )
        except errors.UsernameTaken as refusal:
            checked = usernames.availability(given["username"])
            form.show(refusal)
        except errors.CodeWrong as refusal:
            form.show(refusal)
            if given["password"]:  # it was good: kept as its hash, nowhere on the page
                request.session[common.REGISTERING] = {**begun, "kept": make_password(given["password"])}
            form.keeps_password()
        except LibraryError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("Welcome, %(name)s. You have a library card now.") % {"name": user})
            return common.enter(request, user, begun["next"])
    return common.show(request, "register_confirm", form, email=begun["email"], checked=checked)


@require_safe
def username_check(request: HttpRequest) -> HttpResponse:
    """The lines beside a username that is being typed: whether it is free, and what one could take instead."""
    name = request.GET.get("username", "").strip()
    if not name:
        return HttpResponse()
    part = "accounts/_username.html"
    try:
        usernames.check_rate(request)
        return render(request, part, {"checked": usernames.availability(name)})
    except LibraryError as refusal:
        answer = render(request, part, {"refusal": refusal}, status=422 if refusal.status == 400 else refusal.status)
        if isinstance(refusal, errors.RateLimited):
            answer["Retry-After"] = str(refusal.retry_after)
        return answer


@common.for_visitors
def register_resend(request: HttpRequest) -> HttpResponse:
    """Another code to the same address."""
    begun = request.session.get(common.REGISTERING)
    if begun is None or request.method != "POST":
        return redirect("accounts:register-confirm" if begun else "accounts:register")
    try:
        people.ask_to_register(email=begun["email"], client=limits.client_of(request))
    except errors.CodeTooSoon as refusal:
        form = forms.RegisterForm()
        return common.show(request, "register_confirm", form, refusal=refusal, email=begun["email"])
    messages.info(request, _("We have sent another code. Only the newest one works."))
    return redirect("accounts:register-confirm")


@common.for_visitors
def sign_in(request: HttpRequest) -> HttpResponse:
    """First step: address and password."""
    form = forms.SignInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            return _begin(request, form.cleaned_data)
        except errors.CodeTooSoon as refusal:
            begun = request.session.get(common.SIGNING_IN, {})
            if addresses.fold(begun.get("email", "")) == addresses.fold(form.cleaned_data["email"]):
                messages.info(request, refusal.detail)
                return redirect("accounts:sign-in-code")
            form.show(refusal)
        except LibraryError as refusal:
            form.show(refusal)
    return common.show(request, "sign_in", form, next=common.wanted(request))


def _begin(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    """Errors: ``WrongCredentials``, ``CodeTooSoon``."""
    begun = signing_in.begin(email=given["email"], password=given["password"], request=request)
    if begun.user is not None:
        return common.enter(request, begun.user, common.wanted(request))
    # A new key at the first step too: nobody who planted the old one in this browser shares the challenge.
    request.session.cycle_key()
    request.session[common.SIGNING_IN] = {
        "challenge": begun.challenge,
        "email": given["email"],
        "next": common.wanted(request),
    }
    return redirect("accounts:sign-in-code")


@common.for_visitors
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """Second step: the code from the mail."""
    begun = request.session.get(common.SIGNING_IN)
    if begun is None:
        return redirect("accounts:sign-in")
    form = forms.CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            user = signing_in.finish(challenge=begun["challenge"], digits=form.cleaned_data["code"], request=request)
        except errors.ChallengeGone as refusal:
            return _start_over(request, refusal)
        except LibraryError as refusal:
            form.show(refusal)
        else:
            return common.enter(request, user, begun["next"])
    return common.show(request, "sign_in_code", form, email=begun["email"])


@common.for_visitors
def sign_in_resend(request: HttpRequest) -> HttpResponse:
    """Another code for the same sign-in."""
    begun = request.session.get(common.SIGNING_IN)
    if begun is None or request.method != "POST":
        return redirect("accounts:sign-in-code" if begun else "accounts:sign-in")
    try:
        signing_in.send_again(challenge=begun["challenge"], request=request)
    except errors.ChallengeGone as refusal:
        return _start_over(request, refusal)
    except errors.CodeTooSoon as refusal:
        return common.show(request, "sign_in_code", forms.CodeForm(), refusal=refusal, email=begun["email"])
    messages.info(request, _("We have sent another code. Only the newest one works."))
    return redirect("accounts:sign-in-code")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    messages.info(request, _("You are signed out."))
    return redirect(settings.LOGOUT_REDIRECT_URL or "/")


def _start_over(request: HttpRequest, refusal: errors.ChallengeGone) -> HttpResponse:
    begun = request.session.pop(common.SIGNING_IN, None) or {}
    messages.warning(request, refusal.detail)
    return redirect(reverse("accounts:sign-in", query={"next": begun["next"]} if begun.get("next") else None))
