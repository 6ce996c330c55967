from django.utils.translation import gettext_lazy as _

from library.core.errors import LibraryError


class JobAlreadyEnded(LibraryError):
    code = "job_already_ended"
    message = _("This job has already ended.")


class LeaseLost(Exception):
    """Another worker owns the job now, or nobody may: stop at once and write nothing more."""


class Cancelled(Exception):
    """Somebody asked for the job to stop."""


class YieldJob(Exception):
    """The job has worked for a while and others wait: it goes on after them, from its last checkpoint."""
