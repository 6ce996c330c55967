"""A job that has texts embedded: meanwhile it can be stopped, and says so where it waits for the embedder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from library.ai import embeddings
from library.ai.spec import Kind, Vectors
from library.jobs.job_run import JobRun

if TYPE_CHECKING:
    from library.ai.bulk import BulkEmbedder

LOOK_EVERY = 1.0  # seconds
AT_ONCE = 2  # requests: the embedder has the next one when it is done with the first


class JobEmbedder:
    """An ``Embedder`` for a job. It waits in threads of its own; the job's thread looks whether the job goes on."""

    def __init__(self, run: JobRun, embedder: BulkEmbedder, threads: ThreadPoolExecutor) -> None:
        self._run = run
        self._embedder = embedder
        self._threads = threads

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """float32 (n, dimensions), unit length. Errors: those of ``result``."""
        return self.result(self.start(texts, kind))

    def start(self, texts: Sequence[str], kind: Kind) -> Future[Vectors]:
        """Send the texts, and do something else until their vectors are needed."""
        return self._threads.submit(self._embedder.embed, texts, kind)

    def result(self, vectors: Future[Vectors]) -> Vectors:
        """The vectors. Errors: ``EmbedderUnavailable``; ``Cancelled`` and ``LeaseLost`` while they are waited for."""
        was_waiting = False
        while wait([vectors], timeout=LOOK_EVERY).not_done:
            self._run.check_still_held()
            if self._embedder.is_waiting and not was_waiting:
                message = _("Waiting for the part of the library that understands texts")
                self._run.progress(done=0, total=0, message=message)  # no further than it was
            was_waiting = self._embedder.is_waiting
        return vectors.result()


@contextmanager
def embedder_for(run: JobRun, model: str) -> Iterator[JobEmbedder]:
    """Who embeds texts for a job by ``model``. However the block ends, nothing is left under way."""
    embedder = embeddings.for_bulk(model)
    threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="embed")
    try:
        yield JobEmbedder(run, embedder, threads)
    finally:
        embedder.stop()
        threads.shutdown(cancel_futures=True)
