"""Dates and languages as people say them."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _


def _days_from(moment: datetime | date, at: datetime | None) -> tuple[date, int]:
    """The library's calendar day of ``moment`` and how many days it lies ahead of ``at``'s."""
    day = timezone.localdate(moment) if isinstance(moment, datetime) else moment
    return day, (day - timezone.localdate(at or timezone.now())).days


def say_day(moment: datetime | date, *, at: datetime | None = None) -> str:
    """``today``, ``tomorrow``, ``yesterday``, else ``Monday 23 November``, with the year where it is another one."""
    day, ahead = _days_from(moment, at)
    near = {0: _("today"), 1: _("tomorrow"), -1: _("yesterday")}
    if ahead in near:
        return near[ahead]
    this_year = timezone.localdate(at or timezone.now()).year
    # Translators: Django's date format characters for "Monday 23 November", and the same with its year.
    return date_format(day, _("l j F") if day.year == this_year else _("j F Y"))


def say_time_left(moment: datetime | date, *, at: datetime | None = None) -> str:
    """How long until a due date: ``2 days left``, ``due today``, ``3 days late``."""
    ahead = _days_from(moment, at)[1]
    if ahead == 0:
        return _("due today")
    if ahead < 0:
        return ngettext("%(days)d day late", "%(days)d days late", -ahead) % {"days": -ahead}
    return ngettext("%(days)d day left", "%(days)d days left", ahead) % {"days": ahead}


def urgency(moment: datetime | date, *, at: datetime | None = None) -> str:
    """The stylesheet's word for a due date: ``bad`` when it has passed, ``warn`` within three days, else ``good``."""
    ahead = _days_from(moment, at)[1]
    return "bad" if ahead < 0 else "warn" if ahead <= 3 else "good"


def say_year(year: int) -> str:
    """``1859``; ``380 BC`` for a year before our era."""
    return str(year) if year > 0 else _("%(year)s BC") % {"year": -year}


def language_word(code: str) -> str:
    """The language's name in the language of the page, the code itself where Django has no word for it."""
    try:
        return get_language_info(code)["name_translated"]
    except KeyError:
        return code
