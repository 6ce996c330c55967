"""Changing many records at once: choose rows, say what changes, see how many, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog import services
from catalog.errors import TooManyAtOnce
from catalog.forms import BulkForm
from catalog.models import Book
from catalog.services.bulk import AT_MOST
from library.core.errors import LibraryError
from library.core.http.api import user_of

if TYPE_CHECKING:  # generic only for the type checker
    Base = admin.ModelAdmin[Book]
else:
    Base = object
HEADINGS = {
    "add_categories": "categories",
    "remove_categories": "categories",
    "add_subjects": "subjects",
    "remove_subjects": "subjects",
}


class BulkEdit(Base):
    """The action, and the pages behind it."""

    actions = ("change_several", "merge_two")

    def get_urls(self) -> list[Any]:
        ours = path("bulk/", self.admin_site.admin_view(self.bulk_view), name="catalog_book_bulk")
        return [ours, *super().get_urls()]

    @admin.action(description=_("Change the selected books together"), permissions=["change"])
    def change_several(self, request: HttpRequest, queryset: QuerySet[Book]) -> HttpResponse | None:
        pks = list(queryset.order_by().values_list("pk", flat=True)[: AT_MOST + 1])
        if len(pks) > AT_MOST:
            self.message_user(request, TooManyAtOnce(limit=AT_MOST).detail, messages.ERROR)
            return None
        return self._bulk_page(request, pks, self._form(None))

    def bulk_view(self, request: HttpRequest) -> HttpResponse:
        """The form, then the question whether it is meant, then the change."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        books = reverse("admin:catalog_book_changelist")
        pks = _numbers(request.POST.get("ids", ""))
        if request.method != "POST" or not pks:
            return HttpResponseRedirect(books)
        form = self._form(request)
        if not form.is_valid() or "back" in request.POST:
            return self._bulk_page(request, pks, form)
        if "confirmed" not in request.POST:
            return self._bulk_page(request, pks, form, is_asking=True)
        try:
            done = services.change_books(pks=pks, by=user_of(request), **form.changes)
        except LibraryError as refusal:
            form.add_error(None, refusal.sentences)
            return self._bulk_page(request, pks, form)
        said = ngettext("%(done)d book was changed.", "%(done)d books were changed.", done) % {"done": done}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(books)

    def _form(self, request: HttpRequest | None) -> BulkForm:
        form = BulkForm(request.POST if request else None)
        for name, field in HEADINGS.items():
            widget = AutocompleteSelectMultiple(Book._meta.get_field(field), self.admin_site)
            widget.choices = form.fields[name].choices  # type: ignore[attr-defined]  # a choice field, all four
            form.fields[name].widget = widget
        return form

    def _bulk_page(
        self, request: HttpRequest, pks: list[int], form: BulkForm, *, is_asking: bool = False
    ) -> HttpResponse:
        books = Book.objects.filter(pk__in=pks)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media + form.media,
            "form": form,
            "ids": ",".join(map(str, pks)),
            "count": books.count(),
            "sample": books.only("title")[:10],
            "is_asking": is_asking,
            "title": _("Change several books"),
            "chosen": _chosen(form) if is_asking else [],
            "sent": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        }
        return TemplateResponse(
            request, "admin/catalog/bulk.html", context, status=422 if form.is_bound and form.errors else 200
        )


def _chosen(form: BulkForm) -> list[tuple[str, str]]:
    """What will change, in words."""
    rows = []
    for name in form.chosen:
        value, field = form.cleaned_data[name], form.fields[name]
        if isinstance(value, bool):
            shown = str(_("yes") if value else _("no"))
        elif isinstance(value, QuerySet):
            shown = "; ".join(map(str, value))
        else:
            shown = str(dict(getattr(field, "choices", ())).get(value, value))
        rows.append((str(field.label), shown))
    return rows


def _numbers(text: str) -> list[int]:
    """The ids that a page of ours sent; anything else is none."""
    parts = text.split(",")
    return [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 19][: AT_MOST + 1]
