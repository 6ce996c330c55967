"""Where the sentences of an answer stand: each is found again on its page, or not shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse

from rag.answers.ports import Statement
from rag.answers.quotable import QuotableSentence
from rag.models import Document
from rag.text.printed_pages import PrintedPages, place_of, spanned
from rag.text.sentences import TextSpan, fold_space, gap


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
    last_page: int = 0  # where the sentence ends, if it runs over the end of its page; else 0
    on: str = ""  # START-END of its rest on that page
    printed: str = ""  # the number printed there, where the file says so: *iv*, *101–102*
    answering: tuple[tuple[int, int], ...] = ()  # the stretches of the quote that answer themselves

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The quote in pieces, each with whether it answers, for the page."""
        found, done = [], 0
        for start, end in self.answering:
            found += [(self.quote[done:start], False), (self.quote[start:end], True)]
            done = end
        return [piece for piece in [*found, (self.quote[done:], False)] if piece[0]]

    @property
    def place(self) -> str:
        """Where it stands, as people are told."""
        return place_of(self.page, self.last_page or self.page, self.printed)

    @property
    def marks(self) -> str:
        """What its page is asked to mark, as part of an address."""
        return marks(self.start, self.end, self.on)


@dataclass(frozen=True)
class AnswerSentence:
    text: str
    source_number: int


def cite(
    document: Document,
    pages: Mapping[int, str],
    statements: Sequence[Statement],
    printed: Mapping[int, PrintedPages] | None = None,
) -> tuple[list[AnswerSentence], list[Citation]]:
    """The statements whose source is found again on its page, or on both of its pages, numbered, each with its
    citation. ``printed``: what is printed on the pages."""
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    for statement in statements:
        spans = located(pages, statement.source)
        if not spans:
            continue
        citation = _citation(document, pages, spans, number=len(citations) + 1, score=statement.score)
        numbers = [(printed or {}).get(page, PrintedPages()).at(span.start, span.end) for page, span in spans]
        sentences.append(AnswerSentence(statement.text, citation.number))
        is_quoted = statement.text == citation.quote  # else the stretches are of other words
        marks = statement.answering if is_quoted else ()
        citations.append(replace(citation, printed=spanned(numbers), answering=marks))
    return sentences, citations


def located(pages: Mapping[int, str], source: QuotableSentence) -> list[tuple[int, TextSpan]]:
    """Where the sentence stands; empty unless all of it is found word for word, each part on its page."""
    if source.goes_on is None:
        span = locate(pages.get(source.page, ""), source.text, near=source.span)
        return [(source.page, span)] if span else []
    parts = [span.of(pages.get(page, "")) for page, span in source.places]
    is_whole = all(parts) and fold_space(gap(*parts).join(parts)) == fold_space(source.text)
    return list(source.places) if is_whole else []


def _citation(
    document: Document, pages: Mapping[int, str], spans: Sequence[tuple[int, TextSpan]], *, number: int, score: float
) -> Citation:
    (page, span), *rest = spans
    parts = [where.of(pages[one]) for one, where in spans]
    quote = fold_space(parts[0] if not rest else gap(*parts).join(parts))
    last_page, on = (rest[0][0], f"{rest[0][1].start}-{rest[0][1].end}") if rest else (0, "")
    url = page_url(document, page, span.start, span.end, on=on)
    return Citation(number, page, quote, round(score, 4), span.start, span.end, url, last_page, on)


def locate(page_text: str, quote: str, *, near: TextSpan | None = None) -> TextSpan | None:
    """Where ``quote`` stands on a page, white space aside, or ``None`` where it does not.

    ``near`` is looked at first, for a sentence that a page says twice.
    """
    if near is not None and fold_space(near.of(page_text)) == fold_space(quote):
        return near
    words = [re.escape(word) for word in quote.split()]
    match = re.search(r"\s+".join(words), page_text) if words else None
    return TextSpan(match.start(), match.end()) if match else None


def page_url(document: Document, page: int, start: int, end: int, *, on: str = "") -> str:
    """The stored text of a page with a stretch of it marked, and scrolled to; empty where no page of the library
    shows the document. ``on``: the stretch of the next page that belongs to it, as START-END."""
    if document.book_id is None:
        return ""
    return f"{reverse('rag:page', args=[document.book_id, page])}?{marks(start, end, on)}#mark"


def marks(start: int, end: int, on: str = "") -> str:
    """What a page is asked to mark, as part of an address: a stretch of it, and of the next page."""
    return f"mark={start}-{end}" + (f"&on={on}" if on else "")
