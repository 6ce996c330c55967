"""The catalogue in the admin. Forms check, services decide; only changed columns are written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import Count, ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog import admin_vectors, queries, services  # noqa: F401  (admin_vectors registers itself)
from catalog.forms import BookAdminForm, CopyAdminForm, changed_fields
from catalog.models import Author, Authorship, Book, BookFile, Branch, Category, Copy, Subject

if TYPE_CHECKING:  # generic only for the type checker
    BookBase = admin.ModelAdmin[Book]
    CopyBase = admin.ModelAdmin[Copy]
    NamedBase = admin.ModelAdmin[Any]
    BranchBase = admin.ModelAdmin[Branch]
    AuthorshipRows = admin.TabularInline[Authorship, Book]
    CopyRows = admin.TabularInline[Copy, Book]
else:
    BookBase = CopyBase = NamedBase = BranchBase = admin.ModelAdmin
    AuthorshipRows = CopyRows = admin.TabularInline


class AuthorshipInline(AuthorshipRows):
    model = Authorship
    extra = 1
    autocomplete_fields = ("author",)
    fields = ("author", "role", "position")


class CopyInline(CopyRows):
    model = Copy
    form = CopyAdminForm
    extra = 1
    fields = ("barcode", "branch", "shelf_mark", "status", "not_for_loan")

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **kwargs: Any) -> Any:
        """The branches, read once for all rows of the form."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "branch" and field is not None:
            field.choices = list(field.choices)  # type: ignore[arg-type]  # a ModelChoiceIterator, whatever the stubs allow
        return field


@admin.register(Book)
class BookAdmin(BookBase):
    form = BookAdminForm
    inlines = [AuthorshipInline, CopyInline]
    list_display = ("title", "by", "isbn", "year", "copies_free", "has_pdf", "is_public", "is_suppressed")
    list_filter = ("is_public", "is_suppressed", "language", "categories")
    search_fields = ("title", "subtitle", "isbn", "authors__name", "copies__barcode")
    search_help_text = _("Title, author, ISBN or barcode")
    autocomplete_fields = ("categories", "subjects")
    readonly_fields = ("total_copies", "available_copies", "stored_file", "created_at", "updated_at")
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("title", "subtitle", "isbn", "publisher", "year", "language", "page_count")}),
        (_("About"), {"fields": ("categories", "subjects", "description")}),
        (_("Digital file"), {"fields": ("stored_file", "pdf", "is_public")}),
        (_("In the library"), {"fields": ("is_suppressed", "total_copies", "available_copies")}),
        (_("Record"), {"fields": ("created_at", "updated_at")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Book]:
        books: QuerySet[Book] = super().get_queryset(request)
        return books.select_related("digital_file").prefetch_related(queries.IN_TITLE_ORDER).defer(*queries.SEARCHED)

    @admin.display(description=_("authors"))
    def by(self, book: Book) -> str:
        return ", ".join(book.author_names)

    @admin.display(description=_("available"), ordering="available_copies")
    def copies_free(self, book: Book) -> str:
        return _("%(free)d of %(total)d") % {"free": book.available_copies, "total": book.total_copies}

    @admin.display(description=_("PDF"), boolean=True)
    def has_pdf(self, book: Book) -> bool:
        return book.has_file

    @admin.display(description=_("file"))
    def stored_file(self, book: Book) -> str:
        if not book.pk or not book.has_file:
            return str(_("none yet"))
        file: BookFile = book.digital_file
        return _("%(name)s, %(size).1f MB") % {"name": file.original_name, "size": file.size / 1024**2}

    def save_model(self, request: HttpRequest, obj: Book, form: Any, change: bool) -> None:
        if not change:
            obj.save()
        else:  # counters and popularity may have moved since the form was shown
            obj.save(update_fields=[*changed_fields(form, Book), "updated_at"])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if formset.model is not Copy:
            super().save_formset(request, form, formset, change)
            return
        formset.save(commit=False)
        for copy in formset.deleted_objects:
            services.delete_copy(copy=copy)
        for copy in formset.new_objects:
            _add(copy)
        for copy, names in formset.changed_objects:
            services.change_copy(copy=copy, changes={name: getattr(copy, name) for name in names})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        book: Book = form.instance
        services.refresh_search_text(book)
        if upload := form.cleaned_data.get("pdf"):
            services.attach_file(book=book, upload=upload, by=cast(User, request.user))
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
        services.delete_book(book=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Book]) -> None:
        for book in queryset:
            services.delete_book(book=book)


def _add(copy: Copy) -> Copy:
    return services.add_copy(
        book=copy.book, branch=copy.branch, barcode=copy.barcode, shelf_mark=copy.shelf_mark, status=copy.status,
        not_for_loan=copy.not_for_loan,
    )  # fmt: skip


@admin.register(Copy)
class CopyAdmin(CopyBase):
    form = CopyAdminForm
    list_display = ("barcode", "book", "branch", "shelf_mark", "status", "not_for_loan")
    list_filter = ("branch", "status", "not_for_loan")
    search_fields = ("barcode", "book__title", "shelf_mark")
    autocomplete_fields = ("book",)
    list_select_related = ("book", "branch")

    def get_readonly_fields(self, request: HttpRequest, obj: Copy | None = None) -> tuple[str, ...]:
        return ("book",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Copy, form: Any, change: bool) -> None:
        if not change:
            obj.pk = _add(obj).pk
        else:
            services.change_copy(copy=obj, changes={name: getattr(obj, name) for name in changed_fields(form, Copy)})

    def delete_model(self, request: HttpRequest, obj: Copy) -> None:
        services.delete_copy(copy=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Copy]) -> None:
        for copy in queryset:
            services.delete_copy(copy=copy)


class CountedAdmin(NamedBase):
    """Records with a name, listed with the number of their books."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any, Any]:
        records: QuerySet[Any, Any] = super().get_queryset(request).annotate(number=Count("books", distinct=True))
        return records

    @admin.display(description=_("books"), ordering="number")
    def book_count(self, record: Any) -> int:
        return int(record.number)


@admin.register(Author)
class AuthorAdmin(CountedAdmin):
    search_fields = ("name", "sort_name")
    list_display = ("name", "sort_name", "book_count")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The sort name may stay empty: then it follows from the name."""
        form = super().get_form(request, obj, change, **kwargs)
        if "sort_name" in form.base_fields:
            form.base_fields["sort_name"].required = False
        return form

    def save_model(self, request: HttpRequest, obj: Author, form: Any, change: bool) -> None:
        filed_as = obj.sort_name if "sort_name" in form.changed_data else ""
        services.rename_author(author=obj, name=obj.name, filed_as=filed_as)


@admin.register(Category)
class CategoryAdmin(CountedAdmin):
    search_fields = ("name",)
    list_display = ("name", "book_count")

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        services.rename_category(category=obj, name=obj.name)


@admin.register(Subject)
class SubjectAdmin(CountedAdmin):
    search_fields = ("name",)
    list_display = ("name", "book_count")

    def save_model(self, request: HttpRequest, obj: Subject, form: Any, change: bool) -> None:
        services.rename_subject(subject=obj, name=obj.name)


@admin.register(Branch)
class BranchAdmin(BranchBase):
    list_display = ("name", "code", "address")
    search_fields = ("name", "code")
    prepopulated_fields = {"code": ("name",)}
