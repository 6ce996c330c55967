"""Public holidays of a country or a part of it, to start a calendar from.

Which there are, the package ``holidays`` knows. It is imported where it is needed: the desk does without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from library.core.errors import InvalidInput


@dataclass(frozen=True)
class PublicHoliday:
    """A day and what it is called there."""

    day: date
    name: str


def countries() -> list[tuple[str, str]]:
    """(code, name) of every country that is known, by name."""
    from holidays.registry import COUNTRIES

    # The registry names classes: UnitedStates, BosniaAndHerzegovina.
    return sorted(
        ((entry[1], re.sub(r"(?<=[a-z])(?=[A-Z])", " ", entry[0])) for entry in COUNTRIES.values()),
        key=lambda country: country[1],
    )


def subdivisions(country: str) -> list[tuple[str, str]]:
    """(code, name) of the parts of a country that have holidays of their own. Errors: ``InvalidInput``."""
    known = _known(country)
    names = {code: name for name, code in getattr(known, "subdivisions_aliases", {}).items()}
    return sorted(((code, names.get(code, code)) for code in known.subdivisions), key=lambda part: part[1])


def holidays_of(*, country: str, subdivision: str = "", year: int) -> list[PublicHoliday]:
    """The public holidays of one year in their order, in the reader's language where it is known, else the country's.

    Errors: ``InvalidInput`` for a country, a part of it or a year that is not known.
    """
    import holidays

    known = _known(country)
    if subdivision and subdivision not in known.subdivisions:
        raise InvalidInput(fields={"subdivision": [_("No holidays are known for this part of the country.")]})
    if not known.start_year <= year <= known.end_year:
        raise InvalidInput(fields={"year": [_("No holidays are known for this year.")]})
    days = holidays.country_holidays(country, subdiv=subdivision or None, years=year, language=_language(known))
    return [PublicHoliday(day, name) for day, name in sorted(days.items()) if day.year == year]


def _known(country: str) -> Any:
    import holidays

    if country not in {code for code, _name in countries()}:
        raise InvalidInput(fields={"country": [_("No holidays are known for this country.")]})
    return holidays.country_holidays(country)


def _language(known: Any) -> str | None:
    """``en-us`` is ``en_US`` there; ``pt`` is found in ``pt_BR``."""
    wanted = (get_language() or "").replace("-", "_").lower()
    supported = {name.lower(): name for name in known.supported_languages or ()}
    alike = (supported[name] for name in sorted(supported) if name.split("_")[0] == wanted.split("_")[0])
    language: str | None = supported.get(wanted) or next(alike, None) or known.default_language
    return language
