"""What happens to study content."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User
from aistudy import kinds
from aistudy.kinds import ArtifactKind, Audience
from aistudy.models import Artifact, ArtifactState
from library.jobs.models import Job, JobState
from library.jobs.services import enqueue
from rag.models import Document, IndexGeneration

ENDED = {JobState.FAILED: ArtifactState.FAILED, JobState.CANCELLED: ArtifactState.CANCELLED}


def start_all(*, document: Document, by: User | None) -> list[Job]:
    """Ask for all that the library makes of a document that was read (anew). What needs other content first is asked
    for when that is ready."""
    return [start(kind, document=document, by=by) for kind in kinds.made_for_everybody() if not kind.needs]


@transaction.atomic
def start(kind: ArtifactKind, *, document: Document, by: User | None) -> Job:
    """Ask a worker for an artifact of ``kind`` (again, after the document was read anew); joins one under way.

    Errors: ``ValueError`` where it is made for a reader and nobody asks.
    """
    if kind.audience is Audience.READER and by is None:
        raise ValueError(f"An artifact of the kind {kind.code} is made for whoever asks.")
    owner = by if kind.audience is Audience.READER else None
    key: dict[str, Any] = {"document": document, "kind": kind.code, "language": document.language, "owner": owner}
    Artifact.objects.get_or_create(**key)
    # A job that ends just now waits here or lets us wait, so one of the two sees the other (`after_job`).
    artifact = Artifact.objects.select_for_update(no_key=True).get(**key)
    # Pages and offsets of what was written from the former index would point to nothing.
    artifact.state, artifact.content, artifact.error = ArtifactState.QUEUED, None, ""
    artifact.save()
    return enqueue(kind=kind.code, subject=artifact, requested_by=by)


def keep_content(*, document: Document, generation: IndexGeneration) -> bool:
    """Let what was written from the former index stand: its pages are those of ``generation`` too.

    False where the library's own content is not all there and ready, so that it has to be written.
    """
    library_own = Artifact.objects.about(document).filter(owner=None).select_for_update(no_key=True)
    states = {artifact.kind: artifact.state for artifact in library_own}
    if any(states.get(kind.code) != ArtifactState.READY for kind in kinds.made_for_everybody()):
        return False
    Artifact.objects.about(document).filter(state=ArtifactState.READY).update(generation=generation)
    return True


def delete_library_content(*, document: Document) -> None:
    """The document's index is gone, and the pages that its content points to with it."""
    Artifact.objects.about(document).filter(owner=None).delete()
    own = Artifact.objects.about(document).filter(content__isnull=False)
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
        elif live is not None:
            _start_what_needs(artifact, by=job.requested_by)
        return
    artifact.state = ENDED[JobState(job.state)]
    artifact.error = job.error
    artifact.save(update_fields=["state", "error", "updated_at"])


def _start_what_needs(artifact: Artifact, *, by: User | None) -> None:
    """Ask for what the library makes from other content, now that ``artifact`` was the last of it."""
    if artifact.owner_id is not None:
        return
    ready = Artifact.objects.about(artifact.document).filter(owner=None, state=ArtifactState.READY)
    there = {*ready.values_list("kind", flat=True)}
    for kind in kinds.made_for_everybody():
        if artifact.kind in kind.needs and there.issuperset(kind.needs):
            start(kind, document=artifact.document, by=by)


def move_own_work(*, document: Document, kept: Document | None) -> None:
    """Give ``kept`` what readers had made for themselves from ``document``, marked as out of date.

    What they have already made from ``kept`` stays; the library's own content is made anew from its file.
    """
    if kept is None:
        return
    known = set(Artifact.objects.about(kept).values_list("kind", "language", "owner_id"))
    ended = (
        Artifact.objects.about(document)
        .filter(owner__isnull=False, content__isnull=False)
        .exclude(state__in=[ArtifactState.QUEUED, ArtifactState.RUNNING])
    )
    for artifact in ended:
        if (artifact.kind, artifact.language, artifact.owner_id) not in known:
            artifact.document, artifact.generation, artifact.state = kept, None, ArtifactState.STALE
            artifact.save(update_fields=["document", "generation", "state", "updated_at"])
