"""What the worker does for rag."""

from __future__ import annotations

from library.jobs.tasks import JobRun, job_task
from rag.ingest.build import build_index


@job_task("index")
def index(run: JobRun) -> None:
    """Make a document's file askable. The subject is a ``rag.Document``."""
    build_index(run)
