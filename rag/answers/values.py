"""An answer as it is given, and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.answers.citations import AnswerSentence, Citation
from rag.text.printed_pages import place_of


@dataclass(frozen=True)
class RetrievedPassage:
    """A passage that came back for the question."""

    page: int
    score: float
    text: str
    last_page: int = 0  # where it ends; 0 where that is the same
    printed: str = ""  # the numbers printed there, where the file says so

    @property
    def place(self) -> str:
        """Where it stands, as people are told."""
        return place_of(self.page, self.last_page or self.page, self.printed)


@dataclass(frozen=True)
class CitedAnswer:
    """What the text says, or that it does not say it."""

    question: str
    text: str
    supported: bool
    writer: str
    cached: bool
    sentences: list[AnswerSentence]
    sources: list[Citation]
    passages: list[RetrievedPassage]
    by_meaning: bool = True  # false: passages with the words of the question, and no sentence was chosen of them

    @property
    def quotations(self) -> list[tuple[AnswerSentence, Citation]]:
        """Each sentence with its source, for the page."""
        by_number = {source.number: source for source in self.sources}
        return [(sentence, by_number[sentence.source_number]) for sentence in self.sentences]


def packed(answer: CitedAnswer) -> dict[str, Any]:
    """An answer as plain values, so that what is in the cache depends on no class."""
    return {
        "text": answer.text,
        "supported": answer.supported,
        "writer": answer.writer,
        "sentences": [vars(sentence) for sentence in answer.sentences],
        "sources": [vars(source) for source in answer.sources],
        "passages": [vars(passage) for passage in answer.passages],
    }


def unpacked(values: Mapping[str, Any], question: str) -> CitedAnswer:
    """The answer that ``packed`` made, to ``question`` as it is asked now."""
    return CitedAnswer(
        question=question,
        text=values["text"],
        supported=values["supported"],
        writer=values["writer"],
        cached=True,
        sentences=[AnswerSentence(**sentence) for sentence in values["sentences"]],
        sources=[Citation(**source) for source in values["sources"]],
        passages=[RetrievedPassage(**passage) for passage in values["passages"]],
    )
