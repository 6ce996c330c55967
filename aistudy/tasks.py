"""What the worker does for aistudy."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
from django.utils.translation import gettext as _

from aistudy import errors, summary
from aistudy.models import Artifact, ArtifactState
from library.ai import embeddings
from library.core.schedule import SLOW
from library.jobs.tasks import JobRun, job_task
from rag.models import Document, IndexGeneration, Passage
from rag.text import passage_parts
from rag.text.sentences import fold_space, word_count

STEPS = 4
ATTEMPTS = 5  # how often the book may be read anew while its summary is written before we give up
WRITER = "extractive"


class IndexReplaced(Exception):
    """The book was read anew: what was written so far quotes pages that are gone."""


@job_task("summary", queue=SLOW)
def write_summary(run: JobRun) -> None:
    """Write the summary of a document. The subject is an ``aistudy.Artifact``."""
    write(run)


def write(run: JobRun) -> None:
    """Write from the live index, and again if that changes meanwhile. Errors: those of ``aistudy.errors``."""
    for _attempt in range(ATTEMPTS):
        artifact = (
            Artifact.objects.select_related("document__book", "document__live_generation")
            .filter(pk=run.job.subject_id)
            .first()
        )
        generation = artifact.document.live_generation if artifact is not None else None
        if artifact is None or generation is None:
            raise errors.NothingToStudy
        with run.checkpoint(done=0, total=STEPS, message=_("Opening the book")):
            Artifact.objects.filter(pk=artifact.pk).update(state=ArtifactState.RUNNING, error="")
        try:
            store(run, artifact, generation, _sentences(run, artifact, generation))
        except IndexReplaced:
            continue
        return
    raise errors.ChangesTooOften


def _sentences(run: JobRun, artifact: Artifact, generation: IndexGeneration) -> list[summary.Sentence]:
    rows = list(generation.passages.order_by("ordinal"))
    pages = {number: text or "" for number, text in generation.pages.values_list("number", "text")}
    if not rows:
        raise IndexReplaced  # deleted while we looked
    run.progress(done=1, total=STEPS, message=_("Weighing {n} passages").format(n=len(rows)))
    found = summary.summarise(
        [_passage(row, pages) for row in rows],
        np.stack([np.asarray(row.embedding, dtype=np.float32) for row in rows]),
        pages,
        language=artifact.language,
        embed=embeddings.for_bulk(generation.model).embed,
    )
    verbatim = [s for s in found if fold_space(pages[s.page][s.start : s.end]) == s.text]
    if not verbatim:
        raise errors.NothingToSummarise
    run.progress(done=2, total=STEPS, message=_("Putting {n} sentences in order").format(n=len(verbatim)))
    return verbatim


def _passage(row: Passage, pages: dict[int, str]) -> summary.Passage:
    parts = passage_parts.parts(row.first_page, row.start, row.last_page, row.end, pages)
    return summary.Passage(row.first_page, row.start, row.text, tuple(parts))


def store(run: JobRun, artifact: Artifact, generation: IndexGeneration, sentences: list[summary.Sentence]) -> None:
    """The finished summary. Errors: ``IndexReplaced`` where the index is no longer the one that was read."""
    with run.checkpoint(done=STEPS, total=STEPS, message=_("The summary is ready")):
        document = Document.objects.select_for_update(no_key=True).get(pk=artifact.document_id)
        if document.live_generation_id != generation.pk:
            raise IndexReplaced
        kept = Artifact.objects.select_for_update(no_key=True).get(pk=artifact.pk)
        kept.content = {
            "sentences": [asdict(sentence) for sentence in sentences],
            "words": sum(word_count(sentence.text) for sentence in sentences),
        }
        kept.state, kept.writer, kept.generation, kept.error = ArtifactState.READY, WRITER, generation, ""
        kept.save()
