"""Whoever sends a book to the embedder, against one that answers, refuses, breaks, hangs and comes back."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from library.ai import bulk, embeddings
from library.ai.bulk import BulkEmbedder, Busy, ElsewhereSender, SendingStopped, SocketSender
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import unit
from library.ai.tests.remote import Remote, Reply, send, vectors_of, well
from library.ai.wire import LARGEST_REQUEST
from library.core.config.model import ROOT


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch, settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 60
    monkeypatch.setattr(bulk, "PAUSE", 0.0)
    monkeypatch.setattr(bulk, "GLANCE", 0.01)
    monkeypatch.setattr(bulk, "PROBE_EVERY", 0.02)
    monkeypatch.setattr(bulk, "PROBE_SECONDS", 0.2)


def sender(remote: Remote) -> BulkEmbedder:
    return BulkEmbedder(SocketSender(remote.model(url="")), 2)


def refuses(status: int) -> Reply:
    return lambda handler, asked: send(handler, {"error": {}}, status)


def dies(handler: Any, asked: dict[str, Any]) -> None:
    handler.close_connection = True


def test_a_book_goes_over_the_socket_under_one_name_and_as_passages(announced):
    texts = ["a", "bb", "鯨" * 3]
    embedder = sender(announced)
    assert np.allclose(embedder.embed(texts, "passage"), unit(np.array(vectors_of(texts))))
    embedder.embed(["z"], "passage")
    first, second = announced.asked
    assert (first["input"], first["input_type"], first["path"]) == (texts, "passage", "/v1/embeddings")
    assert first["bulk_sender"] == second["bulk_sender"] != ""


def test_two_senders_have_two_names(announced):
    for embedder in (sender(announced), sender(announced)):
        embedder.embed(["z"], "passage")
    assert announced.asked[0]["bulk_sender"] != announced.asked[1]["bulk_sender"]


@pytest.mark.parametrize("number", [0, 1, LARGEST_REQUEST, LARGEST_REQUEST + 1])
def test_many_texts_go_in_several_requests_and_come_back_in_order(announced, number):
    texts = ["x" * (n + 1) for n in range(number)]
    found = sender(announced).embed(texts, "passage")
    assert found.shape == (number, 2)
    assert np.allclose(found, unit(np.array(vectors_of(texts)).reshape(number, 2)))
    assert max((len(asked["input"]) for asked in announced.asked), default=0) <= LARGEST_REQUEST


@pytest.mark.parametrize("reply", [refuses(429), refuses(500), dies, lambda handler, asked: send(handler, b"{}")])
def test_what_goes_wrong_once_is_tried_again_and_nothing_is_lost(announced, reply, caplog):
    announced.replies = [reply, reply]
    assert sender(announced).embed(["abc"], "passage").shape == (1, 2)
    assert [asked["input"] for asked in announced.asked] == [["abc"]] * 3


@pytest.mark.parametrize("reply", [refuses(500), refuses(404), dies])
def test_texts_that_break_it_again_and_again_are_given_up(announced, reply, caplog):
    announced.replies = [reply] * 20
    with pytest.raises(EmbedderUnavailable):
        sender(announced).embed(["abc"], "passage")
    assert len(announced.asked) == bulk.MOST_BROKEN


def test_who_is_asked_to_come_again_does_so_as_long_as_it_takes(announced, settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 0
    announced.replies = [refuses(429)] * 20
    assert sender(announced).embed(["abc"], "passage").shape == (1, 2)


def test_an_embedder_that_is_away_is_waited_for(announced, settings, monkeypatch):
    """Its announcement is not there yet; then it is."""
    there = settings.EMBEDDER_SOCKET_FILE.read_text()
    settings.EMBEDDER_SOCKET_FILE.unlink()
    embedder, seen = sender(announced), []
    pause = embedder._stopped.wait

    def paused(seconds: float) -> bool:
        seen.append(embedder.is_waiting)
        if len(seen) == 3:
            settings.EMBEDDER_SOCKET_FILE.write_text(there)
        return pause(0)

    monkeypatch.setattr(embedder._stopped, "wait", paused)
    assert embedder.embed(["abc"], "passage").shape == (1, 2)
    assert seen == [True] * 3
    assert not embedder.is_waiting


@pytest.mark.parametrize("written", ["", "[]", "{}", '{"socket": "/nowhere/at-all.sock"}'])
def test_patience_ends_in_a_sentence(settings, announced, written):
    settings.EMBEDDER_PATIENCE_SECONDS = 0.05
    settings.EMBEDDER_SOCKET_FILE.write_text(written)
    with pytest.raises(EmbedderUnavailable, match="not answering"):
        sender(announced).embed(["abc"], "passage")


def test_one_that_takes_long_and_lives_is_waited_for_whatever_the_patience(announced, settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 0.01
    alive = threading.Event()

    def slow(handler: Any, asked: dict[str, Any]) -> None:
        assert alive.wait(10)
        well(handler, asked)

    announced.replies = [slow]
    embedder = sender(announced)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(embedder.embed, ["abc"], "passage")
        for _ in range(3):
            assert bulk.is_alive()
        assert not asking.done()
        alive.set()
        assert asking.result(10).shape == (1, 2)


def test_one_that_hangs_is_seen_to_and_answers_on_the_same_connection_when_it_wakes(announced, monkeypatch):
    hangs, noticed = threading.Event(), threading.Event()
    hangs.set()

    def probe() -> bool:
        noticed.set()
        return not hangs.is_set()

    monkeypatch.setattr(bulk, "is_alive", probe)
    seen: list[bool] = []

    def late(handler: Any, asked: dict[str, Any]) -> None:
        assert noticed.wait(10)
        while not embedder.is_waiting:
            pass
        seen.append(embedder.is_waiting)
        hangs.clear()
        well(handler, asked)

    announced.replies = [late]
    embedder = sender(announced)
    assert embedder.embed(["abc"], "passage").shape == (1, 2)
    assert seen == [True]
    assert not embedder.is_waiting
    assert len(announced.asked) == 1


def test_one_that_hangs_for_good_is_given_up(announced, settings, monkeypatch):
    settings.EMBEDDER_PATIENCE_SECONDS = 0.05
    monkeypatch.setattr(bulk, "is_alive", lambda: False)
    done = threading.Event()
    announced.replies = [lambda handler, asked: done.wait(10) and None]
    with pytest.raises(EmbedderUnavailable):
        sender(announced).embed(["abc"], "passage")
    done.set()


@pytest.mark.parametrize("is_there", [True, False])
def test_a_stop_ends_it_in_a_moment_whether_it_answers_or_not(announced, settings, is_there):
    begun, done = threading.Event(), threading.Event()

    def never(handler: Any, asked: dict[str, Any]) -> None:
        begun.set()
        done.wait(10)

    announced.replies = [never]
    if not is_there:
        settings.EMBEDDER_SOCKET_FILE.unlink()
    embedder = sender(announced)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(embedder.embed, ["abc"], "passage")
        if is_there:
            assert begun.wait(10)
        embedder.stop()
        with pytest.raises(SendingStopped):
            asking.result(10)
    done.set()


def test_a_server_elsewhere_is_waited_for_as_well(settings, caplog):
    caplog.set_level(logging.INFO, "library.ai.bulk")
    tries: list[int] = []

    class Elsewhere:
        def embed(self, texts: Any, kind: Any) -> Any:
            tries.append(len(texts))
            if len(tries) < 3:
                raise EmbedderUnavailable
            return np.ones((len(texts), 2), dtype=np.float32)

    assert BulkEmbedder(ElsewhereSender(Elsewhere()), 2).embed(["a"], "passage").shape == (1, 2)
    assert tries == [1, 1, 1]
    assert "The embedder is not there: EmbedderUnavailable" in caplog.text


def test_what_is_no_outage_is_not_waited_for(settings):
    class Faulty:
        def ask(self, *given: Any) -> Any:
            raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        BulkEmbedder(Faulty(), 2).embed(["a"], "passage")


def test_a_full_line_is_no_silence(settings):
    settings.EMBEDDER_PATIENCE_SECONDS = 0
    answers = [Busy(), OSError()]

    class Full:
        def ask(self, *given: Any) -> Any:
            raise answers.pop(0)

    with pytest.raises(EmbedderUnavailable):
        BulkEmbedder(Full(), 2).embed(["a"], "passage")
    assert answers == []


def test_the_settings_say_where_books_go(settings):
    here, there = {"dimensions": 3, "package": "x"}, {"dimensions": 5, "url": "http://there:1"}
    more = {"window": 8, "threshold": 0.4, "record_threshold": 0.4}
    settings.EMBEDDING_MODELS = {"here": here | more, "there": there | more}
    assert isinstance(embeddings.for_bulk("here")._sender, SocketSender)
    assert isinstance(embeddings.for_bulk("there")._sender, ElsewhereSender)


def test_a_worker_loads_no_client_library_and_no_model_for_a_book(announced, settings):
    code = (
        "import django; django.setup(); from django.conf import settings; from pathlib import Path;"
        f"settings.EMBEDDER_SOCKET_FILE = Path({str(settings.EMBEDDER_SOCKET_FILE)!r});"
        "from library.ai import bulk, spec;"
        f"model = spec.ModelSpec(**{dict(vars(announced.model(url='')))!r});"
        "assert bulk.BulkEmbedder(bulk.SocketSender(model), 2).embed(['a'], 'passage').shape == (1, 2);"
        "import sys, json; print(json.dumps([n for n in ('httpx', 'openvino', 'tokenizers') if n in sys.modules]))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "library.settings"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == []
