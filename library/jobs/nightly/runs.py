"""One run of a task: its turn, and its report."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F

from library.jobs.errors import AlreadyUnderWay, TurnLost
from library.jobs.models import NightlyReport, RunState
from library.jobs.nightly import faults

log = logging.getLogger(__name__)
FAULTS_KEPT = 100  # lines of one report; the rest is counted
REPORTS_KEPT = timedelta(days=90)


class NightlyRun:
    """A run that has its turn. Count in ``done`` and ``skipped``; what failed goes to ``fault``."""

    def __init__(self, row: NightlyReport, *, at: datetime, session: int | None) -> None:
        self.row, self.at = row, at
        self.done = self.skipped = 0
        self._began, self._session = time.monotonic(), session

    @property
    def failed(self) -> int:
        return self.row.failed

    def fault(self, row: object, error: BaseException) -> None:
        """Row ``row`` (its key) failed: counted, and among the first told in the report and, with all, in the log."""
        self.row.failed += 1
        if len(self.row.faults) < FAULTS_KEPT:
            self.row.faults.append(faults.line(row, error))
            log.error("%s: %s failed.", self.row.task, row if row is not None else "the run", exc_info=error)

    def write(self) -> None:
        """Bring the report up to date. Do so once in a while: a run that is killed shows how far it came."""
        self.row.done, self.row.skipped, self.row.moved_at = self.done, self.skipped, self._now()
        self.row.save(update_fields=["done", "skipped", "failed", "faults", "moved_at", "state", "ended_at"])

    def end(self, state: RunState) -> None:
        self.row.state, self.row.ended_at = state, self._now()
        self.write()

    def check_turn(self) -> None:
        """The turn belongs to a session of the database. Errors: ``TurnLost`` where that is another one by now."""
        if _session() != self._session:
            raise TurnLost

    def _now(self) -> datetime:
        """By the clock that the run was given."""
        return self.at + timedelta(seconds=time.monotonic() - self._began)


@contextlib.contextmanager
def report(task: str, at: datetime) -> Iterator[NightlyRun]:
    """Take the turn at ``task`` and keep a report of it, as of ``at``. Whatever the block raises ends the run *failed*.

    Errors: ``AlreadyUnderWay`` where another run has the turn; a report says that as well.
    """
    with _turn(task) as session:
        if session is None:
            raise AlreadyUnderWay(report=_left(task, at))
        _close_interrupted(task)
        run = NightlyRun(NightlyReport.objects.create(task=task, started_at=at, moved_at=at), at=at, session=session)
        try:
            yield run
        except Exception as fault:
            run.fault(None, fault)
            run.end(RunState.FAILED)
            raise
        except BaseException:  # the worker is told to end
            run.end(RunState.INTERRUPTED)
            raise
        run.end(RunState.DONE)


@contextlib.contextmanager
def _turn(task: str) -> Iterator[int | None]:
    """The database's session that has the turn, or None. It ends with the session, so no killed worker keeps it."""
    key = NightlyReport.lock_key(task)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        is_ours = cursor.fetchone()[0]
    if not is_ours:
        yield None
        return
    try:
        yield _session()
    finally:
        with contextlib.suppress(Exception), connection.cursor() as cursor:  # a broken session has no turn any more
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def _session() -> int | None:
    """What tells this session of the database from all others; it is known without asking."""
    link = connection.connection
    return None if link is None or link.closed else link.info.backend_pid


def _left(task: str, at: datetime) -> NightlyReport:
    return NightlyReport.objects.create(task=task, state=RunState.LEFT, started_at=at, moved_at=at, ended_at=at)


def _close_interrupted(task: str) -> None:
    """Whoever has the turn knows that no other run lives: what still seems to was interrupted, after its last word."""
    abandoned = NightlyReport.objects.filter(task=task, state=RunState.RUNNING)
    abandoned.update(state=RunState.INTERRUPTED, ended_at=F("moved_at"))


def forget_old(*, at: datetime) -> int:
    """Delete reports older than ``REPORTS_KEPT``; how many that were."""
    return NightlyReport.objects.filter(started_at__lt=at - REPORTS_KEPT).delete()[0]
