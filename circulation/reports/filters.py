"""Staff's list of loans, narrowed: one set of filters for the page, the file and the programming interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Patron, Tier
from accounts.people.nobody import NOBODY
from catalog.models import Book, Branch, Copy, ItemType
from circulation.models import Loan, LoanQuerySet, LoanStatus
from circulation.rules.bounds import A_DAY
from library.core import days

BATCH = 500
ORDINARY = "-"  # copies without an item type


if TYPE_CHECKING:  # generic only for the type checker
    RowField = forms.ModelChoiceField[Any]
else:
    RowField = forms.ModelChoiceField


class ByCodeOrId(RowField):
    """A row, by its code or its id. Forms send the code."""

    def __init__(self, queryset: Any, **options: Any) -> None:
        super().__init__(queryset, to_field_name="code", required=False, **options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.isdecimal() and len(value) < 10 and self.queryset is not None:
            by_id = self.queryset.filter(pk=int(value)).first()
            if by_id is not None and not self.queryset.filter(code=value).exists():
                return by_id
        if isinstance(value, str) and "\0" in value:
            value = "?"
        return super().to_python(value)


class ItemTypeChoiceField(ByCodeOrId):
    """An item type, or ``-`` for copies that have none."""

    def to_python(self, value: Any) -> Any:
        return ORDINARY if value == ORDINARY else super().to_python(value)

    def validate(self, value: Any) -> None:
        if value != ORDINARY:
            super().validate(value)


def day_field(label: Any) -> forms.DateField:
    """A date that a calendar can count from."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        validators=A_DAY,
    )


class LoanFilterForm(forms.Form):
    """What the list is narrowed to. Nothing is required: nothing given, all loans."""

    q = forms.CharField(
        label=_("Title, barcode, card or reader"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    status = forms.ChoiceField(
        label=_("Status"),
        required=False,
        choices=[("", _("All loans")), ("out", _("Out: active and overdue")), *LoanStatus.choices],
        error_messages={"invalid_choice": _("Choose active, overdue, returned or out.")},
    )
    branch = ByCodeOrId(
        Branch.objects.all(),
        label=_("Branch"),
        empty_label=_("Any branch"),
        error_messages={"invalid_choice": _("There is no such branch.")},
    )
    tier = ByCodeOrId(
        Tier.objects.all(),
        label=_("Tier"),
        empty_label=_("Any tier"),
        error_messages={"invalid_choice": _("There is no such tier.")},
    )
    item_type = ItemTypeChoiceField(
        ItemType.objects.all(),
        label=_("Item type"),
        empty_label=_("Any item type"),
        error_messages={"invalid_choice": _("There is no such item type.")},
    )
    due_from = day_field(_("Due from"))
    due_to = day_field(_("Due up to"))

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        first, last = given.get("due_from"), given.get("due_to")
        if first and last and last < first:
            self.add_error("due_to", _("The last day is not before the first."))
        return given


def narrowed(loans: LoanQuerySet, wanted: Mapping[str, Any], *, at: datetime) -> LoanQuerySet:
    """``loans`` with the names that a list shows, as ``wanted`` (cleaned by ``LoanFilterForm``) narrows them."""
    loans = loans.with_names().select_related("copy__item_type", "patron__tier", "branch")
    status = wanted.get("status")
    if status:
        loans = loans.open() if status == "out" else loans.with_status(LoanStatus(status), at=at)
    if wanted.get("branch"):
        loans = loans.filter(copy__branch=wanted["branch"])
    if wanted.get("tier"):
        loans = loans.filter(patron__tier=wanted["tier"]).exclude(patron=NOBODY)
    if wanted.get("item_type"):
        loans = loans.filter(copy__item_type=None if wanted["item_type"] == ORDINARY else wanted["item_type"])
    if wanted.get("due_from"):
        loans = loans.filter(due_at__gte=days.start_of(wanted["due_from"]))
    if wanted.get("due_to"):
        loans = loans.filter(due_at__lt=days.start_of(wanted["due_to"] + timedelta(days=1)))
    return _naming(loans, wanted["q"].strip()) if wanted.get("q") else loans


def in_batches(loans: LoanQuerySet) -> Iterator[list[Loan]]:
    """All of ``loans``, the newest first, a few hundred at a time, so that a million fit into little memory."""
    rows = loans.order_by("-checked_out_at", "-id")
    last: Loan | None = None
    while True:
        further = (
            rows
            if last is None
            else rows.filter(
                Q(checked_out_at__lt=last.checked_out_at) | Q(checked_out_at=last.checked_out_at, id__lt=last.pk)
            )
        )
        batch = list(further[:BATCH])
        if batch:
            yield batch
        if len(batch) < BATCH:
            return
        last = batch[-1]


def _naming(loans: LoanQuerySet, text: str) -> LoanQuerySet:
    """By whole barcode or card, or by a part of the title or of the reader's name."""
    copies = Copy.objects.filter(Q(barcode_folded=text) | Q(book__in=Book.objects.filter(title__icontains=text)))
    readers = Patron.objects.filter(Q(card_folded=text) | Q(user__full_name__icontains=text))
    return loans.filter(Q(copy__in=copies.values("pk")) | Q(patron__in=readers.values("pk")))
