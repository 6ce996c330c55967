"""An answer to a question about one document, with the pages that it stands on. Loads no AI library."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.limits import services as limits
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.core.faults import deadline
from library.search.fold import fold
from rag import errors, queries
from rag.answers import answer_cache, chapters, writing
from rag.answers import evidence as evidences
from rag.answers.citations import AnswerSentence, Citation, cite
from rag.answers.extractive import ExtractiveWriter
from rag.answers.ports import AnswerWriter, Retriever
from rag.answers.prose import marks
from rag.answers.values import CitedAnswer, RetrievedPassage
from rag.answers.writing import Draft, Tell
from rag.models import Document, IndexGeneration
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import DocumentRetriever
from rag.retrieval.printed import printed_on, printed_on_each
from rag.text.sentences import fold_space

LONGEST_QUESTION = 1_000
MOST_PASSAGES = 20
DEFAULT_PASSAGES = 5
FIRST_PASSAGES = 8  # the gate looks at the sentences of these, even where fewer are asked for
CACHE_FORMAT = 8  # raise when what is kept changes its shape
WRITER: AnswerWriter = ExtractiveWriter()


def answer(
    *,
    document: Document,
    question: str,
    viewer: Any,
    num_chunks: int = DEFAULT_PASSAGES,
    is_shared: bool = True,
    tell: Tell = writing.nobody,
) -> CitedAnswer:
    """Answer ``question`` from ``document`` for ``viewer``, out of at most ``num_chunks`` passages.

    ``is_shared``: whether others may get the same answer, and this may be one of theirs. ``tell`` hears of each block
    of a text (``rag.answers.writing``). An answer that must be made counts against the hourly limit of the viewer's
    tier. Errors: ``BookConfidential``, ``DocumentConfidential``, ``QuestionInvalid``, ``IndexNotReady``,
    ``RateLimited``. Where the part that understands questions does not answer, passages come by the question's words
    (``by_meaning`` false), and are not kept.
    """
    document.check_visible_to(viewer)
    question = checked(question, num_chunks)
    generation = queries.live_generation(document)
    key = cache_key(document, question, viewer, num_chunks, generation)
    if is_shared and (found := answer_cache.asked(key, question)):
        return found

    def by_words() -> CitedAnswer:
        return answer_by_words(generation, question, num_chunks)

    def make() -> CitedAnswer:
        try:
            key, made = _made(document, generation, question, num_chunks, viewer, tell)
        except EmbedderUnavailable:
            return by_words()
        if is_shared:
            answer_cache.keep(key, made)
        return made

    # A worker has the time to make it alone, if whoever began it died.
    otherwise = make if deadline.left() is None else by_words
    return answer_cache.made_once(key, question, make, otherwise) if is_shared else make()


def _made(
    document: Document, generation: IndexGeneration, question: str, num_chunks: int, viewer: Any, tell: Tell
) -> tuple[str, CitedAnswer]:
    """An answer and what to keep it by, counted as a question. Errors: ``EmbedderUnavailable``: that costs nothing."""
    key = cache_key(document, question, viewer, num_chunks, generation)
    with limits.question_of(viewer):
        made = write_answer(document, generation, question, num_chunks, tell)
        while not made.supported and (newer := queries.live_generation(queries.read_again(document))) != generation:
            # Its index gave way to a newer one while we read: nothing that it does not say is to be believed.
            generation, key = newer, cache_key(document, question, viewer, num_chunks, newer)
            made = write_answer(document, generation, question, num_chunks, tell)
    return key, made


def kept(*, document: Document, question: str, viewer: Any, num_chunks: int = DEFAULT_PASSAGES) -> CitedAnswer | None:
    """The answer to ``question`` that was made before; ``None`` where it would have to be made. Costs nothing.

    Errors: as ``answer``, but for those of making it.
    """
    document.check_visible_to(viewer)
    question = checked(question, num_chunks)
    key = cache_key(document, question, viewer, num_chunks, queries.live_generation(document))
    return answer_cache.find(key, question)


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


def write_answer(
    document: Document, generation: IndexGeneration, question: str, num_chunks: int, tell: Tell = writing.nobody
) -> CitedAnswer:
    """Retrieve, judge, write, cite; a chapter is told by its own sentences. ``tell`` as in ``rag.answers.writing``.

    Errors: ``EmbedderUnavailable``.
    """
    if (chapter := chapters.told(document, generation, question)) is not None:
        draft = Draft(ExtractiveWriter.name, list(chapter.statements))
        sentences, citations = cite(document, chapter.pages, draft.statements, chapter.printed)
        if citations:
            return _put_together(question, draft, sentences, citations, [])
    model = embeddings.spec(generation.model)
    embedder = embeddings.for_questions(generation.model)
    retriever: Retriever = DocumentRetriever(generation)
    asked = AskedQuestion(question, embedder.embed([question], "question")[0])
    hits = retriever.retrieve(asked, max(num_chunks, FIRST_PASSAGES))
    evidence = evidences.gather(document, generation, asked, hits, embedder)
    ranks = evidence.best_passages(num_chunks)
    threshold = model.threshold(evidence.read_as)
    is_enough = evidence.is_enough(threshold)
    draft = Draft(WRITER.name, [])
    if is_enough:
        draft = writing.write(WRITER, asked, evidence.of_passages(ranks), threshold=threshold, tell=tell)
    sentences, citations = cite(document, evidence.pages, draft.statements, evidence.printed)
    passages = [_retrieved(hits[rank], printed_on(hits[rank].passage, evidence.printed)) for rank in ranks]
    return _put_together(question, draft, sentences, citations, passages)


def answer_by_words(generation: IndexGeneration, question: str, num_chunks: int) -> CitedAnswer:
    """The passages with the most of the question's words; no sentence is chosen, for that takes its meaning."""
    hits = DocumentRetriever(generation).retrieve(AskedQuestion(question, None), num_chunks)
    printed = printed_on_each([hit.passage for hit in hits])
    passages = [_retrieved(hit, printed[hit.passage.pk]) for hit in hits]
    text = _("Found by words alone, no sentences chosen.") if passages else _("No passage has these words.")
    made = _put_together(question, Draft(WRITER.name, []), [], [], passages)
    return replace(made, text=text, by_meaning=False)


def _retrieved(hit: Hit, printed: str) -> RetrievedPassage:
    first, last = hit.passage.first_page, hit.passage.last_page
    return RetrievedPassage(first, hit.score, hit.passage.text, last if last != first else 0, printed)


def _put_together(
    question: str,
    draft: Draft,
    sentences: list[AnswerSentence],
    citations: list[Citation],
    passages: Sequence[RetrievedPassage],
) -> CitedAnswer:
    quoted = " ".join(f"{sentence.text} [{sentence.source_number}]" for sentence in sentences)
    text = marks.plain(draft.prose) or quoted
    return CitedAnswer(
        question=question,
        text=text or ("" if draft.stopped else _("The book does not say.")),
        supported=bool(citations),
        writer=draft.writer,
        cached=False,
        sentences=[] if draft.prose else sentences,
        sources=citations,
        passages=list(passages),
        prose=draft.prose,
        fell_back=draft.fell_back,
        stopped=draft.stopped,
    )
