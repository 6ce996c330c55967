"""What the workers do for conversations."""

from __future__ import annotations

from library.jobs.tasks import JobRun, job_task
from rag.conversations.answering import KIND, write


@job_task(KIND, queue="quick")
def answer(run: JobRun) -> None:
    """Write an answer. The subject is an ``Exchange``."""
    write(run.job.subject_id)
