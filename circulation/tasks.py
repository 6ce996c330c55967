"""What workers do for lending."""

from __future__ import annotations

from circulation.services import redating
from library.jobs.tasks import JobRun, job_task


@job_task(redating.KIND)
def redate_loans(run: JobRun) -> None:
    """Move due dates off days on which a branch is closed."""
    redating.carry_out(run)
