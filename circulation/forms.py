"""What people type or scan."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import CopyStatus
from circulation.services.holds import REASON_LENGTH

SCAN_LENGTH = 100


class ScanForm(forms.Form):
    """The desk's one box."""

    scan = forms.CharField(
        label=_("Scan a card or a barcode"),
        max_length=SCAN_LENGTH,
        error_messages={"required": _("Scan a card or a barcode first.")},
    )


class PlaceHoldForm(forms.Form):
    """A wish for a book at a branch, by their ids."""

    book = forms.IntegerField(min_value=1, max_value=2**63 - 1)
    branch = forms.IntegerField(min_value=1, max_value=2**63 - 1)


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
        choices=[(status.value, status.label) for status in (
            CopyStatus.AVAILABLE, CopyStatus.MISSING, CopyStatus.DAMAGED
        )],
    )  # fmt: skip
