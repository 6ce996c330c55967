from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError

if TYPE_CHECKING:
    from library.jobs.models import NightlyReport


class JobAlreadyEnded(LibraryError):
    code = "job_already_ended"
    message = _("This job has already ended.")


class LeaseLost(Exception):
    """Another worker owns the job now, or nobody may: stop at once and write nothing more."""


class Cancelled(Exception):
    """Somebody asked for the job to stop."""


class YieldJob(Exception):
    """The job has worked for a while and others wait: it goes on after them, from its last checkpoint."""


class AlreadyUnderWay(LibraryError):
    """``report``: what staff read of the run that left."""

    code = "task_already_under_way"
    message = _("Another run of this task is under way.")

    def __init__(self, *, report: NightlyReport) -> None:
        super().__init__()
        self.report = report


class TurnLost(Exception):
    """The connection broke by which a run had its turn: another may have it now, so this one ends."""
