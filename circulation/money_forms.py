"""Sums and reasons as people type them at the desk."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from circulation.models import PaymentKind
from circulation.models.ledger import TEXT_LENGTH
from circulation.money import statements
from circulation.rules import amounts
from library.profile import services as profile


class AmountField(forms.CharField):
    """A sum in the library's currency: 1.50, 1,50 or 1 234,50."""

    def __init__(self, **given: Any) -> None:
        words = {"required": _("Give a sum."), "invalid": _("A sum such as 1.50.")}
        super().__init__(max_length=40, error_messages=words, **given)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return amounts.typed(text, profile.current().digits)
        except amounts.NoAmount as fault:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from fault


class KindChoice(forms.ModelChoiceField[PaymentKind] if TYPE_CHECKING else forms.ModelChoiceField):  # type: ignore[misc]
    """How the money comes in or goes out."""

    def __init__(self, **given: Any) -> None:
        kinds = statements.kinds_in_use()
        super().__init__(kinds, label=_("by"), to_field_name="code", empty_label=None, **given)

    def label_from_instance(self, obj: PaymentKind) -> str:
        return obj.name


class PaymentForm(forms.Form):
    """Money that came in: how much, how, and for which lines."""

    amount = AmountField(label=_("Amount"))
    kind = KindChoice()
    charges = forms.TypedMultipleChoiceField(required=False, coerce=str)

    def __init__(self, *args: Any, lines: Any = (), **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["charges"].choices = [(str(line.pk), str(line)) for line in lines]  # type: ignore[attr-defined]


class NewChargeForm(forms.Form):
    """What a reader is to pay for."""

    amount = AmountField(label=_("Amount"))
    text = forms.CharField(label=_("What for"), max_length=TEXT_LENGTH, help_text=_("The reader sees it."))


class GiveUpForm(forms.Form):
    """What of a line is waived, and why. No sum: what is still to be paid."""

    amount = AmountField(label=_("Amount"), required=False)
    reason = forms.CharField(
        label=_("Why"), max_length=TEXT_LENGTH, error_messages={"required": _("Say why, in a few words.")}
    )


class PayBackForm(forms.Form):
    """Money that goes back: how much, how, and why."""

    amount = AmountField(label=_("Amount"))
    kind = KindChoice()
    reason = forms.CharField(
        label=_("Why"), max_length=TEXT_LENGTH, error_messages={"required": _("Say why, in a few words.")}
    )


class GiveBackForm(forms.Form):
    """Money that the provider is to pay back: how much, why, and that it is meant."""

    amount = AmountField(label=_("Amount"))
    reason = forms.CharField(
        label=_("Why"), max_length=TEXT_LENGTH, error_messages={"required": _("Say why, in a few words.")}
    )
    sure = forms.BooleanField(
        label=_("Yes, pay it back to where it came from. It cannot be undone."),
        error_messages={"required": _("Tick this, so that no money goes by mistake.")},
    )


def amount_of(form: forms.Form) -> Decimal | None:
    """The sum that was typed, if any."""
    found: Decimal | None = form.cleaned_data.get("amount")
    return found
