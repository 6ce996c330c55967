"""An answer to a question about one book, with the pages that it stands on. Loads no AI library."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.limits import services as limits
from catalog.access import check_may_read
from catalog.models import Book
from library.ai import embeddings
from library.search.fold import fold
from rag import errors, queries
from rag.answers import extractive
from rag.models import IndexGeneration, Page, Passage
from rag.retrieval import in_book
from rag.retrieval.in_book import Hit
from rag.text import passage_parts
from rag.text.sentences import Span, fold_space

LONGEST_QUESTION = 1_000
MOST_PASSAGES = 20
DEFAULT_PASSAGES = 5
FIRST_PASSAGES = 8  # the gate looks at the sentences of these, even where fewer are asked for
ALONE = 0.05  # so much nearer a sentence must be where no passage is near: short texts are near to more by chance
CACHE_FORMAT = 2  # raise when what is kept changes its shape


@dataclass(frozen=True)
class Source:
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


@dataclass(frozen=True)
class Retrieved:
    """A passage that came back for the question."""

    page: int
    score: float
    text: str


@dataclass(frozen=True)
class Answer:
    """What the book says, or that it does not say it."""

    question: str
    text: str
    supported: bool
    writer: str
    cached: bool
    sentences: list[AnswerSentence]
    sources: list[Source]
    passages: list[Retrieved]

    @property
    def quotations(self) -> list[tuple[AnswerSentence, Source]]:
        """Each sentence with its source, for the page."""
        by_number = {source.number: source for source in self.sources}
        return [(sentence, by_number[sentence.source_number]) for sentence in self.sentences]


def answer(*, book: Book, question: str, viewer: Any, num_chunks: int = DEFAULT_PASSAGES) -> Answer:
    """Answer ``question`` from ``book`` for ``viewer``, out of at most ``num_chunks`` passages.

    An answer that must be made counts against the hourly limit of the viewer's tier. Errors: ``BookConfidential``,
    ``QuestionInvalid``, ``IndexNotReady``, ``RateLimited``, ``EmbedderUnavailable``.
    """
    check_may_read(viewer, book)
    question = checked(question, num_chunks)
    generation = queries.live_generation(book)
    key = cache_key(book, question, viewer, num_chunks, generation)
    kept = cache.get(key)
    if kept is not None:
        return replace(_unpacked(kept), question=question, cached=True)
    with limits.question_of(viewer):
        made = _made(book, question, num_chunks, generation)
        while not made.supported and (newer := queries.live_generation(book)) != generation:
            # Its index gave way to a newer one while we read: nothing that it does not say is to be believed.
            generation, key = newer, cache_key(book, question, viewer, num_chunks, newer)
            made = _made(book, question, num_chunks, generation)
    cache.set(key, _packed(made), settings.ANSWER_CACHE_SECONDS)
    return made


def kept(*, book: Book, question: str, viewer: Any, num_chunks: int = DEFAULT_PASSAGES) -> Answer | None:
    """The answer to ``question`` that was made before; ``None`` where it would have to be made. Costs nothing.

    Errors: as ``answer``, but for those of making it.
    """
    check_may_read(viewer, book)
    question = checked(question, num_chunks)
    key = cache_key(book, question, viewer, num_chunks, queries.live_generation(book))
    found = cache.get(key)
    return None if found is None else replace(_unpacked(found), question=question, cached=True)


def checked(question: str, num_chunks: int) -> str:
    """The question without white space around it. Errors: ``QuestionInvalid``."""
    question = fold_space(question)
    if not 1 <= len(question) <= LONGEST_QUESTION or "\x00" in question:
        sentence = _("Ask a question of 1 to {most} characters.").format(most=LONGEST_QUESTION)
        raise errors.QuestionInvalid(sentence, fields={"question": [sentence]})
    if not 1 <= num_chunks <= MOST_PASSAGES:
        sentence = _("Between 1 and {most} passages can be asked for.").format(most=MOST_PASSAGES)
        raise errors.QuestionInvalid(sentence, fields={"num_chunks": [sentence]})
    return question


def cache_key(book: Book, question: str, viewer: Any, num_chunks: int, generation: IndexGeneration) -> str:
    """All that an answer depends on. A new index has a new id, so answers from the old one are never seen again."""
    parts = (
        CACHE_FORMAT,
        f"book:{book.pk}",
        "staff" if viewer.is_staff else "reader",
        get_language() or "",
        fold(question),
        num_chunks,
        generation.pk,
        generation.model,
        extractive.NAME,
    )
    return "answer:" + hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def _made(book: Book, question: str, num_chunks: int, generation: IndexGeneration) -> Answer:
    model = embeddings.spec(generation.model)
    embedder = embeddings.for_questions(generation.model)
    asked = embedder.embed([question])[0]
    hits = in_book.search_book(generation, asked, max(num_chunks, FIRST_PASSAGES))
    texts = _pages_of(generation, [hit.passage for hit in hits])
    found = _candidates(hits, texts, book.language)
    vectors = embedder.embed([fold_space(candidate.text) for candidate in found])
    scores = [float(score) for score in vectors @ asked]
    best = max([hit.score for hit in hits] + [score - ALONE for score in scores], default=0.0)
    kept = _first(hits, found, scores, num_chunks)
    allowed = [index for index, candidate in enumerate(found) if candidate.passage in kept]
    chosen = (
        extractive.choose(
            question,
            [found[i] for i in allowed],
            vectors[allowed],
            [scores[i] for i in allowed],
            threshold=model.threshold,
        )
        if best >= model.threshold
        else []
    )
    sources = _sources(book, texts, chosen)
    passages = [Retrieved(hits[rank].passage.first_page, hits[rank].score, hits[rank].passage.text) for rank in kept]
    return _written(question, sources, passages)


def _first(
    hits: Sequence[Hit], found: Sequence[extractive.Candidate], scores: Sequence[float], count: int
) -> list[int]:
    """The ranks of the ``count`` passages that matter: by their own score or, where a fact is buried among other
    matter, by that of their best sentence, whichever is better."""
    worth = [hit.score for hit in hits]
    for candidate, score in zip(found, scores, strict=True):
        worth[candidate.passage] = max(worth[candidate.passage], score)
    return sorted(range(len(hits)), key=lambda rank: (-worth[rank], rank))[:count]


def _pages_of(generation: IndexGeneration, passages: Sequence[Passage]) -> dict[int, str]:
    """The text of each page on which one of ``passages`` stands."""
    numbers = {number for one in passages for number in range(one.first_page, one.last_page + 1)}
    found = Page.objects.filter(generation=generation, number__in=numbers)
    return {number: text or "" for number, text in found.values_list("number", "text")}


def _candidates(hits: Sequence[Hit], texts: Mapping[int, str], language: str) -> list[extractive.Candidate]:
    """The sentences that could be quoted, each once: neighbouring passages share some."""
    found: dict[tuple[int, Span], extractive.Candidate] = {}
    for rank, hit in enumerate(hits):
        passage = hit.passage
        parts = passage_parts.parts(passage.first_page, passage.start, passage.last_page, passage.end, texts)
        for candidate in extractive.candidates(
            parts, passage.text, passage=rank, score=hit.score, language=passage.language or language
        ):
            found.setdefault((candidate.page, candidate.span), candidate)
    return list(found.values())


def _sources(
    book: Book, texts: Mapping[int, str], chosen: Sequence[tuple[extractive.Candidate, float]]
) -> list[Source]:
    """Each chosen sentence, found again on its page; what cannot be found is not shown."""
    sources: list[Source] = []
    for candidate, score in chosen:
        span = extractive.locate(texts.get(candidate.page, ""), candidate.text, near=candidate.span)
        if span is not None:
            quote = fold_space(span.of(texts[candidate.page]))
            url = page_url(book.pk, candidate.page, span.start, span.end)
            number = len(sources) + 1
            sources.append(Source(number, candidate.page, quote, round(score, 4), span.start, span.end, url))
    return sources


def page_url(book_id: int, page: int, start: int, end: int) -> str:
    """The stored text of a page with a stretch of it marked, and scrolled to."""
    return f"{reverse('rag:page', args=[book_id, page])}?mark={start}-{end}#mark"


def _written(question: str, sources: list[Source], passages: list[Retrieved]) -> Answer:
    if not sources:
        text = _("The book does not say.")
        return Answer(question, text, False, extractive.NAME, False, [], [], passages)
    sentences = [AnswerSentence(source.quote, source.number) for source in sources]
    text = " ".join(f"{sentence.text} [{sentence.source_number}]" for sentence in sentences)
    return Answer(question, text, True, extractive.NAME, False, sentences, sources, passages)


def _packed(made: Answer) -> dict[str, Any]:
    """An answer as plain values, so that what is in the cache depends on no class."""
    return {
        "text": made.text,
        "supported": made.supported,
        "writer": made.writer,
        "sentences": [vars(sentence) for sentence in made.sentences],
        "sources": [vars(source) for source in made.sources],
        "passages": [vars(passage) for passage in made.passages],
    }


def _unpacked(kept: Mapping[str, Any]) -> Answer:
    return Answer(
        question="",
        text=kept["text"],
        supported=kept["supported"],
        writer=kept["writer"],
        cached=True,
        sentences=[AnswerSentence(**sentence) for sentence in kept["sentences"]],
        sources=[Source(**source) for source in kept["sources"]],
        passages=[Retrieved(**passage) for passage in kept["passages"]],
    )
