"""The golden questions asked of the demonstration books, as the library reads, cuts and searches them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from demo import FOLDER
from library.ai import embeddings
from library.ai.tests.embedder import EmbedderProcess
from library.search import texts
from rag.evaluation import golden
from rag.evaluation.evaluate import case_of, file_of
from rag.evaluation.golden import GoldenQuestion
from rag.evaluation.temporary import index_file, nothing_stays
from rag.ingest.pages import sections_of
from rag.ingest.pages import texts as texts_of
from rag.ingest.passages.cut import cut
from rag.models import IndexGeneration
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion
from rag.retrieval.in_documents import search_documents

pytestmark = [pytest.mark.model, pytest.mark.slow, pytest.mark.django_db]
QUESTIONS = golden.read(FOLDER / "golden")
ANSWERABLE = [one for one in QUESTIONS if one.is_answerable]
LANGUAGES = {one.book: one.language for one in QUESTIONS}
# PostgreSQL has no stop words for Arabic: to it "in" and "what" are words as any others.
FUNCTION_WORDS = {"ar": "في من ما إلى على هل كيف أي لم هي عن مع"}
FIRST = 5
LEAST_PASSAGES = 120


@pytest.fixture(scope="module")
def generations(
    django_db_setup: None, django_db_blocker: Any, embedder_process: EmbedderProcess
) -> Iterator[dict[str, IndexGeneration]]:
    """An index of each book that has questions, by the name of its file; gone with the last test here."""
    model = embeddings.spec()
    running = override_settings(EMBEDDER_SOCKET_FILE=embedder_process.announcement)
    with running, django_db_blocker.unblock(), nothing_stays(model):
        yield {
            book: index_file(file_of(FOLDER / "golden", book), model, language, lambda _line: None)
            for book, language in LANGUAGES.items()
        }


def test_each_book_is_in_one_language(generations):
    assert {name: generation.language for name, generation in generations.items()} == LANGUAGES


@pytest.mark.parametrize("name", sorted(settings.EMBEDDING_MODELS))
def test_each_book_is_long_by_whatever_model_it_is_cut_for(generations, name):
    model = embeddings.spec(name)
    cuts = {book: cut(texts_of(made), sections_of(made), model=model) for book, made in generations.items()}
    counts = {book: sum(1 for _one in passages) for book, passages in cuts.items()}
    assert {book: count for book, count in counts.items() if count < LEAST_PASSAGES} == {}
    if name == embeddings.spec().name:  # cut here as for an index
        assert counts == {book: made.passage_count for book, made in generations.items()}


def test_each_quotation_stands_on_one_page(generations):
    for one in ANSWERABLE:
        assert len(pages_of(generations, one)) == 1, one


def test_a_paraphrased_question_has_no_content_word_of_its_page(generations):
    for one in ANSWERABLE:
        if one.kind == "paraphrased":
            (number,) = pages_of(generations, one)
            page = generations[one.book].pages.get(number=number)
            words = content_words(one.question, one.language)
            assert words & content_words(page.text, one.language) == set(), one
            assert len(words) >= 3, one


def test_words_alone_do_not_find_what_is_asked_in_other_words(generations):
    hits = hits_of([one for one in ANSWERABLE if one.kind == "paraphrased"], generations, Blend(arms="bm25"))
    assert share(hits.values()) < 0.85


def hits_of(
    questions: list[GoldenQuestion], generations: Mapping[str, IndexGeneration], blend: Blend | None = None
) -> dict[GoldenQuestion, bool]:
    """Whether one of the first five passages touches the page, for each question; by the library's own way unless
    ``blend`` says another."""
    model = embeddings.spec()
    vectors = embeddings.for_bulk(model.name).embed([one.question for one in questions], "question")
    found = {}
    for one, vector in zip(questions, vectors, strict=True):
        case = case_of(one, generations[one.book])
        hits = search_documents([case.generation], AskedQuestion(one.question, vector), FIRST, blend=blend)
        found[one] = any(case.grades.get(label, 0) for hit in hits for label in case.label(hit.passage))
    return found


def share(values: Iterable[bool]) -> float:
    some = list(values)
    return sum(some) / len(some)


def pages_of(generations: Mapping[str, IndexGeneration], question: GoldenQuestion) -> list[int]:
    pages = generations[question.book].pages.order_by("number").values_list("number", "text")
    return golden.pages_with(question.quote, pages)


def content_words(text: str, language: str) -> set[str]:
    """Its lexemes as PostgreSQL reads them for the search, without those of function words."""
    return set(texts.lexemes(text, [language])) - set(texts.lexemes(FUNCTION_WORDS.get(language, ""), [language]))
