"""What a name may look like, told in sentences. Forms, the API and the models share these."""

from __future__ import annotations

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from library.core.typed import digits

USERNAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{2,39}$"
CARD_NUMBER = r"[!-~]{1,40}"
CODE_LENGTH = 6


def validate_username(username: str) -> None:
    """Three to forty plain letters, digits, dots, hyphens and underscores. Errors: ``ValidationError``."""
    if not re.fullmatch(USERNAME, username):
        raise ValidationError(
            _("Use 3 to 40 plain letters, digits, dots, hyphens or underscores; no sign at the start."),
            code="username_shape",
        )


def validate_full_name(name: str) -> None:
    """Any script, but no line breaks or other control characters. Errors: ``ValidationError``."""
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name):
        raise ValidationError(_("A name has no line breaks or control characters."), code="name_shape")


def validate_card_number(number: str) -> None:
    """One to forty plain signs without spaces, as a scanner gives them. Errors: ``ValidationError``."""
    if not re.fullmatch(CARD_NUMBER, number):
        raise ValidationError(_("A card number is 1 to 40 plain letters, digits and signs, without spaces."))


def validate_code(code: str) -> None:
    """Six digits 0–9. Errors: ``ValidationError``."""
    if not re.fullmatch(rf"[0-9]{{{CODE_LENGTH}}}", code):
        raise ValidationError(_("The code is six digits."), code="code_shape")


def plain_code(typed: str) -> str:
    """``typed`` as digits 0–9, without what people put between digits and what nobody sees."""
    return digits(typed)
