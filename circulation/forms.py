"""What people type or scan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import DescribedForm
from accounts.models import Patron, Tier
from accounts.people import block_kinds
from catalog.models import Branch, Copy, CopyStatus
from circulation import errors, queries
from circulation.reports.filters import ByCodeOrId, day_field
from circulation.services.holds.picking import REASON_LENGTH
from circulation.services.overrides import COMMENT_LENGTH
from library.core import days
from library.core.email_addresses import AddressFormField

SCAN_LENGTH = 100


class ScanForm(forms.Form):
    """The desk's one box, and what goes with a copy that is taken back."""

    scan = forms.CharField(
        label=_("Scan a card or a barcode, or type a name"),
        max_length=SCAN_LENGTH,
        error_messages={"required": _("Scan a card or a barcode first.")},
    )
    returned_on = day_field(_("Counts as returned on"))
    is_damaged = forms.BooleanField(label=_("Damaged: to repair"), required=False)
    meant = forms.ChoiceField(choices=[("card", _("The card")), ("copy", _("The copy"))], required=False)

    def clean_returned_on(self) -> date | None:
        day: date | None = self.cleaned_data["returned_on"]
        if day is not None and day > days.today():
            raise forms.ValidationError(_("Nothing can be returned in the future."))
        return day

    @property
    def returned_at(self) -> date | None:
        """The day of the return for a book drop. None where no day is given."""
        return self.cleaned_data.get("returned_on")


def _codes() -> list[tuple[str, str]]:
    """What may be set aside: refusals of lending, and what apps place against readers."""
    return [(code, code) for code in {**errors.by_code(), **block_kinds.registered()}]


class OverrideForm(forms.Form):
    """Which reasons staff set aside, why, and until when it is lent if not as the rules say."""

    override = forms.MultipleChoiceField(
        label=_("Set aside"),
        required=False,
        choices=_codes,
        error_messages={"invalid_choice": _("There is no such reason.")},
    )
    comment = forms.CharField(
        label=_("Why"),
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the loan, for colleagues."),
        error_messages={"required": _("Say why, for colleagues.")},
    )
    due_on = day_field(_("Due on"))
    due_time = forms.TimeField(
        label=_("at"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
        help_text=_("Empty: the end of the day."),
    )

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = self.cleaned_data
        day, at = given.get("due_on"), given.get("due_time")
        if at is not None and day is None and "due_on" not in self.errors:
            self.add_error("due_on", _("Say on which day."))
        given["due_at"] = days.moment(day, at or days.ENDS) if day else None
        return given


class ReaderForm(DescribedForm):
    """Somebody who stands at the desk and wants a card."""

    full_name = forms.CharField(
        label=_("Full name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )
    email = AddressFormField(
        label=_("E-mail address"),
        max_length=254,
        required=False,
        help_text=_("Empty: no sign-in, letters on paper."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    birth_date = day_field(_("Born"))
    tier = forms.ModelChoiceField(Tier.objects.all(), label=_("Kind of card"), empty_label=None)
    card_number = forms.CharField(
        label=_("Card number"),
        max_length=40,
        required=False,
        help_text=_("Scan a pre-printed card. Empty: the library draws a number."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}),
    )
    is_another = forms.BooleanField(label=_("This is another person"), required=False)


class DeskBranchForm(forms.Form):
    """Where this desk stands."""

    def offering(self, branches: Iterable[Branch]) -> DeskBranchForm:
        """This form to be shown, with ``branches`` to choose from: they need not be read again."""
        field = self.fields["branch"]
        field.choices = [("", field.empty_label), *((branch.code, branch.name) for branch in branches)]  # type: ignore[attr-defined]
        return self

    branch = ByCodeOrId(
        Branch.objects.all(),
        label=_("This desk is at"),
        empty_label=_("wherever the copy belongs"),
        error_messages={"invalid_choice": _("There is no such branch.")},
    )


class ExplainForm(forms.Form):
    """A copy and a card, to be told what would happen."""

    copy = forms.CharField(
        label=_("Barcode"), max_length=SCAN_LENGTH, error_messages={"required": _("Scan or type the copy’s barcode.")}
    )
    card = forms.CharField(
        label=_("Card"), max_length=SCAN_LENGTH, error_messages={"required": _("Scan or type the reader’s card.")}
    )

    def clean_copy(self) -> Copy:
        copy = queries.find_copy(self.cleaned_data["copy"])
        if copy is None:
            raise forms.ValidationError(_("No copy has this barcode."))
        return copy

    def clean_card(self) -> Patron:
        reader = queries.find_patron(self.cleaned_data["card"])
        if reader is None:
            raise forms.ValidationError(_("No reader has this card."))
        return reader


class PlaceHoldForm(forms.Form):
    """A wish for a book at a branch, by their ids."""

    book = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    branch = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    copy = forms.CharField(label=_("Copy"), max_length=SCAN_LENGTH, required=False)
    wanted_from = day_field(_("Not before"))
    wanted_until = day_field(_("Wanted until"))


class AskForReaderForm(forms.Form):
    """A wish of a reader who stands before staff, by card, with the reasons that are set aside."""

    card = forms.CharField(
        label=_("Card"), max_length=SCAN_LENGTH, error_messages={"required": _("Scan or type the reader’s card.")}
    )
    branch = forms.ModelChoiceField(Branch.objects.filter(is_pickup=True), label=_("Fetch it at"), empty_label=None)
    copy = forms.CharField(label=_("This copy alone"), max_length=SCAN_LENGTH, required=False)
    override = forms.MultipleChoiceField(required=False, choices=_codes)
    comment = forms.CharField(label=_("Why"), max_length=COMMENT_LENGTH, required=False)

    def clean_card(self) -> Patron:
        reader = queries.find_patron(self.cleaned_data["card"])
        if reader is None:
            raise forms.ValidationError(_("No reader has this card."))
        return reader


class SuspendForm(forms.Form):
    """When a hold sleeps: until a day, or until somebody wakes it; from today, or from a later day."""

    until = day_field(_("Goes on on"))
    from_day = day_field(_("Sleeps from"))


class PickupForm(forms.Form):
    """Another branch to fetch it at."""

    branch = forms.ModelChoiceField(Branch.objects.filter(is_pickup=True), label=_("Fetch it at"), empty_label=None)


class MoveForm(forms.Form):
    """A place in a queue, and the version of the queue that was shown."""

    position = forms.IntegerField(label=_("Place"), min_value=1, max_value=2**31 - 1)
    seen = forms.CharField(required=False, max_length=64, empty_value=None)


class ConfirmForm(forms.Form):
    """The copy on the trolley, where it is not the one that was asked for."""

    copy = forms.CharField(label=_("Another copy’s barcode"), max_length=SCAN_LENGTH, required=False)


class RefuseForm(forms.Form):
    """Why a book cannot be fetched."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=REASON_LENGTH,
        help_text=_("The reader sees this."),
        error_messages={"required": _("Say why, in words for the reader.")},
    )
    copy_status = forms.ChoiceField(
        label=_("The copy is"),
        choices=[
            (status.value, status.label) for status in (CopyStatus.AVAILABLE, CopyStatus.MISSING, CopyStatus.DAMAGED)
        ],
    )
