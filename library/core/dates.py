"""A day or a moment in the one form of ``library.formats``, by the library's clock."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format


def said(of: date | datetime) -> str:
    """``30 Nov 2026`` for a day, ``30 Nov 2026, 15:03`` for a moment."""
    if isinstance(of, datetime):
        return date_format(timezone.localtime(of, timezone.get_default_timezone()), "DATETIME_FORMAT")
    return date_format(of, "DATE_FORMAT")
