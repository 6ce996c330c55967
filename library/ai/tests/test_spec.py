"""What a model says of itself: thresholds by language, prefixes, and vectors less their centre."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from library.ai import embeddings
from library.ai.spec import ModelSpec, unit


@pytest.fixture
def plain(settings) -> ModelSpec:
    entry = {"dimensions": 2, "window": 8, "threshold": 0.4, "record_threshold": {"": 0.3, "zh": 0.5}}
    settings.EMBEDDING_MODELS = {"plain": entry}
    return embeddings.spec("plain")


@pytest.mark.parametrize(
    ("language", "least"), [("", 0.3), ("en", 0.3), ("zh", 0.5), ("zh-Hant", 0.5), ("ZH", 0.5), ("zho", 0.3)]
)
def test_a_threshold_holds_for_its_language_and_one_for_every_other(plain, language, least):
    assert plain.record_threshold(language) == least
    assert plain.threshold(language) == 0.4


def test_each_kind_has_its_prefix(plain):
    assert plain.prefixed(["a"], "question") == ["a"]
    told = replace(plain, question_prefix="q: ", passage_prefix="p: ")
    assert told.prefixed(["a", ""], "question") == ["q: a", "q: "]
    assert told.prefixed(["a"], "passage") == ["p: a"]


def test_without_centres_vectors_are_only_made_of_length_one(plain):
    assert np.allclose(plain.compared(np.array([[3.0, 4.0]]), "question"), [[0.6, 0.8]])


def test_the_centre_of_its_kind_is_taken_off(plain, tmp_path):
    np.save(tmp_path / "centres.npy", np.array([[0.6, 0.0], [0.0, 0.8]], np.float32))
    centred = replace(plain, centres=tmp_path / "centres.npy")
    vectors = np.array([[3.0, 4.0], [1.0, 0.0]])
    assert np.allclose(centred.compared(vectors, "question"), [[0.0, 1.0], [1.0, 0.0]], atol=1e-6)
    assert np.allclose(centred.compared(vectors, "passage"), unit(np.array([[0.6, 0.0], [1.0, -0.8]])), atol=1e-6)
    assert centred.compared(np.zeros((0, 2)), "passage").shape == (0, 2)
