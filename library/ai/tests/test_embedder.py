"""The embedder process, over its real unix socket."""

from __future__ import annotations

import base64
import json
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest

from library.ai import embeddings
from library.ai.client import EmbedderClient, embeddings_url
from library.ai.errors import EmbedderUnavailable
from library.ai.lines import MOST_TEXTS
from library.ai.management.commands.embedder import listen
from library.ai.tests.embedder import EmbedderProcess
from library.core.config.model import ConfigError

MODEL = "all-MiniLM-L6-v2"


@pytest.fixture
def http(embedder):
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=str(embedder.socket)), base_url="http://embedder", timeout=20
    ) as client:
        yield client


def asked(client: httpx.Client, **body: object) -> httpx.Response:
    return client.post("/v1/embeddings", json=body)


@pytest.mark.model
def test_vectors_are_unit_float32_and_near_for_like_texts(embedder):
    vectors = embeddings.for_questions().embed(["the cat sleeps", "a cat is sleeping", "tax law of 1902"], "question")
    assert vectors.shape == (3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > 0.8 > 0.3 > vectors[0] @ vectors[2]


@pytest.mark.model
def test_more_texts_than_one_request_takes_come_back_in_order(embedder):
    texts = [f"sentence number {number}" for number in range(MOST_TEXTS + 9)]
    vectors = embeddings.for_questions().embed(texts, "question")
    alone = embeddings.for_questions().embed([texts[200]], "question")[0]
    assert vectors.shape == (len(texts), 384)
    assert int(np.argmax(vectors @ alone)) == 200


@pytest.mark.model
def test_no_texts_give_no_vectors_and_ask_nobody(settings, tmp_path):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "nobody.json"
    assert embeddings.for_questions().embed([], "question").shape == (0, 384)


@pytest.mark.model
def test_answer_has_openai_shape_in_both_encodings(http):
    plain = asked(http, model=MODEL, input="a whale").json()
    packed = asked(http, model=MODEL, input=["a whale"], encoding_format="base64").json()
    assert (plain["object"], plain["data"][0]["object"], plain["data"][0]["index"]) == ("list", "embedding", 0)
    assert set(plain["usage"]) == {"prompt_tokens", "total_tokens"}
    unpacked = np.frombuffer(base64.b64decode(packed["data"][0]["embedding"]), dtype="<f4")
    assert np.allclose(unpacked, plain["data"][0]["embedding"], atol=1e-6)


@pytest.mark.model
def test_requests_that_arrive_together_share_batches(embedder, http):
    before = http.get("/healthz").json()["batches"]
    with ThreadPoolExecutor(24) as pool:
        found = list(pool.map(lambda n: embeddings.for_questions().embed([f"question {n}"], "question"), range(48)))
    batches = http.get("/healthz").json()["batches"] - before
    assert len(found) == 48
    assert 1 <= batches < 40


@pytest.mark.model
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("not json", 400),
        (["a list"], 400),
        ({"model": MODEL}, 400),
        ({"model": MODEL, "input": []}, 400),
        ({"model": MODEL, "input": "  "}, 400),
        ({"model": MODEL, "input": [1, 2]}, 400),
        ({"model": MODEL, "input": ["x"] * (MOST_TEXTS + 1)}, 400),
        ({"model": MODEL, "input": "x" * 20_001}, 400),
        ({"model": MODEL, "input": "x", "encoding_format": "int8"}, 400),
        ({"model": 7, "input": "x"}, 400),
        ({"model": "unknown", "input": "x"}, 404),
    ],
)
def test_bad_input_is_refused_in_openai_shape(http, body, status):
    content = body if isinstance(body, str) else json.dumps(body)
    answer = http.post("/v1/embeddings", content=content)
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert answer.json()["error"]["message"]
    assert asked(http, model=MODEL, input="still alive").status_code == 200


@pytest.mark.model
def test_unknown_addresses_and_methods_are_refused(http):
    assert http.get("/v1/models").status_code == 404
    assert http.get("/v1/embeddings").status_code == 405


@pytest.mark.model
def test_socket_is_ours_alone_and_a_second_embedder_is_refused(embedder):
    assert stat.S_IMODE(embedder.socket.stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="another embedder"):
        listen(embedder.socket)


def test_stale_socket_is_replaced(tmp_path):
    path = Path("/tmp") / f"lyceum-stale-{tmp_path.name[-20:]}.sock"
    with socket.socket(socket.AF_UNIX) as former:
        former.bind(str(path))
    try:
        with listen(path) as fresh:
            assert fresh.getsockname() == str(path)
    finally:
        path.unlink()


def test_socket_path_that_is_too_long_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="107"):
        listen(tmp_path / ("x" * 120))


@pytest.mark.model
def test_sigterm_ends_it_cleanly_and_leaves_nothing(tmp_path_factory):
    import tempfile

    with tempfile.TemporaryDirectory(prefix="lyceum-e-", dir="/tmp") as folder:
        running = EmbedderProcess(Path(folder))
        running.start()
        running.wait()
        assert running.stop() == 0
        assert not running.socket.exists()
        assert not running.announcement.exists()


def test_embedder_that_is_down_is_said_in_a_sentence(settings, tmp_path):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    with pytest.raises(EmbedderUnavailable) as never_started:
        embeddings.for_questions().embed(["anyone there?"], "question")
    settings.EMBEDDER_SOCKET_FILE.write_text(json.dumps({"socket": str(tmp_path / "gone.sock")}))
    with pytest.raises(EmbedderUnavailable) as gone:
        embeddings.for_questions().embed(["anyone there?"], "question")
    assert never_started.value.code == gone.value.code == "embedder_unavailable"
    assert gone.value.status == 503


def test_server_with_vectors_of_another_size_is_not_believed(httpserver_of, settings):
    rows = [{"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}]
    url = httpserver_of({"object": "list", "data": rows})
    entry = settings.EMBEDDING_MODELS[MODEL]
    settings.EMBEDDING_MODELS = {MODEL: entry | {"url": url}}
    with pytest.raises(EmbedderUnavailable):
        embeddings.for_questions().embed(["x"], "question")
    settings.EMBEDDING_MODELS = {MODEL: entry | {"url": url, "dimensions": 2}}
    assert np.allclose(EmbedderClient(embeddings.spec()).embed(["x"], "question"), [[0.6, 0.8]])


@pytest.mark.parametrize("url", ["http://a:1", "http://a:1/", "http://a:1/v1", "http://a:1/v1/embeddings"])
def test_address_of_a_server_may_be_given_in_three_ways(url):
    assert embeddings_url(url) == "http://a:1/v1/embeddings"
