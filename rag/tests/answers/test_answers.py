"""Answers stand on the book's own words, or are refused."""

from __future__ import annotations

import pytest
from django.utils import translation

from accounts.tests.factories import make_librarian, make_user
from catalog.errors import BookConfidential
from rag import errors
from rag.answers.services import cache_key
from rag.answers.values import CitedAnswer
from rag.models import Page
from rag.retrieval import in_documents
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion
from rag.tests import pdfs
from rag.tests.factories import ask_book, give_file, index, live_generation, make_digital_book, make_indexed_book

pytestmark = [pytest.mark.django_db, pytest.mark.model, pytest.mark.usefixtures("embedder")]


@pytest.fixture
def reader():
    return make_user()


@pytest.fixture
def book():
    return make_indexed_book()


def pages(found: CitedAnswer) -> list[int]:
    return [source.page for source in found.sources]


@pytest.mark.parametrize(
    ("question", "page", "word"),
    [
        ("What is the largest animal?", 2, "blue whale"),
        ("Why does bread rise?", 4, "yeast"),
        ("Who improved the steam engine?", 3, "Watt"),
        ("What is chlorophyll?", 1, "pigment"),
    ],
)
def test_answer_quotes_the_page_that_says_it(book, reader, question, page, word):
    found = ask_book(book, question=question, viewer=reader)
    assert found.supported
    assert found.writer == "extractive"
    assert found.sources[0].page == page
    assert word in found.sources[0].quote
    assert found.text.startswith(f"{found.sources[0].quote} [1]")


def test_every_quotation_stands_word_for_word_where_it_says(book, reader):
    found = ask_book(book, question="How do whales breathe and sleep?", viewer=reader, num_chunks=20)
    assert len(found.sources) >= 2
    for source in found.sources:
        text = Page.objects.get(generation__document__book=book, number=source.page).text or ""
        assert " ".join(text[source.start : source.end].split()) == source.quote
        assert source.url == f"/books/{book.pk}/pages/{source.page}/?mark={source.start}-{source.end}#mark"
    assert [sentence.source_number for sentence in found.sentences] == [source.number for source in found.sources]


def test_best_sentence_comes_first_and_the_rest_in_the_order_of_the_book(book, reader):
    found = ask_book(book, question="How do whales breathe and sleep?", viewer=reader)
    assert found.sources[0].score == max(source.score for source in found.sources)
    rest = [(source.page, source.start) for source in found.sources[1:]]
    assert rest == sorted(rest)


@pytest.mark.parametrize(
    "question", ["Who won the 1998 football world cup?", "How do I file my taxes?", "asdf qwer zxcv", "?"]
)
def test_book_that_does_not_say_so_says_so(book, reader, question):
    found = ask_book(book, question=question, viewer=reader)
    assert (found.supported, found.sources, found.sentences) == (False, [], [])
    assert found.text == "The book does not say."


def test_fact_buried_among_other_matter_is_found(reader):
    filler = [
        "The town council met on Monday to speak about the budget for the roads and the new roof of the school. "
        "The baker opened his second shop beside the church, and the price of flour went up again in the autumn. "
        "The choir sang in the hall while the rain fell on the square and the market was closed. "
        "Kangaroo rats never drink water in their whole life. "
        "The mayor promised a new bridge before the winter, and the newspaper printed his words on its first page."
    ]
    book = make_indexed_book(pdfs.as_bytes(pdfs.book([filler, *pdfs.CHAPTERS])))
    found = ask_book(book, question="Which animal never drinks water?", viewer=reader)
    assert found.supported
    assert "Kangaroo rats" in found.sources[0].quote


def test_second_time_comes_from_the_cache_however_it_is_written(book, reader, monkeypatch):
    first = ask_book(book, question="Why does bread rise?", viewer=reader)
    monkeypatch.setattr(in_documents, "search_documents", None)
    again = ask_book(book, question="  why does BREAD\nrise?", viewer=make_user())
    assert (first.cached, again.cached) == (False, True)
    assert (again.text, again.sources, again.passages) == (first.text, first.sources, first.passages)
    assert again.question == "why does BREAD rise?"


def test_refusal_is_cached_too(book, reader):
    assert not ask_book(book, question="Who won the cup?", viewer=reader).cached
    assert ask_book(book, question="Who won the cup?", viewer=reader).cached


def test_whatever_an_answer_depends_on_is_in_its_key(book, reader):
    generation = live_generation(book)
    keys = {
        cache_key(generation.document, "why?", reader, 5, generation),
        cache_key(generation.document, "how?", reader, 5, generation),
        cache_key(generation.document, "why?", reader, 6, generation),
        cache_key(generation.document, "why?", make_librarian(), 5, generation),
    }
    with translation.override("de"):
        keys.add(cache_key(generation.document, "why?", reader, 5, generation))
    assert len(keys) == 5


def test_new_index_forgets_old_answers(book, reader):
    ask_book(book, question="Why does bread rise?", viewer=reader)
    give_file(book, pdfs.as_bytes(pdfs.book(pdfs.CHAPTERS[:3])))
    assert index(book).state == "done"
    found = ask_book(book, question="Why does bread rise?", viewer=reader)
    assert (found.cached, found.supported) == (False, False)


def test_without_redis_answers_are_made_anew(book, reader, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///tmp/no-redis-here.sock?db=1"}}
    for _ in range(2):
        found = ask_book(book, question="Why does bread rise?", viewer=reader)
        assert (found.supported, found.cached) == (True, False)


@pytest.mark.parametrize("question", ["", "   ", "x" * 1001, "why\x00?"])
def test_question_that_is_none_is_refused(book, reader, question):
    with pytest.raises(errors.QuestionInvalid) as refused:
        ask_book(book, question=question, viewer=reader)
    assert "question" in refused.value.fields


@pytest.mark.parametrize("count", [0, -1, 21])
def test_number_of_passages_has_bounds(book, reader, count):
    with pytest.raises(errors.QuestionInvalid) as refused:
        ask_book(book, question="Why?", viewer=reader, num_chunks=count)
    assert "num_chunks" in refused.value.fields


def test_no_more_passages_are_used_than_asked_for(book, reader):
    found = ask_book(book, question="How do whales breathe and sleep?", viewer=reader, num_chunks=1)
    assert len(found.passages) == 1
    assert 2 in pages(found)


def test_sentence_that_runs_over_a_page_is_not_quoted_and_its_rest_not_for_a_whole_one(reader):
    torn = "The old lighthouse of Anstruther was built of the same granite as the harbour wall by"
    rest = "Robert Stevenson finished it in the summer of 1811. Seals sleep on the rocks below the lighthouse."
    book = make_indexed_book(pdfs.as_bytes(pdfs.book([[torn], [rest]])))
    found = ask_book(book, question="Who built the old lighthouse of Anstruther?", viewer=reader)
    quoted = [source.quote for source in found.sources]
    assert all("Robert Stevenson" not in quote and "granite" not in quote for quote in quoted)
    found = ask_book(book, question="Where do the seals sleep?", viewer=reader)
    assert (found.sources[0].page, found.sources[0].quote) == (2, "Seals sleep on the rocks below the lighthouse.")


def test_sentence_that_two_passages_share_is_quoted_once(reader):
    text = "The harbour of the town is full of boats in the spring. The whale is the largest animal that ever lived. "
    filler = [f"The {n}th boat carries nets, ropes and lamps for the night on the sea. " for n in range(1, 30)]
    book = make_indexed_book(pdfs.as_bytes(pdfs.book([["".join(filler[:7]) + text + "".join(filler[7:20])]])))
    assert live_generation(book).passage_count > 1
    found = ask_book(book, question="What is the largest animal that ever lived?", viewer=reader)
    assert len({source.quote for source in found.sources}) == len(found.sources)
    assert "whale" in found.sources[0].quote


def test_confidential_book_answers_staff_alone(reader):
    book = make_indexed_book(is_public=False)
    with pytest.raises(BookConfidential):
        ask_book(book, question="Why does bread rise?", viewer=reader)
    assert ask_book(book, question="Why does bread rise?", viewer=make_librarian()).supported
    with pytest.raises(BookConfidential):  # not from the cache either
        ask_book(book, question="Why does bread rise?", viewer=reader)


def test_book_whose_index_is_not_ready_says_what_it_waits_for(reader):
    from rag import services

    book = make_digital_book()
    with pytest.raises(errors.IndexNotReady, match="no digital file"):
        ask_book(book, question="Why?", viewer=reader)
    services.start_index(book=book, by=None)
    with pytest.raises(errors.IndexNotReady, match="being read"):
        ask_book(book, question="Why?", viewer=reader)


def test_embedder_that_is_down_is_said_and_nothing_is_cached(book, reader, settings, tmp_path):
    announced = settings.EMBEDDER_SOCKET_FILE
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "nobody.json"
    assert not ask_book(book, question="Why does bread rise?", viewer=reader).by_meaning
    settings.EMBEDDER_SOCKET_FILE = announced
    assert ask_book(book, question="Why does bread rise?", viewer=reader).supported


def test_search_is_exact_and_stays_inside_the_book(book):
    import numpy as np

    make_indexed_book(pdfs.as_bytes(pdfs.book([pdfs.BREAD])))
    generation = live_generation(book)
    passages = generation.passages.order_by("-ordinal")
    asked = np.asarray(passages[0].embedding, dtype=np.float32)
    hits = in_documents.search_documents([generation], AskedQuestion("", asked), 10, blend=Blend())
    assert [hit.passage.generation_id for hit in hits] == [generation.pk] * len(passages)
    assert hits[0].passage == passages[0]
    assert hits[0].score == pytest.approx(1, abs=1e-3)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_answering_takes_few_queries_and_a_cached_answer_two(book, reader, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        ask_book(book, question="Why does bread rise?", viewer=reader)
    with django_assert_max_num_queries(2):
        assert ask_book(book, question="Why does bread rise?", viewer=reader).cached
