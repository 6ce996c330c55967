"""The running fines of the whole library, some hundred readers at a time: in bounded memory, however many are late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from circulation.money import fines
from circulation.state import ledger
from library.core.database.raw_rows import fetch
from library.core.database.transactions import again_after_deadlock
from library.jobs.errors import AlreadyUnderWay
from library.jobs.models import NightlyReport
from library.jobs.nightly import NightlyRun, report

TASK = "set_fines"
BATCH = 1_000  # readers whose accounts one transaction holds
FIRST = UUID(int=0)
# Who has something out late, or a line that runs although nothing is late any more; by both indexes, in their order.
LATE_READERS = """
(SELECT DISTINCT patron_id FROM circulation_loan
 WHERE returned_at IS NULL AND lost_at IS NULL AND due_at < %(at)s AND patron_id > %(after)s
 ORDER BY patron_id LIMIT %(most)s)
UNION
(SELECT DISTINCT patron_id FROM circulation_charge WHERE is_running AND patron_id > %(after)s
 ORDER BY patron_id LIMIT %(most)s)
ORDER BY patron_id LIMIT %(most)s"""


def set_all(*, at: datetime | None = None, batch: int = BATCH) -> NightlyReport:
    """Set every running fine to what the rules say at ``at``: twice, late or after a killed run, the same lines.

    Where another run has the turn, nothing is done, and the report says so. A reader whose lines cannot be reckoned is
    kept in the report; the others are done.
    """
    at = at or timezone.now()
    try:
        with report(TASK, at) as run:
            by_rules = fines.reckoner(at=at)
            for readers in late_readers(at, batch):
                run.check_turn()
                _set(readers, by_rules, run)
                by_rules.forget_if_many()
                run.write()
    except AlreadyUnderWay as refusal:
        return refusal.report
    return run.row


def late_readers(at: datetime, batch: int = BATCH) -> Iterator[list[UUID]]:
    """Everybody with something late, in the order of their ids, ``batch`` at a time."""
    readers: Sequence[UUID] = [FIRST]
    while readers:
        asked = {"at": at, "after": readers[-1], "most": batch}
        readers = [patron for (patron,) in fetch(LATE_READERS, asked)]
        if readers:
            yield list(readers)


def _set(readers: Sequence[UUID], by_rules: fines.Reckoner, run: NightlyRun) -> None:
    try:
        run.done += set_some(readers, by_rules)
    except Exception as fault:
        if len(readers) == 1:
            run.fault(readers[0], fault)
            return
        for one in readers:  # find the one who stops the others
            _set([one], by_rules, run)


def set_some(readers: Sequence[UUID], by_rules: fines.Reckoner) -> int:
    """Set the running fines of these readers in one transaction; how many lines were written."""

    def work() -> int:
        ledger.lock_accounts(readers)
        return fines.set_fines(readers, by_rules)

    return again_after_deadlock(transaction.atomic(work))()
