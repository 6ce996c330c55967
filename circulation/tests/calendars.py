"""Calendars for tests, from literals."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from circulation.rules.opening_hours import Calendar, Hours, SpecialDays, TermDays, Week

BERLIN, SAO_PAULO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Sao_Paulo")
NINE_TO_SIX = Hours(time(9), time(18))
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def week(*weekdays: int, hours: tuple[Hours, ...] = (NINE_TO_SIX,)) -> Week:
    return dict.fromkeys(weekdays, hours)


MONDAY_TO_FRIDAY, MONDAY_TO_SATURDAY = week(MON, TUE, WED, THU, FRI), week(MON, TUE, WED, THU, FRI, SAT)
ONLY_TUESDAYS, NEVER = week(TUE), week()


def day(text: str) -> date:
    return date.fromisoformat(text)


def span(text: str) -> tuple[date, date]:
    """ "2026-03-02" or "2026-03-02/2026-03-08"."""
    first, _slash, last = text.partition("/")
    return day(first), day(last or first)


def closed(days: str, name: str = "Closed") -> SpecialDays:
    return SpecialDays(name, *span(days), hours=())


def opened(days: str, *hours: Hours, name: str = "Open") -> SpecialDays:
    return SpecialDays(name, *span(days), hours=hours or None)


def term(days: str, weekly: Week | None = None, name: str = "Spring") -> TermDays:
    return TermDays(name, *span(days), weekly=weekly)


def calendar(weekly: Week | None = None, *more: SpecialDays | TermDays, zone: ZoneInfo = BERLIN) -> Calendar:
    return Calendar(
        branch="Main",
        weekly=weekly,
        exceptions=[one for one in more if isinstance(one, SpecialDays)],
        terms=[one for one in more if isinstance(one, TermDays)],
        time_zone=zone,
    )


def clock(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    """ "2026-03-02 10:00" by the clock of ``zone``; "23:59" is the last moment of the day."""
    moment = datetime.fromisoformat(text).replace(tzinfo=zone)
    return datetime.combine(moment, time.max, tzinfo=zone) if text.endswith("23:59") else moment
