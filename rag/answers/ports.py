"""What an answer is made with: something that finds passages, and something that writes from them."""

from __future__ import annotations

from collections.abc import Iterable
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


@dataclass(frozen=True)
class Prose:
    """A piece, of any size, of an answer in a writer's own words. All of them together are Markdown, in which marks
    such as ``[101]`` name passages by the labels that ``rag.answers.prose.sources.labelled`` gives them."""

    text: str


class WriterFailed(Exception):
    """A writer that cannot write now: it is away, too slow, or gave nothing that can be used."""


class AnswerWriter(Protocol):
    """Makes an answer of evidence that was judged to be enough."""

    @property
    def name(self) -> str:
        """What readers and the API are told, and what a cached answer depends on."""
        ...

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> Iterable[Statement | Prose]:
        """The answer's sentences in their order, or its text piece by piece as it comes: nothing of that is believed,
        each block is checked before it is shown. ``threshold``: the model's own, below which nothing is near. Where
        nobody wants more of it, an iterator that can be closed is. Errors: ``WriterFailed``."""
        ...
