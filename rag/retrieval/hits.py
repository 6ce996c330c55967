"""What is looked for, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass

from library.ai.spec import Vectors
from rag.models import Passage
from rag.text.printed_pages import place_of


@dataclass(frozen=True)
class AskedQuestion:
    """A question in words, and its vector (float32, unit length) by the model of what is asked.

    ``vector``: ``None`` where nobody can say what it means now; then words alone find.
    """

    text: str
    vector: Vectors | None


@dataclass(frozen=True)
class Standing:
    """Why a hit stands where it does. Places count from 1, the best; ``None`` in an arm that did not bring it.

    ``dense`` is a cosine, ``bm25`` above 0 without an upper end, ``fused`` from 0 to 1. ``before`` and ``place``: where
    it stands by ``fused`` alone, and in the end.
    """

    dense_place: int | None
    dense: float | None
    bm25_place: int | None
    bm25: float | None
    fused: float
    before: int
    place: int


@dataclass(frozen=True)
class Hit:
    """A passage that came back, and how near it is to the question (cosine, -1 to 1; 0 where nobody can say).

    ``score`` is the cosine whichever arm brought the passage, so that thresholds mean the same for all.
    """

    passage: Passage
    score: float
    standing: Standing | None = None
    printed: str = ""  # the numbers printed there, where the file says so; for who shows it (``rag.retrieval.printed``)

    @property
    def place(self) -> str:
        """Where it stands, as people are told."""
        return place_of(self.passage.first_page, self.passage.last_page, self.printed)


@dataclass(frozen=True)
class RecordHit:
    """A book whose record came back, and how near that is to the question (as ``Hit.score``)."""

    book: int  # id
    score: float
    standing: Standing
