"""What the workers do for the catalogue."""

from __future__ import annotations

from catalog.covers import making, missing
from catalog.files import pending
from catalog.search_index import terms
from catalog.semantic import vectors
from library.core.background.schedule import SLOW, task
from library.jobs.tasks import JobRun, job_task


@task("fold_term_changes", every=30)
def fold_term_changes() -> None:
    """Every 30 s: add up which words came and went with the records that changed."""
    terms.fold_changes()


@job_task(vectors.KIND, queue=SLOW)
def book_vectors(run: JobRun) -> None:
    """Embed every record whose vector is missing or of an older text. The subject is a ``BookGeneration``."""
    vectors.build(run)


@task("freshen_book_vectors")
def freshen_book_vectors() -> None:
    """A second after a record was saved: embed it."""
    vectors.freshen()


@task("check_book_vectors", every=30)
def check_book_vectors() -> None:
    """Every 30 s: embed what is stale though nobody said so; begin anew where the settings name another model."""
    vectors.check()


@job_task(making.KIND, queue=SLOW)
def book_cover(run: JobRun) -> None:
    """Look a cover up, or draw the first page of a file. The subject is a ``Cover``."""
    making.make(run)


@task("check_covers", every=300)
def check_covers() -> None:
    """Every five minutes: ask for some of the covers that nobody has looked for yet."""
    missing.check()


@task("sweep_pending_uploads", every=600)
def sweep_pending_uploads() -> None:
    """Every ten minutes: remove files of forms that nobody sent again within an hour."""
    pending.sweep()
