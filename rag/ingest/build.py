"""One generation on its way: what its steps share, and how far each of them takes the job."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from catalog.models import BookFile
from library.ai.spec import ModelSpec
from library.jobs import services as jobs
from library.jobs.errors import YieldJob
from library.jobs.job_run import JobRun
from rag.ingest.cleaning import Survey
from rag.models import Document, IndexGeneration

LONGEST_TURN = 120.0  # seconds of recognising while others wait
# Where each step ends on the way of the whole job, in thousandths; embedding takes most of the time.
READ, RECOGNISED, CLEANED, INDEXED, WHOLE = 100, 400, 420, 990, 1000


class SourceReplaced(Exception):
    """The file is another one now: what was read so far is of no use."""


@dataclass
class Cost:
    """What a build took. ``peak``: bytes, of the reading process that took most."""

    peak: int = 0


class Build:
    """One generation on its way, for one held job."""

    def __init__(
        self, run: JobRun, document: Document, book_file: BookFile, model: ModelSpec, cost: Cost | None = None
    ) -> None:
        self.run = run
        self.document = document
        self.book_file = book_file
        self.model = model
        self.language = document.language
        self.generation: IndexGeneration
        self.survey: Survey | None = None  # of pages that were all read by this attempt, and none is a picture
        self.cost = cost or Cost()
        self.is_patient = cost is None  # where only the cost is asked for, nothing can be put off

    def checkpoint(self, done: float, message: str) -> Any:
        """A checkpoint at ``done`` thousandths of the whole."""
        return self.run.checkpoint(done=round(done), total=WHOLE, message=message)

    def check_still_held(self) -> None:
        """Whether the job is still ours and wanted. Errors: ``LeaseLost``, ``Cancelled``."""
        with transaction.atomic():
            jobs.lock_held(self.run.job)

    def yield_if_others_wait(self, *, since: float) -> None:
        """Recognising a long book takes hours: after a while (``since``: ``time.monotonic`` at its beginning) the job
        goes on behind those that wait. Errors: ``YieldJob``."""
        if time.monotonic() - since > LONGEST_TURN and self.others_wait():
            raise YieldJob

    def others_wait(self) -> bool:
        """Whether others wait for whom this job could be put off."""
        return self.is_patient and jobs.others_wait(self.run.job)

    def note_peak_memory(self, peak: int) -> None:
        """Remember how many bytes a reading process took."""
        self.cost.peak = max(self.cost.peak, peak)
