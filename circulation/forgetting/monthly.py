"""Counting the loans of months that are over, once, while their readers are still known."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from django.db import connection, transaction

from circulation.forgetting import small_cells
from circulation.models import MonthlyLoans
from library.core import days
from library.core.database.transactions import take_turns

COUNT = """
SELECT date_trunc('month', loan.checked_out_at AT TIME ZONE %(zone)s)::date AS month, patron.tier_id, count(*)
FROM circulation_loan AS loan JOIN accounts_patron AS patron ON patron.user_id = loan.patron_id
WHERE loan.checked_out_at >= %(since)s AND loan.checked_out_at < %(until)s
GROUP BY month, patron.tier_id"""


def month_of(day: date) -> date:
    return day.replace(day=1)


@transaction.atomic
def count_months(*, at: datetime) -> int:
    """Count every month that is over and was not counted yet; how many those were. Small counts are merged."""
    take_turns("count_months")
    newest = MonthlyLoans.objects.order_by("-month").values_list("month", flat=True).first()
    counted: dict[date, dict[int, int]] = defaultdict(dict)
    for month, tier, loans in _found(since=_next(newest) if newest else days.EARLIEST, until=counted_until(at)):
        counted[month][tier] = loans
    rows = [row for month, tiers in counted.items() for row in _rows(month, tiers)]
    MonthlyLoans.objects.bulk_create(rows)
    return len(counted)


def counted_until(at: datetime) -> date:
    """The first day whose month is not over ``at``."""
    return month_of(days.today(at))


def _found(*, since: date, until: date) -> list[tuple[date, int, int]]:
    if since >= until:
        return []
    with connection.cursor() as cursor:
        values: dict[str, str | datetime] = {
            "zone": str(days.zone()),
            "since": days.start_of(since),
            "until": days.start_of(until),
        }
        cursor.execute(COUNT, values)
        return [(month, tier, loans) for month, tier, loans in cursor.fetchall()]


def _rows(month: date, tiers: dict[int, int]) -> list[MonthlyLoans]:
    cells = small_cells.merged(tiers)
    kept = [MonthlyLoans(month=month, tier_id=tier, loans=loans) for tier, loans in cells.kept.items()]
    return [*kept, MonthlyLoans(month=month, tier=None, loans=cells.others)]


def _next(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
