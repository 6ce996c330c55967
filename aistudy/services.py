"""What happens to study content."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from aistudy.models import Artifact, ArtifactState, Kind
from library.jobs.models import Job, JobState
from library.jobs.services import enqueue
from rag.models import Document, IndexGeneration

ENDED = {JobState.FAILED: ArtifactState.FAILED, JobState.CANCELLED: ArtifactState.CANCELLED}


@transaction.atomic
def start_summary(*, document: Document, by: User | None) -> Job:
    """Ask a worker for the library's summary of a document (again, after it was read anew); joins one under way."""
    language = document.book.language if document.book else "en"
    Artifact.objects.get_or_create(document=document, kind=Kind.SUMMARY, language=language, owner=None)
    # A job that ends just now waits here or lets us wait, so one of the two sees the other (`after_job`).
    artifact = Artifact.objects.select_for_update(no_key=True).get(
        document=document, kind=Kind.SUMMARY, language=language, owner=None
    )
    # Pages and offsets of what was written from the former index would point to nothing.
    artifact.state, artifact.content, artifact.error = ArtifactState.QUEUED, None, ""
    artifact.save()
    return enqueue(kind=Kind.SUMMARY, subject=artifact, requested_by=by)


def keep_content(*, document: Document, generation: IndexGeneration) -> bool:
    """Let what was written from the former index stand: its pages are those of ``generation`` too.

    False where the library's own content is not ready, so that it has to be written.
    """
    library_own = Artifact.objects.select_for_update(no_key=True).filter(document=document, owner=None)
    states = {artifact.state for artifact in library_own}
    if states != {ArtifactState.READY}:
        return False
    Artifact.objects.filter(document=document, state=ArtifactState.READY).update(generation=generation)
    return True


def delete_library_content(*, document: Document) -> None:
    """The document's index is gone, and the pages that its content points to with it."""
    Artifact.objects.filter(document=document, owner=None).delete()
    own = Artifact.objects.filter(document=document, content__isnull=False)
    own.update(state=ArtifactState.STALE, generation=None)


@transaction.atomic
def after_job(*, job: Job) -> None:
    """A job on an artifact ended: the artifact says how; one that came too late for a new index starts again."""
    artifact = Artifact.objects.select_for_update(no_key=True).filter(pk=job.subject_id).first()
    if artifact is None:
        return
    live = Document.objects.values_list("live_generation_id", flat=True).get(pk=artifact.document_id)
    if job.state == JobState.DONE:
        if live is not None and artifact.generation_id != live:
            enqueue(kind=job.kind, subject=artifact, requested_by=job.requested_by)
        return
    artifact.state = ENDED[JobState(job.state)]
    artifact.error = job.error
    artifact.save(update_fields=["state", "error", "updated_at"])


def move_own_work(*, document: Document, kept: Document | None) -> None:
    """Give ``kept`` what readers had made for themselves from ``document``, marked as out of date.

    What they have already made from ``kept`` stays; the library's own content is made anew from its file.
    """
    if kept is None:
        return
    known = set(Artifact.objects.filter(document=kept).values_list("kind", "language", "owner_id"))
    ended = Artifact.objects.filter(document=document, owner__isnull=False, content__isnull=False).exclude(
        state__in=[ArtifactState.QUEUED, ArtifactState.RUNNING]
    )
    for artifact in ended:
        if (artifact.kind, artifact.language, artifact.owner_id) not in known:
            artifact.document, artifact.generation, artifact.state = kept, None, ArtifactState.STALE
            artifact.save(update_fields=["document", "generation", "state", "updated_at"])
