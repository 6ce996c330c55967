"""An answer is retrieved, judged, written and cited, one after the other, by parts that know only their own step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from django.utils import timezone

from accounts.tests.factories import make_user
from library.ai import embeddings
from rag.answers import services
from rag.answers.citations import cite
from rag.answers.evidence import Evidence
from rag.answers.extractive import ExtractiveWriter
from rag.answers.ports import AnswerWriter, Retriever, Statement
from rag.answers.quotable import QuotableSentence
from rag.indexes import spaces
from rag.models import Document, GenerationState, IndexGeneration, Page, Passage
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import DocumentRetriever
from rag.tests.factories import ask_book, make_digital_book, make_indexed_book
from rag.tests.tiny import TinyServer
from rag.text.sentences import TextSpan

PAGE = "Whales sing. Whales eat krill in the cold sea. It rained."


def sentence(text: str, passage: int = 0, page: int = 1) -> QuotableSentence:
    start = PAGE.find(text)
    return QuotableSentence(page, TextSpan(max(start, 0), max(start, 0) + len(text)), text, passage, 0.5)


def evidence(sentences: Sequence[QuotableSentence], scores: Sequence[float], hits: Sequence[float]) -> Evidence:
    vectors = np.eye(max(len(sentences), 1), 8, dtype=np.float32)[: len(sentences)]
    return Evidence([Hit(Passage(), score) for score in hits], {1: PAGE}, sentences, vectors, scores)


QUESTION = AskedQuestion("What do whales eat?", np.eye(1, 8, dtype=np.float32)[0])
KRILL, SING = sentence("Whales eat krill in the cold sea."), sentence("Whales sing.", passage=1)


@pytest.mark.parametrize(
    ("hits", "scores", "is_enough"),
    [
        ([0.41, 0.1], [0.2, 0.2], True),
        ([0.39, 0.1], [0.2, 0.2], False),
        ([0.1, 0.1], [0.46, 0.2], True),  # a fact buried among other matter
        ([0.1, 0.1], [0.44, 0.2], False),  # as near as any short text may be by chance
        ([], [], False),
    ],
)
def test_evidence_is_judged_by_its_best_passage_or_sentence(hits, scores, is_enough):
    found = [KRILL, SING][: len(scores)]
    assert evidence(found, scores, hits).is_enough(0.4) == is_enough


def test_the_passages_that_matter_are_those_with_the_best_sentence():
    found = evidence([KRILL, SING], [0.3, 0.9], [0.5, 0.4, 0.45])
    assert found.best_passages(2) == [1, 0]
    assert found.best_passages(9) == [1, 0, 2]


def test_only_sentences_of_the_chosen_passages_are_written_from():
    found = evidence([KRILL, SING], [0.3, 0.9], [0.5, 0.4]).of_passages([1])
    assert (found.sentences, found.scores, found.vectors.tolist()) == ([SING], [0.9], [np.eye(8)[1].tolist()])
    assert len(found.hits) == 2


def test_the_extractive_writer_says_what_the_text_says():
    writer: AnswerWriter = ExtractiveWriter()
    statements = writer.write(QUESTION, evidence([KRILL, SING], [0.8, 0.1], [0.5, 0.4]), threshold=0.4)
    assert list(statements) == [Statement(KRILL.text, KRILL, 0.8)]
    assert list(writer.write(QUESTION, evidence([], [], [0.5]), threshold=0.4)) == []


def test_only_what_stands_on_its_page_is_cited_and_numbers_have_no_gap():
    invented = sentence("Whales fly to the moon.")
    told = [Statement("They fly.", invented, 0.9), Statement("They eat krill.", KRILL, 0.81234)]
    sentences, citations = cite(Document(book_id=7), {1: PAGE}, told)
    assert [(made.text, made.source_number) for made in sentences] == [("They eat krill.", 1)]
    (only,) = citations
    assert (only.number, only.quote, only.score) == (1, KRILL.text, 0.8123)
    assert PAGE[only.start : only.end] == KRILL.text
    assert only.url == f"/books/7/pages/1/?mark={only.start}-{only.end}#mark"


class Parrot:
    """A writer in other words than the text's."""

    name = "parrot"

    def write(self, question: AskedQuestion, evidence: Evidence, *, threshold: float) -> list[Statement]:
        return [Statement(f"Asked {question.text!r}, I say so.", evidence.sentences[0], evidence.scores[0])]


@pytest.mark.django_db
@pytest.mark.model
@pytest.mark.usefixtures("embedder")
def test_another_writer_is_cited_as_ours_is_and_keeps_its_own_answers(monkeypatch):
    book, reader = make_indexed_book(), make_user()
    ours = ask_book(book, question="Why does bread rise?", viewer=reader)
    monkeypatch.setattr(services, "WRITER", Parrot())

    made = ask_book(book, question="Why does bread rise?", viewer=reader)

    assert (made.cached, made.writer, ours.writer) == (False, "parrot", "extractive")
    assert made.text == "Asked 'Why does bread rise?', I say so. [1]"
    page = Page.objects.get(generation__document__book=book, number=made.sources[0].page)
    assert (page.text or "")[made.sources[0].start : made.sources[0].end].split() == made.sources[0].quote.split()


@pytest.mark.django_db
def test_a_retriever_finds_in_its_document_alone(tiny: TinyServer, settings):
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, "tiny-8": tiny.model(8)}
    settings.EMBEDDING_MODEL = "tiny-8"
    space = spaces.space_of(embeddings.spec())
    vectors = np.eye(8, dtype=np.float32)
    generations = [_generation(space, vectors[:4]), _generation(space, vectors[4:], is_public=False)]
    asked = AskedQuestion("?", vectors[5])
    scopes: list[tuple[Retriever, set[object]]] = [
        (DocumentRetriever(generations[0]), {generations[0].pk}),
        (DocumentRetriever(generations[1]), {generations[1].pk}),
    ]
    for retriever, within in scopes:
        hits = retriever.retrieve(asked, 8)
        assert {hit.passage.generation_id for hit in hits} == within
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len(retriever.retrieve(asked, 2)) == 2
        assert (hits[0].score == 1) == (generations[1].pk in within)


def _generation(space, vectors, **values) -> IndexGeneration:
    document = Document.objects.create(book=make_digital_book(b"x", **values))
    generation = IndexGeneration.objects.create(
        document=document,
        space=space,
        model=space.model,
        dimensions=space.dimensions,
        chunker="c",
        source_sha256="a",
        state=GenerationState.READY,
        ready_at=timezone.now(),
        passage_count=len(vectors),
    )
    Passage.objects.bulk_create(
        Passage(
            generation=generation,
            space=space,
            ordinal=ordinal,
            first_page=1,
            last_page=1,
            start=0,
            end=1,
            text="t",
            text_hash=str(ordinal),
            embedding=vector,
        )
        for ordinal, vector in enumerate(vectors)
    )
    document.live_generation = generation
    document.save()
    return generation
