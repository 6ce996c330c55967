"""What an edit of the past in a calendar would change of fines that run: a preview first, then somebody's word."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import User
from circulation.models import Charge
from circulation.money import fines, nightly
from library.activity import services as activity

SHOWN = 200  # lines of a preview; the rest is counted


@dataclass(frozen=True)
class MovedFine:
    """What would happen to one line, before what the library's maximum leaves of it."""

    line: Charge
    units_before: int
    units_after: int
    to: Decimal


@dataclass(frozen=True)
class MovedFines:
    """``count`` lines in all, the first of them in ``shown``."""

    count: int
    shown: list[MovedFine]


def preview(*, at: datetime | None = None) -> MovedFines:
    """The lines that were reckoned up to some day by a calendar that says otherwise now. Nothing changes."""
    at = at or timezone.now()
    by_rules = fines.reckoner(at=at)
    again = replace(by_rules, anew=True)
    found = [
        (late.line, by_rules.figure(late).units, again.figure(late))
        for readers in nightly.late_readers(at)
        for late in fines.running(readers, by_rules)
        if late.line is not None and by_rules.figure(late).units != again.figure(late).units
    ]
    lines = Charge.objects.with_names().in_bulk([line for line, *_rest in found[:SHOWN]])
    shown = [
        MovedFine(lines[line], units, figure.units, figure.amount)
        for line, units, figure in found[:SHOWN]
        if line in lines
    ]
    return MovedFines(len(found), shown)


def move(*, by: User, at: datetime | None = None) -> int:
    """Let the lines that run say what the calendars of today say, for the past as well; how many lines moved."""
    at = at or timezone.now()
    by_rules, moved = fines.reckoner(at=at, anew=True), 0
    for readers in nightly.late_readers(at):
        moved += nightly.set_some(readers, by_rules)
    activity.record(actor=by, verb="fines.moved", data={"lines": moved}, at=at)
    return moved
