"""Books in the admin: the record with its people, numbers and copies in one form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.postgres.search import SearchQuery
from django.db import transaction
from django.db.models import ForeignKey, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from catalog import queries, services
from catalog.admin import filters, history
from catalog.admin.bulk import BulkEdit
from catalog.admin.choosing import ChooseOne, ChooseSeveral, Choosing, OneOrNew, RelationChoice, SeveralOrNew
from catalog.admin.copies import OWN, add, given_barcode, suggesting
from catalog.admin.covers import CoverPage
from catalog.admin.merging import MergeBooks
from catalog.covers import missing
from catalog.forms import BookAdminForm, CopyAdminForm, IdentifierForm, changed_fields
from catalog.locks import lock_book
from catalog.models import Authorship, Book, BookFacts, BookFile, BookIdentifier, Copy
from catalog.redirects import kept_id
from catalog.search import by_number
from catalog.services import authorities, barcodes
from catalog.services import history as changes
from library.core.admin import CATALOGUE, NamedCells
from library.core.http.api import user_of
from library.search.cut import asked

if TYPE_CHECKING:  # generic only for the type checker
    BookBase = admin.ModelAdmin[Book]
    AuthorshipRows = admin.TabularInline[Authorship, Book]
    IdentifierRows = admin.TabularInline[BookIdentifier, Book]
    CopyRows = admin.TabularInline[Copy, Book]
else:
    BookBase = admin.ModelAdmin
    AuthorshipRows = IdentifierRows = CopyRows = admin.TabularInline

LONGEST_SEARCH = 200
SOME = 3  # of the authors, in a row of the list


def _with_number(term: str) -> list[int]:
    """The books that have ``term`` as a barcode, an ISBN or another number, each by its index."""
    forms = by_number.spellings(term) | {term}
    return [
        *Copy.objects.filter(barcode_folded=term).values_list("book", flat=True),
        *BookIdentifier.objects.filter(value__in=forms).order_by().values_list("book", flat=True)[:100],
        *Book.objects.filter(isbn__in=forms).order_by().values_list("pk", flat=True),
    ]


one_author = RelationChoice(OneOrNew, ChooseOne, lambda name: authorities.authors([name])[0], "catalog.add_author")
one_series = RelationChoice(OneOrNew, ChooseOne, authorities.series, "catalog.add_series")
several_categories = RelationChoice(
    SeveralOrNew, ChooseSeveral, lambda name: authorities.categories([name])[0], "catalog.add_category"
)
several_subjects = RelationChoice(
    SeveralOrNew, ChooseSeveral, lambda name: authorities.subjects([name])[0], "catalog.add_subject"
)


class AuthorshipInline(Choosing, NamedCells, AuthorshipRows):
    model = Authorship
    extra = 1
    fields = ("author", "role", "position")
    choosing = {"author": one_author}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Authorship]:
        return super().get_queryset(request).select_related("author")

    def get_formset(self, request: HttpRequest, obj: Book | None = None, **kwargs: Any) -> Any:
        """The names that are chosen already, read once for all rows of the form."""
        made = super().get_formset(request, obj, **kwargs)
        if obj is not None and "author" in made.form.base_fields:
            box = made.form.base_fields["author"].widget
            getattr(box, "widget", box).known = {str(author.pk): str(author) for author in obj.authors.all()}
        return made

    verbose_name, verbose_name_plural = _("author"), _("authors, editors, translators, illustrators")
    comes_first = True


class IdentifierInline(NamedCells, IdentifierRows):
    model = BookIdentifier
    form = IdentifierForm
    extra = 1
    fields = ("kind", "value")


class CopyInline(NamedCells, CopyRows):
    model = Copy
    form = CopyAdminForm
    extra = 1
    fields = OWN
    comes_first = True

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The branches and item types, read once for all rows of the form."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name in {"branch", "item_type"} and field is not None:
            field.choices = list(iter(field.choices))  # type: ignore[arg-type]  # by itself it would be counted as well
        return field

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Branches and types are made in their own lists: a row has no room for the ways there."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "barcode":
            suggesting(field)
        wrapper = getattr(field, "widget", None)
        if isinstance(wrapper, RelatedFieldWidgetWrapper):
            wrapper.can_add_related = wrapper.can_change_related = False
            wrapper.can_delete_related = wrapper.can_view_related = False
        return field


@admin.register(Book)
class BookAdmin(BulkEdit, MergeBooks, CoverPage, Choosing, BookBase):
    part, place = CATALOGUE, 0
    form = BookAdminForm
    inlines = [AuthorshipInline, IdentifierInline, CopyInline]
    list_display = ("titled", "by", "isbn", "year", "copies_free", "is_digital", "shown_to")
    list_filter = (
        "is_public",
        "is_suppressed",
        filters.AvailableFilter,
        filters.CopiesFilter,
        filters.FileFilter,
        filters.LanguageFilter,
        filters.BranchFilter,
        filters.SeriesFilter,
        filters.CategoryFilter,
    )
    search_fields = ("title",)  # looked for in get_search_results
    search_help_text = _("Words of title, authors or subjects; a number; a barcode")
    choosing = {"categories": several_categories, "subjects": several_subjects, "series": one_series}
    change_form_template = "admin/catalog/book/change_form.html"
    readonly_fields = ("total_copies", "available_copies", "stored_file", "created_at", "updated_at")
    object_history_template = "admin/catalog/history.html"
    empty_value_display = ""
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # a count for each value of each filter, over all books
    list_per_page = 50
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "title",
                    "subtitle",
                    "filing_title",
                    "isbn",
                    ("publisher", "year"),
                    ("language", "page_count"),
                )
            },
        ),
        (_("Digital file"), {"fields": ("stored_file", "file", "is_public")}),
        (_("About"), {"fields": ("categories", "subjects", "description")}),
        (_("Series"), {"fields": ("series", "series_position")}),
        (_("Readers"), {"fields": ("reading_level", "minimum_age")}),
        (
            _("In the library"),
            {
                "fields": (
                    "is_suppressed",
                    ("total_copies", "available_copies"),
                    ("created_at", "updated_at"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Book]:
        books: QuerySet[Book] = super().get_queryset(request)
        return books.select_related("digital_file").prefetch_related(queries.IN_TITLE_ORDER).defer(*queries.SEARCHED)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Whole barcodes and numbers, else every word, each by its beginning, through the indexes of the search."""
        term = search_term.replace("\0", " ").strip()[:LONGEST_SEARCH]
        if not term:
            return queryset, False
        numbered = _with_number(term)
        words = asked(term)
        if not words:
            return queryset.filter(pk__in=numbered), False
        wanted = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
        beginning = BookFacts.objects.filter(vector=wanted).values("pk")
        return queryset.filter(Q(pk__in=numbered) | Q(pk__in=beginning) if numbered else Q(pk__in=beginning)), False

    def get_form(self, request: HttpRequest, obj: Book | None = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.owner = request.user
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """As ever; names that were added on the way to an error are gone with it."""
        with transaction.atomic():
            response = super().changeform_view(request, object_id, form_url, extra_context)
            if request.method == "POST" and response.status_code == 200:
                transaction.set_rollback(True)
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        form = context["adminform"].form
        if form.is_bound:
            form.keep_file()
        return super().render_change_form(request, context, *args, **kwargs)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The record, or the one that it was merged into."""
        kept = kept_id(int(object_id)) if object_id.isascii() and object_id.isdigit() and len(object_id) < 19 else None
        if kept is not None:
            self.message_user(request, _("That record was merged into this one."), messages.INFO)
            return redirect("admin:catalog_book_change", kept)
        return super().change_view(request, object_id, form_url, extra_context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What changed, by whom, from what to what."""
        return super().history_view(request, object_id, (extra_context or {}) | {"deeds": history.of_book(object_id)})

    @admin.display(description=_("title"), ordering="title_order")
    def titled(self, book: Book) -> str:
        return book.title

    @admin.display(description=_("authors"))
    def by(self, book: Book) -> str:
        first, others = book.author_names[:SOME], book.author_names[SOME:]
        return ", ".join(first) + (" …" if others else "")

    @admin.display(description=_("available"), ordering="available_copies")
    def copies_free(self, book: Book) -> str:
        return _("%(free)d of %(total)d") % {"free": book.available_copies, "total": book.total_copies}

    @admin.display(description=_("digital"))
    def is_digital(self, book: Book) -> str:
        return str(_("digital")) if book.has_file else ""

    @admin.display(description=_("readers see"))
    def shown_to(self, book: Book) -> str:
        """What is not as usual, in words: most records are seen by everybody, and nothing is wrong with the others."""
        if book.is_suppressed:
            return str(_("hidden"))
        return str(_("record only")) if book.has_file and not book.is_public else ""

    @admin.display(description=_("file"))
    def stored_file(self, book: Book) -> str:
        if not book.pk or not book.has_file:
            return str(_("none yet"))
        file: BookFile = book.digital_file
        return _("%(name)s, %(size).1f MB") % {"name": file.original_name, "size": file.size / 1024**2}

    def save_model(self, request: HttpRequest, obj: Book, form: Any, change: bool) -> None:
        form.before = {}
        if not change:
            obj.save()
        else:  # counters and popularity may have moved since the form was shown
            lock_book(obj.pk)
            form.before = changes.snapshot(obj.pk)
            obj.save(update_fields=[*changed_fields(form, Book), "updated_at"])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Copy:
            for place, row in enumerate(formset.forms):
                if formset.model is Authorship and row.instance.pk is None and "position" not in row.changed_data:
                    row.instance.position = place  # in the order of the rows, unless somebody says otherwise
            super().save_formset(request, form, formset, change)
            return
        by = user_of(request)
        formset.save(commit=False)
        for copy in formset.deleted_objects:
            services.delete_copy(copy=copy, by=by)
        for copy in formset.new_objects:
            if not copy.barcode:
                copy.barcode = barcodes.take()
                self.message_user(request, given_barcode(copy), messages.INFO)
            add(copy, by)
        for copy, changed in formset.changed_objects:
            services.change_copy(copy=copy, changes={name: getattr(copy, name) for name in changed}, by=by)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        book, by = form.instance, user_of(request)
        book.identifiers.filter(
            kind=BookIdentifier.Kind.ISBN, value=book.isbn
        ).delete()  # the main one is no further one
        if change:
            missing.drop_those_of_other_numbers(book)
        services.refresh_search_text(book)
        if change:
            changes.record_change(book, form.before, by=by)
        else:
            changes.record_added(book, by=by)
        if upload := form.cleaned_data.get("file"):
            services.attach_file(book=book, upload=upload, by=by)
            form.forget_file()
            messages.success(
                request,
                format_html(
                    '{} <a href="{}">{}</a>',
                    _("The file is stored and will be read in the background."),
                    book.get_absolute_url(),
                    _("See how far it is on the book’s page."),
                ),
            )

    def delete_model(self, request: HttpRequest, obj: Book) -> None:
        services.delete_book(book=obj, by=user_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Book]) -> None:
        for book in queryset:
            self.delete_model(request, book)
