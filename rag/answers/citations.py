"""Where the sentences of an answer stand: each is found again on its page, or not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from rag.answers.ports import Statement
from rag.models import Document
from rag.text.sentences import TextSpan, fold_space


@dataclass(frozen=True)
class Citation:
    """Where a sentence of an answer stands."""

    number: int
    page: int
    quote: str  # verbatim text of the page, white space folded
    score: float  # cosine of the quote and the question
    start: int  # offsets into the stored text of the page
    end: int
    url: str


@dataclass(frozen=True)
class AnswerSentence:
    text: str
    source_number: int


def cite(
    document: Document, pages: Mapping[int, str], statements: Sequence[Statement]
) -> tuple[list[AnswerSentence], list[Citation]]:
    """The statements whose source is found again on its page, numbered, each with its citation."""
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    for statement in statements:
        source = statement.source
        span = locate(pages.get(source.page, ""), source.text, near=source.span)
        if span is None:
            continue
        number, quote = len(citations) + 1, fold_space(span.of(pages[source.page]))
        url = page_url(document, source.page, span.start, span.end)
        score = round(statement.score, 4)
        sentences.append(AnswerSentence(statement.text, number))
        citations.append(Citation(number, source.page, quote, score, span.start, span.end, url))
    return sentences, citations


def locate(page_text: str, quote: str, *, near: TextSpan | None = None) -> TextSpan | None:
    """Where ``quote`` stands on a page, white space aside, or ``None`` where it does not.

    ``near`` is looked at first, for a sentence that a page says twice.
    """
    if near is not None and fold_space(near.of(page_text)) == fold_space(quote):
        return near
    words = [re.escape(word) for word in quote.split()]
    match = re.search(r"\s+".join(words), page_text) if words else None
    return TextSpan(match.start(), match.end()) if match else None


def page_url(document: Document, page: int, start: int, end: int) -> str:
    """The stored text of a page with a stretch of it marked, and scrolled to; empty where no page of the library
    shows the document."""
    if document.book_id is None:
        return ""
    return f"{reverse('rag:page', args=[document.book_id, page])}?mark={start}-{end}#mark"
