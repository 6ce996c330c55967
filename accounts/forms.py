"""The forms of registration and sign-in. What they hand on is clean; what it means the services decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from accounts.errors import RateLimited
from accounts.sign_in.passwords import LONGEST, PasswordRule, rules
from accounts.validators import plain_code, validate_code, validate_full_name, validate_username
from library.core.email_addresses import AddressFormField
from library.core.errors import LibraryError

# What the services and the API call ``otp`` is the field ``code`` here.
FIELD_OF = {"otp": "code"}


class DescribedForm(forms.Form):
    """A form whose first wrong field takes the focus, and which shows a refusal beside the field that it is about."""

    def show(self, refusal: LibraryError) -> None:
        """Add the sentences of ``refusal`` where they belong; a limit is no matter of this form and goes on its way."""
        if isinstance(refusal, RateLimited):
            raise refusal
        told = False
        for name, sentences in refusal.fields.items():
            field = FIELD_OF.get(name, name)
            if field in self.fields:
                self.add_error(field, [forms.ValidationError(sentence) for sentence in sentences])
                told = True
        if not told:
            self.add_error(None, [forms.ValidationError(sentence) for sentence in refusal.sentences])

    def focus_on_what_is_wrong(self) -> None:
        """Begin at the first wrong field, wherever the form begins else: it is in sight and under the keyboard."""
        wrong = next((name for name in self.fields if name in self.errors), None)
        if wrong is not None:
            for name, field in self.fields.items():
                field.widget.attrs["autofocus"] = name == wrong


class EmailForm(DescribedForm):
    email = AddressFormField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("We send a six-digit code there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )


class CodeField(forms.CharField):
    """Six digits, taken with the spaces that people type."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=_("Code"),
            max_length=20,
            validators=[validate_code],
            widget=forms.TextInput(
                attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True, "class": "code"}
            ),
            **options,
        )

    def to_python(self, value: Any) -> str:
        return plain_code(super().to_python(value) or "")


class ChosenPasswordForm(DescribedForm):
    """A form with a new password; ``_new_password.html`` shows its rules, and whether they are kept as one types."""

    def rules(self) -> list[PasswordRule]:
        return rules()


class NewPasswordField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "data-password": True})
        # The help text only lets the field point to the list of rules, which takes its place.
        super().__init__(strip=False, help_text=_("What a password must be is listed here."), widget=widget, **options)


class CodeForm(DescribedForm):
    code = CodeField(help_text=_("Six digits, from the mail that we have just sent."))


class RegisterForm(ChosenPasswordForm):
    code = CodeField(help_text=_("Six digits, from the mail that we have just sent."))
    full_name = forms.CharField(
        label=_("Full name"),
        max_length=120,
        validators=[validate_full_name],
        help_text=_("As it should stand on your library card."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    username = forms.CharField(
        label=_("Username"),
        required=False,
        max_length=40,
        validators=[validate_username],
        help_text=_("What other readers see. Leave it empty and we choose one like your name."),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "hx-get": reverse_lazy("accounts:username-check"),
                "hx-trigger": "input changed delay:400ms",
                "hx-target": "#username-availability",
                "hx-sync": "this:replace",
            }
        ),
    )
    password = NewPasswordField(label=_("Password"))

    def __init__(self, *args: Any, has_password: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        if has_password:
            self.keeps_password()

    def keeps_password(self) -> None:
        """A password was given before and is good: the field may stay empty, and says so."""
        field = self.fields["password"]
        field.required = False
        field.widget.is_required = False
        field.widget.attrs["placeholder"] = _("kept as you typed it")


class ResetForm(ChosenPasswordForm):
    code = CodeField(help_text=_("Six digits, from the mail that we have just sent."))
    password = NewPasswordField(label=_("New password"))


class NewAddressForm(DescribedForm):
    email = AddressFormField(
        label=_("New e-mail address"),
        max_length=254,
        help_text=_("We send a six-digit code there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class PasswordChangeForm(ChosenPasswordForm):
    old_password = forms.CharField(
        label=_("Present password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    password = NewPasswordField(label=_("New password"))


class SignInForm(DescribedForm):
    email = AddressFormField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
