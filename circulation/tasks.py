"""What the workers do for lending."""

from __future__ import annotations

from celery import shared_task

from circulation import services
from circulation.services import redating
from library.jobs.tasks import JobRun, job_task


@shared_task(name="renew_loans")
def renew_loans() -> None:
    """Every hour: renew what the rules let the library renew by itself, on the day that it is due."""
    services.renew_automatically()


@job_task(redating.KIND)
def redate_loans(run: JobRun) -> None:
    """Move due dates off days on which a branch is closed."""
    redating.carry_out(run)
