"""Forms of the catalogue: the search, and the admin's records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron, User
from catalog import validation
from catalog.copy_status import CATALOGUE, SHELF_STATUSES
from catalog.errors import BarcodeIsCard, BarcodeTaken
from catalog.files import pending
from catalog.files.form_field import KeptFileField, KeptFileInput
from catalog.files.services import check_upload
from catalog.identifiers import LONGEST, normalise
from catalog.models import AuthorAlias, Book, BookIdentifier, Category, Copy, CopyStatus, ReadingLevel, Subject
from catalog.services.authorities import circle, filing_name, lies_within
from catalog.services.books import check_isbn_is_no_other_books
from library.core.errors import LibraryError
from library.core.forms import take_as_pasted

if TYPE_CHECKING:  # generic only for the type checker
    BookModelForm = forms.ModelForm[Book]
    CopyModelForm = forms.ModelForm[Copy]
    IdentifierModelForm = forms.ModelForm[BookIdentifier]
    AliasModelForm = forms.ModelForm[AuthorAlias]
    CategoryModelForm = forms.ModelForm[Category]
    AnyModelForm = forms.ModelForm[Any]
else:
    BookModelForm = CopyModelForm = IdentifierModelForm = AliasModelForm = CategoryModelForm = forms.ModelForm
    AnyModelForm = forms.ModelForm

WRITTEN_WITH = {"series_position": ("series_position_end",)}  # columns that one field of a form fills together
NOBODY = "-"  # a reading level that clears the one there


class BookAdminForm(BookModelForm):
    """A record with its digital file in one form."""

    owner: User | None = None  # who fills it in: a file that waits is theirs alone
    file = KeptFileField(
        label=_("PDF, EPUB or text"),
        required=False,
        help_text=_("The digital book. It replaces the file that is there and is read in the background."),
        widget=KeptFileInput(attrs={"accept": ".pdf,.epub,.txt,.text,.md"}),
    )

    isbn = forms.CharField(
        label=_("ISBN"),
        max_length=LONGEST,
        required=False,
        help_text=_("10 or 13 digits as they are printed or scanned; kept as 13. Empty for a book that has none."),
    )

    language = forms.CharField(
        label=_("language"),
        max_length=40,
        initial="en",
        help_text=_("Two letters, for example en; three where a language has no two. mul: several, zxx: no words."),
    )

    series_position = forms.CharField(
        label=_("place in the series"),
        max_length=validation.PLACE_LENGTH,
        required=False,
        help_text=_("1, 2, or 1.5 for what came between; 1-3 for an omnibus of volumes 1 to 3."),
    )

    class Meta:
        model = Book
        fields = (
            "title",
            "subtitle",
            "filing_title",
            "isbn",
            "publisher",
            "year",
            "language",
            "page_count",
            "description",
            "categories",
            "subjects",
            "series",
            "series_position",
            "reading_level",
            "minimum_age",
            "is_public",
            "is_suppressed",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.owner = self.owner
        if self.instance.series_place is not None:
            self.initial["series_position"] = str(self.instance.series_place)

    def keep_file(self) -> None:
        """Let the file that was chosen wait, for something else in the form was wrong."""
        field, upload = self.fields["file"], self.cleaned_data.get("file")
        if upload and isinstance(field, KeptFileField):
            field.keep(upload)

    def forget_file(self) -> None:
        """The file that waited is in the record now, or will be when the transaction is kept."""
        kept = getattr(self.fields["file"].widget, "kept", None)
        if kept is not None and self.owner is not None:
            pending.forget_on_commit(token=kept.token, by=self.owner)
            self.cleaned_data["file"].close()

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload:
            check_upload(upload)
        return upload

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]  # the stubs leave Django's own hook out
        for name in validation.BOOK.keys() & self.cleaned_data.keys() - {"categories", "subjects", "series"}:
            try:
                self.cleaned_data[name] = validation.BOOK[name](self.cleaned_data[name])
            except ValidationError as fault:
                self.add_error(name, fault)

    def clean(self) -> dict[str, Any] | None:
        """Without its series a book has no place in it; an ISBN is that of one record."""
        given = super().clean() or self.cleaned_data
        if given.get("series_position") is not None and "series" in given and given["series"] is None:
            self.add_error("series_position", _("A place in a series needs the series."))
        if "series_position" in given:
            place = given["series_position"]
            given["series_position"], self.instance.series_position_end = place or (None, None)
        try:
            check_isbn_is_no_other_books(self.instance, given.get("isbn"))
        except LibraryError as refusal:
            self.add_error("isbn", refusal.detail)
        return given


class CopyAdminForm(CopyModelForm):
    """A copy. While a loan or a hold is bound to it, its status is circulation's. A new one needs no barcode."""

    class Meta:
        model = Copy
        fields = (
            "book",
            "branch",
            "barcode",
            "shelf_mark",
            "status",
            "not_for_loan",
            "item_type",
            "condition",
            "price",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "barcode" in self.fields:
            take_as_pasted(self.fields["barcode"])
            self.fields["barcode"].required = self.instance.pk is not None
        status = self.fields.get("status")
        if not isinstance(status, forms.ChoiceField):
            return
        now = CopyStatus(self.instance.status)
        offered = {*SHELF_STATUSES}
        if self.instance.pk:
            offered = {now, *CATALOGUE.get(now, ())}
            status.disabled = now not in SHELF_STATUSES
            status.help_text = _("Settled at the desk.") if status.disabled else ""
        status.choices = [(value.value, value.label) for value in CopyStatus if value in offered]

    def clean_barcode(self) -> str:
        given = self.cleaned_data["barcode"]
        if not given and not self.instance.pk:
            return ""  # it gets the next free one
        barcode = validation.barcode(given)
        if Copy.objects.filter(barcode_folded=barcode).exclude(pk=self.instance.pk).exists():
            raise ValidationError(BarcodeTaken(barcode=barcode).detail)
        if "barcode" in self.changed_data and Patron.objects.filter(card_folded=barcode).exists():
            raise ValidationError(BarcodeIsCard(barcode=barcode).detail)
        return barcode


class IdentifierForm(IdentifierModelForm):
    """A number of a book, in any usual form."""

    class Meta:
        model = BookIdentifier
        fields = ("kind", "value")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        take_as_pasted(self.fields["value"])

    def clean(self) -> dict[str, Any] | None:
        given = super().clean() or self.cleaned_data
        if given.get("kind") and given.get("value"):
            try:
                given["value"] = normalise(given["kind"], validation.readable(given["value"]))
            except ValidationError as fault:
                self.add_error("value", fault)
        return given


class AliasForm(AliasModelForm):
    """Another name of an author. Two that are filed alike are one."""

    class Meta:
        model = AuthorAlias
        fields = ("name",)

    def clean_name(self) -> str:
        name: str = validation.one_line(self.cleaned_data["name"], at_most=validation.NAME_LENGTH, required=True)
        author = self.instance.author_id
        others = AuthorAlias.objects.filter(author=author, sort_name=filing_name(name)).exclude(pk=self.instance.pk)
        if author is not None and others.exists():
            raise ValidationError(_("The author already has this name."))
        return name


class CategoryAdminForm(CategoryModelForm):
    """A category and the wider one that it is part of."""

    class Meta:
        model = Category
        fields = ("name", "parent")

    def clean_parent(self) -> Category | None:
        parent: Category | None = self.cleaned_data["parent"]
        if parent is not None and self.instance.pk and lies_within(parent, self.instance):
            raise ValidationError(circle(self.instance, parent).detail)
        return parent


class YesNoUnchanged(forms.NullBooleanSelect):
    def __init__(self) -> None:
        super().__init__()
        self.choices = [("unknown", _("unchanged")), ("true", _("Yes")), ("false", _("No"))]


class BulkForm(forms.Form):
    """What to change in many records. What is left empty stays as it is."""

    add_categories = forms.ModelMultipleChoiceField(Category.objects.all(), required=False, label=_("Add categories"))
    remove_categories = forms.ModelMultipleChoiceField(
        Category.objects.all(), required=False, label=_("Remove categories")
    )
    add_subjects = forms.ModelMultipleChoiceField(Subject.objects.all(), required=False, label=_("Add subjects"))
    remove_subjects = forms.ModelMultipleChoiceField(Subject.objects.all(), required=False, label=_("Remove subjects"))
    language = forms.CharField(
        required=False, label=_("Language"), max_length=40, help_text=_("Two letters, for example en, or three.")
    )
    publisher = forms.CharField(required=False, label=_("Publisher"), max_length=validation.NAME_LENGTH)
    is_public = forms.NullBooleanField(
        required=False,
        label=_("Public"),
        help_text=_("Readers may read, ask and study its digital content."),
        widget=YesNoUnchanged,
    )
    is_suppressed = forms.NullBooleanField(
        required=False, label=_("Suppressed"), help_text=_("Hidden from readers everywhere."), widget=YesNoUnchanged
    )
    reading_level = forms.ChoiceField(
        required=False,
        label=_("Written for"),
        choices=[("", _("unchanged")), *ReadingLevel.choices, (NOBODY, _("nobody in particular"))],
    )

    def clean_language(self) -> str:
        code: str = self.cleaned_data["language"]
        return validation.language(code) if code else ""

    def clean_publisher(self) -> str:
        return validation.one_line(self.cleaned_data["publisher"], at_most=validation.NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not self.chosen:
            raise ValidationError(_("Choose something to change."))
        return given

    @property
    def chosen(self) -> list[str]:
        """The names of the fields that say something."""
        return [name for name, value in self.cleaned_data.items() if _says_something(value)]

    @property
    def changes(self) -> dict[str, Any]:
        """The arguments of ``services.change_books``."""
        given = {name: self.cleaned_data[name] for name in self.chosen}
        lists = {name: list(given.pop(name)) for name in list(given) if name.startswith(("add_", "remove_"))}
        if given.get("reading_level") == NOBODY:
            given["reading_level"] = ""
        return {"changes": given, **lists}


def _says_something(value: Any) -> bool:
    return value.exists() if isinstance(value, QuerySet) else value not in (None, "")


def changed_fields(form: AnyModelForm, model: type[Model]) -> list[str]:
    """The names of the model's own columns that ``form`` changed: what to save, and nothing that others wrote since."""
    columns = {field.name for field in model._meta.concrete_fields}
    written = (column for name in form.changed_data for column in (name, *WRITTEN_WITH.get(name, ())))
    return [name for name in written if name in columns]
