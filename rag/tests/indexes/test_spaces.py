"""Vectors of two models never meet: the database refuses what would let them."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from library.ai import embeddings
from rag.indexes import spaces
from rag.models import Document, IndexGeneration, Passage, VectorSpace
from rag.tests.factories import make_digital_book

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiny")]


@pytest.fixture
def generation() -> IndexGeneration:
    return IndexGeneration.objects.create(
        document=Document.objects.create(book=make_digital_book(b"x")),
        space=spaces.space_of(embeddings.spec()),
        source_sha256="a",
        model="tiny-6",
        dimensions=6,
        chunker="c",
    )


def passage(generation, number=0, **values):
    return Passage.objects.create(
        **{
            "generation": generation,
            "ordinal": number,
            "first_page": 1,
            "last_page": 1,
            "start": 0,
            "end": 4,
            "text": "text",
            "text_hash": str(number),
            "embedding": [1] * 6,
        }
        | values
    )


def test_passage_carries_the_space_of_its_generation(generation):
    made = passage(generation, embedding=[1, 0, 0, 0, 0, 0])
    made.refresh_from_db()
    assert made.space == generation.space


@pytest.mark.parametrize("size", [5, 7, 8, 384])
def test_vector_of_another_size_is_refused(generation, size):
    with pytest.raises(IntegrityError, match=f"{size} dimensions in a space of 6"), transaction.atomic():
        passage(generation, embedding=[1] * size)
    made = passage(generation, embedding=[1] * 6)
    with pytest.raises(IntegrityError, match="dimensions"), transaction.atomic():
        Passage.objects.filter(pk=made.pk).update(embedding=[1] * size)


def test_vector_without_a_space_is_refused(generation):
    document = Document.objects.create(book=make_digital_book(b"y"))
    without = IndexGeneration.objects.create(
        document=document, source_sha256="a", model="tiny-6", dimensions=6, chunker="c"
    )
    with pytest.raises(IntegrityError, match="space of 0"), transaction.atomic():
        passage(without)


def test_passage_cannot_be_put_into_another_space(generation, settings):
    other = spaces.space_of(embeddings.spec("tiny-8"))
    with pytest.raises(IntegrityError, match="space of its generation"), transaction.atomic():
        passage(generation, space=other)


def test_generation_is_of_its_space_for_ever(generation):
    other = spaces.space_of(embeddings.spec("tiny-8"))
    for change in ({"space": other}, {"model": "tiny-8"}, {"dimensions": 8}, {"space": None}):
        with pytest.raises(IntegrityError, match=r"vector space"), transaction.atomic():
            IndexGeneration.objects.filter(pk=generation.pk).update(**change)
    with pytest.raises(IntegrityError, match="vector space"), transaction.atomic():
        VectorSpace.objects.update(dimensions=12)


def test_space_is_made_once_and_refused_twice():
    space = spaces.space_of(embeddings.spec())
    assert spaces.space_of(embeddings.spec()) == space
    with pytest.raises(IntegrityError, match="vector_space_once"), transaction.atomic():
        VectorSpace.objects.create(model=space.model, dimensions=space.dimensions)
    with pytest.raises(IntegrityError, match="vector_space_has_dimensions"), transaction.atomic():
        VectorSpace.objects.create(model="m", dimensions=0)


def test_vectors_of_two_sizes_cannot_be_compared_at_all(generation):
    passage(generation, embedding=[1] * 6)
    with pytest.raises(DatabaseError, match="different vector dimensions"), transaction.atomic():
        list(Passage.objects.raw("SELECT id FROM rag_passage ORDER BY embedding <#> '[1,1,1,1,1,1,1,1]'"))
