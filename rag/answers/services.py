"""An answer to a question about one document, with the pages that it stands on. Loads no AI library."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.limits import services as limits
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.search.fold import fold
from rag import errors, queries
from rag.answers import chapters
from rag.answers import evidence as evidences
from rag.answers.citations import AnswerSentence, Citation, cite
from rag.answers.extractive import ExtractiveWriter
from rag.answers.ports import AnswerWriter, Retriever
from rag.answers.values import CitedAnswer, RetrievedPassage, packed, unpacked
from rag.models import Document, IndexGeneration
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import DocumentRetriever
from rag.retrieval.printed import printed_on, printed_on_each
from rag.text.sentences import fold_space

LONGEST_QUESTION = 1_000
MOST_PASSAGES = 20
DEFAULT_PASSAGES = 5
FIRST_PASSAGES = 8  # the gate looks at the sentences of these, even where fewer are asked for
CACHE_FORMAT = 7  # raise when what is kept changes its shape
WRITER: AnswerWriter = ExtractiveWriter()


def answer(*, document: Document, question: str, viewer: Any, num_chunks: int = DEFAULT_PASSAGES) -> CitedAnswer:
    """Answer ``question`` from ``document`` for ``viewer``, out of at most ``num_chunks`` passages.

    An answer that must be made counts against the hourly limit of the viewer's tier. Errors: ``BookConfidential``,
    ``DocumentConfidential``, ``QuestionInvalid``, ``IndexNotReady``, ``RateLimited``. Where the part that understands
    questions does not answer, passages come by the question's words (``by_meaning`` false), and are not kept.
    """
    document.check_visible_to(viewer)
    question = checked(question, num_chunks)
    generation = queries.live_generation(document)
    cached_answer = cache.get(cache_key(document, question, viewer, num_chunks, generation))
    if cached_answer is not None:
        return unpacked(cached_answer, question)
    try:
        key, made = _made(document, generation, question, num_chunks, viewer)
    except EmbedderUnavailable:
        return answer_by_words(generation, question, num_chunks)
    cache.set(key, packed(made), settings.ANSWER_CACHE_SECONDS)
    return made


def _made(
    document: Document, generation: IndexGeneration, question: str, num_chunks: int, viewer: Any
) -> tuple[str, CitedAnswer]:
    """An answer and what to keep it by, counted as a question. Errors: ``EmbedderUnavailable``: that costs nothing."""
    key = cache_key(document, question, viewer, num_chunks, generation)
    with limits.question_of(viewer):
        made = write_answer(document, generation, question, num_chunks)
        while not made.supported and (newer := queries.live_generation(queries.read_again(document))) != generation:
            # Its index gave way to a newer one while we read: nothing that it does not say is to be believed.
            generation, key = newer, cache_key(document, question, viewer, num_chunks, newer)
            made = write_answer(document, generation, question, num_chunks)
    return key, made


def kept(*, document: Document, question: str, viewer: Any, num_chunks: int = DEFAULT_PASSAGES) -> CitedAnswer | None:
    """The answer to ``question`` that was made before; ``None`` where it would have to be made. Costs nothing.

    Errors: as ``answer``, but for those of making it.
    """
    document.check_visible_to(viewer)
    question = checked(question, num_chunks)
    cached_answer = cache.get(cache_key(document, question, viewer, num_chunks, queries.live_generation(document)))
    return None if cached_answer is None else unpacked(cached_answer, question)


def checked(question: str, num_chunks: int = DEFAULT_PASSAGES) -> str:
    """The question without white space around it. Errors: ``QuestionInvalid``."""
    question = fold_space(question)
    if not 1 <= len(question) <= LONGEST_QUESTION or "\x00" in question:
        sentence = _("Ask a question of 1 to {most} characters.").format(most=LONGEST_QUESTION)
        raise errors.QuestionInvalid(sentence, fields={"question": [sentence]})
    if not 1 <= num_chunks <= MOST_PASSAGES:
        sentence = _("Between 1 and {most} passages can be asked for.").format(most=MOST_PASSAGES)
        raise errors.QuestionInvalid(sentence, fields={"num_chunks": [sentence]})
    return question


def cache_key(document: Document, question: str, viewer: Any, num_chunks: int, generation: IndexGeneration) -> str:
    """All that an answer depends on. A new index has a new id, so answers from the old one are never seen again."""
    parts = (
        CACHE_FORMAT,
        f"document:{document.pk}",
        "staff" if viewer.is_staff else "reader",
        get_language() or "",
        fold(question),
        num_chunks,
        generation.pk,
        generation.model,
        WRITER.name,
    )
    return "answer:" + hashlib.sha256("\x00".join(map(str, parts)).encode()).hexdigest()


def write_answer(document: Document, generation: IndexGeneration, question: str, num_chunks: int) -> CitedAnswer:
    """Retrieve, judge, write, cite; a chapter is told by its own sentences. Errors: ``EmbedderUnavailable``."""
    if (chapter := chapters.told(document, generation, question)) is not None:
        sentences, citations = cite(document, chapter.pages, chapter.statements, chapter.printed)
        if citations:
            return _put_together(question, sentences, citations, [])
    model = embeddings.spec(generation.model)
    embedder = embeddings.for_questions(generation.model)
    retriever: Retriever = DocumentRetriever(generation)
    asked = AskedQuestion(question, embedder.embed([question], "question")[0])
    hits = retriever.retrieve(asked, max(num_chunks, FIRST_PASSAGES))
    evidence = evidences.gather(document, generation, asked, hits, embedder)
    ranks = evidence.best_passages(num_chunks)
    threshold = model.threshold(evidence.read_as)
    is_enough = evidence.is_enough(threshold)
    statements = WRITER.write(asked, evidence.of_passages(ranks), threshold=threshold) if is_enough else []
    sentences, citations = cite(document, evidence.pages, statements, evidence.printed)
    passages = [_retrieved(hits[rank], printed_on(hits[rank].passage, evidence.printed)) for rank in ranks]
    return _put_together(question, sentences, citations, passages)


def answer_by_words(generation: IndexGeneration, question: str, num_chunks: int) -> CitedAnswer:
    """The passages with the most of the question's words; no sentence is chosen, for that takes its meaning."""
    hits = DocumentRetriever(generation).retrieve(AskedQuestion(question, None), num_chunks)
    printed = printed_on_each([hit.passage for hit in hits])
    passages = [_retrieved(hit, printed[hit.passage.pk]) for hit in hits]
    text = _("Found by words alone, no sentences chosen.") if passages else _("No passage has these words.")
    made = _put_together(question, [], [], passages)
    return replace(made, text=text, by_meaning=False)


def _retrieved(hit: Hit, printed: str) -> RetrievedPassage:
    first, last = hit.passage.first_page, hit.passage.last_page
    return RetrievedPassage(first, hit.score, hit.passage.text, last if last != first else 0, printed)


def _put_together(
    question: str,
    sentences: list[AnswerSentence],
    citations: list[Citation],
    passages: Sequence[RetrievedPassage],
) -> CitedAnswer:
    text = " ".join(f"{sentence.text} [{sentence.source_number}]" for sentence in sentences)
    return CitedAnswer(
        question=question,
        text=text or _("The book does not say."),
        supported=bool(citations),
        writer=WRITER.name,
        cached=False,
        sentences=sentences,
        sources=citations,
        passages=list(passages),
    )
