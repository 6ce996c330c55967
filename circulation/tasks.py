"""What the workers do for lending."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from circulation import forgetting, services
from circulation.money import nightly
from circulation.money.online import giving_back
from circulation.money.online import services as online
from circulation.notices import reminders
from circulation.services import redating
from circulation.services.holds import nightly as holds
from library.core.background.schedule import QUICK, SLOW, task
from library.jobs.tasks import JobRun, job_task


@task("forget_past_loans", queue=SLOW, every=24 * 3600, called=_("Past loans lose their readers"))
def forget_past_loans() -> None:
    """Every day: take loans off their readers that ended long enough ago."""
    forgetting.forget_past()


@task("renew_loans", queue=SLOW, every=3600, called=_("Automatic renewal"))
def renew_loans() -> None:
    """Every hour: renew what the rules let the library renew by itself, on the day that it is due."""
    services.renew_automatically()


@task("tell_due_dates", queue=SLOW, every=900, called=_("Reminders of due dates"))
def tell_due_dates() -> None:
    """From ten o'clock on, once a day: remind readers of what is due soon or overdue, or has another date."""
    reminders.tell_of_today()


@task("tend_holds", queue=SLOW, every=3600, called=_("Holds"))
def tend_holds() -> None:
    """Every hour: end holds whose last day is over, let others sleep and wake, serve queues, and remind readers."""
    holds.tend()


@job_task(redating.KIND, queue=QUICK)
def redate_loans(run: JobRun) -> None:
    """Move due dates off days on which a branch is closed."""
    redating.carry_out(run)


@task(nightly.TASK, queue=SLOW, every=3600, called=_("Fines of what is late"))
def set_fines() -> None:
    """Every hour: set the fines of what is late; those by the day change once a day."""
    nightly.set_all()


@task("check_online_payments", queue=SLOW, every=600, called=_("Online payments"))
def check_online_payments() -> None:
    """Every ten minutes: ask about payments and refunds of which the provider has told us nothing."""
    online.look_after()
    giving_back.look_after()
