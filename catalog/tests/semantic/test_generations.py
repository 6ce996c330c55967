"""Generations of vectors: how full they are, how one takes another's place, and when a job is asked for."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.tests.factories import make_librarian
from catalog.models import Book, BookFacts, BookGeneration, BookVector
from catalog.semantic import generations, nearest, similar, vectors
from catalog.semantic.generations import Share
from catalog.tests.factories import make_book, make_copy, record
from library.ai import embeddings
from library.ai.errors import EmbedderUnavailable
from library.ai.spec import ModelSpec
from library.jobs.models import Job, JobState

State = BookGeneration.State


def kept(state=State.LIVE, **values) -> BookGeneration:
    made = generations.current()
    if state == State.LIVE:
        generations.go_live(made)
    BookGeneration.objects.filter(pk=made.pk).update(**{"state": state} | values)
    made.refresh_from_db()
    return made


def fill(generation, *meanings, older: int = 0) -> list[Book]:
    """A book for each meaning, with its vector."""
    books = [record(f"Book {number}") for number in range(len(meanings))]
    for book, meaning in zip(books, meanings, strict=True):
        vector = np.zeros((1, generation.dimensions), dtype=np.float32)
        vector[0, : len(meaning)] = np.array(meaning) / np.linalg.norm(meaning)
        version = BookFacts.objects.get(pk=book.pk).text_version - older
        vectors.store(generation, [(book.pk, version)], vector)
    return books


# -- how full ------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_hundred_percent_is_said_only_when_nothing_is_missing(done, missing):
    share = Share(done, done + missing)
    assert 0 <= share.percent <= 100
    assert (share.percent == 100) is (missing == 0)


@pytest.mark.django_db
def test_a_vector_of_an_older_text_counts_as_missing():
    live = kept()
    fill(live, [1, 0], [0, 1])
    assert generations.share(live) == Share(2, 2)
    Book.objects.filter(title="Book 0").update(search_a="another")
    assert generations.share(live) == Share(1, 2)
    assert generations.records() == 2


# -- which is filled -----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_first_generation_is_begun_once():
    begun = generations.current()
    assert (begun.state, begun.recipe) == (State.BUILDING, generations.RECIPE)
    assert generations.current() == begun
    assert generations.live() is None


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"recipe": "record-0"}, {"dimensions": 7}, {"model": "another"}])
def test_another_recipe_model_or_size_begins_another_generation(change):
    live = kept(**change)
    begun = generations.current()
    assert begun != live
    assert (generations.live(), begun.state) == (live, State.BUILDING)
    generations.go_live(begun)
    assert generations.live() == begun
    assert generations.retired() == [live]


@pytest.mark.django_db
def test_going_live_once_more_changes_nothing():
    live = kept()
    since = live.live_at
    generations.go_live(live, at=timezone.now() + timedelta(days=1))
    live.refresh_from_db()
    assert live.live_at == since
    gone = BookGeneration(model="gone", dimensions=3)
    generations.go_live(gone)
    assert generations.live() == live


@pytest.mark.django_db
def test_a_retired_generation_is_deleted_in_batches_and_goes_with_its_last_vector():
    old = kept()
    fill(old, [1, 0], [0, 1], [1, 1])
    BookGeneration.objects.update(state=State.RETIRED)
    assert [generations.delete_some(old, limit=2) for _time in range(2)] == [2, 1]
    assert BookGeneration.objects.filter(pk=old.pk).exists()
    assert generations.delete_some(old, limit=2) == 0
    assert not BookGeneration.objects.exists()


@pytest.mark.django_db
def test_one_that_answers_is_never_deleted():
    live = kept()
    assert generations.delete_some(live, limit=2) == 0
    assert generations.live() == live


# -- what is stale -------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_stale_records_are_told_in_their_order_and_at_most_so_many():
    live = kept()
    books = [record(f"Whales {number}") for number in range(4)]
    ids = [book.pk for book in books]
    assert [pk for pk, _version in vectors.stale(live, limit=3)] == ids[:3]
    assert [pk for pk, _version in vectors.stale(live, limit=9, after=ids[1])] == ids[2:]
    assert [pk for pk, _version in vectors.recently_stale(live, limit=2)] == [ids[3], ids[2]]
    assert vectors.stale(live, limit=0) == []


@pytest.mark.django_db
def test_nothing_to_store_asks_nothing(django_assert_num_queries):
    live = kept()
    with django_assert_num_queries(0):
        vectors.store(live, [], np.zeros((0, 384), dtype=np.float32))


@pytest.mark.django_db
def test_texts_of_many_records_are_read_together_and_gone_ones_left_out(django_assert_num_queries):
    ids = [record(f"Whales {n}", f"Ann {n}", subjects=["Sea"], categories=["Art"]).pk for n in range(3)]
    with django_assert_num_queries(5):
        texts = vectors.texts_of([*ids, 10**9])
    assert set(texts) == set(ids)
    assert texts[ids[0]] == "Whales 0. Ann 0. Sea; Art"


@pytest.mark.django_db
def test_a_long_description_is_cut_and_a_name_is_said_once():
    book = record("Whales", "Ann Lee", description="sea " * 1000, contributors=[{"name": "Ann Lee", "role": "editor"}])
    text = vectors.text_of(book)
    assert len(text) < vectors.LONGEST_DESCRIPTION + 50
    assert text.count("Ann Lee") == 1


@pytest.mark.parametrize(
    ("package", "url", "words"), [("here", "", 500), ("here", "http://there", 141), ("", "http://there", 141)]
)
def test_a_server_elsewhere_gets_no_more_words_than_it_reads(package, url, words):
    model = ModelSpec("m", package, 3, 256, (("", 0.4),), (("", 0.4),), url)
    assert len(vectors.trimmed("word " * 500, model).split()) == words


# -- when a job is asked for ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_job_that_failed_is_not_tried_again_at_once():
    building = generations.current()
    vectors.ask_for_job(building)
    Job.objects.update(state=JobState.FAILED, ended_at=timezone.now())
    assert vectors.ask_for_job(building) is None
    Job.objects.update(ended_at=timezone.now() - vectors.AFTER_FAILURE)
    assert vectors.ask_for_job(building) is not None
    assert Job.objects.count() == 2


@pytest.mark.django_db
def test_what_somebody_stopped_goes_on_only_when_somebody_says_so():
    staff, building = make_librarian(), generations.current()
    make_book()
    vectors.ask_for_job(building)
    Job.objects.update(state=JobState.CANCELLED, ended_at=timezone.now())
    assert vectors.ask_for_job(building) is None
    again = vectors.continue_building(by=staff)
    assert again is not None
    assert again.requested_by == staff


@pytest.mark.django_db
def test_there_is_nothing_to_go_on_with_where_nothing_is_missing():
    live = kept()
    assert vectors.continue_building() is None
    record("Whales")
    assert vectors.continue_building() is not None
    Job.objects.all().delete()
    fill(live, [1, 0])
    Book.objects.filter(title="Whales").delete()
    assert vectors.continue_building() is None


@pytest.mark.django_db
def test_more_than_a_few_stale_records_are_the_work_of_a_job(monkeypatch):
    kept()
    monkeypatch.setattr(vectors, "FEW", 2)
    monkeypatch.setattr(embeddings, "for_questions", lambda *given, **how: pytest.fail("one by one"))
    for _number in range(3):
        make_book()
    vectors.check()
    assert Job.objects.open().count() == 1
    assert not BookVector.objects.exists()


@pytest.mark.django_db
def test_an_embedder_that_is_away_leaves_a_few_records_to_a_job(monkeypatch, caplog):
    kept()
    make_book()

    class Away:
        def embed(self, texts, kind):
            raise EmbedderUnavailable

    monkeypatch.setattr(embeddings, "for_questions", lambda *given, **how: Away())
    caplog.set_level("INFO", "catalog.semantic.vectors")
    vectors.freshen()
    assert Job.objects.open().count() == 1
    assert "cannot embed 1 records" in caplog.text


# -- what is near --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_nearest_are_told_best_first_and_ties_by_their_number():
    live = kept()
    first, second, far = fill(live, [1, 0], [1, 0], [1, 1])
    asked = np.zeros(384, dtype=np.float32)
    asked[0] = 1
    found = nearest.closest(live, asked, limit=3, vectors=3)
    assert [book for book, _cosine in found] == [first.pk, second.pk, far.pk]
    assert [cosine for _book, cosine in found] == pytest.approx([1, 1, 0.7071], abs=1e-3)
    assert nearest.closest(live, asked, limit=1, vectors=3) == found[:1]


@pytest.mark.django_db
def test_books_near_a_book_never_hold_itself():
    live = kept()
    first, second, _far = fill(live, [1, 0], [1, 0.1], [0, 1])
    assert [book for book, _cosine in nearest.similar_to(first.pk, limit=1)] == [second.pk]
    assert nearest.similar_to(make_book().pk, limit=5) == []
    assert set(nearest.cosines(first.pk, [second.pk, 10**9])) == {second.pk}
    BookGeneration.objects.update(state=State.RETIRED)
    assert nearest.similar_to(first.pk, limit=1) == []
    assert nearest.cosines(first.pk, [second.pk]) == {}


@pytest.mark.django_db
def test_a_generation_knows_its_size():
    live = kept()
    assert nearest.size(live) == 0
    fill(live, [1, 0], [0, 1])
    assert nearest.size(live) == 2


@given(st.text(max_size=600))
def test_what_two_readers_type_alike_is_one_question(query):
    said = nearest.normal(query)
    assert nearest.normal(said) == said or len(said) > nearest.LONGEST_QUERY
    assert nearest.normal(f"  {query[:300]} ") == nearest.normal(query[:300])


@given(st.integers(0, 10**7))
def test_the_rarer_a_subject_the_more_it_says(books):
    assert 0 < similar.weight(books + 1) <= similar.weight(books) <= 1


@pytest.mark.django_db
def test_a_place_that_is_lent_is_like_no_book():
    from catalog.models import ItemType

    room = record("Room", subjects=["Quiet"])
    make_copy(book=room, item_type=ItemType.objects.create(code="room", name="Room", is_place=True))
    book = record("On Silence", subjects=["Quiet"])
    assert similar.like(room) == []
    assert similar.like(book) == []
