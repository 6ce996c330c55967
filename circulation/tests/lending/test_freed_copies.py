"""Whatever frees a copy serves the queue, and a copy whose loan is open is on loan or lost on every surface."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Role
from accounts.tests.factories import make_patron, make_user
from catalog import services as catalogue
from catalog.errors import CopyStillLent
from catalog.models import Copy, CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import services
from circulation.models import HoldState, Loan
from circulation.tests.factories import MONDAY, make_loan, queue_up

pytestmark = pytest.mark.django_db


def queued(book, *, branch=None, placed_at=MONDAY):
    return queue_up(book, branch=branch, placed_at=placed_at)


def added(book, librarian):
    return catalogue.add_copy(book=book, branch=make_branch(), barcode="NEW-1", by=librarian)


def changed(was, **changes):
    def free(book, librarian):
        values = {"status": was} if isinstance(was, str) else was
        return catalogue.change_copy(copy=make_copy(book=book, **values), changes=changes, by=librarian)

    return free


def moved_to_its_record(book, librarian):
    return catalogue.move_copy(copy=make_copy(), book=book, by=librarian)


def records_become_one(book, librarian):
    copy = make_copy()
    catalogue.merge_books(keep=book, merged=copy.book, by=librarian)
    return copy


def record_goes_into_another(book, librarian):
    copy = make_copy()
    catalogue.merge_books(keep=copy.book, merged=book, by=librarian)
    return copy


def returned(book, librarian):
    loan = make_loan(copy=make_copy(book=book))
    services.check_in(copy=loan.copy, by=librarian)
    return loan.copy


def found_at_the_desk(book, librarian):
    copy = make_copy(book=book, status="missing")
    services.check_in(copy=copy, by=librarian)
    return copy


def arrived(book, librarian):
    copy = make_copy(book=book, status="in_transit")
    services.check_in(copy=copy, by=librarian)
    return copy


FREED = {
    "a copy is added": added,
    "it is mended": changed("in_repair", status="available"),
    "it is cleaned": changed("damaged", status="available"),
    "it is found": changed("missing", status="available"),
    "a lost one is found": changed("lost", status="available"),
    "it is taken back into stock": changed("withdrawn", status="available"),
    "it may be lent again": changed({"not_for_loan": True}, not_for_loan=False),
    "it moves to another record": moved_to_its_record,
    "another record comes to it": records_become_one,
    "its record goes into another": record_goes_into_another,
    "it is returned": returned,
    "it is found at the desk": found_at_the_desk,
    "it arrives": arrived,
}


@pytest.mark.parametrize("free", FREED.values(), ids=FREED)
def test_whatever_frees_a_copy_serves_the_first_in_the_queue(free, librarian):
    book = make_book()
    first, second = queued(book), queued(book, placed_at=MONDAY + timedelta(hours=1))
    copy = free(book, librarian)
    status = Copy.objects.get(pk=copy.pk).status
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.copy_id, second.state) == (copy.pk, HoldState.QUEUED)
    assert first.state in {HoldState.REQUESTED, HoldState.READY, HoldState.IN_TRANSIT}
    assert status in {CopyStatus.REQUESTED, CopyStatus.ON_SHELF_FOR_HOLD, CopyStatus.IN_TRANSIT}
    assert first.book.available_copies == 0


def test_copy_of_a_request_that_is_given_up_serves_the_next(librarian):
    copy = make_copy()
    theirs = services.place_hold(book=copy.book, patron=make_patron(), branch=copy.branch, by=librarian)
    waiting = queued(copy.book)
    services.cancel_hold(hold=theirs, by=librarian)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.copy_id) == (HoldState.REQUESTED, copy.pk)


def test_branch_of_a_free_copy_changes_and_old_queues_are_served(librarian):
    """A queue beside a free copy, as older versions left them, ends with the next change of the copy."""
    copy = make_copy()
    first = queued(copy.book)
    catalogue.change_copy(copy=copy, changes={"branch": make_branch()}, by=librarian)
    first.refresh_from_db()
    assert (first.state, first.copy_id, copy.status) == (HoldState.REQUESTED, copy.pk, CopyStatus.REQUESTED)


def test_copy_at_the_pickup_branch_is_taken_first(librarian):
    book, here = make_book(), make_branch()
    hold = queued(book, branch=here)
    away, near = make_copy(book=book), make_copy(book=book, branch=here)
    services.copy_placement.serve_queue(book.pk)
    hold.refresh_from_db()
    away.refresh_from_db()
    assert (hold.copy_id, away.status) == (near.pk, CopyStatus.AVAILABLE)


def test_copy_that_may_not_be_lent_serves_nobody(librarian):
    book = make_book()
    hold = queued(book)
    copy = catalogue.add_copy(book=book, branch=make_branch(), barcode="NEW-1", not_for_loan=True, by=librarian)
    hold.refresh_from_db()
    assert (hold.state, copy.status) == (HoldState.QUEUED, CopyStatus.AVAILABLE)


# A copy keeps to its loan


@pytest.fixture
def lost(librarian):
    loan = make_loan(checked_out_at=timezone.now() - timedelta(days=30))
    services.declare_lost(loan=loan, by=librarian)
    return Copy.objects.get(pk=loan.copy_id)


def by_service(copy, **_more):
    with pytest.raises(CopyStillLent, match="still open"):
        catalogue.change_copy(copy=copy, changes={"status": "available"}, by=None)


def by_api(copy, api, **_more):
    administrator = make_user(Role.ADMINISTRATOR)
    answer = api(administrator).patch(f"/api/v1/copies/{copy.barcode}/", {"status": "available"})
    assert (answer.status_code, answer.json()["code"]) == (409, "copy_still_lent")


def by_admin(copy, client, **_more):
    client.force_login(make_user(Role.ADMINISTRATOR))
    address = f"/admin/catalog/copy/{copy.pk}/change/"
    form = {"barcode": copy.barcode, "branch": copy.branch_id, "status": "available", "shelf_mark": "", "price": ""}
    page = client.post(address, form, follow=True).content.decode()
    assert "still open" in page


def by_many_at_once(copy, **_more):
    with pytest.raises(IntegrityError), transaction.atomic():
        Copy.objects.filter(pk=copy.pk).update(status="available")


def by_sql(copy, **_more):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_copy SET status = 'missing' WHERE id = %s", [copy.pk])


@pytest.mark.parametrize("way", [by_service, by_api, by_admin, by_many_at_once, by_sql])
def test_copy_declared_lost_is_not_free_while_its_loan_is_open(way, lost, client, api):
    way(lost, client=client, api=api)
    lost.refresh_from_db()
    assert lost.status == CopyStatus.LOST
    assert Loan.objects.get().returned_at is None


@pytest.mark.parametrize("status", [status for status in CopyStatus if status not in {"on_loan", "lost"}])
def test_database_refuses_an_open_loan_of_a_copy_that_is_not_lent(status):
    copy, patron = make_copy(status=status), make_patron()
    with pytest.raises(IntegrityError), transaction.atomic():
        Loan.objects.create(
            copy=copy, branch=copy.branch, patron=patron, checked_out_at=MONDAY, due_at=MONDAY + timedelta(days=1)
        )
    past = Loan.objects.create(
        copy=copy,
        branch=copy.branch,
        patron=patron,
        checked_out_at=MONDAY,
        due_at=MONDAY + timedelta(days=1),
        returned_at=MONDAY,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        Loan.objects.filter(pk=past.pk).update(returned_at=None)


def test_lost_copy_that_is_taken_back_is_free_again(lost, librarian):
    services.check_in(copy=lost, by=librarian)
    lost.refresh_from_db()
    assert lost.status == CopyStatus.AVAILABLE
    catalogue.change_copy(copy=lost, changes={"status": "withdrawn"}, by=librarian)
