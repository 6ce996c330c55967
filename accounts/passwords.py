"""What a password must be, told in sentences."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class LengthAndLetterAndDigitValidator:
    """At most a hundred characters, among them a letter and a digit."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > 100:
            raise ValidationError(_("Use at most 100 characters."), code="password_too_long")
        if not any(letter.isalpha() for letter in password) or not any(digit.isdigit() for digit in password):
            raise ValidationError(_("Use at least one letter and one digit."), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("At most 100 characters, among them a letter and a digit.")
