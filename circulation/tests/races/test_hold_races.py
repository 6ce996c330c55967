"""Two at the same moment around one queue: each race is first shown lost without the lock."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier, BrokenBarrierError

import pytest
from django.utils import timezone

from accounts.tests.factories import make_librarian, make_patron
from catalog.models import Book, Copy, CopyStatus
from catalog.tests.factories import make_copy
from circulation import services
from circulation.models import Hold, HoldState
from circulation.services import copy_placement
from circulation.services.holds import nightly, placing
from circulation.state import locks, request, snapshot
from circulation.state import queue as lines
from circulation.tests.factories import make_hold, make_loan, queue_up
from circulation.tests.races.test_races import _as_shipped, at_once, split  # noqa: F401  (a fixture)
from library.notices.models import Notice

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["with the lock", "without it"])
def locked(request, monkeypatch):
    """The lock of the book is what keeps a queue together."""
    if request.param == "without it":
        monkeypatch.setattr(locks, "book", lambda pk: Book.objects.get(pk=pk))
        monkeypatch.setattr(locks, "for_update_of", lambda *tables: "")
        monkeypatch.setattr(locks, "locking", lambda rows: rows)
    return request.param == "with the lock"


def meeting(work, *, locked):
    """``work``, before which the first two wait for each other: with the lock half a second, and in vain."""
    together, first_two = Barrier(2, timeout=0.5 if locked else 20), iter(range(2))

    def meet(*args, **kwargs):
        given = work(*args, **kwargs)
        if next(first_two, None) is not None:
            with suppress(BrokenBarrierError):
                together.wait()
        return given

    return meet


def test_check_in_against_placing(locked, monkeypatch):
    """The last copy comes back while somebody asks for it: nobody waits beside a free copy."""
    loan, librarian, reader = (
        make_loan(checked_out_at=timezone.now() - timedelta(days=1)),
        make_librarian(),
        make_patron(),
    )
    together = Barrier(2, timeout=0.5 if locked else 20)

    def meet():
        with suppress(BrokenBarrierError):
            together.wait()

    request_state, of_line = request.request_state, lines.read

    def asked(**values):
        found = request_state(**values)
        meet()
        return found

    def looked(*row):
        found = of_line(*row)
        meet()
        return found

    monkeypatch.setattr(placing, "request_state", asked)
    monkeypatch.setattr(copy_placement, "serve_queue", lambda *args, **values: 0)
    monkeypatch.setattr(lines, "read", looked)
    done, refused = split(
        at_once(
            lambda: services.check_in(copy=loan.copy, by=librarian),
            lambda: services.place_hold(book=loan.copy.book, patron=reader, branch=loan.copy.branch, by=reader.user),
        )
    )
    assert (len(done), refused) == (2, [])
    hold, copy = Hold.objects.get(), Copy.objects.get()
    stands_beside = copy.status == CopyStatus.AVAILABLE and hold.state == HoldState.QUEUED
    assert stands_beside is not locked


def test_two_placements_for_the_last_place_in_the_queue(locked, monkeypatch):
    """Both join the same queue: without the lock both read the same last place, and the constraint stops one."""
    book, readers = make_loan().copy.book, [make_patron(), make_patron()]
    tries = []
    take_place = placing._take_place

    def take(*args, **values):
        tries.append(args)
        return take_place(*args, **values)

    monkeypatch.setattr(placing, "_take_place", meeting(take, locked=locked))

    def ask(reader):
        return lambda: services.place_hold(book=book, patron=reader, branch=make_copy().branch, by=reader.user)

    done, refused = split(at_once(*map(ask, readers)))
    assert (len(done), refused) == (2, [])
    assert list(Hold.objects.in_line().values_list("position", flat=True)) == [1, 2]
    assert len(tries) == (2 if locked else 3)


def test_copy_is_promoted_once_however_many_free_it(locked, monkeypatch):
    """Two jobs at once serve the queue of a book with one free copy and two who wait."""
    copy = make_copy()
    first, second = queue_up(copy.book), queue_up(copy.book)
    monkeypatch.setattr(lines, "of_book", meeting(lines.of_book, locked=locked))
    tries = []
    assign_copy = copy_placement.assign_copy

    def counted(*args, **values):
        tries.append(args)
        return assign_copy(*args, **values)

    monkeypatch.setattr(copy_placement, "assign_copy", counted)

    def serve():
        return nightly.serve(copy.book_id, at=timezone.now())

    done, refused = split(at_once(serve, serve))
    assert (len(done), refused) == (2, [])
    assert len(tries) == (1 if locked else 2)  # without the lock both take the same copy for the same hold
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.copy, second.state, second.position) == ("requested", copy, "queued", 1)


def test_two_jobs_that_end_the_same_hold_tell_its_reader_once(locked, monkeypatch):
    hold = make_hold(state=HoldState.READY, shelf_until=date(2026, 3, 2))
    following = queue_up(hold.book)

    def end():
        return nightly.end_over(hold.pk, at=timezone.now())

    done, refused = split(at_once(end, end, end))
    assert (len(done), refused) == (3, [])
    assert Notice.objects.filter(kind="hold_expired").count() == 1
    following.refresh_from_db()
    assert following.state == HoldState.REQUESTED
    if locked:
        assert sorted(done) == [False, False, True]


def test_two_people_reorder_one_queue(monkeypatch):
    book, librarian = make_loan().copy.book, make_librarian()
    holds = [queue_up(book) for _ in range(5)]

    def move(hold, to):
        return lambda: services.move_hold(hold=hold, to=to, by=librarian)

    done, refused = split(at_once(move(holds[4], 1), move(holds[3], 1), move(holds[0], 5), move(holds[1], 4)))
    assert (len(done), refused) == (4, [])
    assert list(Hold.objects.in_line().values_list("position", flat=True)) == [1, 2, 3, 4, 5]


def test_reader_who_asks_twice_at_once_has_one_hold(monkeypatch):
    """No constraint holds them to one any more: the lock of the reader does."""
    copy, reader = make_copy(), make_patron()

    def ask():
        return services.place_hold(book=copy.book, patron=reader, branch=copy.branch, by=reader.user)

    done, refused = split(at_once(ask, ask))
    assert (len(done), refused) == (1, ["book_already_held"])
    assert snapshot.at_home(reader.pk) is not None
