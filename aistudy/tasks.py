"""What the worker does for aistudy: one task for each kind of study content, by the kind's code."""

from __future__ import annotations

from aistudy import kinds
from aistudy.writing import write
from library.core.background.schedule import SLOW
from library.jobs.tasks import job_task

TASKS = {kind.code: job_task(kind.code, queue=SLOW)(write) for kind in kinds.registered()}
