"""The admin site: same rooms as Django's, our own door, and a first page in the words of a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.contrib.contenttypes.views import shortcut
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

# Dates are chosen as everywhere else in Lyceum: the browser asks for them, in the form of the language it speaks.
DATES: dict[Any, Any] = {
    models.DateField: {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")},
}
# The parts of the back office, in the order of the first page. A page of the admin says to which it belongs by its
# attribute ``part``; one that says nothing is for whoever looks after the machine.
CATALOGUE, READERS, LENDING, RULES, STAFF, SYSTEM = "catalogue", "readers", "lending", "rules", "staff", "system"
PARTS: Mapping[str, Promise] = {
    CATALOGUE: _("Catalogue"),
    READERS: _("Readers"),
    LENDING: _("Lending"),
    RULES: _("Rules and opening hours"),
    STAFF: _("Staff"),
    SYSTEM: _("System"),
}

Banner = Callable[[HttpRequest], str]
Front = Callable[[HttpRequest], Mapping[str, Any]]
Link = tuple[Any, str]
Links = Callable[[HttpRequest, Any], list[Link]]
_banners: list[Banner] = []
_fronts: list[Front] = []
_links: dict[type[models.Model], list[Links]] = {}


class ReadOnly:
    """What services and jobs write, and nobody by hand. For a model's admin or an inline."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Rows to look at."""

    show_full_result_count = False
    list_per_page = 50


def banner(says: Banner) -> Banner:
    """Let the first page of the admin show what ``says`` gives for a request: a sentence, or nothing."""
    _banners.append(says)
    return says


def front(gives: Front) -> Front:
    """Let the first page of the admin have what ``gives`` finds for a request: values for its template."""
    _fronts.append(gives)
    return gives


def links_of(model: type[models.Model]) -> Callable[[Links], Links]:
    """Let the page of each record of ``model`` lead where the function says: names and addresses."""

    def kept(gives: Links) -> Links:
        _links.setdefault(model, []).append(gives)
        return gives

    return kept


def links(request: HttpRequest, record: models.Model) -> list[Link]:
    """Where else the page of ``record`` leads, for whoever asks."""
    return [link for gives in _links.get(type(record), []) for link in gives(request, record)]


class NamedCells:
    """Rows of a table whose controls say what they are: its column heads alone tell that to the eye only."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]  # an inline's
        if field is not None:
            widget = getattr(field.widget, "widget", field.widget)  # within what leads to related records
            widget.attrs.setdefault("aria-label", capfirst(str(field.label)))
        return field

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        made = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]  # an inline's
        made.deletion_widget = forms.CheckboxInput(attrs={"aria-label": _("Delete")})
        return made


class LyceumAdminSite(admin.AdminSite):
    """The admin, reached by the same two-step sign-in as every other page."""

    site_header = _("Lyceum")
    site_title = _("Lyceum")
    index_title = _("The library today")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Today's work and the records of the library, beneath what staff should know."""
        found = {name: value for gives in _fronts for name, value in gives(request).items()}
        said = [sentence for says in _banners if (sentence := says(request))]
        return super().index(request, {**(extra_context or {}), **found, "banners": said})

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """What this person may open, by the parts of a library; the page of one app has it by the app, as ever."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        parts: dict[str, list[dict[str, Any]]] = {name: [] for name in PARTS}
        for app in self._build_app_dict(request).values():
            for model in app["models"]:
                page = self._registry[model["model"]]
                called = getattr(page, "called", None)
                parts[getattr(page, "part", SYSTEM)].append(model | ({"name": called} if called else {}))
        index = reverse(f"{self.name}:index")
        return [
            {
                "name": PARTS[name],
                "app_label": name,
                "app_url": f"{index}#{name}",
                "has_module_perms": True,
                "models": sorted(found, key=lambda model: getattr(self._registry[model["model"]], "place", 9)),
            }
            for name, found in parts.items()
            if found
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send whoever may not enter to the one sign-in; a signed-in reader without permission gets 403."""
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
