"""What follows an index job: for its document, and for the rebuilding that it may have been a step of."""

from __future__ import annotations

from django.db import transaction

from library.jobs import services as jobs
from library.jobs.models import Job, JobState
from rag import queries
from rag.indexes import indexing, rebuilding
from rag.models import Document, GenerationState


@transaction.atomic
def after_index(*, job: Job) -> Job | None:
    """An index job ended. What it left half-done goes; what was asked for too late for it gets a job of its own."""
    rebuilding.lock()
    document = Document.objects.select_for_update(no_key=True).filter(pk=job.subject_id).first()
    if document is None:
        return None
    following = _following(document, job)
    if following is None:
        rebuilding.advance()
    return following


def _following(document: Document, job: Job) -> Job | None:
    building = document.generations.filter(state=GenerationState.BUILDING).first()
    is_left_over = building is not None and job.state == JobState.DONE and indexing.is_wanted(building)
    is_asked_again = document.index_again or is_left_over
    if document.index_again:
        document.index_again = False
        document.save(update_fields=["index_again"])
    if is_asked_again:  # asked for as the job ended, or while it was being stopped
        return jobs.enqueue(kind=indexing.KIND, subject=document, requested_by=job.requested_by)
    tried = building or document.live_generation
    if building is not None:
        building.delete()
    if job.state == JobState.CANCELLED or tried is None:
        return None
    current = queries.file_of(document)
    if current is None or current.sha256 == tried.source_sha256:
        return None
    return jobs.enqueue(kind=indexing.KIND, subject=document, requested_by=job.requested_by)
