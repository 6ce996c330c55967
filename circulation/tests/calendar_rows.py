"""Rows of hours, terms and exceptions for tests."""

from __future__ import annotations

from datetime import time
from typing import Any

from catalog.models import Branch
from catalog.tests.factories import make_branch
from circulation.models import CalendarException, OpeningHours, Term
from circulation.tests.calendars import FRI, MON, THU, TUE, WED, span

WEEKDAYS = (MON, TUE, WED, THU, FRI)


def open_on(
    *weekdays: int, branch: Branch | None = None, term: Term | None = None, opens: int = 9, closes: int = 18
) -> Branch:
    """The branch (a new one where none is given) with these hours on these days of the week."""
    branch = branch or make_branch()
    for weekday in weekdays:
        OpeningHours.objects.create(branch=branch, term=term, weekday=weekday, opens=time(opens), closes=time(closes))
    return branch


def make_exception(days: str, branch: Branch | None = None, **values: Any) -> CalendarException:
    """Closed on "2026-03-02" or "2026-03-02/2026-03-08"; open with ``is_open=True``."""
    first, last = span(days)
    name = values.pop("name", "Closed")
    return CalendarException.objects.create(branch=branch, first_day=first, last_day=last, name=name, **values)


def make_term(days: str, branch: Branch | None = None, name: str = "Spring") -> Term:
    first, last = span(days)
    return Term.objects.create(branch=branch, first_day=first, last_day=last, name=name)
