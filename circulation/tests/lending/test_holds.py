from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.tests.factories import make_patron
from catalog.models import CopyStatus
from catalog.tests.factories import make_book, make_branch, make_copy
from circulation import errors, services
from circulation.models import Hold, HoldState
from circulation.tests.factories import MONDAY, make_hold, make_loan, queue_up
from library.core.errors import InvalidInput, LibraryError, NotFound

pytestmark = pytest.mark.django_db


def status_of(copy):
    copy.refresh_from_db()
    return copy.status


def place(book, branch, patron=None, **values):
    patron = patron or make_patron()
    return services.place_hold(book=book, patron=patron, branch=branch, by=patron.user, **values)


# Placing


def test_request_takes_one_free_copy_at_the_branch_out_of_what_is_available():
    elsewhere = make_copy()
    here = make_copy(book=elsewhere.book)
    hold = place(here.book, here.branch, at=MONDAY)
    assert (hold.state, hold.copy, hold.pickup_branch, hold.placed_at) == ("requested", here, here.branch, MONDAY)
    assert (status_of(here), status_of(elsewhere)) == (CopyStatus.REQUESTED, CopyStatus.AVAILABLE)
    here.book.refresh_from_db()
    assert (here.book.total_copies, here.book.available_copies) == (2, 1)


def test_second_request_for_the_last_copy_waits_and_one_that_stands_elsewhere_is_fetched_from_there():
    copy = make_copy()
    place(copy.book, copy.branch)
    waiting = place(copy.book, copy.branch)
    assert (waiting.state, waiting.copy, waiting.position) == (HoldState.QUEUED, None, 1)
    other = make_copy()
    elsewhere = make_copy(book=other.book)
    hold = place(other.book, make_branch())
    assert (hold.state, hold.copy) == (HoldState.REQUESTED, other)
    assert place(other.book, elsewhere.branch).copy == elsewhere


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"not_for_loan": True}, "no_copy_to_hold"),
        ({"status": "damaged"}, "copy_damaged"),
        ({"status": "lost"}, "no_copy_to_hold"),
    ],
)
def test_copy_that_cannot_be_lent_serves_no_request(values, code):
    copy = make_copy(**values)
    with pytest.raises(LibraryError) as refusal:
        place(copy.book, copy.branch)
    assert refusal.value.error_code == code


def test_reader_requests_a_book_once():
    hold = make_hold()
    make_copy(book=hold.book, branch=hold.pickup_branch)
    with pytest.raises(errors.BookAlreadyHeld):
        place(hold.book, hold.pickup_branch, hold.patron)


def test_reader_requests_nothing_that_they_have_at_home():
    loan = make_loan()
    spare = make_copy(book=loan.copy.book)
    with pytest.raises(errors.BookAlreadyLentToPatron):
        place(spare.book, spare.branch, loan.patron)


def test_hidden_book_is_not_there():
    copy = make_copy(book=make_book(is_suppressed=True))
    with pytest.raises(NotFound):
        place(copy.book, copy.branch)


def test_total_of_the_tier_limits_open_requests():
    hold, copy = make_hold(), make_copy()
    make_hold(patron=hold.patron, state=HoldState.CANCELLED)
    hold.patron.tier.max_holds = 1
    hold.patron.tier.save()
    with pytest.raises(errors.TotalHoldLimitReached, match="1 of 1"):
        place(copy.book, copy.branch, hold.patron)


def test_refused_request_leaves_nothing_behind():
    patron, copy = make_patron(), make_copy()
    patron.user.is_active = False
    patron.user.save()
    with pytest.raises(errors.PatronInactive):
        place(copy.book, copy.branch, patron)
    assert status_of(copy) == CopyStatus.AVAILABLE
    assert not Hold.objects.exists()


# Confirming


def test_confirmed_request_waits_on_the_hold_shelf(librarian):
    hold = services.confirm_hold(hold=make_hold(), by=librarian, at=MONDAY)
    hold.refresh_from_db()
    assert (hold.state, hold.ready_at, hold.confirmed_by) == (HoldState.READY, MONDAY, librarian)
    assert status_of(hold.copy) == CopyStatus.ON_SHELF_FOR_HOLD


def test_scanning_the_bound_copy_confirms_it(librarian):
    hold = make_hold()
    confirmed = services.confirm_hold(hold=hold, copy=hold.copy.barcode.lower() + " ", by=librarian)
    assert (confirmed.state, confirmed.copy) == (HoldState.READY, hold.copy)


def test_another_free_copy_of_the_book_takes_its_place(librarian):
    hold = make_hold()
    bound, fetched = hold.copy, make_copy(book=hold.book, branch=hold.pickup_branch)
    hold = services.confirm_hold(hold=hold, copy=fetched.barcode, by=librarian)
    assert (hold.copy, hold.state) == (fetched, HoldState.READY)
    assert (status_of(bound), status_of(fetched)) == (CopyStatus.AVAILABLE, CopyStatus.ON_SHELF_FOR_HOLD)


def test_copy_of_another_branch_travels_to_where_it_is_fetched(librarian):
    hold = make_hold()
    fetched = make_copy(book=hold.book)
    hold = services.confirm_hold(hold=hold, copy=fetched.barcode, by=librarian)
    assert (hold.copy, hold.state, hold.ready_at) == (fetched, HoldState.IN_TRANSIT, None)
    arrived = services.check_in(copy=fetched, branch=hold.pickup_branch, by=librarian)
    assert (arrived.action, arrived.hold, status_of(fetched)) == ("hold_shelf", hold, CopyStatus.ON_SHELF_FOR_HOLD)


def test_copy_that_does_not_fit_confirms_nothing(librarian):
    hold = make_hold()
    taken, reference = make_loan(copy=make_copy(book=hold.book)).copy, make_copy(book=hold.book, not_for_loan=True)
    for scanned, refusal in [
        ("C-unknown", errors.CopyUnknown),
        (make_copy().barcode, errors.CopyOfAnotherBook),
        (taken.barcode, errors.CopyNotFree),
        (reference.barcode, errors.CopyNotFree),
    ]:
        with pytest.raises(refusal):
            services.confirm_hold(hold=hold, copy=scanned, by=librarian)
    hold.refresh_from_db()
    assert hold.state == HoldState.REQUESTED
    assert status_of(hold.copy) == CopyStatus.REQUESTED


def test_request_whose_copy_was_marked_damaged_is_not_confirmed_with_it(librarian):
    hold = make_hold()
    hold.copy.status = CopyStatus.DAMAGED
    hold.copy.save()
    with pytest.raises(errors.CopyNotFree, match="damaged"):
        services.confirm_hold(hold=hold, by=librarian)


@pytest.mark.parametrize("state", [HoldState.READY, HoldState.CANCELLED, HoldState.FULFILLED])
def test_only_a_waiting_request_is_confirmed_or_refused(librarian, state):
    hold = make_hold(state=state)
    with pytest.raises(errors.HoldNotRequested):
        services.confirm_hold(hold=hold, by=librarian)
    with pytest.raises(errors.HoldNotRequested):
        services.refuse_hold(hold=hold, reason="Gone.", by=librarian)


# Refusing


@pytest.mark.parametrize("status", ["available", "missing", "damaged"])
def test_refused_request_keeps_the_reason_and_the_copy_becomes_what_staff_say(librarian, status):
    hold = make_hold()
    at = MONDAY + timedelta(hours=1)
    hold = services.refuse_hold(hold=hold, reason=" Not on its shelf. ", copy_status=status, by=librarian, at=at)
    hold.refresh_from_db()
    assert (hold.state, hold.refusal_reason, hold.ended_at) == (HoldState.REFUSED, "Not on its shelf.", at)
    assert status_of(hold.copy) == status


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "Gone.", "copy_status": "on_loan"}, "copy_status"),
    ],
)
def test_refusal_without_a_good_reason_or_status_is_invalid(librarian, values, field):
    hold = make_hold()
    with pytest.raises(InvalidInput) as invalid:
        services.refuse_hold(hold=hold, by=librarian, **values)
    assert list(invalid.value.fields) == [field]
    hold.refresh_from_db()
    assert hold.state == HoldState.REQUESTED


# Cancelling


def test_reader_cancels_a_request_and_the_copy_is_free():
    hold = make_hold()
    services.cancel_hold(hold=hold, by=hold.patron.user, at=MONDAY)
    hold.refresh_from_db()
    assert (hold.state, hold.ended_at) == (HoldState.CANCELLED, MONDAY)
    assert status_of(hold.copy) == CopyStatus.AVAILABLE


def test_reader_may_ask_again_after_cancelling():
    hold = make_hold()
    services.cancel_hold(hold=hold, by=hold.patron.user)
    assert place(hold.book, hold.pickup_branch, hold.patron).copy == hold.copy


def test_what_waits_on_the_hold_shelf_only_staff_cancel(librarian):
    hold = make_hold(state=HoldState.READY)
    for _twice in range(2):
        asked = services.cancel_hold(hold=hold, by=hold.patron.user)
        assert (asked.state, asked.cancel_requested) == (HoldState.READY, True)
    services.cancel_hold(hold=hold, by=librarian)
    assert status_of(hold.copy) == CopyStatus.AVAILABLE


def test_nobody_cancels_anothers_request():
    hold = make_hold()
    with pytest.raises(NotFound):
        services.cancel_hold(hold=hold, by=make_patron().user)
    hold.refresh_from_db()
    assert hold.state == HoldState.REQUESTED


def test_what_has_ended_cannot_be_cancelled_again():
    hold = make_hold(state=HoldState.CANCELLED)
    with pytest.raises(errors.HoldEnded):
        services.cancel_hold(hold=hold, by=hold.patron.user)


def test_place_in_the_queue_is_shown_to_reader_and_client(client, api):
    book, now = make_book(), timezone.now()
    first, second = make_patron(), make_patron()
    for patron, minutes in ((second, 1), (first, 2)):
        queue_up(book, patron=patron, placed_at=now - timedelta(minutes=minutes))
    make_hold(patron=second)
    rows = api(second.user).get("/api/v1/holds/", {"state": "queued"}).json()["results"]
    assert [row["position"] for row in rows] == [2]
    assert api(first.user).get(f"/api/v1/holds/{first.holds.get().pk}/").json()["position"] == 1
    client.force_login(second.user)
    page = client.get("/loans/").content.decode()
    assert "You are number 2 in the queue" in page
    assert page.count("Cancel the request for") == 2
