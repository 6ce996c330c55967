"""Sessions and devices: where one is signed in, and ending it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.sessions import services as sessions
from library.core.http.api import user_of


@never_cache
@require_safe
@login_required
def devices(request: HttpRequest) -> HttpResponse:
    """Every browser and app where one is signed in."""
    found = sessions.devices(user=user_of(request), this=sessions.this_session(request))
    return render(request, "accounts/sessions.html", {"devices": found, "has_others": len(found) > 1})


@require_POST
@login_required
def end_one(request: HttpRequest) -> HttpResponse:
    """Sign out of one of them, perhaps of this one."""
    ref = request.POST.get("device", "")
    is_this = ref == sessions.this_session(request)
    sessions.end_one(user=user_of(request), ref=ref)
    if is_this:
        logout(request)
        messages.info(request, _("You are signed out."))
        return redirect("accounts:sign-in")
    messages.success(request, _("That device is signed out."))
    return redirect("accounts:sessions")


@require_POST
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else."""
    sessions.end_others(user=user_of(request), this=sessions.this_session(request))
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("accounts:sessions")
