"""Which model runs where, what is counted without one, and how the embedder says where it listens."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import tempfile
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from library.ai import embeddings
from library.ai.client import EmbedderClient
from library.ai.management.commands import embedder
from library.ai.runtimes import processor
from library.ai.runtimes.local import count_pieces, weights
from library.ai.runtimes.openvino import BATCH_PIECES, STEP, batches, padded, rounded
from library.ai.spec import ModelSpec
from library.core.config.model import ConfigError

HERE = {"package": "nowhere_installed", "dimensions": 3, "window": 8, "threshold": 0.4, "record_threshold": 0.3}
THERE = {"dimensions": 5, "window": 8, "threshold": 0.5, "record_threshold": 0.5, "url": "http://there:1/v1"}


@pytest.fixture
def two(settings):
    settings.EMBEDDING_MODEL = "here"
    settings.EMBEDDING_MODELS = {"here": HERE, "there": THERE}
    settings.QUESTION_SECONDS = 2.5


def test_a_model_is_what_the_settings_say_of_it(two):
    assert embeddings.spec() == embeddings.spec("here")
    there = embeddings.spec("there")
    assert (there.name, there.package, there.dimensions, there.url) == ("there", "", 5, "http://there:1/v1")
    assert embeddings.spec("here").url == ""


def test_a_model_that_nobody_knows_is_told_with_those_that_there_are(two):
    with pytest.raises(ImproperlyConfigured) as refusal:
        embeddings.spec("nowhere")
    assert str(refusal.value) == "No embedding model is called nowhere; the settings know here, there."


def timeouts(client: object) -> tuple[object, object]:
    assert isinstance(client, EmbedderClient)
    return client.timeout.read, client.timeout.connect


def test_a_question_waits_as_long_as_an_answer_is_worth_or_as_long_as_it_is_told(two):
    assert timeouts(embeddings.for_questions()) == (2.5, 2.5)
    assert timeouts(embeddings.for_questions(seconds=0.3)) == (0.3, 0.3)


def test_who_waits_shorter_lets_nobody_else_wait_shorter(two):
    word, question = embeddings.for_questions(seconds=0.3), embeddings.for_questions()
    assert isinstance(word, EmbedderClient)
    assert isinstance(question, EmbedderClient)
    assert word.breaker is not question.breaker
    assert question.breaker is embeddings.for_questions("here").breaker  # type: ignore[attr-defined]  # a client


@pytest.mark.parametrize("holds", [[], ["model"], ["config.json"]])
def test_a_package_without_a_model_in_it_carries_no_weights(holds, tmp_path, monkeypatch, two):
    package = tmp_path / "nowhere_installed"
    package.mkdir()
    (package / "__init__.py").touch()
    for name in holds:
        (package / name).touch() if "." in name else (package / name).mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ConfigError):
        weights(embeddings.spec("here"))
    (package / "model").mkdir(exist_ok=True)
    (package / "model" / "config.json").write_text("{}")
    assert weights(embeddings.spec("here")) == package / "model"


def model(**values: object) -> ModelSpec:
    said = {"name": "there", "package": "", "dimensions": 5, "window": 8, "url": "http://there:1/v1"}
    said |= {"thresholds": (("", 0.5),), "record_thresholds": (("", 0.5),)}
    return ModelSpec(**{**said, **values})  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "pieces"), [("", 2), ("   ", 2), ("one", 4), ("one two three", 7), ("كتاب جديد", 6)])
def test_pieces_of_a_model_whose_words_we_lack_are_guessed_with_care(text, pieces):
    assert count_pieces(model(), [text]) == [pieces]


@given(st.lists(st.text(max_size=30), max_size=6))
def test_every_text_has_at_least_its_two_special_pieces(texts):
    counted = count_pieces(model(), texts)
    assert len(counted) == len(texts)
    assert all(number >= 2 + len(text.split()) for number, text in zip(counted, texts, strict=True))


# -- batches


@given(st.integers(0, 3000))
def test_a_length_is_rounded_up_to_the_next_step(length):
    found = rounded(length)
    assert found % STEP == 0
    assert max(length, 1) <= found < max(length, 1) + STEP


@given(st.lists(st.integers(0, 600), max_size=80))
def test_every_text_is_in_one_batch_and_none_is_larger_than_it_may_be(lengths):
    made = list(batches(lengths))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        longest = rounded(max(lengths[place] for place in batch))
        assert len(batch) == 1 or len(batch) * longest <= BATCH_PIECES
    heads = [lengths[batch[0]] for batch in made]
    assert heads == sorted(heads, reverse=True)


@given(st.lists(st.lists(st.integers(1, 30_000), max_size=20), min_size=1, max_size=6))
def test_what_counts_of_a_padded_batch_are_the_pieces_themselves(pieces):
    ids, mask = padded(pieces)
    assert ids.shape == mask.shape == (len(pieces), rounded(max(map(len, pieces))))
    for row, each in enumerate(pieces):
        assert ids[row][mask[row] == 1].tolist() == each
        assert mask[row].sum() == len(each)


# -- the processor


@pytest.mark.parametrize(
    ("flags", "bfloat16", "in_bytes"),
    [
        ("flags : fpu sse avx2", False, False),
        ("flags : avx512_bf16", True, False),
        ("flags : amx_bf16 avx_vnni", True, True),
        ("flags : avx512_vnni", False, True),
        ("", False, False),
    ],
)
def test_what_the_processor_says_of_itself(flags, bfloat16, in_bytes, monkeypatch):
    monkeypatch.setattr(processor, "_flags", lambda: frozenset(flags.split()))
    assert (processor.has_bfloat16(), processor.has_byte_products()) == (bfloat16, in_bytes)


def test_cores_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert processor.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processor.cores() == 1


# -- the command


@pytest.fixture
def announcement(settings, tmp_path) -> Path:
    told: Path = tmp_path / "new" / "embedder.json"
    settings.EMBEDDER_SOCKET_FILE = told
    return told


def test_where_it_listens_is_told_whole_and_taken_back_by_whoever_told_it(announcement):
    embedder.announce(Path("/tmp/one.sock"))
    embedder.announce(Path("/tmp/other.sock"))
    assert json.loads(announcement.read_text()) == {"socket": "/tmp/other.sock", "pid": os.getpid()}
    assert list(announcement.parent.iterdir()) == [announcement]  # no draft
    embedder.forget(Path("/tmp/one.sock"))
    assert announcement.exists(), "another one listens there by now"
    embedder.forget(Path("/tmp/other.sock"))
    assert not announcement.exists()


@pytest.mark.parametrize("written", [None, "", "{}", "half a wor"])
def test_an_announcement_that_is_gone_or_broken_is_left_alone(announcement, written):
    announcement.parent.mkdir()
    if written is not None:
        announcement.write_text(written)
    embedder.forget(Path("/tmp/one.sock"))
    assert announcement.exists() is (written is not None)


def test_a_socket_is_ours_alone_from_its_first_moment_whatever_the_umask(short):
    before = os.umask(0)
    try:
        with embedder.listen(short / "a.sock"):
            assert stat.S_IMODE((short / "a.sock").stat().st_mode) == 0o600
        assert os.umask(0) == 0, "the umask is as it was"
    finally:
        os.umask(before)


def test_another_that_answers_there_is_not_pushed_away(short):
    with embedder.listen(short / "a.sock") as first:
        first.listen()
        with pytest.raises(ConfigError, match=r"another embedder already answers at .*a\.sock\."):
            embedder.listen(short / "a.sock")


def test_a_file_of_somebody_s_own_in_its_place_stays(short):
    (short / "a.sock").write_text("mine")
    with pytest.raises(OSError, match="in use"):
        embedder.listen(short / "a.sock")
    assert (short / "a.sock").read_text() == "mine"


@pytest.fixture
def short():
    with tempfile.TemporaryDirectory(prefix="lyceum-e-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def signals():
    """The command hears SIGTERM in its own way; afterwards it is heard as before."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_where_no_model_runs_here_there_is_nothing_to_serve(settings, signals):
    settings.EMBEDDING_MODELS = {"there": THERE}
    with pytest.raises(CommandError, match=r"No embedding model of the settings runs on this machine\."):
        call_command("embedder")


def test_a_socket_that_cannot_be_is_told_in_a_sentence(two, signals, tmp_path):
    with pytest.raises(CommandError, match=r"The embedder cannot listen: .* is longer than 107 bytes"):
        call_command("embedder", socket=tmp_path / ("x" * 120))
    with pytest.raises(CommandError, match=r"The embedder cannot listen: .*No such file"):
        call_command("embedder", socket=Path("/tmp/lyceum-no-such-folder/a.sock"))


def test_missing_weights_are_told_and_the_socket_goes(two, signals, short, announcement):
    with pytest.raises(CommandError, match="The weights of here are not installed"):
        call_command("embedder", socket=short / "a.sock")
    assert list(short.iterdir()) == []
    assert not announcement.exists()
    with socket.socket(socket.AF_UNIX) as probe, pytest.raises(OSError, match="No such file"):
        probe.connect(str(short / "a.sock"))
