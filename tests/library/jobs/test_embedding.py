"""A job that has texts embedded: what it says while it waits, and that it can be stopped meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from library.ai import embeddings
from library.ai.bulk import BulkEmbedder
from library.ai.errors import EmbedderUnavailable
from library.jobs import errors
from library.jobs.embedding import job_embedder
from library.jobs.embedding.job_embedder import embedder_for
from library.jobs.job_run import JobRun
from library.jobs.models import Job
from tests.library.jobs.made import changed, make_running

pytestmark = pytest.mark.django_db


class Elsewhere:
    """In the place of the embedder: silent or busy until ``go``."""

    def __init__(self, *, is_silent: bool) -> None:
        self.is_silent = is_silent
        self.go = threading.Event()

    def ask(self, texts: Sequence[str], kind: Any, look: Any) -> Any:
        while not self.go.wait(0.01):
            look(self.is_silent)
        look(False)
        return np.ones((len(texts), 2), dtype=np.float32)


@pytest.fixture
def run(monkeypatch, settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 60
    monkeypatch.setattr(job_embedder, "LOOK_EVERY", 0.02)
    return JobRun(make_running(done=3, total=10, message="Indexing page 3 of 10"))


def by(monkeypatch: pytest.MonkeyPatch, sender: Any) -> None:
    monkeypatch.setattr(embeddings, "for_bulk", lambda name="": BulkEmbedder(sender, 2))


def test_a_job_says_what_it_waits_for_and_keeps_how_far_it_is(run, monkeypatch):
    away = Elsewhere(is_silent=True)
    by(monkeypatch, away)
    said = run.progress

    def progress(**told: Any) -> None:
        said(**told)
        away.go.set()

    monkeypatch.setattr(run, "progress", progress)
    with embedder_for(run, "any") as embedder:
        assert embedder.embed(["a", "b"], "passage").shape == (2, 2)
    job = Job.objects.get(pk=run.job.pk)
    assert job.message == "Waiting for the part of the library that understands texts"
    assert (job.done, job.total, job.state) == (3, 10, "running")


@pytest.mark.parametrize("is_silent", [True, False])
@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"cancel_requested": True}, errors.Cancelled), ({"lease_id": "0" * 32}, errors.LeaseLost)],
)
def test_a_job_that_is_stopped_or_lost_does_not_wait_for_vectors(run, monkeypatch, is_silent, values, refusal):
    by(monkeypatch, Elsewhere(is_silent=is_silent))
    with embedder_for(run, "any") as embedder, pytest.raises(refusal):
        under_way = embedder.start(["a"], "passage")
        changed(run.job, **values)
        embedder.result(under_way)
    assert under_way.done(), "nothing is left behind"


def test_patience_that_ends_fails_the_job_in_a_sentence(run, monkeypatch, settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 0
    by(monkeypatch, Elsewhere(is_silent=True))
    with embedder_for(run, "any") as embedder, pytest.raises(EmbedderUnavailable, match="not answering"):
        monkeypatch.setattr("library.ai.bulk.PAUSE", 0)
        embedder.embed(["a"], "passage")
