"""Documents that are read already, made without a file or a worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.utils import timezone

from catalog.tests.factories import make_book
from library.ai import embeddings
from library.jobs.models import Job
from library.search.cut import spaced
from rag.indexes import spaces, terms
from rag.models import Document, GenerationState, IndexGeneration, Page, Passage, Section
from rag.tests.tiny import vector


def make_generation(document: Document, **values: Any) -> IndexGeneration:
    """One that is ready, by the model of the settings, without a page."""
    model = embeddings.spec()
    whole: dict[str, Any] = {
        "space": spaces.space_of(model),
        "model": model.name,
        "dimensions": model.dimensions,
        "chunker": "c",
        "source_sha256": "a",
        "state": GenerationState.READY,
        "ready_at": timezone.now(),
    }
    return IndexGeneration.objects.create(document=document, **whole | values)


def make_text(pages: Sequence[str], **values: Any) -> Document:
    """A book's document that answers from these pages, each of them one passage."""
    document = Document.objects.create(book=make_book(**values))
    answer_from(document, pages)
    return document


def answer_from(document: Document, pages: Sequence[str]) -> IndexGeneration:
    """A new generation of these pages; ``document`` answers from it now."""
    generation = make_generation(document, page_count=len(pages), passage_count=len(pages))
    section = Section.objects.create(generation=generation, ordinal=0, level=1, title="S", path=["S"], page=1, start=0)
    for number, text in enumerate(pages, start=1):
        Page.objects.create(generation=generation, number=number, text=text)
        make_passage(generation, number - 1, text, page=number, section=section)
    terms.count_terms(generation)
    document.live_generation = generation
    document.save()
    return generation


def make_passage(generation: IndexGeneration, ordinal: int, text: str, *, page: int = 1, **values: Any) -> Passage:
    whole: dict[str, Any] = {
        "space": generation.space,
        "first_page": page,
        "last_page": page,
        "start": 0,
        "end": len(text),
        "text": text,
        "text_hash": f"{ordinal}",
        "language": "en",
        "embedding": vector(text, generation.dimensions),
    }
    whole |= values
    folded = spaced(text)
    whole |= {"word_count": len(folded.split()), "vector": terms.vector_of(whole["language"], folded)}
    return Passage.objects.create(generation=generation, ordinal=ordinal, **whole)


def put(job: Job, state: str, error: str = "") -> Job:
    """``job``, as if it had got so far."""
    is_open = state in ("queued", "running")
    Job.objects.filter(pk=job.pk).update(
        state=state,
        error=error,
        ended_at=None if is_open else timezone.now(),
        lease_id=uuid4() if state == "running" else None,
        lease_until=timezone.now() if state == "running" else None,
    )
    job.refresh_from_db()
    return job
