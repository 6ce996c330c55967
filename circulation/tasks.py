"""What the workers do for lending."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from circulation import services
from circulation.notices import reminders
from circulation.services import redating
from library.core.background.schedule import QUICK, SLOW, task
from library.jobs.tasks import JobRun, job_task


@task("renew_loans", queue=SLOW, every=3600, called=_("Automatic renewal"))
def renew_loans() -> None:
    """Every hour: renew what the rules let the library renew by itself, on the day that it is due."""
    services.renew_automatically()


@task("tell_due_dates", queue=SLOW, every=900, called=_("Reminders of due dates"))
def tell_due_dates() -> None:
    """From ten o'clock on, once a day: remind readers of what is due soon or overdue, or has another date."""
    reminders.tell_of_today()


@job_task(redating.KIND, queue=QUICK)
def redate_loans(run: JobRun) -> None:
    """Move due dates off days on which a branch is closed."""
    redating.carry_out(run)
