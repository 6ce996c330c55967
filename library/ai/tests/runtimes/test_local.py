from __future__ import annotations

import importlib.util
import json
import shutil
import sys

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from library.ai import embeddings
from library.ai.checks import models_that_run_here_can
from library.ai.runtimes import local
from library.ai.runtimes.local import count_pieces, local_embedder, weights
from library.ai.runtimes.sentence_transformers import TransformerEmbedder
from library.core.config.model import ConfigError


def test_unknown_model_is_named_with_those_that_are_known():
    with pytest.raises(ImproperlyConfigured, match="all-MiniLM-L6-v2"):
        embeddings.spec("word2vec")


def test_missing_weights_are_said_in_a_sentence(settings):
    entry = settings.EMBEDDING_MODELS[settings.EMBEDDING_MODEL] | {"package": "no_such_package_here"}
    settings.EMBEDDING_MODELS = {settings.EMBEDDING_MODEL: entry}
    with pytest.raises(ConfigError, match="make install"):
        local_embedder(embeddings.spec())


def test_pieces_are_counted_with_the_two_special_ones():
    assert count_pieces(embeddings.spec(), ["cell", "cell cell", ""]) == [3, 4, 2]
    assert count_pieces(embeddings.spec(), ["word " * 400])[0] == 402  # nothing is cut while counting


@pytest.mark.model
def test_order_is_kept_whatever_the_lengths():
    texts = ["a " * 200, "the moon", "b", "the moon circles the earth " * 9]
    embedder = local_embedder(embeddings.spec())
    together = embedder.embed(texts, "passage")
    alone = np.concatenate([embedder.embed([text], "passage") for text in texts])
    assert together.dtype == np.float32
    assert (np.einsum("nd,nd->n", together, alone) > 0.99).all()


@pytest.mark.model
def test_one_model_for_the_whole_process():
    assert local_embedder(embeddings.spec()) is local_embedder(embeddings.spec())


@pytest.mark.model
@pytest.mark.parametrize("why", ["no wheel", "other names"])
def test_where_openvino_does_not_run_another_runtime_does(monkeypatch, caplog, why):
    expected = local_embedder(embeddings.spec()).embed(["the moon"], "passage")
    if why == "no wheel":
        monkeypatch.setitem(sys.modules, "openvino", None)  # how an import is made to fail
    else:
        monkeypatch.setattr("library.ai.runtimes.weights.WORDS", "embeddings.of_another_name")
    made = local.load(embeddings.spec())
    assert isinstance(made, TransformerEmbedder)
    assert "sentence-transformers does" in caplog.text
    assert float((made.embed(["the moon"], "passage") * expected).sum()) > 0.995


@pytest.fixture
def no_torch(monkeypatch):
    """As `make install` leaves it, without `make install-torch`."""
    for name in ("torch", "transformers", "sentence_transformers"):
        monkeypatch.setitem(sys.modules, name, None)  # how an import is made to fail
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if sys.modules.get(name, 0) is None else find(name, *rest)
    )


@pytest.fixture
def another_model(settings, tmp_path, monkeypatch):
    """The settings name a model that is no BERT, by a package that carries its weights."""
    package = tmp_path / "a_model_of_another_kind"
    shutil.copytree(weights(embeddings.spec()), package / "model", symlinks=True)
    config = package / "model" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"model_type": "mpnet"}))
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    entry = settings.EMBEDDING_MODELS[settings.EMBEDDING_MODEL] | {"package": package.name, "url": ""}
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "another": entry}
    return embeddings.spec("another")


def test_model_that_is_no_bert_without_torch_names_the_command_that_installs_it(another_model, no_torch):
    with pytest.raises(ConfigError, match=r"The model another .* `make install-torch`.*EXTRA=torch"):
        local_embedder(another_model)


def test_what_cannot_run_is_said_before_anything_starts(another_model, no_torch):
    (fault,) = models_that_run_here_can(None)
    assert (fault.id, fault.is_serious()) == ("ai.E001", True)
    assert "`make install-torch`" in fault.msg


def test_nothing_is_said_where_it_runs_elsewhere_or_is_installed(another_model, settings, request):
    assert models_that_run_here_can(None) == []
    request.getfixturevalue("no_torch")
    settings.EMBEDDING_MODELS["another"]["url"] = "http://127.0.0.1:9/v1"
    assert models_that_run_here_can(None) == []


def test_weights_that_are_not_there_are_said_before_anything_starts(settings):
    entry = settings.EMBEDDING_MODELS[settings.EMBEDDING_MODEL] | {"package": "no_such_package_here", "url": ""}
    settings.EMBEDDING_MODELS = {"gone": entry}
    settings.EMBEDDING_MODEL = "gone"
    assert [fault.id for fault in models_that_run_here_can(None)] == ["ai.E002"]


@pytest.mark.model
def test_without_torch_the_ordinary_model_runs_all_the_same(no_torch):
    assert models_that_run_here_can(None) == []
    assert local.load(embeddings.spec()).embed(["the moon"], "passage").shape == (1, 384)


@pytest.mark.model
def test_where_openvino_fails_and_torch_is_missing_the_command_is_named(no_torch, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ConfigError, match="make install-torch"):
        local.load(embeddings.spec())
