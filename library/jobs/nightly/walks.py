"""Rows one by one, each for itself, to the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Q, QuerySet

from library.core.database.transactions import again_after_deadlock
from library.jobs.errors import AlreadyUnderWay, TurnLost
from library.jobs.models import NightlyReport
from library.jobs.nightly.runs import NightlyRun, report

BATCH = 200  # keys that are read at once, and rows after which the report is written


def walk(
    task: str,
    keys: QuerySet[Any],
    work: Callable[[Any], bool | None],
    *,
    at: datetime,
    by: str = "pk",
    batch: int | None = None,
) -> NightlyReport:
    """Do ``work`` for the key of each row of ``keys``, each in a transaction of its own, and report.

    ``keys`` finds the rows that are fit, so that none has to be passed over; they are walked in the order of the column
    ``by`` (never null) and their keys, from where the last batch ended. ``work`` locks its row and looks whether it is
    still fit; True: done, False or None: skipped. What it raises is kept in the report, and the next row is taken.
    Where another run has the turn, nothing is done, and the report says so.
    """
    try:
        with report(task, at) as run:
            for some in _batches(keys, by=by, size=batch or BATCH):
                for key in some:
                    _do(work, key, run)
                run.write()
    except AlreadyUnderWay as refusal:
        return refusal.report
    return run.row


def _do(work: Callable[[Any], bool | None], key: Any, run: NightlyRun) -> None:
    run.check_turn()
    try:
        is_done = again_after_deadlock(transaction.atomic(work))(key)
    except Exception as fault:
        if isinstance(fault, OperationalError) and not connection.is_usable():
            raise TurnLost from fault
        run.fault(key, fault)
    else:
        run.done += bool(is_done)
        run.skipped += not is_done


def _batches(keys: QuerySet[Any], *, by: str, size: int) -> Iterator[list[Any]]:
    """Keys by keyset: what the work itself takes out of ``keys`` moves no row out of sight."""
    ordered = keys.order_by(*dict.fromkeys((by, "pk")))
    rows = list(ordered.values_list(by, "pk")[:size])
    while rows:
        yield list(dict.fromkeys(key for _place, key in rows))
        place, key = rows[-1]
        behind = Q(pk__gt=key) if by == "pk" else Q(**{f"{by}__gt": place}) | Q(**{by: place}, pk__gt=key)
        rows = list(ordered.filter(behind).values_list(by, "pk")[:size])
