"""Where a reader stands in a queue, and when the book may come: docs/lending.md has the formula."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

ON_THE_WAY = 2  # days between branches
IN_REPAIR = 21
OVERDUE = 7  # the days that a copy which is overdue is thought to stay away at least
FETCHED_AFTER = 0.4  # of the days on the hold shelf
UNFETCHED = 0.1  # the share of books that nobody fetches
PRIOR = 3  # loans of the full period that are counted beside those that were seen
MOST_TURNS, FURTHEST = 200, 36_500.0


@dataclass(frozen=True)
class Outlook:
    """``place`` among ``of`` readers who wait for the same copies and may be served; None for one that sleeps.

    ``expected_on`` None: no day can be told. ``against``: why it would be passed over now, in a reader's own words.
    """

    place: int | None = None
    of: int | None = None
    expected_on: date | None = None
    against: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pace:
    """How long a copy stays away with each reader, in days.

    ``period``: the loan period. ``seen``: how many loans of the book ended of late, ``seen_days`` how long they took
    in all. ``offsets``: by how many days each of these came back after its due date, negative before it. ``shelf``: how
    long the hold shelf keeps it.
    """

    period: int
    shelf: int = 7
    seen: int = 0
    seen_days: float = 0.0
    offsets: tuple[int, ...] = ()

    @property
    def loan(self) -> float:
        """How long a loan takes: what was seen, drawn towards the full period where little was."""
        return (self.seen_days + PRIOR * self.period) / (self.seen + PRIOR)

    @property
    def waiting(self) -> float:
        """How long it stands on the hold shelf."""
        return FETCHED_AFTER * self.shelf

    @property
    def turn(self) -> float:
        """From one reader to the next."""
        return self.waiting + (1 - UNFETCHED) * self.loan


@dataclass(frozen=True)
class CopyAway:
    """Where a copy is: its status; until when it is lent, until when it stands on the hold shelf for another."""

    status: str
    due: date | None = None
    shelf_until: date | None = None
    is_held: bool = False  # for another reader who has it next


def comings(copy: CopyAway, pace: Pace, *, today: date) -> list[tuple[float, float]]:
    """In how many days the copy may be there for the queue, each day with its share of all chances."""
    if copy.due is None:
        return [(_days_away(copy, pace, today=today), 1.0)]
    left = (copy.due - today).days
    likely = [float(left + offset) for offset in pace.offsets if left + offset > 0]
    if left >= 0:
        likely += [float(left)] * PRIOR
    if not likely:
        likely = [float(max(OVERDUE, -left))]
    return [(days, 1 / len(likely)) for days in likely]


def _days_away(copy: CopyAway, pace: Pace, *, today: date) -> float:
    held = (1 - UNFETCHED) * pace.loan if copy.is_held else 0.0
    if copy.shelf_until is not None:
        return max(0, (copy.shelf_until - today).days) / 2 + held
    if copy.status in {"requested", "in_transit"}:
        return (ON_THE_WAY if copy.status == "in_transit" else 0) + (pace.waiting if copy.is_held else 0) + held
    return IN_REPAIR if copy.status == "in_repair" else 0.0


def expected_on(copies: Sequence[CopyAway], ahead: int, pace: Pace, *, today: date) -> date | None:
    """The day on which a copy comes to the reader before whom ``ahead`` others stand; None without a copy.

    The first day by which as many copies as the reader's place are more likely than not to have come, each of them
    again a turn after it came. Where nothing was seen yet these are the due dates in their order.
    """
    if not copies:
        return None
    first = [coming for copy in copies for coming in comings(copy, pace, today=today)]
    turns = ahead // len(copies) + 2
    days = sorted((day + turn * pace.turn, share) for day, share in first for turn in range(min(turns, MOST_TURNS)))
    come, wanted = 0.0, ahead + 0.5
    for day, share in days:
        come += share
        if come >= wanted - 1e-9:
            return today + timedelta(days=round(min(day, FURTHEST)))
    return today + timedelta(days=round(FURTHEST))


def by_rule_of_thumb(place: int, copies: int, period: int, *, today: date) -> date:
    """What the estimate is measured against: place × loan period ÷ copies."""
    return today + timedelta(days=round(place * period / copies))
