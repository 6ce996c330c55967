"""What higher apps may listen to. Sent inside the transaction of the cause."""

from django.dispatch import Signal

# A job ended: done, failed or cancelled. Arguments: job.
job_ended = Signal()
