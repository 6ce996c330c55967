"""The library's days, by the clock of its time zone: which day it is, and the one moment at which a day ends."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

ENDS = time.max  # 23:59:59.999999: what happens on a day happens before or at it
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)  # what every calendar, zone and program can write


def zone() -> tzinfo:
    """The library's."""
    return timezone.get_default_timezone()


def date_of(moment: datetime, *, by: tzinfo | None = None) -> date:
    """The library's date of a moment; ``by``: that of another time zone."""
    return moment.astimezone(by or zone()).date()


def today(at: datetime | None = None) -> date:
    """The library's date of ``at``, or of now."""
    return date_of(at or timezone.now())


def moment(day: date, at: time, *, by: tzinfo | None = None) -> datetime:
    """``at`` by the library's clock on ``day``, in UTC. Where it is shown twice, the second time counts."""
    local = datetime.combine(day, at, tzinfo=by or zone())
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def end_of(day: date, *, by: tzinfo | None = None) -> datetime:
    """The last moment of ``day``, in UTC."""
    return moment(day, ENDS, by=by)


def start_of(day: date, *, by: tzinfo | None = None) -> datetime:
    """The first moment of ``day``, in UTC: the one after the last of the day before."""
    return end_of(day - timedelta(days=1), by=by) + timedelta(microseconds=1)


def is_writable(day: date) -> bool:
    """Whether it can be reckoned with in every time zone."""
    return EARLIEST <= day <= LATEST
