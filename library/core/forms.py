"""What forms of several apps do alike."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxLengthValidator

PASTED_AT_MOST = 200


def take_as_pasted(field: Any) -> None:
    """Let the field take a number as it is pasted, which may be longer than the number that is kept of it."""
    length = MaxLengthValidator(PASTED_AT_MOST)
    field.validators = [*(rule for rule in field.validators if not isinstance(rule, MaxLengthValidator)), length]
    field.max_length = field.widget.attrs["maxlength"] = PASTED_AT_MOST
