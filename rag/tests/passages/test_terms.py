"""What is counted of words: in each generation, and in all that answer, whatever happens to them."""

from __future__ import annotations

from collections import Counter
from threading import Barrier, Thread

import numpy as np
import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from catalog.tests.factories import make_book
from library.ai import embeddings
from library.search import term_changes
from library.search.fold import words
from library.search.texts import Statistics
from rag.indexes import spaces, terms
from rag.ingest.passages.cut import Cut, digest
from rag.models import Document, GenerationState, GenerationTerm, IndexGeneration, LibraryTerm, LibraryTermChange
from rag.retrieval.blend import Blend
from rag.retrieval.hits import AskedQuestion, Hit
from rag.retrieval.in_documents import search_documents

TEXTS = [
    "The mill grinds the grain of the town.",
    "Grain and flour, flour and grain.",
    "A horse draws the wheel.",
    "Häuser am Fluss, Mühlen am Wasser.",
    "The café was closed.",
]


VECTOR = np.eye(1, 384, dtype=np.float32)[0]


def cut(text: str, language: str = "en") -> Cut:
    return Cut(1, 1, 0, len(text), text, digest(text), None, "", language)


def make_generation(document: Document, texts: list[str], language: str = "en") -> IndexGeneration:
    space = spaces.space_of(embeddings.spec())
    generation = IndexGeneration.objects.create(
        document=document,
        source_sha256="a",
        chunker="c",
        space=space,
        model=space.model,
        dimensions=space.dimensions,
        state=GenerationState.READY,
        ready_at=timezone.now(),
    )
    for ordinal, text in enumerate(texts):
        terms.row_of(generation, ordinal, cut(text, language), VECTOR, []).save()
    terms.count_terms(generation)
    return generation


def counted() -> tuple[Counter[str], int, int]:
    """What the library holds of words: folded and still waiting together."""
    having: Counter[str] = Counter()
    whole = [0, 0]
    for model in (LibraryTerm, LibraryTermChange):
        rows = model.objects.values_list("lexeme").annotate(a=Sum("passages"), b=Sum("words")).order_by()
        for lexeme, passages, words_ in rows:
            if lexeme:
                having[lexeme] += passages
            else:
                whole = [whole[0] + passages, whole[1] + words_]
    return Counter({lexeme: number for lexeme, number in having.items() if number}), whole[0], whole[1]


def expected() -> tuple[Counter[str], int, int]:
    """The same, from the passages of the generations that answer."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lexeme, count(*) FROM rag_passage JOIN rag_document ON live_generation_id = generation_id,"
            " unnest(vector) GROUP BY lexeme"
        )
        having = Counter(dict(cursor.fetchall()))
        cursor.execute(
            "SELECT count(*), coalesce(sum(word_count), 0) FROM rag_passage"
            " JOIN rag_document ON live_generation_id = generation_id"
        )
        return having, *cursor.fetchone()


@pytest.mark.django_db
def test_terms_are_words_folded_and_read_in_the_language_of_the_passage():
    generation = make_generation(Document.objects.create(book=make_book()), TEXTS[:3] + TEXTS[4:])
    having = dict(generation.terms.values_list("lexeme", "passages"))
    assert having["grain"] == 2
    assert having["cafe"] == 1
    assert "the" not in having
    assert (generation.passage_count, generation.language) == (4, "en")
    assert generation.word_count == sum(len(words(text).split()) for text in TEXTS[:3] + TEXTS[4:])
    german = make_generation(Document.objects.create(book=make_book()), TEXTS[3:4], "de")
    assert set(german.terms.values_list("lexeme", flat=True)) == {"haus", "fluss", "muhl", "wass"}


@pytest.mark.django_db
def test_counting_again_gives_the_same():
    generation = make_generation(Document.objects.create(book=make_book()), TEXTS)
    before = set(generation.terms.values_list("lexeme", "passages"))
    terms.count_terms(generation)
    assert set(generation.terms.values_list("lexeme", "passages")) == before


@pytest.mark.django_db
def test_generation_counts_from_the_moment_it_answers():
    document = Document.objects.create(book=make_book())
    generation = make_generation(document, TEXTS)
    assert counted() == (Counter(), 0, 0)
    document.live_generation = generation
    document.save()
    assert counted() == expected()
    assert counted()[1] == 5
    assert terms.of_library(["grain"]) == Statistics(0, 0, {})  # until it is added up
    assert terms.fold_changes() > 0
    assert terms.of_library(["grain", "nothing"]) == Statistics(5, generation.word_count, {"grain": 2})
    assert terms.of_generations([generation], "Of the grain") == terms.of_library(["grain"])
    document.delete()
    terms.fold_changes()
    assert not LibraryTerm.objects.exists()
    assert not LibraryTermChange.objects.exists()


@pytest.mark.django_db
def test_many_pointers_move_in_one_statement_with_one_change_for_each_word():
    documents = [Document.objects.create(book=make_book()) for _ in range(4)]
    generations = [make_generation(document, TEXTS) for document in documents]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE rag_document SET live_generation_id = g.id FROM rag_indexgeneration AS g"
            " WHERE g.document_id = rag_document.id"
        )
    assert counted() == expected()
    assert counted()[0]["grain"] == 8
    assert LibraryTermChange.objects.filter(lexeme="grain").count() == 1
    assert len(generations) == 4


@pytest.mark.django_db
def test_more_changes_than_one_batch_are_added_up_batch_by_batch(monkeypatch):
    monkeypatch.setattr(term_changes, "ROWS", 3)
    for _ in range(3):
        document = Document.objects.create(book=make_book())
        Document.objects.filter(pk=document.pk).update(live_generation=make_generation(document, TEXTS))
    assert terms.fold_changes(seconds=60) == terms.fold_changes() + LibraryTerm.objects.count() * 3
    assert counted() == expected()


class Library(RuleBasedStateMachine):
    """Documents, generations and pointers changed in every way, beside a plain sum."""

    def __init__(self) -> None:
        super().__init__()
        Document.objects.all().delete()
        LibraryTerm.objects.all().delete()
        LibraryTermChange.objects.all().delete()

    @rule(texts=st.lists(st.sampled_from(TEXTS), max_size=3, unique=True), live=st.booleans())
    def add(self, texts: list[str], live: bool) -> None:
        document = Document.objects.create(book=None)
        generation = make_generation(document, texts)
        if live:
            document.live_generation = generation
            document.save()

    @rule(pick=st.integers(0, 50), texts=st.lists(st.sampled_from(TEXTS), max_size=3, unique=True))
    def read_again(self, pick: int, texts: list[str]) -> None:
        if document := self._document(pick):
            Document.objects.filter(pk=document.pk).update(live_generation=make_generation(document, texts))

    @rule(pick=st.integers(0, 50))
    def forget_former(self, pick: int) -> None:
        if document := self._document(pick):
            document.generations.exclude(pk__in=[document.live_generation_id]).delete()

    @rule(pick=st.integers(0, 50))
    def retire(self, pick: int) -> None:
        if document := self._document(pick):
            Document.objects.filter(pk=document.pk).update(live_generation=None)

    @rule(pick=st.integers(0, 50))
    def delete_generation(self, pick: int) -> None:
        generations = list(IndexGeneration.objects.order_by("pk"))
        if generations:
            generations[pick % len(generations)].delete()

    @rule(pick=st.integers(0, 50))
    def delete_document(self, pick: int) -> None:
        if document := self._document(pick):
            document.delete()

    @rule(pick=st.integers(0, 50))
    def delete_passages_and_count_again(self, pick: int) -> None:
        if (document := self._document(pick)) and document.live_generation:
            document.live_generation.passages.all()[
                :1
            ].get().delete() if document.live_generation.passages.exists() else None
            terms.count_terms(document.live_generation)

    @rule(rows=st.integers(1, 20))
    def fold(self, rows: int) -> None:
        terms.fold_changes()

    @invariant()
    def is_the_sum(self) -> None:
        assert counted() == expected()

    def teardown(self) -> None:
        Document.objects.all().delete()
        terms.fold_changes()
        assert not LibraryTerm.objects.exists()
        assert not LibraryTermChange.objects.exists()

    def _document(self, pick: int) -> Document | None:
        documents = list(Document.objects.order_by("pk"))
        return documents[pick % len(documents)] if documents else None


@pytest.mark.django_db
def test_whatever_happens_the_library_is_the_sum_of_what_answers():
    run_state_machine_as_test(
        Library,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("attempt", range(3))
def test_deleting_an_index_while_another_takes_its_place_loses_no_word(attempt):
    document = Document.objects.create(book=None)
    first, second = make_generation(document, TEXTS), make_generation(document, TEXTS[:2])
    Document.objects.filter(pk=document.pk).update(live_generation=first)
    together = Barrier(2)

    def delete() -> None:
        together.wait()
        with transaction.atomic():
            GenerationTerm.objects.filter(generation=first).delete()
        connection.close()

    def publish() -> None:
        together.wait()
        with transaction.atomic():
            Document.objects.filter(pk=document.pk).update(live_generation=second)
        connection.close()

    threads = [Thread(target=delete), Thread(target=publish)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    having, _passages, _words = counted()
    assert having == Counter(dict(second.terms.values_list("lexeme", "passages")))


@pytest.fixture
def book_of_mills() -> IndexGeneration:
    return make_generation(Document.objects.create(book=make_book()), TEXTS)


def by_words(generation: IndexGeneration, question: str) -> list[Hit]:
    return search_documents([generation], AskedQuestion(question, None), 10, blend=Blend())


@pytest.mark.django_db
def test_passages_are_found_by_their_words_rare_ones_first(book_of_mills, django_assert_num_queries):
    other = make_generation(Document.objects.create(book=make_book()), ["The grain of another book."])
    with django_assert_num_queries(3):
        hits = by_words(book_of_mills, "Which horses eat grain?")
    assert hits[0].passage.text == "A horse draws the wheel."
    assert {hit.passage.text for hit in hits[1:]} == {TEXTS[0], TEXTS[1]}
    scores = [hit.standing.bm25 for hit in hits if hit.standing and hit.standing.bm25]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 3
    assert all(hit.passage.generation_id != other.pk for hit in hits)
    assert by_words(book_of_mills, "zebra") == []
    assert by_words(book_of_mills, "the of") == []
