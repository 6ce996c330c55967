"""Term counts: what is added up from changes is their sum, whoever adds, however often, wherever it is stopped."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from library.search import term_changes
from library.search.term_changes import TermChanges

CHANGES = TermChanges(
    changes="trial_change",
    totals="trial_total",
    numbers=("texts", "words"),
    derived={"spelling": "CASE WHEN term.texts + excluded.texts > 0 THEN term.spelling END"},
)
TABLES = """
CREATE TABLE trial_change (id bigserial PRIMARY KEY, lexeme text, texts bigint, words bigint);
CREATE TABLE trial_total (lexeme text PRIMARY KEY, texts bigint, words bigint, spelling text);
"""
Change = tuple[str, int, int]


@pytest.fixture
def tables(db: None) -> None:
    """They go with the test's transaction."""
    execute(TABLES)


@pytest.fixture
def lasting_tables(transactional_db: None) -> Iterator[None]:
    """They are there for every connection."""
    execute(TABLES)
    yield
    execute("DROP TABLE trial_change; DROP TABLE trial_total")


def append(*changes: Change) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO trial_change (lexeme, texts, words) VALUES (%s, %s, %s)", changes)


def add_up(seconds: float = 60) -> int:
    return CHANGES.add_up(until=time.monotonic() + seconds)


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def totals() -> dict[str, tuple[int, int]]:
    found = rows("SELECT lexeme, texts, words FROM trial_total")
    return {lexeme: (int(texts), int(words)) for lexeme, texts, words in found}


def waiting() -> int:
    return int(rows("SELECT count(*) FROM trial_change")[0][0])


@pytest.mark.usefixtures("tables")
def test_changes_are_added_to_what_was_there_and_leave():
    append(("whale", 2, 5), ("shark", 1, 0))
    assert add_up() == 2
    append(("whale", 1, 1), ("whale", -2, -3), ("ray", 4, 0))
    assert add_up() == 3
    assert totals() == {"whale": (1, 3), "shark": (1, 0), "ray": (4, 0)}
    assert waiting() == 0
    assert add_up() == 0


@pytest.mark.usefixtures("tables")
def test_a_word_whose_numbers_are_all_nothing_is_forgotten_and_no_other():
    append(("whale", 2, 5), ("shark", 1, 3), ("ray", 1, 0))
    add_up()
    append(("whale", -2, -5), ("shark", -1, 0), ("eel", 1, 1), ("eel", -1, -1))
    add_up()
    assert totals() == {"shark": (0, 3), "ray": (1, 0)}


@pytest.mark.usefixtures("tables")
def test_derived_columns_follow_the_numbers():
    append(("whale", 2, 0), ("shark", 1, 1))
    add_up()
    execute("UPDATE trial_total SET spelling = upper(lexeme)")
    append(("whale", -1, 0), ("shark", -1, 0))
    add_up()
    assert dict(rows("SELECT lexeme, spelling FROM trial_total")) == {"whale": "WHALE", "shark": None}


@pytest.mark.usefixtures("tables")
def test_no_time_adds_nothing_and_loses_nothing():
    append(("whale", 2, 5))
    assert add_up(seconds=0) == 0
    assert (totals(), waiting()) == ({}, 1)


@pytest.mark.usefixtures("tables")
def test_more_than_one_batch_is_added_in_the_order_of_its_coming(monkeypatch):
    monkeypatch.setattr(term_changes, "ROWS", 2)
    append(*[("whale", 1, 0)] * 5)
    execute("DELETE FROM trial_change WHERE id % 2 = 0")  # numbers need not be without gaps
    left = waiting()
    with transaction.atomic():
        assert add_up() == left
    assert totals() == {"whale": (left, 0)}


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    batch=st.integers(1, 5),
    changes=st.lists(
        st.tuples(st.sampled_from(["", "whale", "shark", "émile"]), st.integers(-3, 3), st.integers(-3, 3)), max_size=20
    ),
)
def test_whatever_comes_in_whatever_batches_the_totals_are_the_sums(batch, changes):
    expected: dict[str, tuple[int, int]] = {}
    for lexeme, texts, words in changes:
        before = expected.get(lexeme, (0, 0))
        expected[lexeme] = (before[0] + texts, before[1] + words)
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(term_changes, "ROWS", batch)
        execute(TABLES)
        append(*changes)
        assert add_up() == len(changes)
        assert totals() == {lexeme: numbers for lexeme, numbers in expected.items() if numbers != (0, 0)}
        transaction.set_rollback(True)


@pytest.mark.usefixtures("lasting_tables")
def test_stopped_between_adding_and_forgetting_nothing_is_lost_or_doubled():
    append(("whale", 2, 5), ("shark", 1, 0))
    add_up()
    append(("whale", -2, -5), ("shark", 1, 0))
    execute(
        "CREATE FUNCTION trial_refuse() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the power went'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON trial_total EXECUTE FUNCTION trial_refuse()"
    )
    with pytest.raises(DatabaseError, match="the power went"):
        add_up()
    assert (totals(), waiting()) == ({"whale": (2, 5), "shark": (1, 0)}, 2)
    execute("DROP FUNCTION trial_refuse() CASCADE")
    assert add_up() == 2
    assert totals() == {"shark": (2, 0)}


@pytest.mark.usefixtures("lasting_tables")
def test_many_at_once_add_everything_once(monkeypatch):
    monkeypatch.setattr(term_changes, "ROWS", 3)
    append(*[(f"whale {number % 7}", 1, 2) for number in range(60)])
    added: list[int] = []

    def work() -> None:
        try:
            added.append(add_up())
        finally:
            connection.close()

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    added.append(add_up())
    assert sum(added) == 60
    assert sum(texts for texts, _words in totals().values()) == 60
    assert sum(words for _texts, words in totals().values()) == 120


@pytest.mark.usefixtures("lasting_tables")
def test_while_somebody_else_adds_nobody_waits():
    append(("whale", 1, 0))
    turns: list[tuple[bool, int]] = []

    def beside() -> None:
        try:
            with transaction.atomic():
                turns.append((CHANGES.is_our_turn(), add_up()))
        finally:
            connection.close()

    with transaction.atomic():
        assert CHANGES.is_our_turn()
        thread = Thread(target=beside)
        thread.start()
        thread.join(10)
        assert turns == [(False, 0)]
    assert add_up() == 1
