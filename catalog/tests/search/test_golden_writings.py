"""The golden queries in many writings: whoever asks in the letters of a book finds it, and no book in others."""

from __future__ import annotations

import pytest

from catalog.search_index import terms
from catalog.tests import golden
from catalog.tests.factories import record
from catalog.tests.golden.judge import judge

pytestmark = pytest.mark.django_db


@pytest.fixture
def titles() -> dict[int, str]:
    """By book id, its title."""
    made = [
        record(book["title"], *book["authors"], language=book["language"], subjects=book["subjects"])
        for book in golden.books("writings")
    ]
    terms.fold_changes(seconds=60)
    return {book.pk: book.title for book in made}


@pytest.mark.parametrize("half", ["tune", "gate"])
def test_a_book_is_found_in_its_own_writing(titles, half):
    verdict = judge(golden.load("writings", half), lambda book, wanted: titles[book] == wanted.key)
    print(f"\n{half}, {len(titles)} records\n{verdict}")
    assert verdict.failed == {}, verdict


def test_there_are_queries_in_many_writings_evenly_halved():
    tune, gate = golden.load("writings", "tune"), golden.load("writings", "gate")
    assert len(tune) + len(gate) >= 60
    assert len({query.kind for query in gate}) >= 8
    assert 0 <= len(gate) - len(tune) <= len({query.kind for query in gate})


def test_every_wanted_book_is_there_once():
    titles = [book["title"] for book in golden.books("writings")]
    queries = golden.load("writings")
    assert {want.key for query in queries for want in query.want} <= set(titles)
    assert len(set(titles)) == len(titles)
    assert len({query.query for query in queries}) == len({query.id for query in queries}) == len(queries)
