"""An answer as it is given, and as it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from rag.answers.citations import AnswerSentence, Citation
from rag.answers.prose.markdown import rendered
from rag.text.printed_pages import place_of

MOST_TO_READ = 3  # passages beside an answer, or in its place


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
    prose: str = ""  # of a writer in its own words: Markdown with its marks as they are kept; ``text`` has them as [1]
    fell_back: bool = False  # the writer that was chosen gave nothing that stands: these are the book's words
    stopped: bool = False  # by whoever asked: a part, and what it cites stands

    @property
    def html(self) -> SafeString:
        """The prose for the page, its marks as links to what they stand for."""
        places = {source.number: (source.place, source.url) for source in self.sources}
        return rendered(self.prose, lambda number: mark_link(number, *places.get(number, ("", ""))))

    @property
    def quotations(self) -> list[tuple[AnswerSentence, Citation]]:
        """Each sentence with its source, for the page."""
        by_number = {source.number: source for source in self.sources}
        return [(sentence, by_number[sentence.source_number]) for sentence in self.sentences]

    @property
    def read_on(self) -> list[RetrievedPassage]:
        """The best passages on pages that nothing is quoted from, in the order of the book."""
        quoted = {page for source in self.sources for page in (source.page, source.last_page)}
        others: dict[int, RetrievedPassage] = {}
        for passage in self.passages:
            if passage.page not in quoted and len(others) < MOST_TO_READ:
                others.setdefault(passage.page, passage)
        return sorted(others.values(), key=lambda passage: passage.page)

    @property
    def nearest(self) -> list[RetrievedPassage]:
        """What comes nearest to a question that is not answered, the nearest first."""
        return [] if self.supported else self.passages[:MOST_TO_READ]


WRITTEN = ("by_meaning", "prose", "fell_back", "stopped")


def mark_link(number: int, place: str, url: str) -> SafeString:
    """A mark in a text: a link to the page that it stands for, where the library shows that."""
    if not url:
        return format_html('<span class="cite" title="{}">{}</span>', place, number)
    return format_html('<a class="cite" href="{}" title="{}">{}</a>', url, place, number)


def packed(answer: CitedAnswer) -> dict[str, Any]:
    """An answer as plain values, so that what is in the cache depends on no class."""
    return {
        "text": answer.text,
        "supported": answer.supported,
        "writer": answer.writer,
        "sentences": [vars(sentence) for sentence in answer.sentences],
        "sources": [vars(source) for source in answer.sources],
        "passages": [vars(passage) for passage in answer.passages],
        **{name: getattr(answer, name) for name in WRITTEN},
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
        **{name: values[name] for name in WRITTEN},
    )
