"""The words of a notice, as JSON keeps them and back; and the keys in the name of its cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.expressions import RawSQL

from library.activity import values

TIME = "$time"


def freeze(context: Mapping[str, values.Value]) -> dict[str, Any]:
    """``context`` as JSON keeps it. Errors: as ``plain.checked``."""
    checked = values.checked(context)
    return {
        name: {TIME: value.isoformat()} if isinstance(value, datetime) else value for name, value in checked.items()
    }


def thaw(context: Mapping[str, Any]) -> dict[str, values.Value]:
    """The way back from ``freeze``."""
    return {
        name: datetime.fromisoformat(value[TIME]) if isinstance(value, dict) else value
        for name, value in context.items()
    }


def naming(column: str, keys: Sequence[str]) -> RawSQL:
    """Whether the cause in ``column`` names one of ``keys``: ids, without a sign that means something to ``LIKE``."""
    return RawSQL(f"{column} LIKE ANY (%s)", [[f"%{key}%" for key in keys]], models.BooleanField())  # noqa: S611
