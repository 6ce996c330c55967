"""Two records side by side, and the choice which of them stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import ManyToOneRel, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from catalog import services
from catalog.admin import history
from catalog.models import Author, Book, Subject
from catalog.services.history import snapshot
from library.core.errors import LibraryError
from library.core.http.api import user_of

if TYPE_CHECKING:  # generic only for the type checker
    Base = admin.ModelAdmin[Any]
else:
    Base = object


@dataclass(frozen=True)
class MergeRow:
    """One value of both records."""

    label: str
    left: str
    right: str

    @property
    def differs(self) -> bool:
        return self.left != self.right


class MergeTwo(Base):
    """The action, and the page behind it. Who merges must be allowed to change and to delete."""

    actions: Any = ("merge_two",)

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_merge"
        return [path("merge/", self.admin_site.admin_view(self.merge_view), name=name), *super().get_urls()]

    @admin.action(description=_("Merge two selected records"), permissions=["change", "delete"])
    def merge_two(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        pks = list(queryset.order_by().values_list("pk", flat=True)[:3])
        if len(pks) != 2:
            self.message_user(request, _("Choose exactly two records to merge."), messages.ERROR)
            return None
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_merge")
        return HttpResponseRedirect(f"{address}?{urlencode({'ids': f'{min(pks)},{max(pks)}'})}")

    def merge_view(self, request: HttpRequest) -> HttpResponse:
        """Both records; with POST the merge."""
        if not (self.has_change_permission(request) and self.has_delete_permission(request)):
            raise PermissionDenied
        both = self._both(request.GET.get("ids", ""))
        if len(both) != 2:
            self.message_user(request, _("One of the two records is gone, or it was merged already."), messages.WARNING)
            return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))
        refusal = None
        if request.method == "POST":
            keep = next((row for row in both if str(row.pk) == request.POST.get("keep")), None)
            if keep is None:
                refusal = [str(_("Choose which record stays."))]
            else:
                try:
                    return self._merged(request, keep, next(row for row in both if row is not keep))
                except LibraryError as refused:
                    refusal = refused.sentences
        return self._merge_page(request, both, refusal)

    def _both(self, text: str) -> list[Any]:
        pks = [int(part) for part in text.split(",")[:2] if part.isascii() and part.isdigit() and len(part) < 19]
        return list(self.model._default_manager.filter(pk__in=pks).order_by("pk"))

    def _merged(self, request: HttpRequest, keep: Any, other: Any) -> HttpResponse:
        name = str(other)
        self.merge(request, keep, other)
        said = _("“%(other)s” is now part of “%(keep)s”.") % {"other": name, "keep": keep}
        self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[keep.pk])
        )

    def _merge_page(self, request: HttpRequest, both: list[Any], refusal: list[str] | None) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "media": self.media,
            "title": _("Merge two records"),
            "both": both,
            "rows": self.rows(*both),
            "files": self.files(*both),
            "refusal": refusal,
            "keep": request.POST.get("keep", ""),
            "file": request.POST.get("file", ""),
        }
        return TemplateResponse(request, "admin/catalog/merge.html", context, status=422 if refusal else 200)

    def merge(self, request: HttpRequest, keep: Any, other: Any) -> None:
        raise NotImplementedError

    def rows(self, left: Any, right: Any) -> list[MergeRow]:
        """What is shown of both."""
        raise NotImplementedError

    def files(self, left: Any, right: Any) -> list[tuple[str, str]]:
        """Whose file could stay, where both have another one."""
        return []


class MergeBooks(MergeTwo):
    def merge(self, request: HttpRequest, keep: Any, other: Any) -> None:
        file = request.POST.get("file")
        whose: Any = None if not file else "keep" if file == str(keep.pk) else "merged"
        services.merge_books(keep=keep, merged=other, by=user_of(request), file=whose)

    def rows(self, left: Any, right: Any) -> list[MergeRow]:
        ours, theirs = snapshot(left.pk), snapshot(right.pk)
        values = [
            MergeRow(capfirst(history.label(name)), history.words(name, ours[name]), history.words(name, theirs[name]))
            for name in ours
        ]
        return [row for row in values if row.left or row.right] + _hanging(left, right)

    def files(self, left: Any, right: Any) -> list[tuple[str, str]]:
        kept = [(str(book.pk), book.digital_file) for book in (left, right) if hasattr(book, "digital_file")]
        if len({file.sha256 for _pk, file in kept}) < 2:
            return []
        return [(pk, f"{file.original_name} ({file.size / 1024**2:.1f} MB)") for pk, file in kept]


class MergeAuthors(MergeTwo):
    def merge(self, request: HttpRequest, keep: Author, other: Author) -> None:
        services.merge_authors(keep=keep, merged=other, by=user_of(request))

    def rows(self, left: Author, right: Author) -> list[MergeRow]:
        return [
            MergeRow(str(_("Name")), left.name, right.name),
            MergeRow(str(_("Filed as")), left.sort_name, right.sort_name),
            *_each(_("Other names"), lambda author: "; ".join(map(str, author.aliases.all())), left, right),
            *_each(_("Years"), lambda author: f"{author.birth_year or ''}–{author.death_year or ''}", left, right),
            *_each(_("Books"), _titles, left, right),
        ]


class MergeSubjects(MergeTwo):
    def merge(self, request: HttpRequest, keep: Subject, other: Subject) -> None:
        services.merge_subjects(keep=keep, merged=other, by=user_of(request))

    def rows(self, left: Subject, right: Subject) -> list[MergeRow]:
        return [MergeRow(str(_("Name")), left.name, right.name), *_each(_("Books"), _titles, left, right)]


def _each(label: Any, show: Callable[[Any], str], left: Any, right: Any) -> list[MergeRow]:
    return [MergeRow(str(label), show(left), show(right))]


def _titles(record: Author | Subject) -> str:
    """How many books there are, and some of them."""
    books = record.books.order_by("title_order", "pk").distinct()
    return f"{books.count()}: " + "; ".join(books.values_list("title", flat=True)[:5])


def _hanging(left: Book, right: Book) -> list[MergeRow]:
    """How many of each thing hang on the two books, whichever app it belongs to."""
    shown = []
    for relation in Book._meta.related_objects:
        model: type[Model] = relation.related_model
        if not isinstance(relation, ManyToOneRel) or model._meta.model_name in {
            "authorship",
            "bookidentifier",
            "bookfacts",
            "bookvector",
        }:
            continue
        name = relation.field.name
        counts = [model._default_manager.filter(**{name: book}).count() for book in (left, right)]
        if any(counts):
            shown.append(MergeRow(capfirst(str(model._meta.verbose_name_plural)), *map(str, counts)))
    return shown
