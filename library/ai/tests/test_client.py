"""The client of an embeddings server, against one that answers as it is told to."""

from __future__ import annotations

import base64
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from library.ai.client import EmbedderClient, close_all
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import unit
from library.ai.tests.remote import Remote, rows, send, vectors_of, well
from library.ai.wire import LARGEST_REQUEST, socket_path


def embedded(remote: Remote, *texts: str) -> Any:
    return EmbedderClient(remote.model()).embed(list(texts), "passage")


def refused(remote: Remote, *texts: str, seconds: float | None = None) -> EmbedderUnavailable:
    with pytest.raises(EmbedderUnavailable) as refusal:
        EmbedderClient(remote.model(), seconds=seconds).embed(list(texts) or ["x"], "passage")
    return refusal.value


def test_vectors_are_those_of_the_texts_and_of_length_one(remote):
    found = embedded(remote, "abc", "דה", "鯨")
    wanted = np.array(vectors_of(["abc", "דה", "鯨"]))
    assert np.allclose(found, wanted / np.linalg.norm(wanted, axis=1, keepdims=True))
    assert found.dtype == np.float32
    (asked,) = remote.asked
    assert (asked["path"], asked["model"], asked["input"]) == ("/v1/embeddings", "small", ["abc", "דה", "鯨"])


def test_rows_that_come_in_another_order_find_their_texts(remote):
    remote.replies = [lambda handler, asked: send(handler, {"data": rows(asked)[::-1]})]
    assert np.allclose(embedded(remote, "a", "bbbb"), unit(np.array(vectors_of(["a", "bbbb"]))))


def test_packed_vectors_are_read_as_well(remote):
    def packed(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        raw = np.array([3, 4], dtype="<f4").tobytes()
        send(handler, {"data": [{"index": 0, "embedding": base64.b64encode(raw).decode()}]})

    remote.replies = [packed]
    assert np.allclose(embedded(remote, "x"), [[0.6, 0.8]])
    assert remote.asked[0]["encoding_format"] == "base64"


@pytest.mark.parametrize(
    ("number", "sizes"),
    [
        (0, []),
        (1, [1]),
        (LARGEST_REQUEST, [LARGEST_REQUEST]),
        (LARGEST_REQUEST + 1, [LARGEST_REQUEST, 1]),
    ],
)
def test_many_texts_go_in_several_requests(remote, number, sizes):
    texts = [chr(0x4E00 + place) * 3 for place in range(number)]
    found = embedded(remote, *texts)
    assert [len(asked["input"]) for asked in remote.asked] == sizes
    assert found.shape == (number, 2)
    if number:
        assert np.allclose(found, unit(np.array(vectors_of(texts))), atol=1e-6)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        {},
        {"data": []},
        {"data": None},
        {"data": [{"embedding": [1, 2]}]},
        {"data": [{"index": 0}]},
        {"data": [{"index": 0, "embedding": "not base64!"}]},
        {"data": [{"index": 0, "embedding": base64.b64encode(b"odd").decode()}]},
        {"data": [{"index": 0, "embedding": [1]}]},
        {"data": [{"index": 0, "embedding": [1, 2, 3]}]},
        {"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1, 2]}]},
        {"data": [{"index": 0, "embedding": [1, 2]}, {"index": 1, "embedding": [1]}]},
        [],
    ],
)
def test_an_answer_that_makes_no_sense_is_none(remote, body):
    remote.replies = [lambda handler, asked: send(handler, body)]
    refusal = refused(remote)
    assert (refusal.code, refusal.status) == ("embedder_unavailable", 503)
    assert "is not answering just now" in refusal.detail
    assert embedded(remote, "x").shape == (1, 2)  # the next is asked again


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_server_that_refuses_is_not_believed(remote, status):
    remote.replies = [lambda handler, asked: send(handler, {"data": rows(asked)}, status)]
    refused(remote)
    assert len(remote.asked) == 1


def drop(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
    """As a server that is started anew: the line is gone."""
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def test_a_line_that_broke_is_opened_anew_once(remote):
    embedded(remote, "x")
    remote.replies = [drop]
    assert embedded(remote, "y").shape == (1, 2)
    assert len(remote.asked) == 3
    remote.replies = [drop, drop]
    refused(remote)
    assert len(remote.asked) == 5


def test_one_that_does_not_answer_in_time_is_left_alone_by_whoever_waits_as_long(remote, settings):
    settings.REST_SECONDS = 1000.0
    over = threading.Event()
    remote.replies = [lambda handler, asked: over.wait(10) and None]
    try:
        refused(remote, seconds=0.05)
        refused(remote, seconds=0.05)
        assert len(remote.asked) == 1, "it was asked although it rests"
        assert EmbedderClient(remote.model(), seconds=20.0).embed(["x"], "passage").shape == (1, 2)
    finally:
        over.set()


def test_connections_are_shared_by_all_clients_of_a_server(remote):
    ports: set[int] = set()

    def note(handler: BaseHTTPRequestHandler, asked: dict[str, Any]) -> None:
        ports.add(handler.client_address[1])
        well(handler, asked)

    remote.replies = [note] * 3
    for text in "abc":
        embedded(remote, text)
    assert len(ports) == 1


def test_no_proxy_of_the_environment_sees_what_readers_ask(remote, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    close_all()
    assert embedded(remote, "x").shape == (1, 2)


# -- questions and passages


def test_a_server_elsewhere_gets_texts_as_its_model_reads_them_and_no_word_that_it_may_not_know(remote):
    asker = EmbedderClient(remote.model(question_prefix="query: ", passage_prefix="passage: "))
    asker.embed(["who?"], "question")
    asker.embed(["they"], "passage")
    EmbedderClient(remote.model()).embed(["who?"], "question")
    assert [asked["input"] for asked in remote.asked] == [["query: who?"], ["passage: they"], ["who?"]]
    assert all(set(asked) == {"model", "input", "encoding_format", "path"} for asked in remote.asked)


def test_our_own_is_told_the_kind_and_puts_the_prefix_itself(remote, ours, settings, tmp_path):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    settings.EMBEDDER_SOCKET_FILE.write_text(json.dumps({"socket": str(ours.server.server_address)}))
    asker = EmbedderClient(remote.model(url="", question_prefix="query: "))
    asker.embed(["who?"], "question")
    asker.embed(["they"], "passage")
    assert [(asked["input"], asked["input_type"]) for asked in ours.asked] == [
        (["who?"], "query"),
        (["they"], "passage"),
    ]


# -- where the embedder of this machine listens


@pytest.mark.parametrize("written", ["", "{}", "[]", '"x"', '{"socket": "/nowhere/at-all.sock"}'])
def test_an_announcement_that_leads_nowhere_is_an_embedder_that_is_away(settings, tmp_path, remote, written):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    settings.EMBEDDER_SOCKET_FILE.write_text(written)
    with pytest.raises(EmbedderUnavailable):
        EmbedderClient(remote.model(url="")).embed(["x"], "passage")
    assert remote.asked == []


def test_the_socket_is_the_one_that_was_announced_last(settings, tmp_path):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    for name in ("first.sock", "second.sock"):
        (tmp_path / name).touch()
        settings.EMBEDDER_SOCKET_FILE.write_text(json.dumps({"socket": str(tmp_path / name)}))
        assert socket_path() == str(tmp_path / name)


# -- vectors of length one


@given(st.lists(st.lists(st.floats(-1e3, 1e3, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_vectors_keep_their_direction_and_have_length_one_or_none(numbers):
    given_ = np.array(numbers, dtype=np.float64)
    scaled = unit(given_)
    lengths = np.linalg.norm(given_, axis=1)
    assert scaled.dtype == np.float32
    for vector, length, one in zip(given_, lengths, scaled, strict=True):
        if length == 0:
            assert not one.any()
        elif length > 1e-30:
            assert np.allclose(one * length, vector, atol=length * 1e-5)
            assert abs(float(np.linalg.norm(one)) - 1) < 1e-5


def test_no_vectors_stay_none():
    assert unit(np.zeros((0, 4))).shape == (0, 4)
