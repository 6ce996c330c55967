"""How a worker writes study content of any kind: from the live index, and again if that changes meanwhile."""

from __future__ import annotations

from django.utils.translation import gettext as _

from aistudy import errors, kinds
from aistudy.kinds import STEPS, ArtifactKind, Content, IndexReplaced, StudyMaterial
from aistudy.models import Artifact, ArtifactState
from library.jobs.job_run import JobRun
from rag.models import Document

ATTEMPTS = 5  # how often the document may be read anew while we write before we give up


def write(run: JobRun) -> None:
    """Write the artifact that is the job's subject. Errors: those of ``aistudy.errors`` and of its kind's writer."""
    for _attempt in range(ATTEMPTS):
        artifact = Artifact.objects.with_live_index().filter(pk=run.job.subject_id).first()
        generation = artifact.document.live_generation if artifact is not None else None
        if artifact is None or generation is None:
            raise errors.NothingToStudy
        kind = kinds.get(artifact.kind)
        material = StudyMaterial(artifact.document, generation, artifact.language)
        with run.checkpoint(done=0, total=STEPS, message=_("Opening the book")):
            Artifact.objects.filter(pk=artifact.pk).update(state=ArtifactState.RUNNING, error="")
        try:
            store(run, artifact, kind, material, kind.content_from(run, material))
        except IndexReplaced:
            continue
        return
    raise errors.IndexChangesTooOften


def store(run: JobRun, artifact: Artifact, kind: ArtifactKind, material: StudyMaterial, content: Content) -> None:
    """The finished content. Errors: ``IndexReplaced`` where the index is no longer the one that was read."""
    with run.checkpoint(done=STEPS, total=STEPS, message=str(kind.done)):
        document = Document.objects.select_for_update(no_key=True).get(pk=artifact.document_id)
        if document.live_generation_id != material.generation.pk:
            raise IndexReplaced
        stored = Artifact.objects.select_for_update(no_key=True).get(pk=artifact.pk)
        stored.content, stored.state, stored.error = content, ArtifactState.READY, ""
        stored.writer, stored.generation = kind.writer, material.generation
        stored.save()
