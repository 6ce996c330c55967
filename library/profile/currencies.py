"""The currencies of ISO 4217, as its maintenance agency publishes them."""

from __future__ import annotations

from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


@cache
def digits() -> dict[str, int]:
    """How many digits each currency has behind the point, by its code: 2 for EUR, 0 for JPY, 3 for KWD.

    What has no coins or notes, such as gold, and what is kept for tests is left out.
    """
    from iso4217 import raw_table  # parses a table of 300 lines

    found = {str(code): str(row["CcyMnrUnts"]) for code, row in raw_table.items() if code}
    return {code: int(units) for code, units in found.items() if units.isdecimal()}


def validate(code: str) -> None:
    """Errors: ``ValidationError`` where ``code`` is that of no currency."""
    if code not in digits():
        raise ValidationError(
            _("There is no currency “%(code)s”: give its three letters, such as EUR.") % {"code": code},
            code="currency_unknown",
        )
