"""A file taken in and indexed as any other, and then nothing of it kept: what would become of it, and at what cost."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from django.core.files import File
from django.db import transaction

from catalog.models import Book
from catalog.services import attach_file
from library.ai import embeddings
from library.core.errors import LibraryError
from library.jobs import services as jobs
from library.jobs.job_run import JobRun
from library.jobs.models import Job
from rag.errors import ReaderFault
from rag.indexes import spaces
from rag.indexes.generation_build import build_index
from rag.ingest.build import Cost
from rag.models import Document, IndexGeneration

Outcome = Literal["ready", "refused", "failed", "broke"]
CLEAR_PEAK = "5"  # for /proc/self/clear_refs


@dataclass
class Trial:
    """``refused``: at upload; ``failed``: by a sentence of the job; ``broke``: unforeseen. Memory in bytes."""

    name: str
    outcome: Outcome = "ready"
    code: str = ""
    reason: str = ""
    pages: int = 0
    passages: int = 0
    sections: int = 0
    words: int = 0
    language: str = ""
    sources: dict[str, int] = field(default_factory=dict)  # pages by where their text is from
    notes: dict[str, int] = field(default_factory=dict)  # pages by what was unusual
    note: str = ""
    seconds: float = 0.0
    reader_memory: int = 0
    worker_memory: int = 0


class Undone(Exception):
    """Takes back all that a trial wrote."""


def tried(path: Path, name: str = "") -> Trial:
    """What becomes of the file at ``path``. Nothing of it stays in the library."""
    trial, cost = Trial(name or path.name), Cost()
    began = time.monotonic()
    _forget_peak()
    spaces.space_of(
        embeddings.spec()
    )  # made within the trial, its index would lock the passages of all others until the end
    with contextlib.suppress(Undone), transaction.atomic():
        try:
            _indexed(path, trial, cost)
        except ReaderFault as fault:
            trial.outcome, trial.code, trial.reason = "broke", fault.code, fault.detail
        except LibraryError as refusal:
            trial.code, trial.reason = refusal.code, refusal.detail
        except Exception as fault:  # that there is none is what is tried
            trial.outcome, trial.reason = "broke", f"{type(fault).__name__}: {fault}"
        raise Undone
    trial.seconds = round(time.monotonic() - began, 2)
    trial.reader_memory, trial.worker_memory = cost.peak, _peak()
    return trial


def _indexed(path: Path, trial: Trial, cost: Cost) -> None:
    trial.outcome = "refused"
    book = Book.objects.create(title=trial.name[:200] or "?")
    with path.open("rb") as file:
        job = attach_file(book=book, upload=File(file, name=path.name), by=None)
    trial.outcome = "failed"
    assert isinstance(job, Job)
    held = jobs.claim(job_id=job.pk)
    assert held is not None
    build_index(JobRun(held), cost)
    generation = Document.objects.select_related("live_generation").get(book=book).live_generation
    assert generation is not None
    trial.outcome = "ready"
    _describe(generation, trial)


def _describe(generation: IndexGeneration, trial: Trial) -> None:
    pages = generation.pages.values_list("source", "notes")
    trial.pages, trial.passages = generation.page_count, generation.passage_count
    trial.words, trial.language, trial.note = generation.word_count, generation.language, generation.note
    trial.sections = generation.sections.count()
    trial.sources = dict(Counter(source for source, _notes in pages))
    trial.notes = dict(Counter(note for _source, notes in pages for note in notes))


def _forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text(CLEAR_PEAK)


def _peak() -> int:
    """The most memory of this process since it was last forgotten; where that cannot be, since its start."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
