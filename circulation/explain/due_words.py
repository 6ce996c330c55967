"""Loans and holds in the words that a reader would use."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from circulation.models import Hold, HoldQuerySet, HoldState, Loan, LoanQuerySet

SOON = 3  # days that are called soon


def day(moment: datetime) -> str:
    """The library's date of a moment: Saturday 5 December."""
    return date_format(timezone.localtime(moment, timezone.get_default_timezone()), "l j F")


def moment(at: datetime) -> str:
    """The library's date and time of a moment: Saturday 5 December, 15:30."""
    return date_format(timezone.localtime(at, timezone.get_default_timezone()), "l j F, H:i")


def due_until(loan: Loan) -> str:
    """Until when something was just lent: a date, by the hour with the time."""
    return _("due %(day)s") % {"day": moment(loan.due_at) if loan.is_hourly else day(loan.due_at)}


def days_left(loan: Loan, *, at: datetime) -> int:
    """Dates from ``at`` to the due date by the library's calendar; negative when it has passed."""
    zone = timezone.get_default_timezone()
    return (timezone.localtime(loan.due_at, zone).date() - timezone.localtime(at, zone).date()).days


def due(loan: Loan, *, at: datetime) -> str:
    """When a loan is due: today, tomorrow, a date, or how long ago."""
    left = days_left(loan, at=at)
    if loan.lost_at is not None:
        return _("due %(day)s") % {"day": day(loan.due_at)}
    if left < 0:
        return ngettext("%(count)d day overdue", "%(count)d days overdue", -left) % {"count": -left}
    if loan.due_at < at:
        return _("overdue since this minute")
    if left == 0:
        return _("due today")
    return _("due tomorrow") if left == 1 else _("due %(day)s") % {"day": day(loan.due_at)}


def due_tone(loan: Loan, *, at: datetime) -> str:
    """``bad`` when overdue, ``warn`` when due soon, else nothing."""
    if loan.lost_at is not None:
        return ""
    if loan.due_at < at:
        return "bad"
    return "warn" if days_left(loan, at=at) <= SOON else ""


LISTED = 20  # of what somebody has: the rest is counted


def still_open(loans: LoanQuerySet, holds: HoldQuerySet) -> list[str]:
    """What stays open when an account is closed: a sentence about loans and one about holds, where there are any."""
    told = []
    if lent := loans.count():
        listed = "; ".join(
            f"{loan.copy.book.title} ({loan.copy.barcode}, {due_until(loan)})" for loan in loans[:LISTED]
        )
        sentence = ngettext(
            "%(count)d loan is still open, and stays so until the copy is back: %(listed)s.",
            "%(count)d loans are still open, and stay so until the copies are back: %(listed)s.",
            lent,
        )
        told.append(sentence % {"count": lent, "listed": _and_more(listed, lent)})
    if waiting := holds.count():
        listed = "; ".join(f"{hold.book.title} ({hold.get_state_display()})" for hold in holds[:LISTED])
        sentence = ngettext(
            "%(count)d hold is still open; cancel it if nobody will fetch it: %(listed)s.",
            "%(count)d holds are still open; cancel those that nobody will fetch: %(listed)s.",
            waiting,
        )
        told.append(sentence % {"count": waiting, "listed": _and_more(listed, waiting)})
    return told


def _and_more(listed: str, count: int) -> str:
    return (
        listed
        if count <= LISTED
        else _("%(listed)s; and %(count)d more")
        % {
            "listed": listed,
            "count": count - LISTED,
        }
    )


def hold(hold: Hold) -> str:
    """What a reader should know of their hold."""
    branch = {"branch": hold.pickup_branch.name}
    match hold.state:
        case HoldState.REQUESTED:
            return _("We are fetching it at %(branch)s") % branch
        case HoldState.READY:
            return _ready(hold)
        case HoldState.IN_TRANSIT:
            return _("On its way to %(branch)s") % branch
        case HoldState.QUEUED:
            return _queued(hold)
        case HoldState.SUSPENDED:
            return _suspended(hold)
        case HoldState.REFUSED:
            return _("We could not fetch it: %(reason)s") % {"reason": hold.refusal_reason}
    return hold.get_state_display()


def day_of(day: date) -> str:
    """A date as ``day`` says it."""
    return date_format(day, "l j F")


def _ready(hold: Hold) -> str:
    told = {"branch": hold.pickup_branch.name, "day": day_of(hold.last_day) if hold.last_day else ""}
    if hold.cancel_requested:
        return _("On the hold shelf at %(branch)s; you have asked to cancel it") % told
    return _("Ready on the hold shelf at %(branch)s until %(day)s") % told


def _queued(hold: Hold) -> str:
    said = _place(hold)
    if hold.outlook is not None and hold.outlook.expected_on is not None:
        day = day_of(hold.outlook.expected_on)
        said = _("%(said)s; we expect it about %(day)s") % {"said": said, "day": day}
    if hold.suspended_from is not None:
        return _("%(said)s; it sleeps from %(day)s on") % {"said": said, "day": day_of(hold.suspended_from)}
    return said


def _place(hold: Hold) -> str:
    """Among those who wait for the same copies where that is known, else in the queue of the book."""
    if hold.outlook is None or hold.outlook.place is None:
        return _("You are number %(position)d in the queue") % {"position": hold.position}
    told = {"position": hold.outlook.place, "total": hold.outlook.of}
    return _("You are number %(position)d of %(total)d in the queue") % told


def _suspended(hold: Hold) -> str:
    told = {"position": hold.position, "day": day_of(hold.suspended_until) if hold.suspended_until else ""}
    if hold.suspended_until is None:
        return _("Suspended; it keeps place %(position)d") % told
    return _("Suspended until %(day)s; it keeps place %(position)d") % told
