"""Rows that are written by one statement, composed once, are those that ``save`` writes."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from accounts.tests.factories import make_user
from library.activity.models import Activity
from library.core.database.raw_rows import insert

pytestmark = pytest.mark.django_db


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
