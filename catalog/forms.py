"""Forms of the catalogue: the search, and the admin's records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from catalog import checks
from catalog.models import Book, Copy, CopyStatus
from catalog.search import QUERY_LENGTH, Filters
from catalog.services.copies import SHELF_STATUSES
from catalog.services.files import check_upload

if TYPE_CHECKING:  # generic only for the type checker
    BookModelForm = forms.ModelForm[Book]
    CopyModelForm = forms.ModelForm[Copy]
    AnyModelForm = forms.ModelForm[Any]
else:
    BookModelForm = CopyModelForm = AnyModelForm = forms.ModelForm

SORTS = [("relevance", _("Best match")), ("title", _("Title")), ("newest", _("Newest here"))]


class SearchForm(forms.Form):
    """What a list of books may be asked, by a page or by the API. Any text is fine as ``q``."""

    q = forms.Field(label=_("Search the catalogue"), required=False)
    category = forms.CharField(label=_("Category"), required=False, max_length=80)
    author = forms.CharField(label=_("Author"), required=False, max_length=200)
    language = forms.CharField(label=_("Language"), required=False, max_length=2)
    year = forms.IntegerField(label=_("Year"), required=False, min_value=-3000, max_value=2200)
    branch = forms.CharField(label=_("Branch"), required=False, max_length=120)
    available = forms.NullBooleanField(label=_("Available now"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTS)

    def clean_q(self) -> str:
        """As it was typed, as far as it is read."""
        return str(self.cleaned_data["q"] or "").replace("\0", " ").strip()[:QUERY_LENGTH]

    def clean_language(self) -> str:
        code: str = self.cleaned_data["language"]
        return checks.language(code) if code else ""

    @property
    def query(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def order(self) -> str:
        return str(self.cleaned_data.get("sort") or "relevance")

    @property
    def filters(self) -> Filters:
        """What narrows the list; a field that is wrong narrows nothing."""
        right = self.cleaned_data
        year = right.get("year")
        typed: dict[str, Any] = {
            name: (right[name],) for name in ("category", "author", "language", "branch") if right.get(name)
        }
        return Filters(**typed, year=() if year is None else (str(year),), available=right.get("available"))


class BookAdminForm(BookModelForm):
    """A record with its digital file in one form."""

    pdf = forms.FileField(
        label=_("PDF"),
        required=False,
        help_text=_("The digital book. It replaces the file that is there and is read in the background."),
        widget=forms.FileInput(attrs={"accept": "application/pdf"}),
    )  # fmt: skip

    class Meta:
        model = Book
        fields = (
            "title", "subtitle", "isbn", "publisher", "year", "language", "page_count", "description", "categories",
            "subjects", "is_public", "is_suppressed",
        )  # fmt: skip

    def clean_pdf(self) -> Any:
        upload = self.cleaned_data["pdf"]
        if upload:
            check_upload(upload)
        return upload

    def _clean_fields(self) -> None:
        super()._clean_fields()  # type: ignore[misc]  # the stubs leave Django's own hook out
        for name in checks.BOOK.keys() & self.cleaned_data.keys() - {"categories", "subjects"}:
            try:
                self.cleaned_data[name] = checks.BOOK[name](self.cleaned_data[name])
            except ValidationError as fault:
                self.add_error(name, fault)


class CopyAdminForm(CopyModelForm):
    """A copy. While a loan or a hold is bound to it, its status is circulation's."""

    class Meta:
        model = Copy
        fields = ("book", "branch", "barcode", "shelf_mark", "status", "not_for_loan")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        status = self.fields.get("status")
        if not isinstance(status, forms.ChoiceField):
            return
        now = CopyStatus(self.instance.status)
        if self.instance.pk and now not in SHELF_STATUSES:
            status.disabled = True
            status.help_text = _("Settled at the desk.")
        status.choices = [(value.value, value.label) for value in CopyStatus if value in {*SHELF_STATUSES, now}]

    def clean_barcode(self) -> str:
        return str(checks.COPY["barcode"](self.cleaned_data["barcode"]))


def changed_fields(form: AnyModelForm, model: type[Model]) -> list[str]:
    """The names of the model's own columns that ``form`` changed: what to save, and nothing that others wrote since."""
    columns = {field.name for field in model._meta.concrete_fields}
    return [name for name in form.changed_data if name in columns]
