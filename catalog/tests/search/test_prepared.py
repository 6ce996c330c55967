"""Statements that a connection plans once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from catalog.errors import SearchTookTooLong
from catalog.models import Book
from catalog.search import prepared, time_limit
from catalog.search.services import Filters, search
from catalog.search_index import terms
from catalog.tests.factories import record

pytestmark = pytest.mark.django_db(transaction=True)
ANYBODY = AnonymousUser()


@pytest.fixture(autouse=True)
def _shelf() -> Iterator[None]:
    record("The Left Hand of Darkness", "Ursula K. Le Guin", year=1969, subjects=["Gender"], categories=["Novels"])
    record("A Wizard of Earthsea", "Ursula K. Le Guin", year=1968, subjects=["Wizards"], categories=["Novels"])
    record("The Two Towers", "J.R.R. Tolkien", year=1954, categories=["Fantasy"])
    record("Die Verwandlung", "Franz Kafka", language="de", year=1915)
    record("Tolkien: A Biography", "Humphrey Carpenter", year=1977, description="The life of the man of the ring.")
    terms.fold_changes()
    yield
    with connection.cursor() as cursor:  # the next test begins as a new connection would
        cursor.execute("DEALLOCATE ALL")
    prepared._kept.clear()


def titles(query: str) -> list[str]:
    found = Book.objects.in_bulk(search(query, user=ANYBODY).ids)
    return [found[pk].title for pk in found]


def statements() -> list[tuple[str, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, generic_plans, custom_plans FROM pg_prepared_statements WHERE name LIKE 'lyceum%'")
        found: list[tuple[str, int, int]] = cursor.fetchall()
    return found


def test_other_words_are_the_same_statement_and_planned_once():
    titles("earthsea")
    titles("towers")
    before = statements()
    with CaptureQueriesContext(connection) as ran:
        assert titles("verwandlung") == ["Die Verwandlung"]

    assert [name for name, _general, _own in statements()] == [name for name, _general, _own in before]
    assert not any(own for _name, _general, own in statements()), "no plan was made for these words alone"
    assert sum(query["sql"].count("EXECUTE lyceum") for query in ran) == 2, "the words, then the books"
    assert not any("PREPARE" in query["sql"] for query in ran)


@pytest.mark.parametrize(
    "query",
    [
        *(
            "earthsea",
            "wizard earthsea",
            "le guin",
            "tow",
            "the two tow",
            "tolkein",
            "wizzard of earthsea",
            "guin hand",
        ),
        *('"left hand"', '"of the ring"', "tolkien -towers", "year:1968", "verwandlung OR towers", "author:kafka", ""),
    ],
)
@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(language=("en",), available=False), Filters(category=("Novels",), year=("1960-1968",))],
    ids=["all", "language", "category"],
)
def test_what_is_planned_once_finds_what_is_planned_each_time(query, filters):
    once = [search(query, user=ANYBODY, filters=filters, facets=True) for _time in range(2)]
    with transaction.atomic():
        each_time = search(query, user=ANYBODY, filters=filters, facets=True)

    assert once == [each_time, each_time]


def test_a_connection_that_a_pooler_gives_may_lack_a_statement_or_have_it_already():
    assert titles("earthsea") == ["A Wizard of Earthsea"]
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert titles("earthsea") == ["A Wizard of Earthsea"]

    prepared._kept.clear()
    assert titles("towers") == ["The Two Towers"]
    prepared._kept.clear()
    assert titles("towers") == ["The Two Towers"]


def test_a_connection_keeps_so_many_and_lets_go_of_those_that_were_not_used_for_longest(monkeypatch):
    monkeypatch.setattr(prepared, "AT_MOST", 3)
    for words in ("earthsea", "wizard of earthsea", "hand of darkness left", "left hand of darkness guin", "towers"):
        assert titles(words)
        assert len(statements()) <= 3
    latest = list(next(iter(prepared._kept.values())))
    assert {name for name, _general, _own in statements()} == set(latest)

    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # and what a pooler has lost cannot be let go of once more
    assert titles("wizard of earthsea hand") == titles("hand of wizard earthsea")


def test_neither_the_settings_nor_the_way_of_planning_outlive_a_search():
    def now() -> tuple[str, ...]:
        with connection.cursor() as cursor:
            cursor.execute(f"{time_limit.BEFORE}, current_setting('plan_cache_mode')")
            return tuple(cursor.fetchone())

    before = now()
    titles("earthsea")
    assert now() == before
    assert before[-1] == "auto"


def test_the_time_that_a_search_may_take_holds_for_what_was_planned_too(monkeypatch):
    slow = "SELECT pg_sleep(%(seconds)s::float8)::text"
    assert time_limit.rows(slow, {"seconds": 0}, often=True) == [("",)]

    monkeypatch.setitem(time_limit.SETTINGS, "statement_timeout", "50ms")
    with pytest.raises(SearchTookTooLong):
        time_limit.rows(slow, {"seconds": 2}, often=True)
    monkeypatch.undo()
    assert titles("earthsea") == ["A Wizard of Earthsea"], "and the connection is good for the next one"


def test_a_fault_in_a_statement_is_not_taken_for_a_poolers_doing():
    with pytest.raises(Exception, match="no_such_table"):
        time_limit.rows("SELECT * FROM no_such_table WHERE id = %(one)s", {"one": 1}, often=True)
    with pytest.raises(Exception, match="division by zero"):
        time_limit.rows("SELECT 1 / %(none)s::integer", {"none": 0}, often=True)
