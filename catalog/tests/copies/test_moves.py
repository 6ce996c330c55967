"""Which status of a copy may follow which: one table, held by the database."""

import pytest
from django.db import IntegrityError, transaction

from catalog import copy_status
from catalog.errors import CopyInCirculation, CopyMoveImpossible
from catalog.models import Copy, CopyStatus
from catalog.services import change_copy
from catalog.tests.factories import make_copy
from library.core.database.transactions import constraint_of

pytestmark = pytest.mark.django_db
IMPOSSIBLE = {
    ("withdrawn", "on_loan"),
    ("withdrawn", "requested"),
    ("on_loan", "requested"),
    ("missing", "requested"),
    ("lost", "requested"),
    ("in_repair", "on_shelf_for_hold"),
    ("damaged", "in_transit"),
    ("requested", "withdrawn"),
    ("on_shelf_for_hold", "lost"),
    ("withdrawn", "lost"),
}


def test_the_database_lets_through_what_the_table_has_and_nothing_else():
    copy = make_copy()
    for now in CopyStatus:
        for then in CopyStatus:
            Copy.objects.all().delete()
            copy = make_copy(book=copy.book, branch=copy.branch, status=now)
            broken = ""
            try:
                with transaction.atomic():
                    Copy.objects.filter(pk=copy.pk).update(status=then)
            except IntegrityError as refused:
                broken = constraint_of(refused)
            assert broken == ("" if copy_status.may_follow(now, then) else copy_status.CONSTRAINT), (now, then)
    assert all(not copy_status.may_follow(*move) for move in IMPOSSIBLE)


def test_librarians_move_only_what_nobody_has_or_waits_for():
    for now in CopyStatus:
        for then in CopyStatus:
            copy = make_copy(status=now)
            is_own = now == then or then in copy_status.CATALOGUE.get(now, ())
            if is_own:
                assert change_copy(copy=copy, changes={"status": then}).status == then
                continue
            with pytest.raises((CopyInCirculation, CopyMoveImpossible)):
                change_copy(copy=copy, changes={"status": then})
            assert Copy.objects.get(pk=copy.pk).status == now
