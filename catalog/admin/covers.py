"""The page of a book's covers: what each source has, which is shown, and what staff say to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from catalog import services
from catalog.covers import keeping
from catalog.covers.making import KIND
from catalog.models import Book, Cover, CoverSource, CoverState
from library.core.errors import LibraryError
from library.core.http.api import user_of
from library.jobs.queries import latest

if TYPE_CHECKING:  # generic only for the type checker
    Base = admin.ModelAdmin[Book]
else:
    Base = object


@dataclass(frozen=True)
class CoverRow:
    """What one source has for a book."""

    source: CoverSource
    cover: Cover | None
    address: str
    is_shown: bool
    said: str

    @property
    def has_picture(self) -> bool:
        return bool(self.address)


class CoverPage(Base):
    """``books/7/cover/`` in the admin, for whoever may change books."""

    def get_urls(self) -> list[Any]:
        page = path("<int:pk>/cover/", self.admin_site.admin_view(self.cover_view), name="catalog_book_cover")
        return [page, *super().get_urls()]

    def cover_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The covers; with POST what staff want of them."""
        book = Book.objects.filter(pk=pk).first()
        if book is None:
            raise Http404
        if not self.has_change_permission(request, book):
            raise PermissionDenied
        refusal: list[str] = []
        if request.method == "POST":
            try:
                self.message_user(request, _done(request, book), messages.SUCCESS)
            except LibraryError as refused:
                refusal = refused.sentences
            else:
                return HttpResponseRedirect(reverse("admin:catalog_book_cover", args=[book.pk]))
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media,
            "object": book,
            "title": _("Cover"),
            "rows": rows_of(book),
            "refusal": refusal,
            "has_sources": bool(settings.COVER_SOURCES),
        }
        return TemplateResponse(request, "admin/catalog/cover.html", context, status=422 if refusal else 200)


def rows_of(book: Book) -> list[CoverRow]:
    """One row for each source, the one that is shown first of all first."""
    found = {cover.source: cover for cover in book.covers.all()}
    shown = next((one for one in keeping.ORDER if one in found and _may_show(found[one])), None)
    return [_row(book, source, found.get(source), is_shown=source == shown) for source in keeping.ORDER]


def _may_show(cover: Cover) -> bool:
    return bool(cover.key) and not cover.is_refused


def _row(book: Book, source: CoverSource, cover: Cover | None, *, is_shown: bool) -> CoverRow:
    has_picture = cover is not None and bool(cover.key)
    address = reverse("catalog:cover", args=[book.pk, cover.key, "medium"]) if cover and has_picture else ""
    return CoverRow(source, cover, address, is_shown, _said(cover))


def _said(cover: Cover | None) -> str:
    """How it stands with a source, in words."""
    if cover is None:
        return _("Nothing yet.")
    if cover.state == CoverState.WANTED:
        job = latest(KIND, cover)
        return job.error if job and job.error else _("A worker is making it.")
    if cover.state == CoverState.NONE:
        return f"{cover.get_why_none_display()[:1].upper()}{cover.get_why_none_display()[1:]}."
    return _("%(width)d by %(height)d pixels") % {"width": cover.width, "height": cover.height}


def _done(request: HttpRequest, book: Book) -> str:
    """Do what was asked for, and say so. Errors: every ``LibraryError`` of it."""
    by, do = user_of(request), request.POST.get("do", "")
    source = _source(request.POST.get("source", ""))
    if do == "upload":
        upload = request.FILES.get("picture")
        if upload is None:
            raise LibraryError(_("Choose a picture first."))
        services.upload_cover(book=book, upload=upload, by=by)
        return _("The cover is stored and shown.")
    if do == "remove":
        services.remove_cover(book=book, by=by)
        return _("The uploaded cover is gone.")
    if do in {"refuse", "allow"}:
        services.refuse_cover(book=book, source=source, by=by, is_refused=do == "refuse")
        return _("This cover is not shown any more.") if do == "refuse" else _("This cover may be shown again.")
    services.make_cover(book=book, source=source, by=by)
    return _("A worker makes the cover. Load this page again in a moment.")


def _source(given: str) -> CoverSource:
    return CoverSource(given) if given in CoverSource.values else CoverSource.UPLOADED
