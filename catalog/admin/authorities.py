"""What books share, in the admin: people, categories, subjects, series."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog import services
from catalog.admin.merging import MergeAuthors, MergeSubjects
from catalog.forms import AliasForm, CategoryAdminForm
from catalog.models import Author, AuthorAlias, Authorship, Book, Category, Series, Subject
from catalog.services.authorities import filing_name, refresh_books_of
from library.core.admin import CATALOGUE, NamedCells

if TYPE_CHECKING:  # generic only for the type checker
    NamedBase = admin.ModelAdmin[Any]
    AliasRows = admin.TabularInline[AuthorAlias, Author]
else:
    NamedBase = admin.ModelAdmin
    AliasRows = admin.TabularInline


class CountedAdmin(NamedBase):
    """Records with a name, listed with the number of their books, which is counted for the shown rows alone."""

    show_full_result_count = False
    list_per_page = 50
    counted: ClassVar[tuple[Any, str]]  # the table that names books beside these records, and the name of ours in it

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any, Any]:
        table, name = self.counted
        column = "pk" if table is Book else "book"
        books = table.objects.filter(**{name: OuterRef("pk")}).order_by().values(name)
        number = books.annotate(number=Count(column, distinct=True)).values("number")
        records: QuerySet[Any, Any] = super().get_queryset(request)
        counted: QuerySet[Any, Any] = records.annotate(
            number=Coalesce(Subquery(number, output_field=IntegerField()), 0)
        )
        return counted

    @admin.display(description=_("books"))
    def book_count(self, record: Any) -> int:
        return int(record.number)


class AliasInline(NamedCells, AliasRows):
    model = AuthorAlias
    form = AliasForm
    extra = 1
    fields = ("name",)


@admin.register(Author)
class AuthorAdmin(MergeAuthors, CountedAdmin):
    part, place = CATALOGUE, 2
    counted = (Authorship, "author")
    search_fields = ("name", "sort_name", "aliases__name")
    list_display = ("name", "sort_name", "kind", "birth_year", "death_year", "book_count")
    inlines = [AliasInline]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Sort name and kind may stay empty: then they follow from the name."""
        form = super().get_form(request, obj, change, **kwargs)
        for name in form.base_fields.keys() & {"sort_name", "kind"}:
            form.base_fields[name].required = False
        return form

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        filed_as = obj.sort_name if "sort_name" in form.changed_data else None
        services.rename_author(author=obj, name=obj.name, filed_as=filed_as)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        author: Author = form.instance
        changed = formset.save(commit=False)
        for alias in formset.deleted_objects:
            alias.delete()
        for alias in changed:
            alias.sort_name = filing_name(alias.name)
            others = author.aliases.exclude(pk=alias.pk).filter(sort_name=alias.sort_name)
            if alias.sort_name != author.sort_name and not others.exists():  # once each, and not the name itself
                alias.save()
            elif alias.pk:
                alias.delete()
        refresh_books_of(author)


@admin.register(Category)
class CategoryAdmin(CountedAdmin):
    part, place = CATALOGUE, 4
    counted = (Book.categories.through, "category")
    form = CategoryAdminForm
    search_fields = ("name",)
    list_display = ("name", "parent", "book_count")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        services.save_category(category=obj, name=obj.name, parent=obj.parent)


@admin.register(Subject)
class SubjectAdmin(MergeSubjects, CountedAdmin):
    part, place = CATALOGUE, 3
    counted = (Book.subjects.through, "subject")
    search_fields = ("name", "sort_name")
    list_display = ("name", "book_count")

    def save_model(self, request: HttpRequest, obj: Subject, form: Any, change: bool) -> None:
        services.rename_subject(subject=obj, name=obj.name)


@admin.register(Series)
class SeriesAdmin(CountedAdmin):
    part, place = CATALOGUE, 5
    counted = (Book, "series")
    search_fields = ("name", "sort_name")
    list_display = ("name", "its_books")

    @admin.display(description=_("books"))
    def its_books(self, series: Any) -> str:
        address = reverse("admin:catalog_book_changelist")
        return format_html('<a href="{}?series={}">{}</a>', address, series.pk, series.number)

    def save_model(self, request: HttpRequest, obj: Series, form: Any, change: bool) -> None:
        services.rename_series(series=obj, name=obj.name)
