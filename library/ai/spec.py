"""What an embedding model is, and what turns texts into vectors: the words that everything about models shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]
else:
    Vectors = Any  # most processes know models and never see a vector: whoever computes with one loads numpy
# What a model computes with: float32, bfloat16 in its products, or what is quickest here and good enough (ADR 23).
Dtype = Literal["auto", "float32", "bfloat16"]
# What a text is to others: a reader's own words, or what those are compared with. Some models read the two differently.
Kind = Literal["question", "passage"]


KINDS: tuple[Kind, ...] = ("question", "passage")
Thresholds = tuple[tuple[str, float], ...]  # cosines by language, "" for every other


@dataclass(frozen=True)
class ModelSpec:
    """One entry of ``settings.EMBEDDING_MODELS``."""

    name: str
    package: str  # the Python package that carries the weights; empty for a model that runs elsewhere
    dimensions: int
    window: int  # word-pieces that it reads, the two special ones included
    thresholds: Thresholds  # below this cosine nothing supports an answer
    record_thresholds: Thresholds  # below this cosine a catalogue record is not about what was asked
    url: str  # an OpenAI-shaped server; empty: the embedder process of this machine
    alpha: float = 0.5  # what its order counts beside that by words, 0 to 1
    by_share: bool = False  # words count less where a text has few of the question's
    file: str = ""  # the one file of the package, for a model that is one; else the package has a folder `model`
    question_prefix: str = ""  # what the model wants to read before each text of a kind
    passage_prefix: str = ""
    centres: Path | None = None  # a file with the mean vectors of questions and of passages, float32 (2, dimensions)

    def threshold(self, language: str = "") -> float:
        """The lowest cosine of what supports an answer in ``language``, a tag such as `zh` or `zh-Hant`."""
        return _of_language(self.thresholds, language)

    def record_threshold(self, language: str = "") -> float:
        """The lowest cosine of a record that is about what was asked in ``language``."""
        return _of_language(self.record_thresholds, language)

    def prefix(self, kind: Kind) -> str:
        return self.question_prefix if kind == "question" else self.passage_prefix

    def prefixed(self, texts: Sequence[str], kind: Kind) -> list[str]:
        """The texts as the model itself reads them: whoever runs it, or asks a server that does, puts the prefix."""
        prefix = self.prefix(kind)
        return [prefix + text for text in texts]

    def compared(self, vectors: npt.NDArray[np.floating], kind: Kind) -> Vectors:
        """What the model gives, (n, dimensions), as the library compares it: float32, unit length, less its centre.

        Some models put all texts into one corner of their space, so that any two are alike: the mean of many texts is
        taken off before (Mu and Viswanath 2018, arXiv:1702.01417), one for questions and one for passages.
        """
        if self.centres is None:
            return unit(vectors)
        return unit(unit(vectors) - _centres(self.centres)[KINDS.index(kind)])


class Embedder(Protocol):
    """Something that turns texts into vectors."""

    def embed(self, texts: Sequence[str], kind: Kind) -> Vectors:
        """One vector for each text: float32 of shape (n, dimensions), unit length. Errors: ``EmbedderUnavailable``.

        Vectors of questions are compared with those of passages, and passages with one another.
        """
        ...


def _of_language(thresholds: Thresholds, language: str) -> float:
    found = dict(thresholds)
    return found.get(language.split("-")[0].lower(), found[""])


@cache
def _centres(path: Path) -> Vectors:
    import numpy as np

    found: Vectors = np.load(path)
    return found


def unit(vectors: npt.NDArray[np.floating]) -> Vectors:
    """``vectors``, shape (n, d), each scaled to length one as float32; a zero vector stays zero."""
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
    return scaled
