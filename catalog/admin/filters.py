"""What narrows the list of books. Each reads one narrow row per book (``BookFacts``) or an index, and joins nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog.models import Book, Branch, Category, Series
from catalog.search.matches.facets import language_name

Choices = Iterable[tuple[str, Any]]
Rows = QuerySet[Book]


class BookFilter(admin.SimpleListFilter):
    """A filter by one value; a value that is none of its own narrows to nothing."""

    def narrowed(self, books: Rows, value: str) -> Rows:
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        value = self.value()
        return queryset if value is None else self.narrowed(queryset, value)

    def number(self) -> int:
        """The value as an id; -1, which is nobody's, for anything else."""
        value = str(self.value())
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else -1


class CategoryFilter(BookFilter):
    title, parameter_name = _("category"), "category"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(pk), name) for pk, name in Category.objects.values_list("pk", "name")]

    def narrowed(self, books: Rows, value: str) -> Rows:
        return books.filter(facts__category_ids__contains=[self.number()])


class BranchFilter(BookFilter):
    title, parameter_name = _("branch"), "branch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(pk), name) for pk, name in Branch.objects.values_list("pk", "name")]

    def narrowed(self, books: Rows, value: str) -> Rows:
        return books.filter(facts__branch_ids__contains=[self.number()])


class LanguageFilter(BookFilter):
    title, parameter_name = _("language"), "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        codes = Book.objects.order_by("language").values_list("language", flat=True).distinct()
        return sorted(((code, language_name(code)) for code in codes), key=lambda one: one[1])

    def narrowed(self, books: Rows, value: str) -> Rows:
        return books.filter(language=value.replace("\0", ""))


class YesNo(BookFilter):
    """Yes or no to one flag of the facts."""

    flag: str

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", _("Yes")), ("no", _("No"))]

    def narrowed(self, books: Rows, value: str) -> Rows:
        return books.filter(**{f"facts__{self.flag}": value == "yes"})


class AvailableFilter(YesNo):
    title, parameter_name, flag = _("availability"), "available", "is_available"


class CopiesFilter(YesNo):
    title, parameter_name, flag = _("copies"), "copies", "has_copies"


class FileFilter(YesNo):
    title, parameter_name, flag = _("digital file"), "file", "has_file"


class SeriesFilter(BookFilter):
    """In some series or none. The list of series leads to the books of one."""

    title, parameter_name = _("series"), "series"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        chosen = Series.objects.filter(pk=self.chosen(request)).values_list("pk", "name")
        return [("any", _("In a series")), ("none", _("In none")), *((str(pk), name) for pk, name in chosen)]

    def chosen(self, request: HttpRequest) -> int:
        value = request.GET.get("series", "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else -1

    def narrowed(self, books: Rows, value: str) -> Rows:
        if value in {"any", "none"}:
            return books.filter(series__isnull=value == "none")
        return books.filter(series=self.number())
