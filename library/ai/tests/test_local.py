from __future__ import annotations

import sys

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured

from library.ai import embeddings
from library.ai.runtimes import local
from library.ai.runtimes.local import count_pieces, local_embedder
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
    together = embedder.embed(texts)
    alone = np.concatenate([embedder.embed([text]) for text in texts])
    assert together.dtype == np.float32
    assert (np.einsum("nd,nd->n", together, alone) > 0.99).all()


@pytest.mark.model
def test_one_model_for_the_whole_process():
    assert local_embedder(embeddings.spec()) is local_embedder(embeddings.spec())


@pytest.mark.model
@pytest.mark.parametrize("why", ["no wheel", "other names"])
def test_where_openvino_does_not_run_another_runtime_does(monkeypatch, caplog, why):
    expected = local_embedder(embeddings.spec()).embed(["the moon"])
    if why == "no wheel":
        monkeypatch.setitem(sys.modules, "openvino", None)  # how an import is made to fail
    else:
        monkeypatch.setattr("safetensors.numpy.load_file", lambda path: {"model.weight": np.zeros(3)})
    made = local._loaded.__wrapped__(embeddings.spec())
    assert isinstance(made, TransformerEmbedder)
    assert "sentence-transformers does" in caplog.text
    assert float((made.embed(["the moon"]) * expected).sum()) > 0.995
