"""Term statistics: what is added up from changes is what a count from scratch gives, and nothing is lost or doubled."""

import threading

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import services
from catalog.models import Book, CatalogTerm, TermChange
from catalog.search_index import terms
from catalog.tests.factories import record
from library.search import term_changes

FROM_SCRATCH = """
SELECT lexeme, sum(books), sum(as_word), sum(words) FROM (
  SELECT term.lexeme, 1 AS books, 0 AS as_word, 0 AS words FROM catalog_bookfacts, unnest(vector) AS term
    WHERE NOT is_suppressed AND term.lexeme NOT LIKE '~%%'
  UNION ALL
  SELECT term.lexeme, 0, 1, 0 FROM catalog_book,
    unnest(to_tsvector('pg_catalog.simple', concat_ws(' ', search_a, search_b, search_c))) AS term
    WHERE NOT is_suppressed
  UNION ALL
  SELECT '', 1, 0, words FROM catalog_bookfacts WHERE NOT is_suppressed
) AS one GROUP BY lexeme ORDER BY lexeme
"""
WORDS = st.sampled_from(["cell", "cells", "gene", "the", "whale", "biology", "émile", "heredity"])
TITLES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), TITLES),
        st.tuples(st.just("title"), TITLES),
        st.tuples(st.just("hide"), TITLES),
        st.tuples(st.just("show"), TITLES),
        st.tuples(st.just("delete"), TITLES),
        st.tuples(st.just("fold"), TITLES),
    ),
    max_size=12,
)


def counted() -> list[tuple]:
    return list(CatalogTerm.objects.order_by("lexeme").values_list("lexeme", "books", "as_word", "words"))


def from_scratch() -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(FROM_SCRATCH)
        return sorted(cursor.fetchall(), key=lambda row: row[0].encode())


def change(what: str, title: str) -> None:
    book = Book.objects.order_by("-pk").first()
    if what == "add" or book is None:
        record(title, "Some Body", subjects=[title])
    elif what == "title":
        services.update_book(book=book, changes={"title": title}, by=None)
    elif what == "delete":
        services.delete_book(book=book)
    elif what == "fold":
        terms.fold_changes()
    else:
        Book.objects.filter(pk=book.pk).update(is_suppressed=what == "hide")


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES)
def test_after_any_changes_the_numbers_are_those_of_a_count_from_scratch(changes):
    with transaction.atomic():
        for what, title in changes:
            change(what, title)
        terms.fold_changes()
        assert counted() == from_scratch()
        assert not TermChange.objects.exists()
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_batches_may_end_anywhere(monkeypatch):
    monkeypatch.setattr(term_changes, "ROWS", 3)
    for title in ("The cell", "The gene", "The whale"):
        record(title)
    Book.objects.filter(title="The gene").update(is_suppressed=True)
    changes = TermChange.objects.count()
    assert terms.fold_changes() == changes > 9
    assert counted() == from_scratch()


@pytest.mark.django_db
def test_a_bounded_time_leaves_the_rest_for_the_next_time(monkeypatch):
    monkeypatch.setattr(term_changes, "ROWS", 1)
    record("The cell")
    assert terms.fold_changes(seconds=0) == 0
    assert TermChange.objects.exists()
    terms.fold_changes()
    assert counted() == from_scratch()


@pytest.mark.django_db
def test_words_that_may_be_suggested_get_their_deletes_and_lose_them_with_their_books():
    book = record("Heredity of Emu", description="prosaic")
    terms.fold_changes()
    word = CatalogTerm.objects.get(lexeme="heredity")
    assert word.deletes is not None
    assert {"heredit", "hrdit", "eredit"} <= set(word.deletes)
    assert CatalogTerm.objects.get(lexeme="emu").deletes == [], "too short to be corrected"
    assert CatalogTerm.objects.get(lexeme="prosaic").deletes is None, "in no title, name or heading"
    Book.objects.filter(pk=book.pk).update(is_suppressed=True)
    terms.fold_changes()
    assert counted() == from_scratch() == []


@pytest.mark.django_db(transaction=True)
def test_two_that_run_at_once_count_everything_once():
    for number in range(30):
        record(f"Whale number {number}")

    def run() -> None:
        try:
            terms.fold_changes()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    terms.fold_changes()
    assert counted() == from_scratch()


@pytest.mark.django_db(transaction=True)
def test_killed_half_way_nothing_is_lost_or_doubled(monkeypatch):
    record("The cell")
    terms.fold_changes()
    before = counted()
    with monkeypatch.context() as dying:
        dying.setattr(term_changes, "FORGET", "SELECT no_such_thing(%s)")
        Book.objects.update(is_suppressed=True)
        with pytest.raises(Exception, match="no_such_thing"):
            terms.fold_changes()
    assert TermChange.objects.exists()
    assert counted() == before
    terms.fold_changes()
    assert counted() == from_scratch()
