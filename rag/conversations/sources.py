"""The sources of answers that were given before, as they stand now: the book may have been read anew since, or be gone.

What is cited is looked for in what answers now: where it stood, then anywhere. What is found nowhere is shown as
removed, and so is everything of a document that is gone; of one that its reader may not read any more nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.answers.citations import Citation, locate, page_url
from rag.answers.values import CitedAnswer
from rag.conversations import queries
from rag.conversations.models import Conversation, Exchange
from rag.models import Document, Page
from rag.text.sentences import TextSpan, fold_space


@dataclass(frozen=True)
class ShownExchange:
    """An exchange for a page. ``removed``: numbers of sources that are gone."""

    exchange: Exchange
    answer: CitedAnswer | None
    removed: frozenset[int] = field(default_factory=frozenset)

    @property
    def quotations(self) -> list[tuple[str, Citation, bool]]:
        """Each sentence or, of a text in a writer's own words, each source: its words, its place, and whether that is
        gone."""
        if self.answer is None:
            return []
        pairs = [(sentence.text, source) for sentence, source in self.answer.quotations]
        pairs = pairs or [(source.quote, source) for source in self.answer.sources]
        return [(text, source, source.number in self.removed) for text, source in pairs]


def shown(conversation: Conversation, exchanges: Iterable[Exchange], viewer: Any) -> list[ShownExchange]:
    """``exchanges`` of one conversation with their sources as they stand now. At most two queries, none where no index
    has changed since."""
    document = conversation.document
    if document is not None and not document.visible_to(viewer):
        return [ShownExchange(exchange, None) for exchange in exchanges]
    pairs = [(exchange, queries.answer_of(exchange)) for exchange in exchanges]
    moved = [answer for exchange, answer in pairs if answer and _is_moved(exchange, document)]
    places = _places(document, [source for answer in moved for source in answer.sources])
    return [
        _shown(document, exchange, answer, places)
        if answer and _is_moved(exchange, document)
        else ShownExchange(exchange, answer)
        for exchange, answer in pairs
    ]


def _is_moved(exchange: Exchange, document: Document | None) -> bool:
    return document is None or exchange.generation_id is None or exchange.generation_id != document.live_generation_id


Places = Mapping[tuple[int, str], tuple[int, TextSpan, str]]  # by page and quote: page, stretch, its rest on the next


def _shown(document: Document | None, exchange: Exchange, answer: CitedAnswer, places: Places) -> ShownExchange:
    sources = [_moved(document, source, places.get((source.page, source.quote))) for source in answer.sources]
    removed = frozenset(source.number for source in sources if not source.url)
    return ShownExchange(exchange, replace(answer, sources=sources), removed)


def _moved(document: Document | None, source: Citation, place: tuple[int, TextSpan, str] | None) -> Citation:
    if document is None or place is None:
        return replace(source, url="")
    page, span, on = place
    last_page = page + 1 if on else 0
    printed = source.printed if page == source.page else ""
    url = page_url(document, page, span.start, span.end, on=on)
    return replace(
        source, page=page, start=span.start, end=span.end, url=url, last_page=last_page, on=on, printed=printed
    )


def _places(document: Document | None, sources: Sequence[Citation]) -> Places:
    """Where each quote stands in what answers now; what stands nowhere is left out."""
    if document is None or document.live_generation_id is None or not sources:
        return {}
    wanted = {(source.page, source.quote) for source in sources}
    pages = _pages(document, {number for page, _quote in wanted for number in (page, page + 1)})
    found = {key: place for key in wanted if (place := _on_page(pages, key[0], key[1]))}
    if len(found) < len(wanted):
        everything = _pages(document)
        for key in wanted - found.keys():
            places = (_on_page(everything, number, key[1]) for number in sorted(everything))
            if place := next(filter(None, places), None):
                found[key] = place
    return found


def _pages(document: Document, numbers: Iterable[int] | None = None) -> dict[int, str]:
    rows = Page.objects.filter(generation=document.live_generation_id)
    if numbers is not None:
        rows = rows.filter(number__in=numbers)
    return {number: text or "" for number, text in rows.values_list("number", "text")}


def _on_page(pages: Mapping[int, str], number: int, quote: str) -> tuple[int, TextSpan, str] | None:
    """Where ``quote`` stands on a page, or begins on it and ends on the next."""
    text = pages.get(number, "")
    if span := locate(text, quote):
        return number, span, ""
    words = quote.split()
    after = pages.get(number + 1, "")
    for count in range(len(words) - 1, 0, -1) if after and words[0] in text else ():
        first, rest = locate(text, " ".join(words[:count])), locate(after, " ".join(words[count:]))
        if first and rest and not fold_space(text[first.end :]) and not fold_space(after[: rest.start]):
            return number, first, f"{rest.start}-{rest.end}"
    return None
