"""The admin site: same rooms as Django's, our own door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext_lazy as _

Banner = Callable[[HttpRequest], str]
_banners: list[Banner] = []


def banner(says: Banner) -> Banner:
    """Let the first page of the admin show what ``says`` gives for a request: a sentence, or nothing."""
    _banners.append(says)
    return says


class LyceumAdminSite(admin.AdminSite):
    """The admin, reached by the same two-step sign-in as every other page."""

    site_header = _("Lyceum")
    site_title = _("Lyceum")
    index_title = _("The library's records")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The records of the library, beneath what staff should know today."""
        found = [sentence for says in _banners if (sentence := says(request))]
        return super().index(request, {**(extra_context or {}), "banners": found})

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send whoever may not enter to the one sign-in; a signed-in reader without permission gets 403."""
        from django.core.exceptions import PermissionDenied

        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or request.path)

    def get_urls(self) -> list[Any]:
        """Django's, but an id that is none of its kind leads nowhere instead of raising."""
        address = "r/<path:content_type_id>/<path:object_id>/"
        return [path(address, self.admin_view(_thing), name="view_on_site"), *super().get_urls()]

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Send staff to the one page for it: it counts wrong present passwords, ends tokens, tells and writes down."""
        return redirect("accounts:password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """As ``password_change``."""
        return redirect("accounts:password")


def _thing(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponse:
    """On to the page of a thing. Errors: ``Http404``."""
    try:
        return shortcut(request, content_type_id, object_id)
    except (ValidationError, ValueError, OverflowError) as fault:
        raise Http404 from fault
