"""Finding by meaning: the real model, the real index, and what happens where either is away."""

from __future__ import annotations

import socket
import time
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import BookGeneration
from catalog.semantic import generations, nearest, vectors
from catalog.tests.factories import make_book, record
from library import settings as ordinary
from library.ai import embeddings
from library.ai.client import close_all
from library.jobs.models import Job, JobState
from library.jobs.tasks import perform

pytestmark = pytest.mark.django_db
MANY = 20_000


@pytest.fixture
def library(embedder):
    """Some records with vectors by the real model."""
    made = {
        name: record(title, author, description=description, subjects=subjects)
        for name, title, author, description, subjects in [
            ("cell", "The Living Cell", "Ada Okafor", "How mitochondria give the cell its energy.", ["Cytology"]),
            ("whale", "Giants of the Sea", "Jon Hale", "The life and songs of whales.", ["Marine mammals"]),
            ("bread", "Flour and Water", "Mina Roth", "Baking sourdough at home.", ["Baking", "Bread"]),
            ("war", "Paris in Arms", "Luc Petit", "The fall of the Bastille and the king.", ["France -- Revolution"]),
        ]
    }
    vectors.check()
    job = Job.objects.open().get()
    perform(job.pk, vectors.build)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.error
    return made


@pytest.fixture(scope="module")
def listener():
    """Something that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def synthetic(number: int, seed: int) -> Any:
    """Unit vectors in clumps, as texts are; float32 (number, 384)."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(200, 384))
    made = centres[random.integers(0, 200, number)] + random.normal(size=(number, 384)) * 0.9
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("energy supply of living tissue", "cell"),
        ("large animals of the ocean", "whale"),
        ("how do I make my own loaf?", "bread"),
        ("uprising against the French monarchy", "war"),
    ],
)
def test_a_question_in_other_words_finds_the_record(library, embedder, question, name):
    found = nearest.nearest(question, at_least=0)
    assert found is not None
    assert found[0][0] == library[name].pk
    assert [score for _book, score in found] == sorted((score for _book, score in found), reverse=True)


@pytest.mark.model
def test_noise_is_below_the_threshold(library, embedder):
    assert nearest.nearest("qwxzv blorf 7719") == []
    assert nearest.nearest("used car insurance quotes") == []


@pytest.mark.model
def test_the_worker_and_the_embedder_process_make_the_same_vectors(library, embedder):
    """What is embedded at once after a save compares with what a job embedded."""
    by_job = library["cell"].vectors.get()
    version = by_job.text_version
    library["cell"].vectors.all().delete()
    vectors.check()
    again = library["cell"].vectors.get()
    assert again.text_version == version
    assert float(np.dot(again.embedding, by_job.embedding)) > 0.995


def test_the_threshold_grows_with_the_number_of_records():
    model = embeddings.spec()
    assert nearest.threshold(model, 0) == nearest.threshold(model, 500) == model.record_threshold()
    assert nearest.threshold(model, 5_000) == pytest.approx(model.record_threshold() + 0.03)
    assert nearest.threshold(model, 500_000) == pytest.approx(model.record_threshold() + 0.09)


@pytest.mark.model
def test_a_query_that_means_one_book_does_not_bring_what_is_a_little_like_it(library, embedder):
    found = nearest.nearest("The life and songs of whales, giants of the sea", at_least=-1)
    assert found is not None
    assert len(found) == len(library)
    best = nearest.nearest("The life and songs of whales, giants of the sea")
    assert best is not None
    assert [book for book, _score in best] == [library["whale"].pk]


def test_nothing_can_be_said_without_a_generation_or_an_embedder(settings, tmp_path):
    settings.EMBEDDER_SOCKET_FILE = tmp_path / "embedder.json"
    assert nearest.nearest("whales") is None
    BookGeneration.objects.create(model="all-MiniLM-L6-v2", dimensions=384, state="live", live_at=timezone.now())
    assert nearest.nearest("whales") is None
    assert nearest.nearest("   ") is None
    BookGeneration.objects.update(model="a model whose entry is gone")
    assert nearest.nearest("whales") is None


def test_an_embedder_that_hangs_costs_a_search_a_third_of_a_second(settings, listener):
    entry = settings.EMBEDDING_MODELS["all-MiniLM-L6-v2"]
    settings.EMBEDDING_MODELS = {"all-MiniLM-L6-v2": entry | {"url": f"http://127.0.0.1:{listener}"}}
    BookGeneration.objects.create(model="all-MiniLM-L6-v2", dimensions=384, state="live", live_at=timezone.now())
    settings.MEANING_SECONDS = ordinary.MEANING_SECONDS
    began = time.monotonic()
    assert nearest.nearest("whales") is None
    assert ordinary.MEANING_SECONDS == 0.3 <= time.monotonic() - began < 1.5
    close_all()


def test_the_same_question_is_embedded_once(monkeypatch):
    asked = []
    live = BookGeneration(model="m x", dimensions=4, state="live")

    class Once:
        def embed(self, texts, kind):
            asked.extend(texts)
            return np.eye(1, 4, dtype=np.float32)

    monkeypatch.setattr(embeddings, "for_questions", lambda name, seconds: Once())
    first, second = nearest.vector_of("Große  Wale ", live), nearest.vector_of("große wale", live)
    assert asked == [nearest.normal("große wale")]
    assert first is not None
    assert second is not None
    assert np.array_equal(first, second)
    assert nearest.vector_of("x" * 10_000, live) is not None
    assert len(asked[-1]) == nearest.LONGEST_QUERY
    cache.clear()
    other = BookGeneration(model="m x", dimensions=5, state="live")
    assert nearest.vector_of("große wale", other) is None  # the model answers in other dimensions by now


@pytest.mark.model
def test_it_works_without_redis(library, embedder, settings):
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock?db=1"},
    }
    found = nearest.nearest("large animals of the ocean", at_least=0)
    assert found is not None
    assert found[0][0] == library["whale"].pk


@pytest.mark.model
def test_similar_books_are_nearest_to_its_own_vector_without_itself(library, embedder):
    other = record("Whales and Dolphins", description="Mammals of the sea.")
    unread = make_book()
    vectors.check()
    found = nearest.similar_to(library["whale"].pk, limit=2)
    assert found[0][0] == other.pk
    assert library["whale"].pk not in dict(found)
    assert len(found) == 2
    unread.vectors.all().delete()
    assert nearest.similar_to(unread.pk, limit=5) == []


@pytest.mark.slow
def test_the_index_finds_nearly_all_that_an_exact_search_finds():
    """Twenty thousand vectors of one generation beside some of another; recall of the first ten at least 0.95."""
    generation, other = (
        generations.current(),
        BookGeneration.objects.create(model="other", dimensions=8, state="retired"),
    )
    stored = synthetic(MANY, seed=2)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_book (title, subtitle, publisher, language, description, reading_level, is_public,"
            " is_suppressed, total_copies, available_copies, popularity, sort_title, search_a, search_b, search_c,"
            " search_d, created_at, updated_at)"
            " SELECT 'b' || n, '', '', 'en', '', '', true, false, 0, 0, 0, '', '', '', '', '', now(), now()"
            " FROM generate_series(1, %s) AS n RETURNING id",
            [MANY],
        )
        ids = [book for (book,) in cursor.fetchall()]
        for start in range(0, MANY, 2000):
            rows = [(book, 1) for book in ids[start : start + 2000]]
            vectors.store(generation, rows, stored[start : start + 2000])
        vectors.store(other, [(book, 1) for book in ids[:50]], np.eye(50, 8, dtype=np.float32))
        cursor.execute("ANALYZE catalog_bookvector")
    found, wanted, size = 0, 0, nearest.size(generation)
    assert size == pytest.approx(MANY, rel=0.1)
    for query in synthetic(50, seed=3):
        exact = {ids[place] for place in np.argsort(-(stored @ query))[:10]}
        with CaptureQueriesContext(connection) as seen:
            near = nearest.closest(generation, query, limit=100, vectors=size)
        assert len(near) == 100
        assert near[0][1] == pytest.approx(float(np.max(stored @ query)), abs=1e-4) or near[0][0] not in exact
        found, wanted = found + len(exact & {book for book, _score in near[:10]}), wanted + 10
    assert found / wanted >= 0.95
    search = next(one["sql"] for one in seen if "halfvec" in one["sql"])
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {search}")
        assert generations.INDEX.index_of(generation.pk) in str(cursor.fetchall())
