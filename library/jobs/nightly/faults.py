"""What a report says of a row that failed: no more than staff need to find it, and no word that could name a person."""

from __future__ import annotations

import re
from typing import TypedDict

from django.db import IntegrityError
from django.utils.translation import gettext as _

from library.core.database.transactions import constraint_of
from library.core.errors import LibraryError


class FaultLine(TypedDict):
    """``row``: its key; empty where the run itself broke. ``error``: the class. ``sentence``: for staff."""

    row: str
    error: str
    sentence: str


def line(row: object, error: BaseException) -> FaultLine:
    """The line of one row. What an error says of itself is left out: it may quote a name or a row."""
    return {"row": "" if row is None else str(row), "error": type(error).__name__, "sentence": _sentence(error)}


def _sentence(error: BaseException) -> str:
    if isinstance(error, LibraryError):
        return re.sub(r"\{[^{}]*\}", "…", str(error.message))
    if isinstance(error, IntegrityError) and (name := constraint_of(error)):
        return _("The database refused it ({constraint}).").format(constraint=name)
    return _("Something unforeseen went wrong. The details are in the worker’s log.")
