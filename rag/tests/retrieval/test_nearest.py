"""Finding passages over the whole library, in one space, among those that answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_user
from library.ai import embeddings
from rag.indexes import spaces
from rag.models import Document, GenerationState, IndexGeneration, Passage, VectorSpace
from rag.retrieval import in_library
from rag.retrieval.in_library import AnsweringSpace, Scope
from rag.tests.factories import make_digital_book
from rag.tests.tiny import TinyServer

pytestmark = pytest.mark.django_db
SIZE = 32


@pytest.fixture
def space(tiny: TinyServer, settings: Any) -> VectorSpace:
    settings.EMBEDDING_MODELS = {**settings.EMBEDDING_MODELS, f"tiny-{SIZE}": tiny.model(SIZE)}
    settings.EMBEDDING_MODEL = f"tiny-{SIZE}"
    return spaces.space_of(embeddings.spec())


def unit(rows: Any) -> Any:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def clusters(seed: int, count: int) -> Any:
    """Vectors around fifty centres, as those of texts about fifty things."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(1).normal(size=(50, SIZE))
    return unit(centres[random.integers(0, 50, size=count)] + 0.6 * random.normal(size=(count, SIZE)))


INSERT = """
INSERT INTO rag_passage (generation_id, ordinal, first_page, last_page, start, "end", text, text_hash, embedding,
  language, word_count, vector)
SELECT %s, n - 1, 1, 1, 0, 1, 't', n::text, v::vector, '', 0, '' FROM unnest(%s::text[]) WITH ORDINALITY AS one (v, n)
"""


def make_generation(space: VectorSpace, vectors: Any, *, is_live: bool = True, **values: Any) -> IndexGeneration:
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
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [generation.pk, [str([round(float(x), 6) for x in vector]) for vector in vectors]])
    if is_live:
        document.live_generation = generation
        document.save()
    return generation


def found(space: VectorSpace, question: Any, k: int = 10, viewer: Any = None) -> list[int]:
    near = nearest(space, question, k, viewer or make_librarian())
    assert list(near.values()) == sorted(near.values(), reverse=True)
    return list(near)


def nearest(space: VectorSpace, question: Any, k: int, viewer: Any) -> dict[int, float]:
    scope = Scope(viewer)
    size = {one.space.pk: one.passages for one in in_library.spaces_that_answer(scope)}.get(space.pk, 0)
    return in_library.nearest_passages(AnsweringSpace(space, size), question, k, scope)


def test_index_finds_what_an_exact_search_finds_among_what_answers(space, monkeypatch):
    make_generation(space, clusters(2, 4_000))
    retired = make_generation(space, clusters(3, 4_000), is_live=False)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE rag_passage")
    staff, questions = make_librarian(), clusters(4, 30)
    exact = [found(space, question, viewer=staff) for question in questions]
    monkeypatch.setattr(in_library, "EXACT_UP_TO", 100)
    by_index = [found(space, question, viewer=staff) for question in questions]
    assert [len(hits) for hits in by_index] == [10] * 30, "enough come back, though half of the index answers no more"
    recall = np.mean([len(set(one) & set(other)) / 10 for one, other in zip(exact, by_index, strict=True)])
    assert recall >= 0.95
    assert not Passage.objects.filter(generation=retired, pk__in=[pk for hits in by_index for pk in hits]).exists()


def test_it_is_the_index_that_is_asked(space, monkeypatch):
    make_generation(space, clusters(2, 200))
    monkeypatch.setattr(in_library, "EXACT_UP_TO", 100)
    seen: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "halfvec" in sql and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {sql.split(';', 1)[1]}", params)  # behind the settings for it
                seen.extend(row[0] for row in cursor.fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        found(space, clusters(4, 1)[0])
    assert any(spaces.INDEX.index_of(space.pk) in line for line in seen), seen


@pytest.mark.parametrize("exact_up_to", [10_000, 0])
def test_readers_find_what_they_may_read_and_it_is_as_much_as_they_asked_for(space, monkeypatch, exact_up_to):
    monkeypatch.setattr(in_library, "EXACT_UP_TO", exact_up_to)
    question = clusters(4, 1)[0]
    near = unit(question + 0.01 * clusters(5, 20))
    hidden = make_generation(space, near, is_public=False)
    suppressed = make_generation(space, near, is_suppressed=True)
    public = make_generation(space, clusters(6, 50))
    for pk in found(space, question, viewer=make_user()):
        assert Passage.objects.get(pk=pk).generation == public
    assert len(found(space, question, viewer=make_user())) == 10
    of_staff = set(Passage.objects.filter(pk__in=found(space, question, 40)).values_list("generation", flat=True))
    assert of_staff == {hidden.pk, suppressed.pk}


def test_only_one_space_is_asked(space, tiny):
    make_generation(space, clusters(2, 20))
    other = spaces.space_of(embeddings.spec("tiny-8"))
    eight = make_generation(other, np.eye(8, dtype=np.float32))
    question = np.eye(8, dtype=np.float32)[3]
    staff = make_librarian()
    near = nearest(other, question, 50, staff)
    assert set(near) == set(Passage.objects.filter(generation=eight).values_list("pk", flat=True))
    first, *_rest = near
    assert (Passage.objects.get(pk=first).ordinal, near[first], len(near)) == (3, 1.0, 8)
    with pytest.raises(ValueError, match="shape"):
        nearest(space, question, 5, staff)
    assert [(one.space, one.passages) for one in in_library.spaces_that_answer(Scope(staff))] == [
        (space, 20),
        (other, 8),
    ]
    Document.objects.filter(live_generation=eight).update(live_generation=None)
    assert [one.space for one in in_library.spaces_that_answer(Scope(staff))] == [space]
    assert nearest(other, question, 5, staff) == {}


def test_a_text_of_no_book_is_found_by_staff_alone(space):
    question = clusters(4, 1)[0]
    alone = make_generation(space, unit(question + 0.01 * clusters(5, 3)))
    Document.objects.filter(pk=alone.document_id).update(book=None)
    public = make_generation(space, clusters(6, 50))
    of_reader = Passage.objects.filter(pk__in=found(space, question, viewer=make_user()))
    assert set(of_reader.values_list("generation", flat=True)) == {public.pk}
    of_staff = Passage.objects.filter(pk__in=found(space, question, 3))
    assert set(of_staff.values_list("generation", flat=True)) == {alone.pk}
