"""Indexes of vectors: one for each set, over its rows alone, used by what orders by its distance."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.db import DatabaseError, connection, transaction

from library.ai.spec import Vectors
from library.search.vector_index import MOST_EFFORT, VectorIndex, distance, literal, look_further

INDEX = VectorIndex(table="trial_vector", owner="owner_id", name="trial")
FEW, MORE = 4, 6  # dimensions


@pytest.fixture(params=["integer", "uuid"])
def owners(request, db: None) -> list[int] | list[UUID]:
    """Two owners of vectors in one table, which goes with the test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE trial_vector (id bigserial PRIMARY KEY, owner_id {request.param} NOT NULL, embedding vector)"
        )
    return [3, 14] if request.param == "integer" else [uuid4(), uuid4()]


def add(owner: int | UUID, vectors: Vectors) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO trial_vector (owner_id, embedding) VALUES (%s, %s::vector)",
            [(owner, literal(vector)) for vector in vectors],
        )


def directions(count: int, dimensions: int) -> Vectors:
    made = np.random.default_rng(7).normal(size=(count, dimensions)).astype(np.float32)
    unit: Vectors = made / np.linalg.norm(made, axis=1, keepdims=True)
    return unit


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE tablename = 'trial_vector' AND indexdef LIKE '%hnsw%'")
        return {name for (name,) in cursor.fetchall()}


def nearest(owner: int | UUID, question: Vectors, limit: int, prefix: str = "") -> list[tuple[Any, ...]]:
    order = distance("embedding", "question", len(question))
    sql = f"{prefix} SELECT id FROM trial_vector WHERE owner_id = '{owner}' ORDER BY {order} LIMIT {limit}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        cursor.execute(look_further(limit, at_least=40))
        cursor.execute(sql, {"question": literal(question)})
        return list(cursor.fetchall())


def test_each_owner_has_an_index_with_its_own_dimensions(owners):
    first, second = owners
    INDEX.create(first, FEW)
    INDEX.create(second, MORE)
    assert indexes() == {INDEX.index_of(first), INDEX.index_of(second)}
    add(first, directions(20, FEW))
    add(second, directions(20, MORE))
    with pytest.raises(DatabaseError, match="expected 4 dimensions, not 6"), transaction.atomic():
        add(first, directions(1, MORE))


def test_ordering_by_the_distance_uses_the_index_of_the_owner_and_finds_the_nearest(owners):
    first, second = owners
    INDEX.create(first, FEW)
    INDEX.create(second, MORE)
    vectors = directions(50, FEW)
    add(first, vectors)
    add(second, directions(50, MORE))
    plan = "\n".join(line for (line,) in nearest(first, vectors[11], 5, prefix="EXPLAIN"))
    assert INDEX.index_of(first) in plan
    assert INDEX.index_of(second) not in plan
    expected = np.argsort(-(vectors @ vectors[11]), kind="stable")[:5]
    assert [pk - 1 for (pk,) in nearest(first, vectors[11], 5)] == expected.tolist()


def test_dropping_an_index_leaves_the_others_and_the_vectors(owners):
    first, second = owners
    for owner in owners:
        INDEX.create(owner, FEW)
        add(owner, directions(3, FEW))
    INDEX.drop(first)
    INDEX.drop(first)
    assert indexes() == {INDEX.index_of(second)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM trial_vector")
        assert cursor.fetchone() == (6,)


def test_an_index_is_made_over_rows_whose_checks_still_wait(owners):
    """PostgreSQL refuses to touch a table with pending events; afterwards checks wait again."""
    first, _second = owners
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE trial_known (id bigint PRIMARY KEY); INSERT INTO trial_known VALUES (1);"
            "ALTER TABLE trial_vector ADD known bigint DEFAULT 1"
            " REFERENCES trial_known DEFERRABLE INITIALLY DEFERRED"
        )
        add(first, directions(1, FEW))
        INDEX.create(first, FEW)
        cursor.execute("UPDATE trial_vector SET known = 2")
        with pytest.raises(DatabaseError, match="trial_known"), transaction.atomic():
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("UPDATE trial_vector SET known = 1")


@pytest.mark.parametrize(("wanted", "compared"), [(1, 40), (41, 41), (5_000, MOST_EFFORT)])
@pytest.mark.django_db
def test_as_many_are_compared_as_are_wanted_within_bounds(wanted, compared):
    with connection.cursor() as cursor:
        cursor.execute(look_further(wanted, at_least=40))
        cursor.execute("SHOW hnsw.ef_search")
        assert cursor.fetchone() == (str(compared),)


@pytest.mark.django_db
def test_a_vector_is_read_back_as_it_was_written():
    vector = np.concatenate([directions(1, 384)[0], np.array([1e-20, -1, 0, 123456.7], dtype=np.float32)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::vector::real[]", [literal(vector)])
        (read,) = cursor.fetchone()
    assert np.allclose(np.array(read, dtype=np.float32), vector, rtol=1e-6, atol=0)


@pytest.mark.django_db(transaction=True)
def test_two_that_need_the_same_set_take_turns():
    entered, order = Event(), []

    def second() -> None:
        try:
            with transaction.atomic():
                entered.set()
                INDEX.take_turns()
                order.append("second")
        finally:
            connection.close()

    thread = Thread(target=second)
    with transaction.atomic():
        INDEX.take_turns()
        thread.start()
        assert entered.wait(10)
        thread.join(0.3)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
