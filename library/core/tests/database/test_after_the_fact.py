"""What happens when a transaction goes one way or the other, names of constraints, ids that sort by time."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from library.core.database import connection as web
from library.core.database import ids
from library.core.database.raw_rows import Joined, fetch, insert
from library.core.database.transactions import constraint_of, on_rollback
from library.core.models import KeptAnswer

MOMENTS = st.integers(0, 32_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


class Undone(Exception):
    """Somebody changed their mind."""


# -- rollback


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_undone_and_what_is_kept_is_not():
    undone: list[str] = []
    with transaction.atomic():
        on_rollback(lambda: undone.append("kept"))
    with pytest.raises(Undone), transaction.atomic():
        on_rollback(lambda: undone.append("lost"))
        assert undone == []
        raise Undone
    assert undone == ["lost"]


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_takes_its_own_with_it_and_no_other():
    undone: list[str] = []
    with transaction.atomic():
        on_rollback(lambda: undone.append("outer"))
        with pytest.raises(Undone), transaction.atomic():
            on_rollback(lambda: undone.append("inner"))
            raise Undone
        assert undone == ["inner"]
    assert undone == ["inner"]


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_kept_goes_with_the_transaction_around_it():
    undone: list[str] = []
    with pytest.raises(Undone), transaction.atomic():
        with transaction.atomic():
            on_rollback(lambda: undone.append("inner"))
        raise Undone
    assert undone == ["inner"]


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_everything_is_kept_already():
    undone: list[str] = []
    on_rollback(lambda: undone.append("never"))
    with pytest.raises(Undone), transaction.atomic():
        raise Undone
    assert undone == []


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_in_the_middle_undoes_as_well():
    undone: list[str] = []
    with pytest.raises(Undone), transaction.atomic():
        on_rollback(lambda: undone.append("lost"))
        connection.close()
        raise Undone
    assert undone == ["lost"]


# -- constraints


@pytest.mark.django_db
def test_a_clash_tells_which_constraint_it_broke():
    Group.objects.create(name="there")
    with pytest.raises(IntegrityError) as clash, transaction.atomic():
        Group.objects.create(name="there")
    assert constraint_of(clash.value) == "auth_group_name_key"


def test_a_clash_that_nobody_named_has_no_constraint():
    assert constraint_of(IntegrityError("duplicate")) == ""
    caused = IntegrityError("duplicate")
    caused.__cause__ = ValueError("of something else")
    assert constraint_of(caused) == ""


@pytest.mark.django_db
def test_a_key_is_kept_once_for_each_person():
    one, other = ids.uuid7(), ids.uuid7()
    for person in (one, other):
        KeptAnswer.objects.create(user_id=person, key="k", request_hash="h")
    KeptAnswer.objects.create(user_id=one, key="K", request_hash="h")
    with pytest.raises(IntegrityError, match="kept_answer_once_per_key"), transaction.atomic():
        KeptAnswer.objects.create(user_id=one, key="k", request_hash="other")
    assert str(KeptAnswer.objects.filter(user_id=other).get()) == "k"


# -- ids


def test_ids_stand_in_the_order_in_which_they_were_made():
    made = [ids.uuid7() for _ in range(200)]
    assert all(one < other for one, other in pairwise(made))
    assert {one.version for one in made} == {7}


@given(MOMENTS, st.timedeltas(timedelta(milliseconds=1), timedelta(days=30_000)))
def test_the_first_id_of_a_moment_is_before_those_of_any_later_one(moment, later):
    assert ids.first_of(moment) <= ids.first_of(moment + later)
    assert ids.first_of(moment).int >> 80 == int(moment.timestamp() * 1000)


def test_an_id_of_now_lies_between_the_moments_around_it():
    before = ids.first_of(datetime.now(UTC))
    assert before <= ids.uuid7() < ids.first_of(datetime.now(UTC) + timedelta(seconds=1))


# -- rows by hand


@pytest.mark.django_db
def test_a_row_with_an_id_of_ours_is_written_and_read_back():
    row = KeptAnswer(id=7, user_id=ids.uuid7(), key="ключ", request_hash="h", status=201, body={"ü": [1, None]})
    insert(row)
    kept = KeptAnswer.objects.get(key="ключ")
    assert (kept.pk, kept.status, kept.body) == (7, 201, {"ü": [1, None]})
    assert kept.created_at == row.created_at
    row.status = 409
    row.save()  # it is known as one that is there
    assert KeptAnswer.objects.get().status == 409


@pytest.mark.django_db
def test_columns_of_two_models_stand_side_by_side_under_their_aliases():
    joined = Joined(one=Group, other=Group, without=["other.name"])
    assert joined.width == 3
    assert joined.columns == 'one."id", one."name", other."id"'
    made = [Group.objects.create(name=name) for name in ("a", "b")]
    numbers = [group.pk for group in made]
    statement = f"""
        SELECT {joined.columns} FROM auth_group one, auth_group other
        WHERE one.id <> other.id AND one.id = ANY(%s) AND other.id = ANY(%s) ORDER BY one.id"""  # noqa: S608 (names of columns)
    assert [joined.read(row) for row in fetch(statement, [numbers, numbers])] == [made, made[::-1]]


@pytest.mark.django_db
def test_a_statement_takes_its_values_by_place_or_by_name():
    assert fetch("SELECT %s::int, %s", [1, "O'Neill; --"]) == [(1, "O'Neill; --")]
    assert fetch("SELECT %(word)s || %(word)s", {"word": "ab"}) == [("abab",)]
    assert fetch("SELECT 1 WHERE false", []) == []


# -- the web process


def test_the_server_s_own_limits_are_asked_for_unless_somebody_says_otherwise(monkeypatch):
    monkeypatch.delenv("PGOPTIONS", raising=False)
    web.limit_web_process()
    assert "-c statement_timeout=10000" in os.environ["PGOPTIONS"]
    assert os.environ["PGOPTIONS"].count("-c ") == len(web.WEB_OPTIONS)
    for own in ("", "-c statement_timeout=1"):
        monkeypatch.setenv("PGOPTIONS", own)
        web.limit_web_process()
        assert os.environ["PGOPTIONS"] == own
