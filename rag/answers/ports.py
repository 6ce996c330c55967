"""What an answer is made with: something that finds passages, and something that writes from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answers.evidence import Evidence
from rag.answers.quotable import QuotableSentence
from rag.retrieval.hits import AskedQuestion, Hit


class Retriever(Protocol):
    """Finds passages in what it was made for: one document, several, or all of the library that somebody may read."""

    def retrieve(self, question: AskedQuestion, k: int) -> list[Hit]:
        """The ``k`` passages nearest to ``question``, best first."""
        ...


@dataclass(frozen=True)
class Statement:
    """A sentence of an answer, and the sentence of the text that it stands on."""

    text: str
    source: QuotableSentence
    score: float  # cosine of the source and the question
    answering: tuple[tuple[int, int], ...] = ()  # stretches of the text, of a quotation, that answer themselves


class AnswerWriter(Protocol):
    """Makes sentences of evidence that was judged to be enough."""

    @property
    def name(self) -> str:
        """What readers and the API are told, and what a cached answer depends on."""
        ...

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Sequence[Statement]:
        """The answer's sentences in their order. ``threshold``: the model's own, below which nothing is near."""
        ...
