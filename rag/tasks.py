"""What the workers do for rag."""

from __future__ import annotations

from uuid import UUID

from library.core.background.schedule import SLOW, task
from library.jobs.tasks import JobRun, job_task
from library.jobs.turns import YieldingJobRun
from rag.indexes import rebuilding, terms
from rag.indexes.generation_build import build_index
from rag.queries import KIND
from rag.reading import drawing, highlights


@job_task(KIND, queue=SLOW)
def index(run: JobRun) -> None:
    """Make a document's file askable. The subject is a ``rag.Document``."""
    build_index(YieldingJobRun(run.job))


@task("check_indexes", every=30)
def check_indexes() -> None:
    """Every 30 s: indexes by another model or recipe than the settings', and what answers no more."""
    rebuilding.check()


@task("fold_library_terms", every=30)
def fold_library_terms() -> None:
    """Every 30 s: add up which words came and went with the indexes that answer."""
    terms.fold_changes()


@task(drawing.TASK)
def draw_pages(document_id: str, number: int) -> None:
    """Pictures of a page and of the next ones, for whoever looks at it now."""
    drawing.draw(UUID(document_id), number)


@task(highlights.TASK, every=300)
def anchor_highlights() -> None:
    """Every five minutes, and as soon as a text was read anew: find the highlights of such texts again."""
    highlights.look_again()
