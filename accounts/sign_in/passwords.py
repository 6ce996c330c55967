"""What a password must be, told in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 100
SHORTEST = 8


@dataclass(frozen=True)
class PasswordRule:
    """One thing that a password must be. ``check`` is what the browser can tell as one types, else empty."""

    sentence: str
    check: str = ""
    number: int = 0


def rules() -> list[PasswordRule]:
    """All of them, in the order in which they are shown. The validators of the settings decide; these say it."""
    return [
        PasswordRule(_("At least %(number)d characters") % {"number": SHORTEST}, "shortest", SHORTEST),
        PasswordRule(_("At most %(number)d characters") % {"number": LONGEST}, "longest", LONGEST),
        PasswordRule(_("A letter"), "letter"),
        PasswordRule(_("A digit"), "digit"),
        PasswordRule(_("Not a common password, and not like your name or address")),
    ]


class LengthAndLetterAndDigitValidator:
    """At most a hundred characters, among them a letter and a digit."""

    def validate(self, password: str, user: Any = None) -> None:
        """Errors: ``ValidationError`` with a sentence for each fault."""
        faults = []
        if len(password) > LONGEST:
            faults.append(ValidationError(_("Use at most 100 characters."), code="password_too_long"))
        if not any(sign.isalpha() for sign in password) or not any(sign.isdecimal() for sign in password):
            faults.append(ValidationError(_("Use at least one letter and one digit."), code="password_too_plain"))
        if faults:
            raise ValidationError(faults)

    def get_help_text(self) -> str:
        """The rule, before anybody breaks it."""
        return _("At most 100 characters, among them a letter and a digit.")
