from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts.tests.factories import make_user
from library.activity.models import Activity
from library.core.database.raw_rows import Joined, execute, fetch, insert

pytestmark = pytest.mark.django_db
KINDS = Joined(permission=Permission, kind=ContentType, without=["kind.model"])
STATEMENT = f"""
SELECT {KINDS.columns} FROM auth_permission AS permission
LEFT JOIN django_content_type AS kind ON kind.id = permission.content_type_id AND kind.app_label = %s
WHERE permission.codename = 'add_group'"""  # noqa: S608 (names of columns)


def test_row_becomes_instances_of_its_models(django_assert_num_queries):
    wanted = Permission.objects.select_related("content_type").get(codename="add_group")
    (row,) = fetch(STATEMENT, ["auth"])
    permission, kind = KINDS.read(row)
    assert (permission, kind) == (wanted, wanted.content_type)
    with django_assert_num_queries(0):
        assert (permission.name, kind.app_label) == (wanted.name, "auth")
    with django_assert_num_queries(1):
        assert kind.model == "group"  # was left out, and is read when somebody asks


def test_outer_join_that_found_nothing_is_none():
    (row,) = fetch(STATEMENT, ["elsewhere"])
    assert KINDS.read(row)[1] is None


def test_statement_without_rows_is_run():
    Group.objects.create(name="before")
    execute("UPDATE auth_group SET name = %s WHERE name = %s", ["after", "before"])
    assert Group.objects.filter(name="after").exists()


def test_row_is_written_as_save_writes_it(django_assert_num_queries):
    """JSON, times, empty foreign keys and what the field itself fills in."""
    person, now = make_user(), timezone.now()
    values = {"at": now, "actor": person, "verb": "book.changed", "data": {"title": "Fünf", "n": [1, None]}}
    saved, inserted = Activity(**values), Activity(**values)
    saved.save()
    with django_assert_num_queries(1):
        insert(inserted)
    assert not inserted._state.adding
    columns = [field.attname for field in Activity._meta.concrete_fields if field.name != "id"]
    one, other = (Activity.objects.values(*columns).get(pk=row.pk) for row in (saved, inserted))
    assert one == other
    inserted.data = {"title": "changed"}
    with pytest.raises(DatabaseError):  # as of any row of this table: it is known as one that is there
        inserted.save(force_insert=True)


def test_row_that_breaks_a_constraint_is_refused_by_the_database():
    with pytest.raises(IntegrityError):
        insert(Activity(at=timezone.now(), verb="", data={}))
