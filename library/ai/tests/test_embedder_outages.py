"""The real embedder killed and stopped in the middle of a book. No clock decides, but that of who gives up."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from library.ai import bulk, embeddings
from library.ai.bulk import SendingStopped
from library.ai.client import close_all
from library.ai.errors import EmbedderUnavailable
from library.ai.tests.embedder import EmbedderProcess
from library.embedded.processes import wait_until

pytestmark = pytest.mark.model
TEXTS = [f"Page {number} tells of the river, the mill and the town below it." for number in range(300)]


@pytest.fixture
def running(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbedderProcess]:
    """An embedder of this test's own."""
    settings.EMBEDDER_PATIENCE_SECONDS = 120
    monkeypatch.setattr(bulk, "PAUSE", 0.1)
    monkeypatch.setattr(bulk, "PROBE_EVERY", 0.3)
    monkeypatch.setattr(bulk, "PROBE_SECONDS", 0.3)
    with tempfile.TemporaryDirectory(prefix="lyceum-o-", dir="/tmp") as folder:
        made = EmbedderProcess(Path(folder))
        settings.EMBEDDER_SOCKET_FILE = made.announcement
        made.start()
        made.wait()
        yield made
        close_all()
        assert made.process is not None
        made.process.kill()
        made.process.wait(20)


@pytest.fixture
def book() -> Iterator[tuple[bulk.BulkEmbedder, Future[Any]]]:
    """A book under way: its first texts have been sent."""
    embedder, sent = embeddings.for_bulk(), threading.Event()
    ask = embedder._sender.ask

    def told(*given: Any) -> Any:
        sent.set()
        return ask(*given)

    embedder._sender.ask = told  # type: ignore[method-assign, assignment]
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(embedder.embed, TEXTS, "passage")
        assert sent.wait(10)
        yield embedder, under_way
        embedder.stop()


# httpcore leaves a socket open whose connection was refused.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning")
def test_a_killed_embedder_is_waited_for_and_a_book_gets_every_vector(running, book):
    embedder, under_way = book
    assert running.process is not None
    running.process.send_signal(signal.SIGKILL)
    running.process.wait(20)
    assert wait_until(lambda: embedder.is_waiting, seconds=30), "the job says what it waits for"
    with pytest.raises(EmbedderUnavailable):
        embeddings.for_questions().embed(["who?"], "question")
    running.start()
    found = under_way.result(120)
    assert not embedder.is_waiting
    again = embeddings.for_bulk().embed([TEXTS[0], TEXTS[200], TEXTS[-1]], "passage")
    assert np.allclose(found[[0, 200, -1]], again, atol=0.02)
    assert found.shape == (len(TEXTS), 384)
    assert embeddings.for_questions().embed(["who?"], "question").shape == (1, 384)


def test_a_stopped_embedder_is_seen_to_hang_and_goes_on_where_it_was(running, book):
    embedder, under_way = book
    assert running.process is not None
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        assert wait_until(lambda: embedder.is_waiting, seconds=30)
        assert not under_way.done()
    finally:
        os.kill(running.process.pid, signal.SIGCONT)
    assert under_way.result(120).shape == (len(TEXTS), 384)


def test_who_is_told_to_stop_does_not_wait_for_one_that_hangs(running, book):
    embedder, under_way = book
    assert running.process is not None
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        embedder.stop()
        with pytest.raises(SendingStopped):
            under_way.result(20)
    finally:
        os.kill(running.process.pid, signal.SIGCONT)
    assert embeddings.for_questions().embed(["still there?"], "question").shape == (1, 384)
