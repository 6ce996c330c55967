"""The two ways to run a model here give the vectors of sentence-transformers as it comes."""

from __future__ import annotations

import json
import random
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from library.ai import embeddings
from library.ai.runtimes import bert, bert_graph, bert_shape
from library.ai.runtimes.local import piece_maker, weights
from library.ai.runtimes.openvino import BATCH_PIECES, OpenVinoEmbedder, batches, padded, rounded
from library.ai.runtimes.sentence_transformers import TransformerEmbedder
from library.ai.spec import Dtype, Embedder, Vectors

# Manuals, mathematics, listings and stories, and words that the model knows by their letters only.
WORDS = ["The", "CSR", "mstatus", "holds", "the", "interrupt-enable", "stack", ";", "a", "functor", "maps", "arrows"]
WORDS += ["(define", "(square", "x)", "0x7ff3", "sfence.vma", "it", "rained", "all", "day", "naïveté", "図書館", "ß"]
NO_WORDS = [" ", "¿?"]


@cache
def texts() -> list[str]:
    """One word, a question, far more than the window, and all lengths between; at the end what holds no word at all."""
    chance = random.Random(5)
    mixed = [" ".join(chance.choices(WORDS, k=length)) for length in (2, 3, 7, 8, 9, 31, 60, 90, 120, 150, 400)]
    return ["moon", "What is a monad?", *mixed, *mixed[:4], *NO_WORDS]


def fast(dtype: Dtype) -> OpenVinoEmbedder:
    model = embeddings.spec()
    plain = bert.read(weights(model), piece_maker(model))
    assert plain is not None
    return OpenVinoEmbedder(model, plain, dtype=dtype)


@cache
def as_it_comes() -> Vectors:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(weights(embeddings.spec())), device="cpu", local_files_only=True)
    found: Vectors = model.encode(texts(), normalize_embeddings=True, show_progress_bar=False)
    return found


def worst(embedder: Embedder) -> float:
    """The least cosine with the vectors of a text as it should be; one without a word may be .02 off."""
    found = embedder.embed(texts(), "passage")
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    cosines = np.einsum("nd,nd->n", found, as_it_comes())
    assert cosines.min() >= 0.98
    return float(cosines[: -len(NO_WORDS)].min())


@pytest.mark.model
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.99999), ("bfloat16", 0.999), ("auto", 0.995)])
def test_vectors_are_those_of_sentence_transformers(dtype, least):
    assert worst(fast(dtype)) >= least


@pytest.mark.model
@pytest.mark.parametrize(("dtype", "least"), [("float32", 0.99999), ("bfloat16", 0.995)])
def test_any_other_model_runs_as_it_comes(dtype, least):
    assert worst(TransformerEmbedder(embeddings.spec(), weights(embeddings.spec()), dtype=dtype)) >= least


@pytest.mark.model
def test_no_texts_are_no_vectors():
    assert fast("auto").embed([], "passage").shape == (0, embeddings.spec().dimensions)


@pytest.mark.model
def test_threads_that_ask_together_get_their_own_vectors():
    embedder = fast("auto")
    alone = embedder.embed(texts(), "passage")
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _n: embedder.embed(texts(), "passage"), range(8)))
    assert all(np.allclose(each, alone, atol=1e-3) for each in found)


def test_batches_hold_every_text_once_and_are_not_too_large():
    lengths = [random.Random(3).randrange(0, 256) for _ in range(500)] + [0, 1, 5000]
    found = list(batches(lengths))
    assert sorted(index for batch in found for index in batch) == list(range(len(lengths)))
    for batch in found:
        longest = rounded(max(lengths[index] for index in batch))
        assert len(batch) == 1 or longest * len(batch) <= BATCH_PIECES


def test_padding_is_marked():
    ids, mask = padded([[101, 7, 102], [101, 102]])
    assert ids.tolist() == [[101, 7, 102, 0, 0, 0, 0, 0], [101, 102, 0, 0, 0, 0, 0, 0]]
    assert mask.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0]]


MODULES = [
    {"type": "sentence_transformers.models.Transformer", "path": ""},
    {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"},
]
CONFIG = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "layer_norm_eps": 1e-12,
}


def write(folder: Path, config: Any, modules: Any, pooling: dict[str, bool]) -> Path:
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "model.safetensors").touch()
    return folder


@pytest.mark.parametrize(("mode", "named"), [("mean_tokens", "mean"), ("cls_token", "first")])
def test_a_plain_bert_is_known_by_its_description(tmp_path, mode, named):
    shape = bert_shape.shape_of(write(tmp_path, CONFIG, MODULES, {f"pooling_mode_{mode}": True}))
    assert shape == bert_shape.Shape(layers=2, heads=2, epsilon=1e-12, pooling=named)


@pytest.mark.parametrize(
    ("config", "modules", "pooling"),
    [
        (CONFIG | {"model_type": "mpnet"}, MODULES, {"pooling_mode_mean_tokens": True}),
        (CONFIG | {"hidden_act": "relu"}, MODULES, {"pooling_mode_mean_tokens": True}),
        (CONFIG | {"position_embedding_type": "relative_key"}, MODULES, {"pooling_mode_mean_tokens": True}),
        (CONFIG, [*MODULES, {"type": "models.Dense", "path": ""}], {"pooling_mode_mean_tokens": True}),
        (CONFIG, MODULES, {"pooling_mode_max_tokens": True}),
        (CONFIG, MODULES, {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}),
        (CONFIG, MODULES[:1], {}),
        ([], {}, {}),
        ({}, MODULES, {"pooling_mode_mean_tokens": True}),
    ],
)
def test_anything_else_is_left_to_sentence_transformers(tmp_path, config, modules, pooling):
    assert bert_shape.shape_of(write(tmp_path, config, modules, pooling)) is None


def test_a_folder_without_a_description_is_none(tmp_path):
    assert bert_shape.shape_of(tmp_path) is None


class Small(dict[str, Any]):
    """The arrays of a model, by name."""

    def words(self, pieces: Any) -> Any:
        return self["embeddings.word_embeddings.weight"][pieces]


def small_weights() -> Small:
    """A BERT of one layer and eight dimensions."""
    chance = np.random.default_rng(3)
    sizes = {
        "query": (8, 8),
        "key": (8, 8),
        "value": (8, 8),
        "attention.output.dense": (8, 8),
        "intermediate.dense": (16, 8),
        "output.dense": (8, 16),
    }
    found: dict[str, Any] = {
        "embeddings.word_embeddings.weight": chance.normal(size=(20, 8)),
        "embeddings.position_embeddings.weight": chance.normal(size=(16, 8)),
        "embeddings.token_type_embeddings.weight": chance.normal(size=(2, 8)),
    }
    for name, size in sizes.items():
        part = f"attention.self.{name}" if name in ("query", "key", "value") else name
        found[f"encoder.layer.0.{part}.weight"] = chance.normal(size=size)
        found[f"encoder.layer.0.{part}.bias"] = chance.normal(size=size[0])
    for name in ("embeddings", "encoder.layer.0.attention.output", "encoder.layer.0.output"):
        found[f"{name}.LayerNorm.weight"] = chance.normal(size=8)
        found[f"{name}.LayerNorm.bias"] = chance.normal(size=8)
    return Small({name: array.astype(np.float32) for name, array in found.items()})


@pytest.mark.model
@pytest.mark.parametrize("pooling", ["mean", "first"])
@pytest.mark.parametrize("in_bytes", [False, True])
def test_padding_changes_no_vector(pooling, in_bytes):
    """Neither where the first piece counts."""
    import openvino as ov

    shape = bert_shape.Shape(layers=1, heads=2, epsilon=1e-12, pooling=pooling)
    weights = small_weights()
    graph = bert_graph.build(weights, shape, in_bytes=in_bytes)
    run = ov.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    alone = run({"words": weights.words([[3, 5, 7]]), "mask": np.ones((1, 3), np.int64)})[0]
    two = weights.words([[3, 5, 7, 0, 0], [1, 2, 3, 4, 5]])
    beside = run({"words": two, "mask": np.array([[1, 1, 1, 0, 0], [1] * 5])})[0]
    assert beside.shape == (2, 8)
    assert np.allclose(alone[0], beside[0], atol=1e-4)
    assert not np.allclose(beside[0], beside[1], atol=1e-2)
