"""Vectors of records: made from their text by a worker, never in the request that saves one.

A record's vector remembers the version of the text that it was made from (``BookFacts.text_version``, which the
database changes whoever writes). What differs is stale. A few stale records are embedded at once through the embedder
process; many by one job, whose texts wait there behind all questions.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Book, BookGeneration
from catalog.semantic import generations
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import Embedder, ModelSpec, Vectors
from library.core.background import wake
from library.jobs import queries as jobs
from library.jobs import services as job_services
from library.jobs.embedding.job_embedder import embedder_for
from library.jobs.errors import YieldJob
from library.jobs.job_run import JobRun
from library.jobs.models import Job, JobState
from library.search.vector_index import literal

log = logging.getLogger(__name__)
KIND = "book_vectors"
TOGETHER = 256  # records in one checkpoint; the model sorts them by length
FEW = 64  # so many stale records are embedded at once, without a job
IN_ONE_REQUEST = 16  # to the embedder process, whose first duty is to readers' questions
PATIENCE = 10.0  # seconds for one request to the embedder process
RECENT = 1_000  # texts written last: what a save may have made stale
AFTER_FAILURE = timedelta(minutes=10)
LONGEST_TURN = 60.0  # seconds of a job while others wait
LONGEST_DESCRIPTION = 2_000  # characters; no model here reads more
DELETE_TOGETHER = 2_000
Stale = list[tuple[int, int]]  # book ids and the versions of their present texts

_woken_at = 0.0
WAKE_AFTER = 1.0  # seconds


# -- what a vector is made from -----------------------------------------------------------------------------------


def text_of(book: Book) -> str:
    """The record in words, as people would say it, the weightiest first: a model reads only so far."""
    people = ", ".join(dict.fromkeys(row.author.name for row in book.authorships.all()))
    subjects = dict.fromkeys([subject.name for subject in book.subjects.all()])
    shelves = dict.fromkeys([category.name for category in book.categories.all()])
    parts = [
        f"{book.title}: {book.subtitle}" if book.subtitle else book.title,
        people,
        book.series.name if book.series else "",
        book.description[:LONGEST_DESCRIPTION],
        "; ".join(subjects | shelves),
    ]
    return ". ".join(" ".join(part.split()).rstrip(".") for part in parts if part)


def texts_of(ids: Sequence[int]) -> dict[int, str]:
    """The texts of those of the books that still exist; a constant number of queries."""
    books = (
        Book.objects.filter(pk__in=ids)
        .select_related("series")
        .prefetch_related("authorships__author", "subjects", "categories")
        .only("title", "subtitle", "series__name", "description")
    )
    return {book.pk: text_of(book) for book in books}


def trimmed(text: str, model: ModelSpec) -> str:
    """No more words than the model's window surely holds, for a server elsewhere; a local model cuts exactly."""
    return text if model.package and not model.url else " ".join(text.split()[: int((model.window - 2) / 1.8)])


# -- what is stale ------------------------------------------------------------------------------------------------

STALE = """
SELECT facts.book_id, facts.text_version FROM catalog_bookfacts AS facts
LEFT JOIN catalog_bookvector AS vector ON vector.book_id = facts.book_id AND vector.generation_id = %s
WHERE vector.text_version IS DISTINCT FROM facts.text_version AND {which} LIMIT %s
"""


def stale(generation: BookGeneration, *, limit: int, after: int = 0) -> Stale:
    """Up to ``limit`` stale records in the order of their ids, beginning after book ``after``; reads indexes only."""
    return _rows(STALE.format(which="facts.book_id > %s ORDER BY facts.book_id"), [generation.pk, after, limit])


def recently_stale(generation: BookGeneration, *, limit: int) -> Stale:
    """Stale records among the last texts written, the newest first: quick at any size."""
    which = "facts.text_version > (SELECT last_value - %s FROM catalog_text_version) ORDER BY facts.text_version DESC"
    return _rows(STALE.format(which=which), [generation.pk, RECENT, limit])


def _rows(sql: str, values: Sequence[Any]) -> Stale:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [(book, version) for book, version in cursor.fetchall()]


# -- writing vectors ----------------------------------------------------------------------------------------------


def embed(rows: Stale, embedder: Embedder, model: ModelSpec) -> tuple[Stale, Vectors]:
    """The vectors of those records that still exist. Errors: ``EmbedderUnavailable``.

    The versions were read before the texts: a text that changes in between is found stale again, never missed.
    """
    texts = texts_of([book for book, _version in rows])
    kept = [(book, version) for book, version in rows if book in texts]
    return kept, embedder.embed([trimmed(texts[book], model) for book, _version in kept], "passage")


STORE = """
INSERT INTO catalog_bookvector (generation_id, book_id, text_version, embedding)
SELECT %s, book.id, made.version, made.embedding::vector
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS made (id, version, embedding)
JOIN catalog_book AS book ON book.id = made.id ORDER BY made.id
FOR KEY SHARE OF book
ON CONFLICT (generation_id, book_id) DO UPDATE
SET text_version = excluded.text_version, embedding = excluded.embedding
WHERE catalog_bookvector.text_version < excluded.text_version
"""


def store(generation: BookGeneration, rows: Stale, vectors: Vectors) -> None:
    """Keep vectors, never an older text's over a newer one's; what was deleted meanwhile is left out."""
    if not rows:
        return
    made = sorted(zip(rows, vectors, strict=True), key=lambda row: row[0])
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            [
                generation.pk,
                [book for (book, _v), _e in made],
                [version for (_b, version), _e in made],
                [literal(embedding) for _row, embedding in made],
            ],
        )


# -- waking -------------------------------------------------------------------------------------------------------


def wake_on_commit() -> None:
    """A record's text changed: once that is kept, let a worker look. Many changes share a message."""
    transaction.on_commit(_wake)


def _wake() -> None:
    """The message is read a second later, so that whoever commits until then need not send another.

    A lost one costs half a minute: ``check`` looks without being told.
    """
    global _woken_at
    now = time.monotonic()
    if now - _woken_at < WAKE_AFTER * 0.9:
        return
    _woken_at = now
    wake.wake("freshen_book_vectors", countdown=WAKE_AFTER)


def freshen() -> None:
    """After a record was saved: embed it for the generation that answers. See ``_catch_up``."""
    answering = generations.live()
    _catch_up(answering, recently_stale(answering, limit=FEW + 1) if answering else [])


def check() -> None:
    """Every half minute: whatever is stale, for whatever reason; a changed model begins its generation."""
    answering = generations.live()
    _catch_up(answering, stale(answering, limit=FEW + 1) if answering else [])


def _catch_up(answering: BookGeneration | None, found: Stale) -> None:
    """Embed a few records at once; a job does more, or what a reader's embedder cannot, or a whole generation."""
    wanted = generations.current()
    is_done = answering is not None and _embed_few(answering, found)
    if wanted != answering or not is_done or generations.retired():
        ask_for_job(wanted)


def _embed_few(generation: BookGeneration, found: Stale) -> bool:
    """Whether the vectors of ``found`` were made through the embedder process."""
    if len(found) > FEW:
        return False
    try:
        model = embeddings.spec(generation.model)
        embedder = embeddings.for_questions(generation.model, seconds=PATIENCE)
        for start in range(0, len(found), IN_ONE_REQUEST):
            store(generation, *embed(found[start : start + IN_ONE_REQUEST], embedder, model))
    except (EmbedderUnavailable, ImproperlyConfigured) as fault:
        log.info("The embedder cannot embed %s records: %s", len(found), fault)
        return False
    return True


def ask_for_job(generation: BookGeneration) -> Job | None:
    """The job on this generation, started if need be; ``None`` where the last one was stopped, or failed just now.

    What somebody stopped stays stopped until somebody asks again (``continue_building``).
    """
    last = jobs.latest(KIND, generation)
    if last is not None and last.state == JobState.CANCELLED:
        return None
    failed_at = last.ended_at if last is not None and last.state == JobState.FAILED else None
    if failed_at and timezone.now() < failed_at + AFTER_FAILURE:
        return None
    return job_services.enqueue(kind=KIND, subject=generation)


def continue_building(*, by: User | None = None) -> Job | None:
    """Embed what is stale, whatever happened before; ``None`` where nothing is."""
    generation = generations.current()
    is_live = generation.state == BookGeneration.State.LIVE
    if is_live and not stale(generation, limit=1) and not generations.retired():
        return None
    return job_services.enqueue(kind=KIND, subject=generation, requested_by=by)


# -- the job ------------------------------------------------------------------------------------------------------


def build(run: JobRun) -> None:
    """Fill the generation that is the job's subject, let it answer, and delete what it replaced.

    What is there is the state: a worker that takes over goes on with what is still stale.
    Errors: ``EmbedderUnavailable``.
    """
    generation = BookGeneration.objects.filter(pk=run.job.subject_id).first()
    if generation is None:
        return
    if generation.state != BookGeneration.State.RETIRED:
        fill(run, generation)
        if generation.state == BookGeneration.State.BUILDING:
            total = generations.records()
            with run.checkpoint(done=total, total=total, message=_("Searches use the new vectors")):
                generations.go_live(generation)
    delete_retired(run)


def fill(run: JobRun, generation: BookGeneration) -> None:
    """A vector for every record, in checkpoints, until a whole pass finds none that is stale.

    Errors: ``YieldJob`` after a minute where other jobs wait: new books should not stand behind a million records.
    """
    began, state = time.monotonic(), generations.share(generation)
    done, total = state.done, state.total
    model = embeddings.spec(generation.model)
    with embedder_for(run, generation.model) as embedder:
        for found in _passes(generation):
            rows, vectors = embed(found, embedder, model)
            done = min(done + len(found), total)
            message = _("Embedding record {n} of {all}").format(n=done, all=total)
            with run.checkpoint(done=done, total=total, message=message):
                store(generation, rows, vectors)
            if time.monotonic() - began > LONGEST_TURN and job_services.others_wait(run.job):
                raise YieldJob


def _passes(generation: BookGeneration) -> Iterator[Stale]:
    """Stale records in batches, pass after pass through the catalogue, until one finds nothing."""
    found_any = True
    while found_any:
        found_any, after = False, 0
        while found := stale(generation, limit=TOGETHER, after=after):
            found_any, after = True, found[-1][0]
            yield found


def delete_retired(run: JobRun) -> None:
    """Delete what answered before, in batches."""
    for generation in generations.retired():
        message = _("Deleting the vectors of {model}").format(model=generation.model)
        with run.checkpoint(done=1, total=1, message=message):
            generations.INDEX.drop(generation.pk)
        deleted = 1
        while deleted:
            with run.checkpoint(done=1, total=1, message=message):
                deleted = generations.delete_some(generation, limit=DELETE_TOGETHER)
